//! What the roll-up needs of a store.

use async_trait::async_trait;
use boundary::Fault;
use time::OffsetDateTime;

use super::Batch;
use crate::journal::JournalStore;

/// A chain that has events behind its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The chain.
    pub chain: String,
    /// The place up to which it was read; 0 where it never was.
    pub seq: i64,
}

/// What the roll-up needs of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait RollupStore: JournalStore {
    /// Takes the right to roll up, for a few minutes; false when another process has it.
    async fn take_rollup_turn(&self, now: OffsetDateTime) -> Result<bool, Fault>;
    /// Gives it back.
    async fn end_rollup_turn(&self) -> Result<(), Fault>;
    /// Moves the marks and writes what the events say, in one transaction; false when the turn was lost.
    async fn write_rollup(&self, now: OffsetDateTime, batch: &Batch) -> Result<bool, Fault>;
    /// Notes that every event was read that was there at a moment.
    async fn note_read_through(&self, moment: OffsetDateTime) -> Result<(), Fault>;
    /// Takes away, a little at a time, where commitments were seen last before `seen`, and the marks of chains that ended
    /// before `ended` and of which nothing is left; and who opened what so long ago that nobody is counted any more.
    async fn forget_read(
        &self,
        now: OffsetDateTime,
        seen: OffsetDateTime,
        ended: OffsetDateTime,
    ) -> Result<(), Fault>;
}
