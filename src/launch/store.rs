//! What the dispatcher needs of a store: one durable write a hop.

use std::fmt;

use async_trait::async_trait;
use boundary::{Fault, FirstUse, Handle};
use time::OffsetDateTime;

use crate::journal::Event;
use crate::licensing::Opened;
use crate::pseudonyms::NameRow;

/// A parked launch as it is stored: sealed, so that the database holds nothing to read.
#[derive(Clone, PartialEq, Eq)]
pub struct ParkedRow {
    /// Its name.
    pub handle: Handle,
    /// The sealed launch.
    pub sealed: String,
    /// Until when it can be taken.
    pub until: OffsetDateTime,
}

impl fmt::Debug for ParkedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParkedRow").field("until", &self.until).finish_non_exhaustive()
    }
}

/// What lets an item through once: where it hits no row, the rest of the item is not written.
#[derive(Clone, PartialEq, Eq)]
pub enum Gate {
    /// A sign-on seen for the first time.
    FirstUse(FirstUse),
    /// A parked launch, taken away. One that has expired is not there.
    Take(Handle),
}

/// One write of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Parks a launch.
    Park(ParkedRow),
    /// Writes down a pseudonym at its first release.
    Name(NameRow),
    /// Notes that the holder of a seat opened the resource.
    Opened(Opened),
    /// Appends an event to the journal.
    Event(Event),
}

/// The writes of one hop: all or none.
#[derive(Clone, PartialEq, Eq)]
pub struct Item {
    /// What lets it through.
    pub gate: Gate,
    /// What follows, in this order.
    pub writes: Vec<Write>,
    /// The time of the hop, by which expiry is judged.
    pub at: OffsetDateTime,
}

/// What became of an item. It is told only after the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// Everything is written and durable.
    Done,
    /// The gate was closed: used before, gone, or expired. Nothing is written.
    Closed,
    /// A pseudonym is written down with another value by now. Nothing is written; decide again.
    Renamed,
}

/// What the dispatcher needs of a store. Every method's error is a [`Fault`]: the outcome is unknown or the store did
/// not answer.
#[async_trait]
pub trait LaunchStore: Send + Sync {
    /// Writes an item with whatever else is waiting, and answers once it is durable.
    async fn commit(&self, item: Item) -> Result<Committed, Fault>;
    /// Reads a parked launch without taking it; `None` when it is gone or expired.
    async fn parked(&self, handle: &Handle, now: OffsetDateTime) -> Result<Option<ParkedRow>, Fault>;
}
