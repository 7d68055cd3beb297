//! What records need of a store: single records, those that a check needs, and pages of a list.

use async_trait::async_trait;
use boundary::Fault;

use crate::journal::Change;
use crate::keys::StoredSectorKey;
use crate::operate::apply::references::Name;
use crate::operate::apply::{Record, RecordKind, StoredRecord};

/// A record as it is stored, with its revision.
#[derive(Clone, PartialEq, Eq)]
pub struct RevisedRecord {
    /// The record, who looks after it, and whether it was withdrawn.
    pub stored: StoredRecord,
    /// Counts its writes, withdrawals among them.
    pub revision: u64,
}

/// Objects that have one of these other names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    /// The kind of object that has the name: the listed one, or one of the same id.
    pub kind: RecordKind,
    /// The names, any of which will do.
    pub names: Vec<String>,
}

/// Which records of a kind a list goes through, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pool {
    /// All.
    All,
    /// Those with these ids.
    Ids(Vec<String>),
    /// Those that match all of these, of which there are one to three.
    Matching(Vec<Matching>),
}

/// A slice of a list.
#[derive(Debug, Clone)]
pub struct Slice {
    /// The kind.
    pub kind: RecordKind,
    /// Which.
    pub pool: Pool,
    /// Those with ids after this one; an empty one is before all.
    pub after: String,
    /// At most so many.
    pub limit: u32,
}

/// A write of one record.
#[derive(Clone)]
pub struct Write {
    /// The record.
    pub record: Record,
    /// What happens to it.
    pub kind: WriteKind,
    /// The event of it.
    pub change: Change,
}

/// What happens to a record.
#[derive(Clone)]
pub enum WriteKind {
    /// It is put there.
    Put {
        /// The revision that it has now, withdrawn or not; none where it is new.
        revision: Option<u64>,
        /// Records that it names, each of which must not be withdrawn.
        names: Vec<Name>,
        /// The key of a sector that is new.
        sector_key: Option<StoredSectorKey>,
        /// Other names that must be nobody else's.
        own: Option<Naming>,
    },
    /// It is withdrawn, unless others name it.
    Withdraw {
        /// The revision that it has now.
        revision: u64,
    },
}

/// Another name of a record that is nobody else's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// The name.
    pub name: String,
}

/// What became of a record between check and write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Somebody wrote it.
    Moved,
    /// What it names is no longer there, or its other name is taken.
    Loose,
    /// These name it.
    Held(Held),
}

/// Who names a record: the first of them.
pub type Held = Vec<(&'static str, String)>;

/// What records need of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait RecordStore: Send + Sync {
    /// A record, withdrawn or not.
    async fn revised(&self, kind: RecordKind, id: &str) -> Result<Option<RevisedRecord>, Fault>;

    /// Those of these records that there are, withdrawn or not.
    async fn some(&self, names: &[Name]) -> Result<Vec<RevisedRecord>, Fault>;

    /// The records of a kind with another name, withdrawn or not; at most so many.
    async fn named(&self, kind: RecordKind, name: &str, limit: u32) -> Result<Vec<RevisedRecord>, Fault>;

    /// A slice of the records of a kind that were not withdrawn.
    async fn slice(&self, slice: &Slice) -> Result<Vec<RevisedRecord>, Fault>;

    /// Writes a record of the API in one transaction, and gives its new revision.
    async fn write_record(&self, write: &Write) -> Result<Result<u64, Refused>, Fault>;
}
