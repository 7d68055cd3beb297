//! What `apply` needs of a store: everything at once in, everything at once out.

use async_trait::async_trait;
use boundary::{Fault, PersonId, Root};
use time::OffsetDateTime;

use super::record::{ManagedBy, Record, RecordKind};
use crate::journal::Change;
use crate::keys::StoredSectorKey;

/// A record as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// The record.
    pub record: Record,
    /// Who looks after it.
    pub managed_by: ManagedBy,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
}

/// The id and root to use for a person whose identity is not known yet.
#[derive(Clone)]
pub struct NewPerson {
    /// Drawn for them.
    pub person: PersonId,
    /// Drawn for them.
    pub root: Root,
}

/// What one run of `apply` writes: all of it or none.
#[derive(Clone, Default)]
pub struct Changes {
    /// Records to add or change, in the order of their kinds.
    pub put: Vec<(Record, Option<NewPerson>)>,
    /// Records to withdraw: objects are marked, people lose their affiliations, assignments go.
    pub withdraw: Vec<Record>,
    /// Keys for sectors that are new.
    pub sector_keys: Vec<StoredSectorKey>,
    /// What the journal is told of it.
    pub told: Vec<Change>,
}

/// What `apply` needs of a store.
#[async_trait]
pub trait FederationStore: Send + Sync {
    /// All objects, whoever looks after them; of people and assignments only those of a file.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    async fn records(&self) -> Result<Vec<StoredRecord>, Fault>;

    /// Whether an identity is known.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    async fn knows(&self, ent: &boundary::EntId, namespace: &str, subject: &str) -> Result<bool, Fault>;

    /// Writes changes in one transaction and tells every process that they happened. A seat by name that a pool has
    /// no room for is the one thing that can be wrong here: its subscription is returned and nothing is written.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer; nothing is written then.
    async fn write(&self, changes: Changes, at: OffsetDateTime) -> Result<Result<(), NoRoom>, Fault>;
}

/// A pool had no room for an assignment by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRoom {
    /// The kind of record that did not fit, always an assignment.
    pub kind: RecordKind,
    /// Its id.
    pub id: String,
}
