//! Notices: what each publisher is told about people who were erased, and that it has heard.

use boundary::{Fault, Pseudonym, SectorId};
use serde::Serialize;

use super::Erasures;
use crate::journal::{Actor, Change};

/// That somebody was erased, as one sector is told: by the value that it knows, and by nothing that another sector could
/// compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What it is acknowledged by.
    pub id: String,
    /// The value; absent once the sector has acknowledged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Pseudonym>,
    /// The day of the erasure, in Paris.
    pub day: String,
    /// Whether the sector has acknowledged.
    pub acknowledged: bool,
}

/// Which notices of a sector are asked for.
#[derive(Debug, Clone, Default)]
pub struct AskedNotices {
    /// Also those that were acknowledged.
    pub all: bool,
    /// Behind which day and id.
    pub after: (String, String),
    /// How many at most.
    pub limit: u32,
}

/// How a sector's notices stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticesOfSector {
    /// The sector.
    pub sector: SectorId,
    /// How many it has not acknowledged.
    pub waiting: u64,
    /// How many it has.
    pub acknowledged: u64,
    /// The day of the oldest that it has not.
    pub oldest: Option<String>,
}

impl Erasures {
    /// Notices of a sector, oldest first.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    pub async fn notices(&self, sector: &SectorId, asked: &AskedNotices) -> Result<Vec<Notice>, Fault> {
        self.store.notices(sector, asked).await
    }

    /// How the notices of every sector stand that has any.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    pub async fn notices_by_sector(&self) -> Result<Vec<NoticesOfSector>, Fault> {
        self.store.notices_by_sector().await
    }

    /// Takes note that a sector has deleted what it had; answers how many notices that were which nobody had
    /// acknowledged. Their values go.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    pub async fn acknowledge(&self, sector: &SectorId, ids: &[String], actor: &Actor) -> Result<u64, Fault> {
        let at = self.clock.now();
        let change =
            Change::new(at, actor, "acknowledge", "erasure-notice", sector.as_str()).count(ids.len() as u64);
        self.store.acknowledge(sector, ids, at, &change).await
    }
}
