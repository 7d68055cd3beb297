//! Restore: every table in, into a database that is empty, whole or not at all.

use std::sync::Arc;
use std::time::Duration;

use sqlx::AssertSqlSafe;

use super::backup::fault;
use super::db::{Db, Engine, Tx, both, rows, within};
use super::error::{StoreError, Trouble};
use super::migrate::{migrate, migrate_to};
use super::postgres;
use super::tables::{Stored, schema, stored};
use crate::operate::backup::{BackupError, Item, Reader, Table};

/// How many rows, and how many bytes of them, one statement takes.
const ROWS: usize = 1000;
const BYTES: usize = 256 * 1024;
/// How long the commit of a large database may take.
const PATIENCE: Duration = Duration::from_secs(600);

const CARRIERS: &str = "DELETE FROM sealed_key WHERE purpose = 'carrier'";
/// Whoever starts a broker or makes keys on this database meanwhile reads this table first, and waits.
const LOCK: &str = "LOCK TABLE fact IN ACCESS EXCLUSIVE MODE";

/// Every statement of this file that is a constant and of both engines; the others are made of what the catalogue says.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[CARRIERS];

/// Fills an empty database.
pub(super) async fn copy_in(db: &Db, mut reader: Reader) -> Result<(), BackupError> {
    let wanted = reader.header().schema;
    let mut tx = db.begin().await.map_err(fault)?;
    let tables = stored(tx.on()).await.map_err(fault)?;
    is_empty(db, &mut tx, &tables).await?;
    let found = schema(tx.on(), &tables).await.map_err(fault)?;
    tx.rollback().await.map_err(fault)?;
    if found > wanted {
        let mend = "restore into a database that was never used";
        return Err(BackupError::Schema { place: db.place(), found, wanted, mend });
    }
    migrate_to(db, wanted).await.map_err(fault)?;
    let mut tx = db.begin().await.map_err(fault)?;
    if let Engine::Postgres(c) = tx.on() {
        within("locking the database", postgres::LIMIT, sqlx::query(LOCK).execute(c)).await.map_err(fault)?;
    }
    let tables = stored(tx.on()).await.map_err(fault)?;
    is_empty(db, &mut tx, &tables).await?;
    fill(&mut tx, &tables, &mut reader).await?;
    rows!("leaving carrier keys behind", tx.on(), c => sqlx::query(CARRIERS).execute(c)).map_err(fault)?;
    tx.commit_within(PATIENCE).await.map_err(fault)?;
    migrate(db).await.map_err(fault)
}

/// Refuses a database in which any table has a row.
#[expect(clippy::disallowed_methods, reason = "names come from the database's own catalogue, and are quoted")]
async fn is_empty(db: &Db, tx: &mut Tx, tables: &[Stored]) -> Result<(), BackupError> {
    for table in tables.iter().filter(|table| !table.is_never_empty()) {
        let some: i64 = both!("looking whether a table is empty", tx.on(), c =>
            sqlx::query_scalar(AssertSqlSafe(table.any())).fetch_one(c))
        .map_err(fault)?;
        if some > 0 {
            return Err(BackupError::NotEmpty { place: db.place(), table: table.name.clone() });
        }
    }
    Ok(())
}

async fn fill(tx: &mut Tx, tables: &[Stored], reader: &mut Reader) -> Result<(), BackupError> {
    let mut batch: Option<Batch> = None;
    loop {
        match reader.next_item()? {
            Item::Table(table) => {
                finish(tx, batch.take()).await?;
                let begun = Batch::begin(&table, tables, matches!(tx.on(), Engine::Lite(_)));
                batch = Some(begun.ok_or_else(|| reader.damaged("a table that its schema does not have"))?);
            }
            Item::Row(row) => {
                let batch = batch.as_mut().ok_or_else(|| reader.damaged("a row without a table"))?;
                batch.push(row.trim_end());
                if batch.is_full() {
                    batch.write(tx).await?;
                }
            }
            Item::End => return finish(tx, batch).await,
        }
    }
}

async fn finish(tx: &mut Tx, batch: Option<Batch>) -> Result<(), BackupError> {
    match batch {
        Some(mut batch) => batch.write(tx).await,
        None => Ok(()),
    }
}

/// Rows of one table that go in with one statement.
struct Batch {
    sql: Arc<str>,
    json: String,
    rows: usize,
}

impl Batch {
    fn begin(table: &Table, tables: &[Stored], lite: bool) -> Option<Self> {
        let stored = tables.iter().find(|stored| stored.name == table.table && stored.is_kept())?;
        Some(Self { sql: stored.insert(&table.columns, lite)?.into(), json: String::new(), rows: 0 })
    }

    fn push(&mut self, row: &str) {
        self.json.push(if self.rows == 0 { '[' } else { ',' });
        self.json.push_str(row);
        self.rows += 1;
    }

    const fn is_full(&self) -> bool {
        self.rows >= ROWS || self.json.len() >= BYTES
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "names come from the database's own catalogue, and are quoted"
    )]
    async fn write(&mut self, tx: &mut Tx) -> Result<(), BackupError> {
        if self.rows == 0 {
            return Ok(());
        }
        self.json.push(']');
        let written = rows!("filling a table", tx.on(), c =>
            sqlx::query(AssertSqlSafe(Arc::clone(&self.sql))).bind(&self.json).execute(c))
        .map_err(fault)?;
        if written != self.rows as u64 {
            return Err(fault(StoreError::failed(
                "filling a table",
                Trouble::Odd("the database took fewer rows than it was given"),
            )));
        }
        self.json.clear();
        self.rows = 0;
        Ok(())
    }
}
