//! Changes: noted in the transaction that makes them, so that nothing is changed without its event and no event tells of
//! what was undone.

use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use boundary::Fault;
use serde::Serialize;

use super::Store;
use super::db::{Engine, Tx, rows};
use super::error::{StoreError, Trouble};
use super::time::millis;
use super::writer::json;
use crate::journal::Change;
use crate::operate::desk::Telling;

const NOTE: (&str, &str) = (
    "INSERT INTO noted_change (boot, n, owner, at, body) SELECT value->>'boot', value->>'n', value->>'owner', \
     value->>'at', value->>'body' FROM json_each($1)",
    "INSERT INTO noted_change (boot, n, owner, at, body) SELECT boot, n, owner, at, body \
     FROM json_to_recordset($1::json) AS r(boot text, n bigint, owner text, at bigint, body text)",
);

/// Every pair of this file.
#[cfg(test)]
pub(super) const PAIRS: &[(&str, &str)] = &[NOTE];

#[derive(Serialize)]
struct NoteRow<'a> {
    boot: &'a str,
    n: i64,
    owner: String,
    at: i64,
    body: String,
}

/// Numbers what this process notes, so that it is linked in its order.
#[derive(Debug, Default)]
pub(super) struct Noted(AtomicI64);

#[async_trait]
impl Telling for Store {
    async fn tell(&self, change: Change) -> Result<(), Fault> {
        let tx = self.db.begin().await?;
        Ok(self.commit_changes::<&str>(tx, &[], &[change]).await?)
    }
}

impl Store {
    /// Commits changes together with their events, and tells every process of the topics, this one at once.
    pub(super) async fn commit_changes<T: AsRef<str>>(
        &self,
        mut tx: Tx,
        topics: &[T],
        changes: &[Change],
    ) -> Result<(), StoreError> {
        self.note_changes(&mut tx, changes).await?;
        self.commit_and_tell(tx, topics).await?;
        self.link_changes().await;
        Ok(())
    }

    /// Notes changes in the transaction that makes them.
    pub(super) async fn note_changes(&self, tx: &mut Tx, changes: &[Change]) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let notes = changes.iter().map(|change| self.note(change)).collect::<Result<Vec<_>, _>>()?;
        let (lite, postgres) = NOTE;
        let sql = match tx.on() {
            Engine::Lite(_) => lite,
            Engine::Postgres(_) => postgres,
        };
        let notes = json(&notes)?;
        rows!("noting changes", tx.on(), c => sqlx::query(sql).bind(&notes).execute(c))?;
        Ok(())
    }

    fn note(&self, change: &Change) -> Result<NoteRow<'_>, StoreError> {
        let body = change.to_text().map_err(|_| unwritable())?;
        // PostgreSQL's texts hold no NUL.
        if body.contains("\\u0000") {
            return Err(unwritable());
        }
        let n = self.noted.0.fetch_add(1, Ordering::Relaxed);
        Ok(NoteRow { boot: &self.boot, n, owner: change.owner(), at: millis(change.at()), body })
    }

    /// Links what was noted into the chains. It is durable already: what fails here is done by the next who comes.
    pub(super) async fn link_changes(&self) {
        if let Err(fault) = self.writer.link_changes().await {
            tracing::warn!(%fault, "changes are linked into the journal later");
        }
    }
}

fn unwritable() -> StoreError {
    StoreError::failed("noting a change", Trouble::Code("of JSON".to_owned()))
}
