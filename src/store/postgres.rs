//! PostgreSQL: connections that give up on a server that is gone, and transactions that are durable whatever the
//! server's defaults are.
//!
//! It may stand behind a pooler in transaction mode: nothing depends on a session's settings, a write transaction sets
//! its own. Such a pooler must track prepared statements (PgBouncer from 1.21 with `max_prepared_statements`), or the
//! URL must say `statement-cache-capacity=0`.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Postgres};

use super::error::{StoreError, Trouble};
use super::shelf::{AFTER_RELEASE, BESIDE, Shelf, Shelves};

/// How long a statement may take.
pub(in crate::store) const LIMIT: Duration = Duration::from_secs(5);
/// How long a connection may take to get.
const ACQUIRE: Duration = Duration::from_secs(3);
/// How many connections read. Anybody may cause a read, so all of them may be taken for a while.
const READING: u32 = 8;
/// How many write: the writer's own, and three for what writes beside it, each one transaction at a time.
const WRITING: u32 = 4;

/// Settings for this transaction alone, in the same round trip. The limits are for a server that still lives when
/// this process does not.
pub(in crate::store) const BEGIN: &str = "BEGIN; SET LOCAL synchronous_commit = on; SET LOCAL statement_timeout = '5s'; \
                     SET LOCAL idle_in_transaction_session_timeout = '10s'";

/// One moment for all statements, which only read.
pub(in crate::store) const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Connections to a server, apart by what they are for, so that a flood of reads takes none from the writer, whose
/// batches would fail, nor from the poll of changes, without which no cache is believed.
#[derive(Clone)]
pub struct PgPools {
    pub(super) reading: PgPool,
    pub(super) writing: PgPool,
    pub(super) shelves: Shelves<Postgres>,
}

pub(super) async fn open(url: &str) -> Result<PgPools, StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(|_| StoreError::Url)?;
    let options = options.application_name("passerelle").disable_statement_logging();
    let doing = format!("opening {}", place(&options));
    let failed = |e: sqlx::Error| StoreError::from_sqlx(doing.clone(), &e);
    // A pool tries until its time is up and then says only that; the first connection says what is wrong.
    let first = tokio::time::timeout(ACQUIRE, PgConnection::connect_with(&options)).await;
    let first = first.map_err(|_| StoreError::failed(doing.clone(), Trouble::NoAnswer))?;
    first.map_err(failed)?.close().await.map_err(failed)?;
    let pool = |places, kept| pool(places, kept).connect_lazy_with(options.clone());
    let shelf = |pool: &PgPool, places| Shelf::new(pool.clone(), places, ACQUIRE);
    let (reading, writing) = (pool(READING, 0), pool(WRITING, 1));
    let shelves = Shelves {
        reading: shelf(&reading, READING),
        writing: shelf(&writing, WRITING),
        watching: shelf(&pool(1, 1), 1),
    };
    Ok(PgPools { reading, writing, shelves })
}

/// A pool for a shelf of so many places, of which it opens some by itself and keeps them.
fn pool(places: u32, kept: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(places + BESIDE)
        .min_connections(kept)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .after_release(|_, _| Box::pin(async { AFTER_RELEASE }))
}

/// Host and name, never user or password.
pub(super) fn place(options: &PgConnectOptions) -> String {
    let host = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let name = options.get_database().unwrap_or("of the user's name");
    format!("database {name} at {host}")
}
