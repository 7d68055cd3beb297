//! Desk: what a school's manager looks at before deciding: what the school has, its classes, and how a seat came about.
//!
//! Everything is read for one school; whoever calls has asked already whether the reader may see it.

mod classes;
mod named;
mod offered;
mod usage;

use async_trait::async_trait;
use boundary::{Clock, Fault};

use super::assignments::{AssignError, AssignmentStore};
use super::records::RecordStore;
use super::statistics::StatisticsStore;
use super::subject::SubjectStore;
use crate::catalogue::CatalogueStore;
use crate::directory::RosterReading;

pub use crate::directory::RosterOpening;
pub use crate::journal::Change;
pub use classes::{Class, Classes, classes};
pub use named::names;
pub use offered::{Offered, OfferedPage, State, offered, one};
pub use usage::{ResourceUse, Usage, Uses, usage};

/// What tells the journal of something that changes nothing, such as that somebody was looked up.
#[async_trait]
pub trait Telling: Send + Sync {
    /// Tells it, durably.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    async fn tell(&self, change: Change) -> Result<(), Fault>;
}

/// What a desk reads from.
pub trait DeskStore:
    AssignmentStore + RecordStore + CatalogueStore + SubjectStore + StatisticsStore + RosterReading + Telling
{
}

impl<
    T: AssignmentStore + RecordStore + CatalogueStore + SubjectStore + StatisticsStore + RosterReading + Telling,
> DeskStore for T
{
}

/// What a desk works with.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Where everything is.
    pub store: &'a dyn DeskStore,
    /// The time.
    pub clock: &'a dyn Clock,
    /// What the names of seatings are drawn from.
    pub chance: &'a dyn boundary::Chance,
}

/// A subscription of the school that was looked at a moment ago may be gone; anything else is a fault.
fn gone(error: AssignError) -> Result<(), Fault> {
    match error {
        AssignError::Fault(fault) => Err(fault),
        _ => Ok(()),
    }
}
