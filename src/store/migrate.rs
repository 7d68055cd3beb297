//! Migrations: brings a database to the schema that this version knows, one process at a time.

use std::cmp::Ordering;
use std::path::Path;

use sqlx::migrate::{MigrateError, Migrator};

use super::db::Db;
use super::error::{StoreError, Trouble, io_trouble};
use super::tables::{schema, stored};

static LITE: Migrator = sqlx::migrate!("src/store/migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("src/store/migrations/postgres");

/// Applies the migrations that are missing. Another process that migrates is waited for.
///
/// # Errors
/// [`StoreError::NewerSchema`] where a newer version wrote the database; nothing is changed then.
pub async fn migrate(db: &Db) -> Result<(), StoreError> {
    migrate_to(db, known_schema()).await
}

/// Applies the migrations that are missing up to a version.
pub(super) async fn migrate_to(db: &Db, version: i64) -> Result<(), StoreError> {
    let ran = match db {
        Db::Lite { writer, file, .. } => {
            let _lock = lock_beside(file.path()).await?;
            LITE.run_to(version, writer).await
        }
        // PostgreSQL's own lock, for as long as the connection holds it.
        Db::Postgres(pools) => POSTGRES.run_to(version, &pools.writing).await,
    };
    ran.map_err(|e| explain(db, &e))
}

/// Checks that a database has the schema that this version knows, and changes nothing.
///
/// # Errors
/// [`StoreError::OlderSchema`] and [`StoreError::NewerSchema`] where it has another.
pub async fn require_schema(db: &Db) -> Result<(), StoreError> {
    let mut reading = db.snapshot().await?;
    let tables = stored(reading.on()).await?;
    let (place, found, known) = (db.place(), schema(reading.on(), &tables).await?, known_schema());
    reading.rollback().await?;
    match found.cmp(&known) {
        Ordering::Less => Err(StoreError::OlderSchema { place, found, known }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(StoreError::NewerSchema { place, found, known }),
    }
}

/// The newest schema version that this binary knows.
#[must_use]
pub fn known_schema() -> i64 {
    LITE.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// SQLite has no lock that outlives a transaction, so a file beside the database holds it. It stays: to delete it would
/// let two processes lock two files.
async fn lock_beside(database: &Path) -> Result<std::fs::File, StoreError> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let doing = format!("locking {}", Path::new(&name).display());
    let locked = tokio::task::spawn_blocking(move || {
        use std::os::unix::fs::OpenOptionsExt;
        let file = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(name)?;
        file.lock()?;
        Ok(file)
    });
    match locked.await {
        Ok(Ok(file)) => Ok(file),
        Ok(Err(e)) => {
            let e: std::io::Error = e;
            Err(StoreError::failed(doing, io_trouble(&e)))
        }
        Err(_) => Err(StoreError::failed(doing, Trouble::Closed)),
    }
}

fn explain(db: &Db, error: &MigrateError) -> StoreError {
    let place = db.place();
    match error {
        MigrateError::VersionMissing(found) => {
            StoreError::NewerSchema { place, found: *found, known: known_schema() }
        }
        MigrateError::VersionMismatch(version) => StoreError::AlteredMigration { place, version: *version },
        MigrateError::Execute(e) => StoreError::from_sqlx(format!("migrating {place}"), e),
        MigrateError::ExecuteMigration(e, version) => {
            StoreError::from_sqlx(format!("migration {version} of {place}"), e)
        }
        _ => StoreError::failed(format!("migrating {place}"), Trouble::Odd("the migration cannot be run")),
    }
}
