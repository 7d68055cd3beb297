//! The journal: one event a delivered launch, one a refusal of somebody who was authenticated.
//!
//! An event holds no name, no address, no id of an ENT or of a publisher's user. Events are chained by hash, one chain
//! for each (process boot, school), or (boot, ENT) where no school is known; the store's writer links them at commit.

mod chain;
mod event;

pub use chain::{Chains, Linked, link_hash};
pub use event::{Event, Happened, Hop};
