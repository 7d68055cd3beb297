//! Db: connections to either engine, with what makes a commit durable and an outage short.
//!
//! One text serves both engines wherever the dialects allow; [`both!`](crate::store::db::both) runs it on whichever is
//! there, within a time limit.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Database, Executor, Postgres, Sqlite};

use super::error::{StoreError, Trouble, io_trouble};
use super::postgres::{self, PgPools};
use super::shelf::{AFTER_RELEASE, BESIDE, Borrowed, Shelf, Shelves};
use super::transaction::Begun;

/// How long SQLite waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);
/// A connection waits that long, in milliseconds.
const PATIENT: &str = "PRAGMA busy_timeout = 5000";
/// Or this long, so that nobody waits for it.
const HURRIED: &str = "PRAGMA busy_timeout = 250";
/// How long a statement may take on SQLite: longer than its own wait for a lock.
pub(in crate::store) const LITE_LIMIT: Duration = Duration::from_secs(8);

const BEGIN_LITE: &str = "BEGIN IMMEDIATE";
/// Reads from one moment on; begun without a lock.
const SNAPSHOT_LITE: &str = "BEGIN";

/// One of two: what belongs to SQLite, or what belongs to PostgreSQL.
pub(in crate::store) enum Engine<L, P> {
    Lite(L),
    Postgres(P),
}

/// Where a connection can be had from: a shelf, or a transaction that has one.
pub(in crate::store) trait Lend {
    type Lent: Lent;
    fn lend(self) -> impl Future<Output = Result<Self::Lent, sqlx::Error>> + Send;
}

/// A connection for one query.
pub(in crate::store) trait Lent {
    type Connection;
    fn connection(&mut self) -> &mut Self::Connection;
    /// Gives it back; whether its query was answered decides what becomes of it.
    fn give_back(self, answered: bool);
}

impl<DB: Database> Lend for &Arc<Shelf<DB>> {
    type Lent = Borrowed<DB>;

    fn lend(self) -> impl Future<Output = Result<Self::Lent, sqlx::Error>> + Send {
        self.take()
    }
}

impl<DB: Database> Lent for Borrowed<DB> {
    type Connection = DB::Connection;

    fn connection(&mut self) -> &mut DB::Connection {
        Self::connection(self)
    }

    fn give_back(self, answered: bool) {
        Self::give_back(self, answered);
    }
}

impl<C: Send> Lend for &mut C {
    type Lent = Self;

    async fn lend(self) -> Result<Self, sqlx::Error> {
        Ok(self)
    }
}

impl<C> Lent for &mut C {
    type Connection = C;

    fn connection(&mut self) -> &mut C {
        self
    }

    // The transaction that it belongs to ends with an error, and closes it.
    fn give_back(self, _: bool) {}
}

/// Runs a query on whichever engine is there: `both!("reading a seat", db.read(), c => query(SQL).fetch_one(c))`.
/// The words say what was being done when it failed or took too long. The answer is a `Result<_, StoreError>`.
macro_rules! both {
    ($doing:expr, $on:expr, $c:ident => $query:expr) => {
        $crate::store::db::both!($doing, $on, $c => $query, |answer| answer)
    };
    ($doing:expr, $on:expr, $c:ident => $query:expr, |$answer:ident| $told:expr) => {
        match $on {
            $crate::store::db::Engine::Lite(on) => {
                $crate::store::db::both!(one $doing, $crate::store::db::LITE_LIMIT, on, $c => $query, |$answer| $told)
            }
            $crate::store::db::Engine::Postgres(on) => {
                $crate::store::db::both!(one $doing, $crate::store::postgres::LIMIT, on, $c => $query, |$answer| $told)
            }
        }
    };
    (one $doing:expr, $limit:expr, $on:ident, $c:ident => $query:expr, |$answer:ident| $told:expr) => {
        match $crate::store::db::Lend::lend($on).await {
            Ok(mut lent) => {
                let $c = $crate::store::db::Lent::connection(&mut lent);
                let $answer = $crate::store::db::within($doing, $limit, $query).await;
                $crate::store::db::Lent::give_back(lent, $answer.is_ok());
                $told
            }
            Err(error) => Err($crate::store::StoreError::from_sqlx($doing, &error)),
        }
    };
}
pub(in crate::store) use both;

/// As [`both!`], for `query(…).execute(c)`: the answer is how many rows it wrote.
macro_rules! rows {
    ($doing:expr, $on:expr, $c:ident => $query:expr) => {
        $crate::store::db::both!($doing, $on, $c => $query, |answer| answer.map(|done| done.rows_affected()))
    };
}
pub(in crate::store) use rows;

/// The file of an SQLite database as it was when it was opened.
#[derive(Debug)]
pub struct DbFile {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

/// Connections to a database. Cheap to clone. The pools are there for what is rare, such as migrations and backups;
/// everything else takes its connections from the shelves over them.
#[derive(Clone)]
pub enum Db {
    /// SQLite: one connection writes, several read, and one watches.
    Lite {
        /// Connections that write.
        writer: SqlitePool,
        /// Connections that cannot write.
        readers: SqlitePool,
        /// Those at hand.
        shelves: Shelves<Sqlite>,
        /// The file.
        file: Arc<DbFile>,
    },
    /// PostgreSQL.
    Postgres(PgPools),
}

impl Db {
    /// Opens `sqlite://PATH` or `postgres://…`; an SQLite file that is not there is made where `create` says so,
    /// readable by its owner only. The schema is [`migrate`](super::migrate)'s.
    ///
    /// # Errors
    /// [`StoreError`] where the URL, the file or the server is not right.
    pub async fn open(url: &str, create: bool) -> Result<Self, StoreError> {
        match url.split_once(':') {
            Some(("sqlite", _)) => Self::open_lite(url, create).await,
            Some(("postgres" | "postgresql", _)) => postgres::open(url).await.map(Self::Postgres),
            _ => Err(StoreError::Url),
        }
    }

    async fn open_lite(url: &str, create: bool) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(url).map_err(|_| StoreError::Url)?;
        let path = options.get_filename().to_owned();
        let doing = format!("opening {}", path.display());
        prepare_file(&path, create).map_err(|trouble| StoreError::failed(doing.clone(), trouble))?;
        let options = options
            .create_if_missing(false)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .synchronous(SqliteSynchronous::Full)
            .disable_statement_logging();
        let failed = |e: sqlx::Error| StoreError::from_sqlx(doing.clone(), &e);
        let pool = |places: u32| {
            let options = SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None);
            let options = options.acquire_timeout(BUSY).test_before_acquire(false);
            options.after_release(|_, _| Box::pin(async { AFTER_RELEASE })).max_connections(places + BESIDE)
        };
        // What is deleted is overwritten: an erased person's root must not stay in a free page.
        let wal = options.clone().journal_mode(SqliteJournalMode::Wal).pragma("secure_delete", "ON");
        let writer = pool(1).connect_with(wal).await.map_err(failed)?;
        let many = std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 8));
        let many = u32::try_from(many).unwrap_or(2);
        // One of them watches.
        let readers = pool(many + 1);
        let readers = readers.connect_with(options.pragma("query_only", "ON")).await.map_err(failed)?;
        let shelf = |pool: &SqlitePool, places| Shelf::new(pool.clone(), places, BUSY);
        let (writing, reading) = (shelf(&writer, 1), shelf(&readers, many));
        let shelves = Shelves { writing, reading, watching: shelf(&readers, 1) };
        let identity = identity_of(&path);
        Ok(Self::Lite { writer, readers, shelves, file: Arc::new(DbFile { path, identity }) })
    }

    /// Where the database is, for the operator: a path, or host and name. Never user or password.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Lite { file, .. } => file.path.display().to_string(),
            Self::Postgres(pools) => postgres::place(&pools.reading.connect_options()),
        }
    }

    /// `sqlite` or `postgres`.
    #[must_use]
    pub const fn engine(&self) -> &'static str {
        match self {
            Self::Lite { .. } => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// A file beside that of an SQLite database, named as it with this behind; `None` on PostgreSQL.
    pub(in crate::store) fn beside(&self, ending: &str) -> Option<PathBuf> {
        let Self::Lite { file, .. } = self else { return None };
        let mut name = file.path.as_os_str().to_owned();
        name.push(".");
        name.push(ending);
        Some(PathBuf::from(name))
    }

    /// Writes an SQLite file's log into it and cuts the log, so that what was deleted does not stay there. Answers whether
    /// that could be done at once: nobody waits long for it.
    pub(in crate::store) async fn cut_log(&self) -> Result<bool, StoreError> {
        const DOING: &str = "cutting the log";
        let Self::Lite { writer, .. } = self else { return Ok(true) };
        let failed = |e: sqlx::Error| StoreError::from_sqlx(DOING, &e);
        let mut one = writer.acquire().await.map_err(failed)?;
        one.execute(HURRIED).await.map_err(failed)?;
        let done: Result<(i64, i64, i64), _> =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *one).await;
        one.execute(PATIENT).await.map_err(failed)?;
        done.map(|(busy, ..)| busy == 0).map_err(failed)
    }

    /// Connections to read from.
    pub(in crate::store) const fn read(&self) -> Engine<&Arc<Shelf<Sqlite>>, &Arc<Shelf<Postgres>>> {
        match self {
            Self::Lite { shelves, .. } => Engine::Lite(&shelves.reading),
            Self::Postgres(pools) => Engine::Postgres(&pools.shelves.reading),
        }
    }

    /// A connection that reads for the poll of changes and for readiness, however many strangers cause reads.
    pub(in crate::store) const fn watch(&self) -> Engine<&Arc<Shelf<Sqlite>>, &Arc<Shelf<Postgres>>> {
        match self {
            Self::Lite { shelves, .. } => Engine::Lite(&shelves.watching),
            Self::Postgres(pools) => Engine::Postgres(&pools.shelves.watching),
        }
    }

    /// Whether an SQLite file is still the one that was opened.
    pub(in crate::store) fn present(&self) -> Result<(), StoreError> {
        match self {
            Self::Lite { file, .. } => file.check(),
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Begins a transaction that writes. On SQLite nobody else writes until it ends, so it must be short: launches
    /// wait behind it. One that is dropped is rolled back.
    pub(in crate::store) async fn begin(&self) -> Result<Tx, StoreError> {
        const DOING: &str = "beginning a transaction";
        match self {
            Self::Lite { shelves, file, .. } => {
                file.check()?;
                Begun::begin(DOING, BEGIN_LITE, LITE_LIMIT, &shelves.writing).await.map(Tx::Lite)
            }
            Self::Postgres(pools) => {
                let begun = Begun::begin(DOING, postgres::BEGIN, postgres::LIMIT, &pools.shelves.writing);
                begun.await.map(Tx::Postgres)
            }
        }
    }

    /// Begins a transaction that only reads, and sees the database as it is at its first statement.
    pub(in crate::store) async fn snapshot(&self) -> Result<Tx, StoreError> {
        const DOING: &str = "beginning to read";
        match self {
            Self::Lite { shelves, .. } => {
                Begun::begin(DOING, SNAPSHOT_LITE, LITE_LIMIT, &shelves.reading).await.map(Tx::Lite)
            }
            Self::Postgres(pools) => {
                let begun = Begun::begin(DOING, postgres::SNAPSHOT, postgres::LIMIT, &pools.shelves.reading);
                begun.await.map(Tx::Postgres)
            }
        }
    }

    /// Closes all connections, once they are given back.
    pub async fn close(&self) {
        match self {
            Self::Lite { shelves, .. } => shelves.close().await,
            Self::Postgres(pools) => pools.shelves.close().await,
        }
    }
}

/// A transaction. Dropped, its connection is closed, and so it is rolled back.
pub(in crate::store) enum Tx {
    Lite(Begun<Sqlite>),
    Postgres(Begun<Postgres>),
}

impl Tx {
    /// The connection, for [`both!`].
    pub fn on(&mut self) -> Engine<&mut SqliteConnection, &mut PgConnection> {
        match self {
            Self::Lite(tx) => Engine::Lite(tx.connection()),
            Self::Postgres(tx) => Engine::Postgres(tx.connection()),
        }
    }

    /// Commits. After an error that is not [contention](StoreError::is_contention) it is unknown whether it did.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.commit_within(LITE_LIMIT).await
    }

    /// The same, of a transaction so large that SQLite needs more time to write it down.
    pub async fn commit_within(self, limit: Duration) -> Result<(), StoreError> {
        const DOING: &str = "committing";
        match self {
            Self::Lite(tx) => tx.end(DOING, "COMMIT", limit).await,
            Self::Postgres(tx) => tx.end(DOING, "COMMIT", postgres::LIMIT).await,
        }
    }

    /// Undoes everything, and waits until it is undone.
    pub async fn rollback(self) -> Result<(), StoreError> {
        const DOING: &str = "rolling back";
        match self {
            Self::Lite(tx) => tx.end(DOING, "ROLLBACK", LITE_LIMIT).await,
            Self::Postgres(tx) => tx.end(DOING, "ROLLBACK", postgres::LIMIT).await,
        }
    }
}

/// Waits for a query, but not for ever: a server that is gone says nothing.
pub(in crate::store) async fn within<T>(
    doing: &'static str,
    limit: Duration,
    query: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(limit, query).await {
        Ok(answer) => answer.map_err(|e| StoreError::from_sqlx(doing, &e)),
        Err(_) => Err(StoreError::failed(doing, Trouble::NoAnswer)),
    }
}

impl DbFile {
    /// Where it is.
    pub(in crate::store) fn path(&self) -> &Path {
        &self.path
    }

    /// SQLite goes on writing into a file that was deleted, and every commit would be lost.
    fn check(&self) -> Result<(), StoreError> {
        if identity_of(&self.path) == self.identity {
            Ok(())
        } else {
            Err(StoreError::failed(format!("writing to {}", self.path.display()), Trouble::Moved))
        }
    }
}

fn identity_of(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
}

/// Finds out by ordinary means what SQLite would call "unable to open", and makes a new file private.
fn prepare_file(path: &Path, create: bool) -> Result<(), Trouble> {
    use std::os::unix::fs::OpenOptionsExt;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !directory.is_dir() {
        return Err(Trouble::NoDirectory);
    }
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(create).mode(0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(Trouble::Missing),
        Err(e) if e.kind() == std::io::ErrorKind::IsADirectory => Err(Trouble::NotADatabase),
        Err(e) => Err(io_trouble(&e)),
    }
}
