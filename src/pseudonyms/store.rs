//! What pseudonyms need of a store and of the key room.

use async_trait::async_trait;
use boundary::{Fault, PersonId, Pseudonym, Root, SectorId, SectorKey};
use time::OffsetDateTime;

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
    ) -> Result<Option<(Root, Option<Pseudonym>)>, Fault>;
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
    /// The key of a sector in its current epoch.
    ///
    /// # Errors
    /// A [`Fault`] when there is none: nothing is ever derived from a substitute (P8).
    async fn sector_key(&self, sector: &SectorId) -> Result<SectorKey, Fault>;
}
