//! Assignments: who in a school may open what the school has subscribed to. One code path for the command line, the API
//! and the console.
//!
//! A subscription of kind INDIV is assigned to people by name, who hold a seat from then on, or to sets of people (a
//! group, a level, everyone), each of whom takes a seat at their first launch while seats remain. All of it is bounded to
//! a school: [`Bounds`] says for whom somebody acts, and nothing reaches beyond.
//!
//! Whoever calls has asked already whether the caller may act for that school; these functions hold what is true of every
//! caller.

mod assign;
mod holders;
mod people;
mod preview;
mod recover;
mod refused;
mod request;
mod store;
mod subject_to;
mod supply;
mod transfer;
mod unassign;

pub use super::identity::Identity;
pub use assign::{Assigned, assign};
pub use holders::{AssignedSet, Holder, Holders, Page, Through, holders, sets};
pub use preview::{PoolPreview, Preview, preview};
pub use recover::{Recovered, Recovery, Who, recover, recoverable};
pub use refused::{AssignError, Shortage, Why, Wrong};
pub use request::{Bounds, MOST, Request, Target};
pub use store::{
    AssignmentStore, Freeing, Held, HeldCount, KnownHere, Move, PoolState, Seated, Seating, Sitter,
    StoredSet, Undone, WhichSeats,
};
pub use supply::{Assignable, PoolSupply, Supply, assignable, seats};
pub use transfer::{Transfer, Transferred, transfer};
pub use unassign::{Unassigned, unassign};

use boundary::Clock;

pub use crate::licensing::SetTarget;

/// What assigning works with.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Where people, subscriptions and seats are.
    pub store: &'a dyn AssignmentStore,
    /// The time.
    pub clock: &'a dyn Clock,
    /// What the names of seatings are drawn from.
    pub chance: &'a dyn boundary::Chance,
}
