//! Backup and restore: every table out of one database, and into an empty one of either engine.
//!
//! A backup is a consistent snapshot, taken while brokers serve, and holds private keys as the database holds them:
//! sealed. The master key is not in it. What travels between two hops is not in it either: see [`Tables::copy_in`].

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::fs::File;
use std::io;
use std::path::Path;

use async_trait::async_trait;
use boundary::Fault;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::OffsetDateTime;

pub use read::{Item, Reader};
pub use write::Writer;

use crate::keys::MasterKeys;

/// The form that this version writes and reads.
const FORMAT: u32 = 1;
/// What the first line says that it is.
const NAME: &str = "passerelle";

/// Why a backup was not written, or not restored.
#[derive(Debug, Error)]
pub enum BackupError {
    /// A file that is there is never overwritten.
    #[error("{0} exists: a backup never overwrites a file")]
    Exists(String),
    /// The file cannot be read or written.
    #[error("{0}: {1}")]
    File(String, io::Error),
    /// The file is not whole.
    #[error("{0} is not a whole backup ({1}): take another one")]
    Damaged(String, &'static str),
    /// There is nothing to write.
    #[error("{0} has no keys, so nobody was ever served from it: there is nothing to back up")]
    NoKeys(String),
    /// A newer version wrote it.
    #[error(
        "the backup is of schema {schema} in form {format}, written by Passerelle {version}: restore it with that version or a newer one"
    )]
    Newer {
        /// Its schema.
        schema: i64,
        /// Its form.
        format: u32,
        /// The version that wrote it.
        version: String,
    },
    /// The master key does not open what is in it.
    #[error(
        "this is not the master key of the backup: restore with the master key of the broker that it was taken from"
    )]
    WrongMasterKey,
    /// The database is in use.
    #[error("{place} is not empty (table {table}): restore into a new database")]
    NotEmpty {
        /// Which database.
        place: String,
        /// The first table that holds something.
        table: String,
    },
    /// The database is not at the schema that is needed.
    #[error("{place} has schema {found}, and {wanted} is needed: {mend}")]
    Schema {
        /// Which database.
        place: String,
        /// What it has.
        found: i64,
        /// What it should have.
        wanted: i64,
        /// What to do.
        mend: &'static str,
    },
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] Fault),
}

impl BackupError {
    /// Whether what was given is refused, rather than the environment at fault.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::File(_, error) => error.kind() == io::ErrorKind::NotFound,
            Self::WrongMasterKey | Self::Store(_) => false,
            _ => true,
        }
    }
}

/// What a value of a column is, on either engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Text.
    Text,
    /// A number of 64 bits.
    Integer,
    /// Bytes, in lower-case hexadecimal digits.
    Bytes,
}

/// A table as a backup names it. Its rows follow, each a JSON array in the order of the columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub table: String,
    /// Its columns.
    pub columns: Vec<(String, Kind)>,
}

/// What a snapshot is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The schema version of the database.
    pub schema: i64,
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// The value that tells a wrong master key.
    pub check: String,
}

/// The first line of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// That it is one.
    pub backup: String,
    /// Its form.
    pub format: u32,
    /// The schema version of the database.
    pub schema: i64,
    /// The version of the broker.
    pub version: String,
    /// The engine that it was taken from. It may be restored into either.
    pub engine: String,
    /// When it was begun.
    #[serde(with = "time::serde::rfc3339")]
    pub made: OffsetDateTime,
    /// The value that tells a wrong master key.
    pub check: String,
}

/// The last line: how many rows there are, and the SHA-256 of all that stands before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Trailer {
    rows: u64,
    sha256: String,
}

/// What backup and restore need of a database.
#[async_trait]
pub trait Tables: Send + Sync {
    /// Writes every table as it is at one moment, while others go on writing.
    ///
    /// # Errors
    /// [`BackupError`], where the database is of another schema or does not answer, or the file cannot be written.
    async fn copy_out(&self, out: &mut Writer) -> Result<(), BackupError>;

    /// Fills an empty database, whole or not at all, and brings it to the schema of this version. Carrier keys do not
    /// come along: a ticket that was used after the backup was taken must not open again.
    ///
    /// # Errors
    /// [`BackupError`], where the database is not empty or does not answer, or the file is not whole.
    async fn copy_in(&self, rows: Reader) -> Result<(), BackupError>;
}

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Tables.
    pub tables: u64,
    /// Rows.
    pub rows: u64,
}

/// Told now and then how many rows were copied.
pub type Progress = Box<dyn FnMut(u64) + Send>;

/// Writes a backup: to a temporary name, durably, and only then under its own.
///
/// # Errors
/// [`BackupError`]. Nothing is left behind then.
pub async fn backup(
    from: &dyn Tables,
    file: &Path,
    made: OffsetDateTime,
    progress: Progress,
) -> Result<Copied, BackupError> {
    let name = file.display().to_string();
    if file.exists() {
        return Err(BackupError::Exists(name));
    }
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |e| BackupError::File(name.clone(), e);
    let new = tempfile::Builder::new().prefix(".passerelle-backup.").tempfile_in(folder).map_err(failed)?;
    let mut out = Writer::new(new.reopen().map_err(failed)?, name.clone(), made, progress);
    from.copy_out(&mut out).await?;
    let copied = out.finish()?;
    new.persist_noclobber(file).map_err(|e| match e.error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(name.clone()),
        _ => failed(e.error),
    })?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(copied)
}

/// A backup that was read once, found whole, and belongs to the master key.
pub struct Whole {
    name: String,
    header: Header,
    copied: Copied,
}

impl Whole {
    /// Reads a backup from end to end, so that nothing is begun with one that is damaged.
    ///
    /// # Errors
    /// [`BackupError`], where it is damaged, of a newer version, or of another master key.
    pub fn examine(
        file: &Path,
        master: &MasterKeys,
        known_schema: i64,
        progress: Progress,
    ) -> Result<Self, BackupError> {
        let mut reader = Reader::open(file, progress)?;
        let header = reader.header().clone();
        if header.format > FORMAT || header.schema > known_schema {
            let Header { schema, format, version, .. } = header;
            return Err(BackupError::Newer { schema, format, version });
        }
        if !master.opens_check(&header.check) {
            return Err(BackupError::WrongMasterKey);
        }
        let mut copied = Copied { tables: 0, rows: 0 };
        loop {
            match reader.next_item()? {
                Item::Table(_) => copied.tables += 1,
                Item::Row(_) => copied.rows += 1,
                Item::End => break,
            }
        }
        Ok(Self { name: file.display().to_string(), header, copied })
    }

    /// What its first line says.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Fills an empty database with it.
    ///
    /// # Errors
    /// [`BackupError`]; the database stays empty then.
    pub async fn restore(self, into: &dyn Tables, progress: Progress) -> Result<Copied, BackupError> {
        let reader = Reader::open(Path::new(&self.name), progress)?;
        into.copy_in(reader).await?;
        Ok(self.copied)
    }
}
