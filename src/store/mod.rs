//! The store: the only module that names sqlx. SQLite is embedded and the default; PostgreSQL is for several hosts.
//!
//! What a launch writes goes through one task and its group commit ([`writer`]); what it reads comes from caches that
//! a poll of changed topics keeps true to within two seconds ([`versions`], [`cache`]). SQL stands in constants; a test
//! prepares each of them on both engines.

mod access;
mod agreements;
mod answers;
mod assignments;
mod backup;
mod cache;
mod catalogue;
mod changes;
mod contention;
mod db;
mod directory;
mod epochs;
mod erasure;
mod error;
mod failed;
mod federation;
mod identities;
mod journal;
mod kept;
mod keys;
mod launches;
mod ledger;
mod licensing;
mod looking;
mod migrate;
mod objects;
mod people;
mod postgres;
mod pseudonyms;
mod purge;
mod records;
mod restore;
mod rolls;
mod roster;
mod shelf;
mod statistics;
mod subject;
mod tables;
mod time;
mod transaction;
mod turn;
mod versions;
mod writer;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ::time::OffsetDateTime;
use async_trait::async_trait;
use boundary::Fault;
use tokio::task::JoinHandle;

pub use db::Db;
pub use error::{StoreError, Trouble};
pub use ledger::DbLedger;
pub use migrate::{known_schema, migrate, require_schema};
pub use versions::Versions;

use db::Tx;
use failed::Ring;
use kept::Kept;
use versions::bump;

use crate::operate::backup::{BackupError, Reader, Tables, Writer};

use crate::launch::{FailedSignOn, FailedSignOns};

/// A database with what a running broker keeps around it. The traits that the rooms declare are implemented for it.
pub struct Store {
    db: Db,
    /// Names this run of the process.
    boot: String,
    noted: changes::Noted,
    versions: Arc<Versions>,
    writer: writer::Writer,
    kept: Kept,
    failed: Arc<Ring>,
    poll: JoinHandle<()>,
    ring: JoinHandle<()>,
}

/// How busy a store is, for the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Writes that wait for the writer.
    pub waiting: usize,
    /// Transactions of launches since the start.
    pub batches: u64,
    /// Launches' writes in them.
    pub items: u64,
    /// Whether caches are bypassed, because the poll of changes is late.
    pub bypassed: bool,
    /// Failed sign-ons that were not kept since the start.
    pub dropped: u64,
}

impl Store {
    /// Starts the writer and the poll of changes over a database whose schema is [migrated](migrate). `boot` names this
    /// run of the process; no two runs have the same.
    ///
    /// It must be called within a tokio runtime.
    #[must_use]
    pub fn open(db: Db, boot: String) -> Self {
        let versions = Arc::new(Versions::default());
        let failed = Ring::new(db.clone());
        let (poll, ring) = (versions.follow(db.clone()), failed.follow());
        let writer = writer::Writer::start(db.clone(), boot.clone());
        let kept = Kept::new(&versions);
        let noted = changes::Noted::default();
        Self { db, boot, noted, versions, writer, kept, failed, poll, ring }
    }

    /// How busy it is.
    #[must_use]
    pub fn load(&self) -> Load {
        let (waiting, batches, items) = self.writer.load();
        let (bypassed, dropped) = (self.versions.current("").is_none(), self.failed.dropped());
        Load { waiting, batches, items, bypassed, dropped }
    }

    /// Whether the database answers, for readiness.
    ///
    /// # Errors
    /// A [`Fault`] that says what is wrong.
    pub async fn ping(&self) -> Result<(), Fault> {
        self.db.present()?;
        versions::highest_of(&self.db).await?;
        Ok(())
    }

    /// Where the database is, for the operator.
    #[must_use]
    pub fn place(&self) -> String {
        self.db.place()
    }

    /// A file beside that of an SQLite database, named as it with this behind; `None` on PostgreSQL.
    #[must_use]
    pub fn beside(&self, ending: &str) -> Option<std::path::PathBuf> {
        self.db.beside(ending)
    }

    fn stop(&self) {
        self.poll.abort();
        self.ring.abort();
    }

    /// Commits what changes something that is kept, and tells every process, this one at once.
    pub(in crate::store) async fn commit_and_tell<T: AsRef<str>>(
        &self,
        mut tx: Tx,
        topics: &[T],
    ) -> Result<(), StoreError> {
        let version = bump(&mut tx, topics).await?;
        tx.commit().await?;
        self.versions.note(topics, version);
        Ok(())
    }

    /// Writes what is queued and takes nothing more from launches.
    pub async fn drain(&self) {
        self.writer.close().await;
    }

    /// Writes what is queued, takes nothing more, and closes the database.
    pub async fn close(&self) {
        self.drain().await;
        self.stop();
        self.failed.write().await;
        self.db.close().await;
    }
}

#[async_trait]
impl crate::jobs::Purge for Store {
    async fn purge(&self, now: OffsetDateTime) -> Result<u64, Fault> {
        Self::purge(self, now).await
    }
}

#[async_trait]
impl Tables for Db {
    async fn copy_out(&self, out: &mut Writer) -> Result<(), BackupError> {
        backup::copy_out(self, out).await
    }

    async fn copy_in(&self, rows: Reader) -> Result<(), BackupError> {
        restore::copy_in(self, rows).await
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.stop();
    }
}

impl FailedSignOns for Store {
    fn note(&self, failed: FailedSignOn) {
        self.failed.note(failed);
    }
}
