//! Transactions on a connection of their own, begun and ended by statements of ours.
//!
//! One that is not ended in order closes its connection, and so the database undoes it. A driver's own bookkeeping would
//! go wrong here: where SQLite has undone a transaction by itself, because the disk is full, its ROLLBACK fails, and a
//! connection that is kept would never begin another one.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Database, Executor};

use super::db::within;
use super::error::StoreError;
use super::shelf::{Borrowed, Shelf};

/// A transaction that was begun. Dropped before it has ended, it closes its connection.
pub(in crate::store) struct Begun<D: Database>(Borrowed<D>);

impl<D: Database> Begun<D>
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    /// Takes a connection and begins, with these statements, within a time.
    pub async fn begin(
        doing: &'static str,
        how: &'static str,
        limit: Duration,
        shelf: &Arc<Shelf<D>>,
    ) -> Result<Self, StoreError> {
        let mut open = shelf.take().await.map_err(|e| StoreError::from_sqlx(doing, &e))?;
        within(doing, limit, sqlx::raw_sql(how).execute(open.connection())).await?;
        Ok(Self(open))
    }

    pub fn connection(&mut self) -> &mut D::Connection {
        self.0.connection()
    }

    /// Ends it, with this statement.
    pub async fn end(
        mut self,
        doing: &'static str,
        how: &'static str,
        limit: Duration,
    ) -> Result<(), StoreError> {
        within(doing, limit, sqlx::raw_sql(how).execute(self.0.connection())).await?;
        self.0.give_back(true);
        Ok(())
    }
}
