//! What the journal needs of a store: one consistent look ([`view`]), and checkpoints that one process adds at a time.
//!
//! A checkpoint of many owners is drafted in small transactions, so that no launch waits behind it; what is drafted
//! counts from the moment its number is published. The turn stands in a row with a time limit, and every draft renews
//! it in its own transaction: whoever has lost the turn writes nothing more.

mod counts;
mod rollup;
mod view;

use async_trait::async_trait;
use boundary::Fault;
use data_encoding::HEXLOWER;
use serde::Serialize;
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

use self::view::View;
use super::Store;
use super::db::{Engine, rows};
use super::error::StoreError;
use super::time::millis;
use super::turn;
use super::writer::json;
use crate::journal::{Hash, JournalStore, JournalView, StoredCheckpoint, StoredHeld, StoredLeaf, Tidy};

/// The name of the turn.
const TURN: &str = "journal";

const CHECKPOINT: &str =
    "INSERT INTO journal_checkpoint (number, at, token) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const DRAFT_LEAVES: &str = "DELETE FROM journal_leaf WHERE (number, owner) IN \
                            (SELECT number, owner FROM journal_leaf WHERE number > $1 LIMIT 500)";
const DRAFT_HELD: &str = "DELETE FROM journal_held WHERE (chain, number) IN \
                          (SELECT chain, number FROM journal_held WHERE number > $1 LIMIT 500)";
/// What a newer row of the same chain replaces.
const REPLACED: &str = "DELETE FROM journal_held WHERE (chain, number) IN \
                        (SELECT o.chain, o.number FROM journal_held n JOIN journal_held o ON o.chain = n.chain \
                         WHERE n.number = $1 AND o.number < $1 LIMIT 500)";
/// Chains of which nothing is held any more, once no older row says otherwise.
const ENDED: &str = "DELETE FROM journal_held WHERE (chain, number) IN \
                     (SELECT chain, number FROM journal_held WHERE number = $1 AND seq = 0 LIMIT 500)";
const FORGOTTEN: &str = "DELETE FROM journal_leaf WHERE (number, owner) IN \
                         (SELECT number, owner FROM journal_leaf WHERE number <= $1 LIMIT 500)";
/// Events that are past their retention, as far as a published checkpoint lets them go.
const PRUNED: &str = "DELETE FROM event WHERE (chain, seq) IN \
                      (SELECT e.chain, e.seq FROM event e JOIN journal_held h ON h.chain = e.chain \
                       WHERE e.at < $2 AND h.number <= $1 AND e.seq <= h.after_seq LIMIT 500)";

const LEAVES: (&str, &str) = (
    "INSERT INTO journal_leaf (number, owner, hash, pruned) SELECT value->>'number', value->>'owner', \
     unhex(value->>'hash'), value->>'pruned' FROM json_each($1) WHERE true",
    "INSERT INTO journal_leaf (number, owner, hash, pruned) \
     SELECT number, owner, decode(hash, 'hex'), pruned FROM json_to_recordset($1::json) \
     AS r(number bigint, owner text, hash text, pruned bigint)",
);
const HELD: (&str, &str) = (
    "INSERT INTO journal_held (chain, number, at, after_seq, after_hash, seq, hash) SELECT value->>'chain', \
     value->>'number', value->>'at', value->>'after_seq', unhex(value->>'after_hash'), value->>'seq', \
     unhex(value->>'hash') FROM json_each($1) WHERE true",
    "INSERT INTO journal_held (chain, number, at, after_seq, after_hash, seq, hash) \
     SELECT chain, number, at, after_seq, decode(after_hash, 'hex'), seq, decode(hash, 'hex') \
     FROM json_to_recordset($1::json) AS r(chain text, number bigint, at bigint, after_seq bigint, \
     after_hash text, seq bigint, hash text)",
);

/// Every statement of this folder that reads alike on both engines.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&[&str]] = &[
    &[CHECKPOINT, DRAFT_LEAVES, DRAFT_HELD, REPLACED, ENDED, FORGOTTEN, PRUNED],
    rollup::STATEMENTS,
    view::STATEMENTS,
];

/// Every pair.
#[cfg(test)]
pub(in crate::store) const PAIRS: &[&[(&str, &str)]] =
    &[&[LEAVES, HELD], counts::PAIRS, rollup::PAIRS, view::PAIRS];

#[derive(Serialize)]
struct LeafRow<'a> {
    number: i64,
    owner: &'a str,
    hash: String,
    pruned: Option<i64>,
}

#[derive(Serialize)]
struct HeldRow<'a> {
    chain: &'a str,
    number: i64,
    at: i64,
    after_seq: i64,
    after_hash: String,
    seq: i64,
    hash: String,
}

fn hex(hash: &Hash) -> String {
    HEXLOWER.encode(hash.bytes())
}

fn leaf_row(leaf: &StoredLeaf) -> LeafRow<'_> {
    LeafRow {
        number: leaf.number,
        owner: &leaf.owner,
        hash: hex(&leaf.hash),
        pruned: leaf.pruned.map(millis),
    }
}

fn held_row(row: &StoredHeld) -> HeldRow<'_> {
    HeldRow {
        chain: &row.held.chain,
        number: row.number,
        at: millis(row.at),
        after_seq: row.held.after,
        after_hash: hex(&row.held.after_hash),
        seq: row.held.seq,
        hash: hex(&row.held.hash),
    }
}

#[async_trait]
impl JournalStore for Store {
    async fn look(&self) -> Result<Box<dyn JournalView>, Fault> {
        Ok(Box::new(View::new(self.db.snapshot().await?)))
    }

    async fn take_turn(&self, now: OffsetDateTime) -> Result<bool, Fault> {
        Ok(turn::take(&self.db, TURN, &self.boot, now).await?)
    }

    async fn end_turn(&self) -> Result<(), Fault> {
        Ok(turn::end(&self.db, TURN, &self.boot).await?)
    }

    async fn discard_drafts(&self, behind: i64) -> Result<(), Fault> {
        for statement in [DRAFT_LEAVES, DRAFT_HELD] {
            self.take_away(statement, behind, None).await?;
        }
        Ok(())
    }

    async fn draft(
        &self,
        now: OffsetDateTime,
        leaves: &[StoredLeaf],
        held: &[StoredHeld],
    ) -> Result<bool, Fault> {
        let mut tx = self.db.begin().await?;
        if !turn::renew(&mut tx, TURN, &self.boot, now).await? {
            return Ok(false);
        }
        let leaves = json(&leaves.iter().map(leaf_row).collect::<Vec<_>>())?;
        let held = json(&held.iter().map(held_row).collect::<Vec<_>>())?;
        for ((lite, postgres), sent) in [(LEAVES, leaves), (HELD, held)] {
            let sql = match tx.on() {
                Engine::Lite(_) => lite,
                Engine::Postgres(_) => postgres,
            };
            rows!("drafting a checkpoint", tx.on(), c => sqlx::query(sql).bind(&sent).execute(c))?;
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn publish(&self, checkpoint: &StoredCheckpoint) -> Result<bool, Fault> {
        let mut tx = self.db.begin().await?;
        let at = millis(checkpoint.at);
        let ours = turn::renew(&mut tx, TURN, &self.boot, checkpoint.at).await?;
        let new = rows!("writing a checkpoint", tx.on(), c => sqlx::query(CHECKPOINT)
            .bind(checkpoint.number).bind(at).bind(&checkpoint.token).execute(c))?;
        if !ours || new == 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn tidy(&self, tidy: Tidy) -> Result<u64, Fault> {
        let removed = self.take_away(PRUNED, tidy.number, Some(tidy.before)).await?;
        self.take_away(REPLACED, tidy.number, None).await?;
        self.take_away(ENDED, tidy.number, None).await?;
        self.take_away(FORGOTTEN, tidy.forgotten, None).await?;
        Ok(removed)
    }
}

impl Store {
    /// Runs a statement that deletes a little until it finds nothing more, and pauses as long as each time took.
    async fn take_away(
        &self,
        statement: &'static str,
        number: i64,
        before: Option<OffsetDateTime>,
    ) -> Result<u64, StoreError> {
        const DOING: &str = "deleting what the journal lets go";
        let mut deleted = 0;
        loop {
            let began = Instant::now();
            let mut tx = self.db.begin().await?;
            let some = match before.map(millis) {
                None => rows!(DOING, tx.on(), c => sqlx::query(statement).bind(number).execute(c))?,
                Some(before) => rows!(DOING, tx.on(), c =>
                    sqlx::query(statement).bind(number).bind(before).execute(c))?,
            };
            tx.commit().await?;
            if some == 0 {
                return Ok(deleted);
            }
            deleted += some;
            sleep(began.elapsed()).await;
        }
    }
}
