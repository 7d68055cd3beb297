//! The erasure ledger in a second database: for brokers on several hosts without a file that all of them share.

use async_trait::async_trait;

use super::db::{Db, both, rows};
use super::error::StoreError;
use crate::operate::erasure::{Ledger, LedgerError};

// The table is in another database than the schema's; a test of its own runs these on both engines.
const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS erasure_ledger (number BIGINT NOT NULL PRIMARY KEY, line TEXT NOT NULL)";
const LINES: &str = "SELECT number, line FROM erasure_ledger ORDER BY number";
const APPEND: &str = "INSERT INTO erasure_ledger (number, line) VALUES ($1, $2) ON CONFLICT DO NOTHING";

/// A ledger in a database of its own.
pub struct DbLedger(Db);

impl DbLedger {
    /// Opens the database at this URL and makes the table where it is not there.
    ///
    /// # Errors
    /// [`StoreError`], where the database does not answer.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let db = Db::open(url, true).await?;
        let made = make(&db).await;
        // Of two who make it at once, PostgreSQL refuses one.
        if made.is_err() {
            make(&db).await?;
        }
        Ok(Self(db))
    }

    async fn read(&self) -> Result<Vec<(i64, String)>, StoreError> {
        both!("reading the erasure ledger", self.0.read(), c => sqlx::query_as(LINES).fetch_all(c))
    }

    async fn write(&self, number: i64, line: &str) -> Result<bool, StoreError> {
        let mut tx = self.0.begin().await?;
        let written = rows!("writing the erasure ledger", tx.on(), c =>
            sqlx::query(APPEND).bind(number).bind(line).execute(c))?;
        tx.commit().await?;
        Ok(written == 1)
    }
}

async fn make(db: &Db) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    rows!("making the erasure ledger", tx.on(), c => sqlx::query(TABLE).execute(c))?;
    tx.commit().await
}

#[async_trait]
impl Ledger for DbLedger {
    async fn lines(&self) -> Result<Vec<String>, LedgerError> {
        let rows = self.read().await.map_err(|e| LedgerError::Database(e.to_string()))?;
        for (index, (number, _)) in rows.iter().enumerate() {
            if usize::try_from(*number) != Ok(index + 1) {
                let why = "a line is missing before it";
                return Err(LedgerError::Damaged { place: self.place(), line: index + 1, why });
            }
        }
        Ok(rows.into_iter().map(|(_, line)| line).collect())
    }

    async fn append(&self, after: usize, line: &str) -> Result<bool, LedgerError> {
        let number = i64::try_from(after).unwrap_or(i64::MAX).saturating_add(1);
        self.write(number, line).await.map_err(|e| LedgerError::Database(e.to_string()))
    }

    fn place(&self) -> String {
        self.0.place()
    }
}
