//! What imports of rosters need of a store.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use boundary::{EntId, Fault, GroupStatus, PersonId, Profile, Root, SchoolYear, Uai};
use time::OffsetDateTime;

use super::report::{Report, SchoolReport};
use crate::directory::{Ent, GroupListed};
use crate::journal::Actor;

/// An import that is under way. Nothing is written for it once somebody else has taken its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The ENT.
    pub ent: EntId,
    /// The number of the import at this ENT.
    pub number: i64,
    /// Drawn for this import.
    pub holder: String,
}

/// An import that begins.
#[derive(Debug, Clone)]
pub struct Beginning {
    /// The ENT.
    pub ent: EntId,
    /// Drawn for this import.
    pub holder: String,
    /// Who asked for it.
    pub actor: String,
    /// The archive's name.
    pub archive: String,
    /// When.
    pub at: OffsetDateTime,
}

/// What counts at a school, as far as an import must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The school.
    pub school: Uai,
    /// The import that counts; 0 where none does.
    pub current: i64,
    /// The degree of the archives that list it.
    pub degree: String,
    /// How many people it has.
    pub people: u64,
}

/// A row about somebody at a school.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPerson {
    /// The ENT's identifier.
    pub subject: String,
    /// The import from which on it counts.
    pub since: i64,
    /// The import from which on it does not.
    pub until: Option<i64>,
    /// Who they are.
    pub person: PersonId,
    /// Whether they are a member of the school, and not only somebody who manages.
    pub is_member: bool,
    /// When they leave.
    pub leaves: Option<OffsetDateTime>,
    /// The digest of what it says.
    pub digest: Vec<u8>,
    /// The id of the key under which that was taken, and what it says is sealed.
    pub key: Vec<u8>,
}

/// The name of a row.
#[derive(Clone, PartialEq, Eq)]
pub struct RowKey {
    /// The school.
    pub school: Uai,
    /// The ENT's identifier.
    pub subject: String,
    /// The import from which on it counts.
    pub since: i64,
}

/// A row that is written.
#[derive(Clone, PartialEq, Eq)]
pub struct NewRow {
    /// The school.
    pub school: Uai,
    /// The ENT's identifier.
    pub subject: String,
    /// Who they are. Where somebody else has written their identity in between, it is whom that one wrote.
    pub person: PersonId,
    /// Their root, where their identity is not there yet.
    pub root: Option<Root>,
    /// What they are.
    pub profile: Option<Profile>,
    /// The school year.
    pub year: Option<SchoolYear>,
    /// Their level.
    pub level: Option<String>,
    /// Their groups.
    pub groups: Vec<(GroupStatus, String)>,
    /// Whether they manage.
    pub manages: bool,
    /// The digest of all this.
    pub digest: Vec<u8>,
    /// Their attributes, sealed.
    pub sealed: Vec<u8>,
}

/// What one transaction writes, beside what counts.
#[derive(Clone, Default)]
pub struct Batch {
    /// Rows that count from this import on.
    pub rows: Vec<NewRow>,
    /// Rows that no longer count from this import on.
    pub ends: Vec<RowKey>,
    /// Rows that are followed by one of somebody who leaves, at the time of the import's end of grace.
    pub leaves: Vec<RowKey>,
    /// Rows of people who are missing and stay.
    pub held: Vec<RowKey>,
    /// Rows that an import which broke off had ended.
    pub reopened: Vec<RowKey>,
    /// Rows that an import which broke off had written.
    pub dropped: Vec<RowKey>,
}

/// A school that moves on to what an import wrote, or is told what became of it.
#[derive(Debug, Clone)]
pub struct Flip {
    /// The school.
    pub school: Uai,
    /// Whether what was written counts from now on; otherwise only the report is new.
    pub moves: bool,
    /// The degree of the archive.
    pub degree: String,
    /// How many people it has.
    pub people: u64,
    /// Its classes and groups; those that it has where nothing is said of them.
    pub groups: Option<Vec<GroupListed>>,
    /// What became of it.
    pub report: SchoolReport,
    /// What was done to it, for the journal: `import` or `confirm`.
    pub verb: &'static str,
    /// How many people something changed of. Nothing is journalled of none.
    pub changed: u64,
}

/// An import as the history keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportSummary {
    /// Its number at the ENT.
    pub number: i64,
    /// `running`, `taken`, `refused` or `broken`.
    pub state: String,
    /// When it began.
    pub began: OffsetDateTime,
    /// When it ended.
    pub ended: Option<OffsetDateTime>,
    /// Who asked for it.
    pub actor: String,
    /// The archive's name.
    pub archive: String,
    /// What became of it, without rejects; nothing while it runs.
    pub report: Option<Report>,
}

/// What imports need of a store. Every method's error is a [`Fault`]: the store did not answer, or its outcome is unknown.
/// Where a method says whether it did, `false` means that the turn was lost: nothing was written.
#[async_trait]
pub trait RosterStore: Send + Sync {
    /// All ENTs that were not withdrawn.
    async fn ents(&self) -> Result<Vec<Ent>, Fault>;
    /// The namespaces of an ENT's connections.
    async fn namespaces(&self, ent: &EntId) -> Result<BTreeSet<String>, Fault>;
    /// The schools that are registered, each with whether this ENT may speak for it.
    async fn registered_schools(&self, ent: &EntId) -> Result<Vec<(Uai, bool)>, Fault>;
    /// Begins an import: its number, or nothing while another one of the ENT is under way.
    async fn begin_import(&self, beginning: &Beginning) -> Result<Option<Hold>, Fault>;
    /// Keeps the turn.
    async fn keep_turn(&self, hold: &Hold, now: OffsetDateTime) -> Result<bool, Fault>;
    /// What counts at the schools of an ENT.
    async fn standings(&self, ent: &EntId) -> Result<Vec<Standing>, Fault>;
    /// All rows of a school, those that do not count among them.
    async fn rows_of_school(&self, ent: &EntId, school: &Uai) -> Result<Vec<StoredPerson>, Fault>;
    /// Rows of a school whose people the import that counts found missing, and kept.
    async fn held_rows(&self, ent: &EntId, school: &Uai) -> Result<Vec<RowKey>, Fault>;
    /// Who has these identifiers.
    async fn people_named(
        &self,
        ent: &EntId,
        namespace: &str,
        subjects: &[String],
    ) -> Result<HashMap<String, PersonId>, Fault>;
    /// Writes a batch in one transaction. `leave` is when those who leave have left.
    async fn write_batch(
        &self,
        hold: &Hold,
        namespace: &str,
        batch: &Batch,
        leave: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<bool, Fault>;
    /// Moves schools on, in one transaction, and journals that.
    async fn flip(
        &self,
        hold: &Hold,
        flips: &[Flip],
        actor: &Actor,
        now: OffsetDateTime,
    ) -> Result<bool, Fault>;
    /// Writes down how the import ended, and gives its turn back.
    async fn end_import(
        &self,
        hold: &Hold,
        state: &'static str,
        report: &Report,
        now: OffsetDateTime,
    ) -> Result<(), Fault>;
    /// Deletes a few rows that count no longer; how many.
    async fn clear_ended(&self) -> Result<u64, Fault>;
    /// Something that changes while launches are under way, in whichever process.
    async fn launch_mark(&self) -> Result<i64, Fault>;
    /// Whether one process at a time writes, and the others wait for it by asking again and again.
    fn has_one_writer(&self) -> bool;
    /// How many writes of launches wait in this process.
    fn launches_waiting(&self) -> usize;
    /// The imports of an ENT, newest first.
    async fn rosters(&self, ent: &EntId) -> Result<Vec<ImportSummary>, Fault>;
}

impl Batch {
    /// How many rows it writes: somebody new is four.
    #[must_use]
    pub fn weight(&self) -> usize {
        let new = self.rows.iter().filter(|row| row.root.is_some()).count();
        let keys = [&self.ends, &self.leaves, &self.held, &self.reopened, &self.dropped];
        self.rows.len() + new * 3 + keys.iter().map(|keys| keys.len()).sum::<usize>() + self.leaves.len()
    }
}
