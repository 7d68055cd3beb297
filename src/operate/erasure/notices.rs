//! Notices: what each publisher is told about people who were erased, and that it has heard.

use boundary::{Fault, Pseudonym, SectorId};
use serde::Serialize;

use super::{ErasureError, Erasures};
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

impl Erasures {
    /// The notices of a sector that it has not acknowledged, or all.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    pub async fn notices(&self, sector: &SectorId, all: bool) -> Result<Vec<Notice>, Fault> {
        self.store.notices(sector, all).await
    }

    /// Takes note that a sector has deleted what it had; answers how many notices that were which nobody had
    /// acknowledged. Their values go.
    ///
    /// # Errors
    /// [`ErasureError`], where the store did not answer.
    pub async fn acknowledge(
        &self,
        sector: &SectorId,
        ids: &[String],
        actor: &Actor,
    ) -> Result<u64, ErasureError> {
        let at = self.clock.now();
        let change =
            Change::new(at, actor, "acknowledge", "erasure-notice", sector.as_str()).count(ids.len() as u64);
        Ok(self.store.acknowledge(sector, ids, at, &change).await?)
    }
}
