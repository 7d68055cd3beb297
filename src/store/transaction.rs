//! Transactions on a connection of their own, begun and ended by statements of ours.
//!
//! One that is not ended in order closes its connection, and so the database undoes it. A driver's own bookkeeping would
//! go wrong here: where SQLite has undone a transaction by itself, because the disk is full, its ROLLBACK fails, and a
//! connection that is kept would never begin another one.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Database, Executor, Pool};

use super::db::within;
use super::error::StoreError;

/// A transaction that was begun.
pub(in crate::store) struct Begun<D: Database> {
    connection: PoolConnection<D>,
    ended: bool,
}

impl<D: Database> Begun<D>
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    /// Takes a connection and begins, with these statements, within a time.
    pub async fn begin(
        doing: &'static str,
        how: &'static str,
        limit: Duration,
        pool: &Pool<D>,
    ) -> Result<Self, StoreError> {
        let connection = pool.acquire().await.map_err(|e| StoreError::from_sqlx(doing, &e))?;
        let mut begun = Self { connection, ended: false };
        within(doing, limit, sqlx::raw_sql(how).execute(&mut *begun.connection)).await?;
        Ok(begun)
    }

    pub fn connection(&mut self) -> &mut D::Connection {
        &mut self.connection
    }

    /// Ends it, with this statement.
    pub async fn end(
        mut self,
        doing: &'static str,
        how: &'static str,
        limit: Duration,
    ) -> Result<(), StoreError> {
        within(doing, limit, sqlx::raw_sql(how).execute(&mut *self.connection)).await?;
        self.ended = true;
        Ok(())
    }
}

impl<D: Database> Drop for Begun<D> {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.close_on_drop();
        }
    }
}
