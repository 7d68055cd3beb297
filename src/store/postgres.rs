//! PostgreSQL: connections that give up on a server that is gone, and transactions that are durable whatever the
//! server's defaults are.
//!
//! It may stand behind a pooler in transaction mode: nothing depends on a session's settings, a write transaction sets
//! its own. Such a pooler must track prepared statements (PgBouncer from 1.21 with `max_prepared_statements`), or the
//! URL must say `statement-cache-capacity=0`.

use std::future::Future;
use std::str::FromStr;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Postgres};

use super::error::{StoreError, Trouble};

/// How long a statement may take.
pub(in crate::store) const LIMIT: Duration = Duration::from_secs(5);
/// How long a connection may take to get.
const ACQUIRE: Duration = Duration::from_secs(3);
/// A connection that rested longer than this is tried before use.
const RESTED: Duration = Duration::from_secs(1);
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
    pub(super) watching: PgPool,
}

impl PgPools {
    pub(super) async fn close(&self) {
        for pool in [&self.reading, &self.writing, &self.watching] {
            pool.close().await;
        }
    }
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
    let pool = |most, kept| pool(most, kept).connect_lazy_with(options.clone());
    Ok(PgPools { reading: pool(READING, 0), writing: pool(WRITING, 1), watching: pool(1, 1) })
}

/// A pool of at most so many connections, of which it opens some by itself and keeps them.
fn pool(most: u32, kept: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(most)
        .min_connections(kept)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > RESTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
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

/// Where a connection can be had from: a pool, or a transaction that has one.
pub(in crate::store) trait Lend {
    type Lent: Lent;
    fn lend(self) -> impl Future<Output = Result<Self::Lent, sqlx::Error>> + Send;
}

/// A connection for one query.
pub(in crate::store) trait Lent {
    fn connection(&mut self) -> &mut PgConnection;
    /// Gives it back; one whose query was not answered would wait for the answer for ever, and is closed.
    fn give_back(self, answered: bool);
}

impl Lend for &PgPool {
    type Lent = PoolConnection<Postgres>;

    fn lend(self) -> impl Future<Output = Result<Self::Lent, sqlx::Error>> + Send {
        self.acquire()
    }
}

impl Lent for PoolConnection<Postgres> {
    fn connection(&mut self) -> &mut PgConnection {
        self
    }

    fn give_back(mut self, answered: bool) {
        if !answered {
            self.close_on_drop();
        }
    }
}

impl Lend for &mut PgConnection {
    type Lent = Self;

    async fn lend(self) -> Result<Self, sqlx::Error> {
        Ok(self)
    }
}

impl Lent for &mut PgConnection {
    fn connection(&mut self) -> &mut PgConnection {
        self
    }

    // The transaction that it belongs to ends with an error, and closes it.
    fn give_back(self, _: bool) {}
}
