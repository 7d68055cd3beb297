//! Store errors: what is wrong with a database, in words for the operator. Values never appear in them.

use std::borrow::Cow;
use std::io;

use boundary::Fault;
use thiserror::Error;

/// What is wrong, and what mends it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Trouble {
    /// There is no file.
    #[error("there is no such file: check the database URL")]
    Missing,
    /// The directory of the file is not there.
    #[error("its directory does not exist: create it, or check the database URL")]
    NoDirectory,
    /// File permissions, or the privileges of a role.
    #[error(
        "permission denied: the user that runs Passerelle must own the file and its directory, or the tables"
    )]
    Denied,
    /// The file, its file system, or a standby server.
    #[error(
        "the database is read-only: check the permissions of file and directory, the mount, or whether the \
         server is a standby"
    )]
    ReadOnly,
    /// The disk.
    #[error("the disk is full: free some space")]
    Full,
    /// The disk, again.
    #[error("the disk reports an error (code {0}): check disk and file system")]
    Disk(String),
    /// Damage.
    #[error("the database is damaged (code {0}): restore a backup")]
    Damaged(String),
    /// Some other file.
    #[error("the file is not a database: check the database URL")]
    NotADatabase,
    /// Somebody moved or deleted the file while it was open.
    #[error("the file was moved, replaced or deleted while it was open: restart Passerelle")]
    Moved,
    /// The server.
    #[error("the database server is not reachable: check that it runs, its address and the network")]
    Unreachable,
    /// The server, slowly.
    #[error("no answer in time: check that the database runs and is not overloaded")]
    NoAnswer,
    /// Its encryption.
    #[error("no encrypted connection: check certificates and sslmode in the database URL")]
    Tls,
    /// User or password.
    #[error("the server refused user or password: check the database URL")]
    LoginRefused,
    /// The server has no such database.
    #[error("the server has no database of this name: create it, or check the database URL")]
    NoDatabase,
    /// All connections are taken.
    #[error("the server has no connection left: raise max_connections, or close others")]
    Exhausted,
    /// Another process keeps it locked.
    #[error("another process keeps the database locked")]
    Busy,
    /// A deadlock or a serialization failure, which the server ended.
    #[error("another transaction was in the way")]
    Conflict,
    /// It was closed by ourselves.
    #[error("the database is closed: Passerelle is shutting down")]
    Closed,
    /// A stored value has a form that this version cannot read.
    #[error("column {0} holds something that this version cannot read")]
    Form(String),
    /// The driver, or a database that does what it should not.
    #[error("{0}: this is a fault of Passerelle or of its driver, please report it")]
    Odd(&'static str),
    /// Anything else.
    #[error("the database answers with error code {0}")]
    Code(String),
}

/// An error of the store.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// The database URL cannot be read. The URL itself may hold a password and is not shown.
    #[error("the database URL must be sqlite://PATH or postgres://USER@HOST/DATABASE")]
    Url,
    /// Something went wrong.
    #[error("{doing}: {trouble}")]
    Failed {
        /// What was being done.
        doing: Cow<'static, str>,
        /// What is wrong.
        trouble: Trouble,
    },
    /// The database was migrated by a newer version.
    #[error(
        "{place} has schema {found}, this version knows {known}: install the version that wrote it, or a newer one"
    )]
    NewerSchema {
        /// Which database.
        place: String,
        /// The version that is stored.
        found: i64,
        /// The newest version that is known.
        known: i64,
    },
    /// An older version wrote the database, or nobody did.
    #[error(
        "{place} has schema {found}, this version knows {known}: `serve`, `apply` and `keys init` bring it up to date; take a backup before"
    )]
    OlderSchema {
        /// Which database.
        place: String,
        /// The version that is stored; 0 where there is none.
        found: i64,
        /// The newest version that is known.
        known: i64,
    },
    /// A migration that was applied reads otherwise here.
    #[error(
        "{place}: migration {version} was applied with another text: this binary and this database do not belong together"
    )]
    AlteredMigration {
        /// Which database.
        place: String,
        /// Which migration.
        version: i64,
    },
}

impl StoreError {
    /// A failure.
    pub(in crate::store) fn failed(doing: impl Into<Cow<'static, str>>, trouble: Trouble) -> Self {
        Self::Failed { doing: doing.into(), trouble }
    }

    /// A failure that sqlx reports.
    pub(in crate::store) fn from_sqlx(doing: impl Into<Cow<'static, str>>, error: &sqlx::Error) -> Self {
        Self::failed(doing, trouble_of(error))
    }

    /// Whether the database undid the transaction for the sake of another one, so that it may be tried again.
    pub(in crate::store) const fn is_contention(&self) -> bool {
        matches!(self, Self::Failed { trouble: Trouble::Busy | Trouble::Conflict, .. })
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::new(error.to_string())
    }
}

fn trouble_of(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default().into_owned();
            match code.parse::<i32>() {
                // SQLite has numbers; PostgreSQL's five characters may be digits as well.
                Ok(number) if code.len() < 5 => sqlite_trouble(number, code),
                _ => postgres_trouble(code),
            }
        }
        sqlx::Error::Io(error) => io_trouble(error),
        sqlx::Error::Tls(_) => Trouble::Tls,
        sqlx::Error::PoolTimedOut => Trouble::NoAnswer,
        sqlx::Error::PoolClosed => Trouble::Closed,
        sqlx::Error::ColumnDecode { index, .. } => Trouble::Form(index.clone()),
        sqlx::Error::ColumnNotFound(column) => Trouble::Form(column.clone()),
        sqlx::Error::Decode(_) => Trouble::Odd("a value of a row cannot be read"),
        sqlx::Error::WorkerCrashed => Trouble::Odd("the thread of an SQLite connection ended"),
        sqlx::Error::Protocol(_) | sqlx::Error::BeginFailed => Trouble::Unreachable,
        _ => Trouble::Odd("the driver reports an error of another kind"),
    }
}

/// Result codes of SQLite, <https://www.sqlite.org/rescode.html>: the low byte is the primary code.
fn sqlite_trouble(number: i32, code: String) -> Trouble {
    match number & 0xff {
        3 | 23 => Trouble::Denied,
        5 | 6 => Trouble::Busy,
        8 => Trouble::ReadOnly,
        10 => Trouble::Disk(code),
        11 => Trouble::Damaged(code),
        13 => Trouble::Full,
        14 => Trouble::Denied,
        26 => Trouble::NotADatabase,
        _ => Trouble::Code(code),
    }
}

/// PostgreSQL's SQLSTATE, appendix A of its manual.
fn postgres_trouble(code: String) -> Trouble {
    match code.as_str() {
        "40001" | "40P01" | "55P03" => Trouble::Conflict,
        "42501" => Trouble::Denied,
        "25006" => Trouble::ReadOnly,
        "53100" => Trouble::Full,
        "53300" => Trouble::Exhausted,
        "57014" => Trouble::NoAnswer,
        "3D000" => Trouble::NoDatabase,
        "58030" => Trouble::Disk(code),
        "XX001" | "XX002" => Trouble::Damaged(code),
        _ if code.starts_with("28") => Trouble::LoginRefused,
        _ if code.starts_with("08") || code.starts_with("57P") => Trouble::Unreachable,
        _ => Trouble::Code(code),
    }
}

pub(in crate::store) fn io_trouble(error: &io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Trouble::Denied,
        io::ErrorKind::ReadOnlyFilesystem => Trouble::ReadOnly,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Trouble::Full,
        io::ErrorKind::TimedOut => Trouble::NoAnswer,
        _ => Trouble::Unreachable,
    }
}
