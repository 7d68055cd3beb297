//! What changes of epoch need of a store.

use async_trait::async_trait;
use boundary::{Fault, Pseudonym, Root, SectorId};
use time::OffsetDateTime;

use super::EpochError;
use crate::journal::Change;
use crate::keys::StoredSectorKey;
use crate::operate::desk::Telling;

/// A change of epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The epoch that began.
    pub epoch: u32,
    /// When.
    pub began: OffsetDateTime,
    /// When everybody had their new value; from then on the publisher can be given the map.
    pub filled: Option<OffsetDateTime>,
    /// How many values it replaced by then.
    pub people: u64,
    /// When the publisher acknowledged that it has the map.
    pub delivered: Option<OffsetDateTime>,
}

/// A value of an epoch that is over, still in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The value.
    pub value: Pseudonym,
    /// Where it is the same, as text.
    pub scope: String,
    /// The root that it came from.
    pub root: Root,
}

/// What replaces what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The value of the epoch that is over.
    pub old: Pseudonym,
    /// That of the new one.
    pub new: Pseudonym,
}

/// What changes of epoch need of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait EpochStore: Telling {
    /// The epoch of a sector; `None` where it has no key.
    async fn epoch_of(&self, sector: &SectorId) -> Result<Option<u32>, Fault>;
    /// Its changes of epoch, oldest first.
    async fn rotations(&self, sector: &SectorId) -> Result<Vec<Rotation>, Fault>;
    /// How many values in use are of an earlier epoch.
    async fn count_stale(&self, sector: &SectorId, epoch: u32) -> Result<u64, Fault>;
    /// Begins an epoch, with its key. Nobody is given a value of the epoch before from then on.
    async fn begin(
        &self,
        key: &StoredSectorKey,
        at: OffsetDateTime,
        told: &Change,
    ) -> Result<Result<(), EpochError>, Fault>;
    /// Values in use of earlier epochs, behind one of them, in their order.
    async fn stale(
        &self,
        sector: &SectorId,
        epoch: u32,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Stale>, Fault>;
    /// Replaces values, unless a launch did so or their people are gone.
    async fn replace(
        &self,
        sector: &SectorId,
        epoch: u32,
        replaced: &[Replaced],
        at: OffsetDateTime,
    ) -> Result<(), Fault>;
    /// Notes that everybody has their new value; how many those are.
    async fn end(&self, sector: &SectorId, epoch: u32, at: OffsetDateTime) -> Result<u64, Fault>;
    /// What an epoch replaced, behind an old value, in their order; of people who are still there.
    async fn replaced(
        &self,
        sector: &SectorId,
        epoch: u32,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Replaced>, Fault>;
    /// Notes that the publisher has the map; false where it had said so before.
    async fn deliver(
        &self,
        sector: &SectorId,
        epoch: u32,
        at: OffsetDateTime,
        told: &Change,
    ) -> Result<bool, Fault>;
}
