//! Backup: every table out, from one snapshot, while others write.

use futures::TryStreamExt;
use sqlx::AssertSqlSafe;

use super::db::{Db, Engine, Tx, both};
use super::error::StoreError;
use super::keys::CHECK;
use super::migrate::known_schema;
use super::tables::{Stored, schema, stored};
use crate::operate::backup::{BackupError, Snapshot, Writer};

/// Writes a snapshot of every table that a backup keeps.
pub(super) async fn copy_out(db: &Db, out: &mut Writer) -> Result<(), BackupError> {
    // On SQLite the write-ahead log grows until this ends.
    let mut reading = db.snapshot().await.map_err(fault)?;
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
    reading.rollback().await.map_err(fault)
}

/// Row by row, so that memory does not grow with the table.
#[expect(clippy::disallowed_methods, reason = "names come from the database's own catalogue, and are quoted")]
async fn rows(reading: &mut Tx, table: &Stored, out: &mut Writer) -> Result<(), BackupError> {
    let failed = |e: sqlx::Error| fault(StoreError::from_sqlx("reading a table", &e));
    match reading.on() {
        Engine::Lite(c) => {
            let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(table.rows(true))).fetch(c);
            while let Some(row) = rows.try_next().await.map_err(failed)? {
                out.row(&row)?;
            }
        }
        Engine::Postgres(c) => {
            let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(table.rows(false))).fetch(c);
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
