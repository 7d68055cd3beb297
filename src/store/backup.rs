//! Backup: every table out, from one snapshot, while others write.

use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Sqlite, SqliteConnection, Transaction};

use super::db::{Db, Engine, both};
use super::error::StoreError;
use super::migrate::known_schema;
use super::tables::{Stored, schema, stored};
use crate::operate::backup::{BackupError, Snapshot, Writer};

const CHECK: &str = "SELECT value FROM fact WHERE name = 'master-check'";
/// The snapshot is of the first statement that follows.
const BEGIN_POSTGRES: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Every statement of this file that is a constant; the others are made of what the catalogue says.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[CHECK];

/// A transaction that reads. On SQLite its first read makes the snapshot, and the write-ahead log grows until it ends.
enum Reading {
    Lite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Reading {
    async fn begin(db: &Db) -> Result<Self, StoreError> {
        let begun = match db {
            Db::Lite { readers, .. } => readers.begin().await.map(Self::Lite),
            Db::Postgres(pools) => pools.reading.begin_with(BEGIN_POSTGRES).await.map(Self::Postgres),
        };
        begun.map_err(|e| StoreError::from_sqlx("beginning a snapshot", &e))
    }

    fn on(&mut self) -> Engine<&mut SqliteConnection, &mut PgConnection> {
        match self {
            Self::Lite(tx) => Engine::Lite(&mut *tx),
            Self::Postgres(tx) => Engine::Postgres(&mut *tx),
        }
    }
}

/// Writes a snapshot of every table that a backup keeps.
pub(super) async fn copy_out(db: &Db, out: &mut Writer) -> Result<(), BackupError> {
    let mut reading = Reading::begin(db).await.map_err(fault)?;
    let tables = stored(reading.on()).await.map_err(fault)?;
    let found = schema(reading.on(), &tables).await.map_err(fault)?;
    if found != known_schema() {
        let mend = if found > known_schema() {
            "take the backup with the version that serves it"
        } else {
            "take the backup with the version that serves it, or start this one first, which brings the schema up"
        };
        return Err(BackupError::Schema { place: db.place(), found, wanted: known_schema(), mend });
    }
    let check: Option<String> = both!("reading the check value", reading.on(), c =>
        sqlx::query_scalar(CHECK).fetch_optional(c))
    .map_err(fault)?;
    let check = check.ok_or_else(|| BackupError::NoKeys(db.place()))?;
    out.begin(Snapshot { schema: found, engine: db.engine(), check })?;
    for table in tables.iter().filter(|table| table.is_kept()) {
        out.table(&table.table().map_err(fault)?)?;
        rows(&mut reading, table, out).await?;
    }
    Ok(())
}

/// Row by row, so that memory does not grow with the table.
#[expect(clippy::disallowed_methods, reason = "names come from the database's own catalogue, and are quoted")]
async fn rows(reading: &mut Reading, table: &Stored, out: &mut Writer) -> Result<(), BackupError> {
    let failed = |e: sqlx::Error| fault(StoreError::from_sqlx("reading a table", &e));
    match reading {
        Reading::Lite(tx) => {
            let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(table.rows(true))).fetch(&mut **tx);
            while let Some(row) = rows.try_next().await.map_err(failed)? {
                out.row(&row)?;
            }
        }
        Reading::Postgres(tx) => {
            let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(table.rows(false))).fetch(&mut **tx);
            while let Some(row) = rows.try_next().await.map_err(failed)? {
                out.row(&row)?;
            }
        }
    }
    Ok(())
}

/// A failure of the database.
pub(super) fn fault(error: StoreError) -> BackupError {
    BackupError::Store(error.into())
}
