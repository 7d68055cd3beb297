//! What pseudonyms need of a store and of the key room.

use async_trait::async_trait;
use boundary::{Fault, PersonId, Pseudonym, Root, SectorId, SectorKey};
use time::OffsetDateTime;

/// The epoch in which every sector begins. Things are called by the key of this epoch for ever: nobody hides behind a course.
pub const FIRST_EPOCH: u32 = 1;

/// Whom a sector knows, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPerson {
    /// The person's root.
    pub root: Root,
    /// The sector's epoch.
    pub epoch: u32,
    /// The value in use, if one was ever released.
    pub name: Option<KnownName>,
}

/// A value in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownName {
    /// The value.
    pub value: Pseudonym,
    /// The epoch that it is of. Where the sector is in a later one, another value replaces it.
    pub epoch: u32,
    /// The root that it came from, where that is not the person's own.
    pub root: Option<Root>,
}

/// A pseudonym to be written down at its first release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameRow {
    /// The sector that uses it.
    pub sector: SectorId,
    /// The value.
    pub value: Pseudonym,
    /// Where it is the same, as text.
    pub scope: String,
    /// What it names: `person`, or a thing's kind.
    pub kind: &'static str,
    /// Our id of what it names.
    pub subject: String,
    /// When it was first released.
    pub at: OffsetDateTime,
    /// The epoch that it is of.
    pub epoch: u32,
    /// The value of an epoch that is over, which it replaces.
    pub replaces: Option<Pseudonym>,
}

/// What pseudonyms need of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait PseudonymStore: Send + Sync {
    /// The root of a person, and their value in use in a sector, if one was ever released; `None` once the root was
    /// erased. Neither is ever cached: what was erased is gone at once.
    async fn person(
        &self,
        sector: &SectorId,
        scope: &str,
        person: PersonId,
    ) -> Result<Option<KnownPerson>, Fault>;
    /// The epoch of a sector.
    async fn epoch(&self, sector: &SectorId) -> Result<u32, Fault>;
    /// The value in use of a thing, if one was ever released.
    async fn current(
        &self,
        sector: &SectorId,
        scope: &str,
        kind: &'static str,
        subject: &str,
    ) -> Result<Option<Pseudonym>, Fault>;
}

/// The derivation keys, unsealed.
#[async_trait]
pub trait SectorKeys: Send + Sync {
    /// The key of a sector in an epoch.
    ///
    /// # Errors
    /// A [`Fault`] when there is none: nothing is ever derived from a substitute (P8).
    async fn sector_key(&self, sector: &SectorId, epoch: u32) -> Result<SectorKey, Fault>;
}
