//! What the roll-up of the journal needs of a store. Marks and what they stand for are written in one transaction,
//! in which the turn is renewed: whoever has lost it writes nothing, so that no event counts twice.

use std::collections::BTreeMap;

use async_trait::async_trait;
use boundary::Fault;
use serde::Serialize;
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

use super::{counts, turn};
use crate::journal::{Batch, RollupStore};
use crate::store::Store;
use crate::store::db::{Engine, Tx, both, rows};
use crate::store::error::StoreError;
use crate::store::time::millis;
use crate::store::writer::json;

/// The name of the turn.
const TURN: &str = "roll-up";

const NOTE: &str = "INSERT INTO fact (name, value) VALUES ('journal-read-through', $1) \
                    ON CONFLICT (name) DO UPDATE SET value = excluded.value";
const SEEN_LONG_AGO: &str = "DELETE FROM commitment_seen WHERE (commitment, owner) IN \
                             (SELECT commitment, owner FROM commitment_seen WHERE newest < $1 LIMIT 500)";
const ENDED: &str = "DELETE FROM journal_read WHERE chain IN (SELECT r.chain FROM journal_read r WHERE r.at < $1 \
                     AND NOT EXISTS (SELECT 1 FROM event e WHERE e.chain = r.chain) LIMIT 500)";

const READ: (&str, &str) = (
    "SELECT chain, seq FROM journal_read WHERE chain IN (SELECT value FROM json_each($1))",
    "SELECT chain, seq FROM journal_read WHERE chain = ANY(ARRAY(SELECT json_array_elements_text($1::json)))",
);
const MARK: (&str, &str) = (
    "INSERT INTO journal_read (chain, seq, at) SELECT value->>'chain', value->>'seq', value->>'at' \
     FROM json_each($1) WHERE true ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, at = excluded.at",
    "INSERT INTO journal_read (chain, seq, at) SELECT chain, seq, at FROM json_to_recordset($1::json) \
     AS r(chain text, seq bigint, at bigint) ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, at = excluded.at",
);
/// When it was last seen need not be known to the month: so most launches write nothing here.
const SEEN: (&str, &str) = (
    "INSERT INTO commitment_seen (commitment, owner, newest) SELECT unhex(value->>'commitment'), value->>'owner', \
     value->>'newest' FROM json_each($1) WHERE true ON CONFLICT (commitment, owner) \
     DO UPDATE SET newest = excluded.newest WHERE commitment_seen.newest < excluded.newest - 2592000000",
    "INSERT INTO commitment_seen (commitment, owner, newest) SELECT decode(commitment, 'hex'), owner, newest \
     FROM json_to_recordset($1::json) AS r(commitment text, owner text, newest bigint) \
     ON CONFLICT (commitment, owner) \
     DO UPDATE SET newest = excluded.newest WHERE commitment_seen.newest < excluded.newest - 2592000000",
);

/// A month goes with its last days: `2026-09` comes before `2026-10-01`, and is named as if it ended then.
const USERS_ENDED: &str = "DELETE FROM launch_user WHERE (period, school, resource, sector, commitment) IN \
     (SELECT period, school, resource, sector, commitment FROM launch_user \
      WHERE CASE WHEN length(period) = 7 THEN period || '-31' ELSE period END < $1 LIMIT 500)";

/// Every statement of this file that reads alike on both engines.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[NOTE, SEEN_LONG_AGO, ENDED, USERS_ENDED];

/// Every pair.
#[cfg(test)]
pub(super) const PAIRS: &[(&str, &str)] = &[READ, MARK, SEEN];

#[derive(Serialize)]
struct MarkRow<'a> {
    chain: &'a str,
    seq: i64,
    at: i64,
}

#[derive(Serialize)]
struct SeenRow<'a> {
    commitment: &'a str,
    owner: &'a str,
    newest: i64,
}

#[async_trait]
impl RollupStore for Store {
    async fn take_rollup_turn(&self, now: OffsetDateTime) -> Result<bool, Fault> {
        Ok(turn::take(&self.db, TURN, &self.boot, now).await?)
    }

    async fn end_rollup_turn(&self) -> Result<(), Fault> {
        Ok(turn::end(&self.db, TURN, &self.boot).await?)
    }

    async fn write_rollup(&self, now: OffsetDateTime, batch: &Batch) -> Result<bool, Fault> {
        let mut tx = self.db.begin().await?;
        let ours = turn::renew(&mut tx, TURN, &self.boot, now).await? && goes_on(&mut tx, batch).await?;
        if !ours {
            tx.rollback().await?;
            return Ok(false);
        }
        mark(&mut tx, batch).await?;
        see(&mut tx, batch).await?;
        counts::count(&mut tx, batch, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn note_read_through(&self, moment: OffsetDateTime) -> Result<(), Fault> {
        let mut tx = self.db.begin().await?;
        let value = millis(moment).to_string();
        rows!("noting how far the journal was read", tx.on(), c => sqlx::query(NOTE).bind(&value).execute(c))?;
        tx.commit().await?;
        Ok(())
    }

    async fn forget_read(
        &self,
        now: OffsetDateTime,
        seen: OffsetDateTime,
        ended: OffsetDateTime,
    ) -> Result<(), Fault> {
        self.forget_users(&counts::users_kept_since(now)).await?;
        for (statement, before) in [(SEEN_LONG_AGO, seen), (ENDED, ended)] {
            self.delete_by_and_by(statement, millis(before)).await?;
        }
        Ok(())
    }
}

impl Store {
    /// Takes away who opened what before a day: how many they were is known.
    async fn forget_users(&self, day: &str) -> Result<(), StoreError> {
        loop {
            let began = Instant::now();
            let mut tx = self.db.begin().await?;
            let some = rows!("deleting who opened what", tx.on(), c =>
                sqlx::query(USERS_ENDED).bind(day).execute(c))?;
            tx.commit().await?;
            if some == 0 {
                return Ok(());
            }
            sleep(began.elapsed()).await;
        }
    }

    /// Runs a statement that deletes a little until it finds nothing more, and pauses as long as each time took.
    async fn delete_by_and_by(&self, statement: &'static str, before: i64) -> Result<(), StoreError> {
        loop {
            let began = Instant::now();
            let mut tx = self.db.begin().await?;
            let some = rows!("deleting what the roll-up lets go", tx.on(), c =>
                sqlx::query(statement).bind(before).execute(c))?;
            tx.commit().await?;
            if some == 0 {
                return Ok(());
            }
            sleep(began.elapsed()).await;
        }
    }
}

/// Whether every chain was read up to where this batch begins.
async fn goes_on(tx: &mut Tx, batch: &Batch) -> Result<bool, StoreError> {
    let (sql, chains) = (pick(tx, READ), json(&batch.marks().keys().collect::<Vec<_>>())?);
    let read: Vec<(String, i64)> = both!("reading how far chains were read", tx.on(), c =>
        sqlx::query_as(sql).bind(&chains).fetch_all(c))?;
    let read: BTreeMap<String, i64> = read.into_iter().collect();
    let place = |chain: &String| read.get(chain).copied().unwrap_or_default();
    Ok(batch.marks().iter().all(|(chain, mark)| place(chain) == mark.from))
}

async fn mark(tx: &mut Tx, batch: &Batch) -> Result<(), StoreError> {
    let row = |(chain, mark): (_, &crate::journal::Mark)| {
        let chain: &String = chain;
        MarkRow { chain, seq: mark.to, at: millis(mark.at) }
    };
    let marks: Vec<_> = batch.marks().iter().map(row).collect();
    write(tx, MARK, &marks).await
}

async fn see(tx: &mut Tx, batch: &Batch) -> Result<(), StoreError> {
    let seen = batch.seen().iter().map(|((commitment, owner), newest)| SeenRow {
        commitment,
        owner,
        newest: millis(*newest),
    });
    write(tx, SEEN, &seen.collect::<Vec<_>>()).await
}

/// Writes rows with one statement.
pub(super) async fn write<T: Serialize>(
    tx: &mut Tx,
    pair: (&'static str, &'static str),
    rows: &[T],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let (sql, rows) = (pick(tx, pair), json(&rows)?);
    rows!("writing what the journal says", tx.on(), c => sqlx::query(sql).bind(&rows).execute(c))?;
    Ok(())
}

pub(super) fn pick(tx: &mut Tx, (lite, postgres): (&'static str, &'static str)) -> &'static str {
    match tx.on() {
        Engine::Lite(_) => lite,
        Engine::Postgres(_) => postgres,
    }
}
