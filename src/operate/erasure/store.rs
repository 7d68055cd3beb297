//! What erasures need of a store.

use async_trait::async_trait;
use boundary::{Chance, Fault, PersonId, Pseudonym, SectorId};
use time::OffsetDateTime;

use super::{Applied, AskedNotices, ErasureError, LedgerError, Notice, NoticesOfSector};
use crate::journal::Change;
use crate::operate::subject::SubjectStore;

/// An erasure to be done.
pub struct Erasing<'a> {
    /// Its place in the ledger.
    pub sequence: i64,
    /// When it was decided.
    pub at: OffsetDateTime,
    /// Who.
    pub person: PersonId,
    /// Whom they were before they were linked, by what the ledger knows: in an older database that is somebody else still.
    pub former: &'a [PersonId],
    /// Values of theirs that the ledger knows and an older database may not.
    pub values: &'a [(SectorId, Pseudonym)],
    /// What the journal tells of it.
    pub told: &'a [Change],
}

/// What an erasure took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Seats that went back to their pools.
    pub seats: u64,
    /// Values that publishers are told of.
    pub notices: u64,
}

/// What has to be durable before an erasure is committed.
#[async_trait]
pub trait Record: Send + Sync {
    /// Writes it into the ledger, with whom the person was before and the values that sectors know; false where another
    /// erasure came first.
    async fn record(
        &self,
        former: &[PersonId],
        values: &[(SectorId, Pseudonym)],
    ) -> Result<bool, LedgerError>;
}

/// What erasures need of a store. Every method's error but for [`ErasureStore::erase`] is a [`Fault`]: the store did not
/// answer.
#[async_trait]
pub trait ErasureStore: SubjectStore {
    /// What this database says of itself.
    async fn applied(&self) -> Result<Applied, Fault>;
    /// Ties the database to a ledger, unless it is tied to one.
    async fn bind_ledger(&self, ledger: &str) -> Result<(), Fault>;
    /// Ties it to another ledger.
    async fn rebind_ledger(&self, ledger: &str, told: &[Change]) -> Result<(), Fault>;
    /// Notes that somebody is about to be erased, so that a process that dies meanwhile is not taken for a restore.
    async fn begin_erasure(&self, person: PersonId, at: OffsetDateTime) -> Result<(), Fault>;
    /// Who is about to be erased, and since when.
    async fn begun(&self) -> Result<Vec<(PersonId, OffsetDateTime)>, Fault>;
    /// Nobody is about to erase this person.
    async fn drop_begun(&self, person: PersonId) -> Result<(), Fault>;
    /// Erases, and records it right before the commit; `None` where another erasure came first. Where it was recorded
    /// and the database did not answer after that, the next start finishes it.
    async fn erase(
        &self,
        what: &Erasing<'_>,
        record: &dyn Record,
        chance: &dyn Chance,
    ) -> Result<Result<Option<Taken>, ErasureError>, Fault>;
    /// Takes away what launches wrote that were under way while somebody was erased; answers how many rows.
    async fn sweep(&self, now: OffsetDateTime, chance: &dyn Chance) -> Result<u64, Fault>;
    /// Notices of a sector, oldest first; those that it has acknowledged only where all are asked for.
    async fn notices(&self, sector: &SectorId, asked: &AskedNotices) -> Result<Vec<Notice>, Fault>;
    /// How the notices of every sector stand that has any.
    async fn notices_by_sector(&self) -> Result<Vec<NoticesOfSector>, Fault>;
    /// Acknowledges notices of a sector; answers how many were not.
    async fn acknowledge(
        &self,
        sector: &SectorId,
        ids: &[String],
        at: OffsetDateTime,
        told: &Change,
    ) -> Result<u64, Fault>;
}
