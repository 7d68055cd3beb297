//! The store on both engines: one suite a trait, each run on SQLite and on PostgreSQL.

mod access;
mod agreements;
mod assignments;
mod backup;
mod catalogue;
mod changes;
mod directory;
mod erasure;
mod examples;
mod failed;
mod federation;
mod floods;
mod identities;
mod keys;
mod launches;
mod licensing;
mod pseudonyms;
mod purge;
mod reassignment;
mod recovery;
mod roster;
mod rotation;
mod schemas;
mod seating;
mod seats;
mod shelf;
mod transactions;
mod versions;

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Connection, Executor, FromRow};
use tempfile::TempDir;

use super::db::Db;
use super::{Store, migrate};

/// A fresh database of each engine, migrated. On PostgreSQL it is a schema, which is made and dropped in no time.
struct Scratch {
    lite: Place,
    postgres: Place,
    name: String,
    _folder: TempDir,
}

/// Where a database is. Whoever opens it is like a process of its own.
struct Place {
    url: String,
    stores: AtomicU32,
}

fn cluster() -> String {
    std::env::var("PASSERELLE_TEST_POSTGRES")
        .expect("run the tests through `make test`, which starts PostgreSQL")
}

#[expect(clippy::disallowed_methods, reason = "a schema's name cannot be a parameter, and this one is ours")]
async fn maintain(sql: String) {
    let mut connection = PgConnection::connect(&cluster()).await.unwrap();
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
}

impl Scratch {
    async fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lite = format!("sqlite://{}", folder.path().join("store.db").display());
        let name = format!("unit_{name}_{}", std::process::id());
        maintain(format!("CREATE SCHEMA {name}")).await;
        let postgres = format!("{}&options[search_path]={name}", cluster());
        let place = |url| Place { url, stores: AtomicU32::new(0) };
        let scratch = Self { lite: place(lite), postgres: place(postgres), name, _folder: folder };
        for place in [&scratch.lite, &scratch.postgres] {
            let db = Db::open(&place.url, true).await.unwrap();
            migrate(&db).await.unwrap();
            db.close().await;
        }
        scratch
    }

    async fn close(self) {
        maintain(format!("DROP SCHEMA {} CASCADE", self.name)).await;
    }
}

impl Place {
    async fn open(&self) -> Db {
        Db::open(&self.url, false).await.unwrap()
    }

    /// A store with connections, caches and a boot of its own.
    async fn store(&self) -> Store {
        let boot = self.stores.fetch_add(1, Ordering::Relaxed);
        Store::open(self.open().await, format!("boot{boot}"))
    }
}

/// Runs a test on a fresh database of each engine.
async fn on_both(name: &str, test: impl AsyncFn(&Place)) {
    let scratch = Scratch::new(name).await;
    for place in [&scratch.lite, &scratch.postgres] {
        test(place).await;
    }
    scratch.close().await;
}

/// What a table really holds.
async fn rows<T>(store: &Store, sql: &'static str) -> Vec<T>
where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    match &store.db {
        Db::Lite { readers, .. } => sqlx::query_as(sql).fetch_all(readers).await.unwrap(),
        Db::Postgres(pools) => sqlx::query_as(sql).fetch_all(&pools.reading).await.unwrap(),
    }
}

/// The number that a statement counts.
async fn count(store: &Store, sql: &'static str) -> i64 {
    rows::<(i64,)>(store, sql).await[0].0
}

/// Waits until something holds; what takes ten seconds does not come any more.
async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let waited = tokio::time::timeout(Duration::from_secs(10), async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("it did not come: {what}"));
}
