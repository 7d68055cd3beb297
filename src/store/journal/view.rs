//! The journal at one moment, read within one transaction.

use async_trait::async_trait;
use boundary::Fault;
use time::OffsetDateTime;

use crate::journal::{
    Hash, Held, JournalView, StoredCheckpoint, StoredEvent, StoredHeld, StoredLeaf, Stretch, Unread,
};
use crate::store::db::{Engine, Tx, both};
use crate::store::error::StoreError;
use crate::store::people::form;
use crate::store::time::{millis, moment};
use crate::store::writer::json;

const NEWEST: &str = "SELECT number, at, token FROM journal_checkpoint ORDER BY number DESC LIMIT 1";
const CHECKPOINTS: &str =
    "SELECT number, at, token FROM journal_checkpoint WHERE number > $1 ORDER BY number LIMIT 200";
const MADE_BEFORE: &str = "SELECT MAX(number) FROM journal_checkpoint WHERE at < $1";
const LEAVES: &str = "SELECT number, owner, hash, pruned FROM journal_leaf WHERE number = $1 ORDER BY owner";
const LEAF: &str = "SELECT number, owner, hash, pruned FROM journal_leaf WHERE owner = $1 AND number <= $2 \
                    ORDER BY number DESC LIMIT 1";
const OWNERS_UNTIL: &str = "SELECT DISTINCT o.owner FROM journal_leaf o WHERE o.number <= $1 AND NOT EXISTS \
                            (SELECT 1 FROM journal_leaf n WHERE n.owner = o.owner AND n.number > $1)";
const HELD: &str = "SELECT chain, number, at, after_seq, after_hash, seq, hash FROM journal_held \
                    WHERE chain > $1 AND chain < $2 AND number <= $3 ORDER BY chain, number";
const EVENTS: &str = "SELECT chain, seq, at, body, prev, hash FROM event \
                      WHERE (chain, seq) > ($1, $2) AND chain < $3 ORDER BY chain, seq LIMIT 500";
const CHAIN_FROM: &str = "SELECT MIN(chain) FROM event WHERE chain >= $1";
const HEADS: &str = "SELECT chain, MAX(seq) FROM event WHERE at >= $1 GROUP BY chain";
const AGED: &str = "SELECT DISTINCT chain FROM event WHERE at < $1";
const SPAN: &str = "SELECT (SELECT MIN(at) FROM event), (SELECT MAX(at) FROM event)";
const UNREAD: &str = "SELECT e.chain, COALESCE(r.seq, 0) FROM \
                      (SELECT chain, MAX(seq) AS head FROM event WHERE at >= $1 AND at < $2 GROUP BY chain) e \
                      LEFT JOIN journal_read r ON r.chain = e.chain WHERE e.head > COALESCE(r.seq, 0) ORDER BY e.chain";
const READ_THROUGH: &str = "SELECT value FROM fact WHERE name = 'journal-read-through'";
const OWNERS_OF: (&str, &str) = (
    "SELECT DISTINCT owner FROM commitment_seen WHERE commitment IN (SELECT unhex(value) FROM json_each($1)) ORDER BY owner",
    "SELECT DISTINCT owner FROM commitment_seen WHERE commitment = \
     ANY(ARRAY(SELECT decode(value, 'hex') FROM json_array_elements_text($1::json))) ORDER BY owner",
);

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    NEWEST,
    CHECKPOINTS,
    MADE_BEFORE,
    LEAVES,
    LEAF,
    OWNERS_UNTIL,
    HELD,
    EVENTS,
    CHAIN_FROM,
    HEADS,
    AGED,
    SPAN,
    UNREAD,
    READ_THROUGH,
];

/// Every pair.
#[cfg(test)]
pub(super) const PAIRS: &[(&str, &str)] = &[OWNERS_OF];

type CheckpointRow = (i64, i64, String);
type LeafRow = (i64, String, Vec<u8>, Option<i64>);
type HeldRow = (String, i64, i64, i64, Vec<u8>, i64, Vec<u8>);
type EventRow = (String, i64, i64, String, Vec<u8>, Vec<u8>);

/// A transaction that only reads, and sees nothing of what is written meanwhile.
pub(super) struct View(Tx);

impl View {
    pub const fn new(tx: Tx) -> Self {
        Self(tx)
    }
}

#[async_trait]
impl JournalView for View {
    async fn newest(&mut self) -> Result<Option<StoredCheckpoint>, Fault> {
        let row: Option<CheckpointRow> = both!("reading a checkpoint", self.0.on(), c =>
            sqlx::query_as(NEWEST).fetch_optional(c))?;
        Ok(row.map(checkpoint).transpose()?)
    }

    async fn checkpoints(&mut self, behind: i64) -> Result<Vec<StoredCheckpoint>, Fault> {
        let rows: Vec<CheckpointRow> = both!("reading checkpoints", self.0.on(), c =>
            sqlx::query_as(CHECKPOINTS).bind(behind).fetch_all(c))?;
        Ok(rows.into_iter().map(checkpoint).collect::<Result<_, _>>()?)
    }

    async fn made_before(&mut self, before: OffsetDateTime) -> Result<i64, Fault> {
        let number: Option<i64> = both!("reading a checkpoint", self.0.on(), c =>
            sqlx::query_scalar(MADE_BEFORE).bind(millis(before)).fetch_one(c))?;
        Ok(number.unwrap_or_default())
    }

    async fn leaves(&mut self, number: i64) -> Result<Vec<StoredLeaf>, Fault> {
        let rows: Vec<LeafRow> = both!("reading leaves", self.0.on(), c =>
            sqlx::query_as(LEAVES).bind(number).fetch_all(c))?;
        Ok(rows.into_iter().map(leaf).collect::<Result<_, _>>()?)
    }

    async fn leaf(&mut self, owner: &str, number: i64) -> Result<Option<StoredLeaf>, Fault> {
        let row: Option<LeafRow> = both!("reading a leaf", self.0.on(), c =>
            sqlx::query_as(LEAF).bind(owner).bind(number).fetch_optional(c))?;
        Ok(row.map(leaf).transpose()?)
    }

    async fn owners_until(&mut self, number: i64) -> Result<Vec<String>, Fault> {
        Ok(both!("reading owners", self.0.on(), c =>
            sqlx::query_scalar(OWNERS_UNTIL).bind(number).fetch_all(c))?)
    }

    async fn held(&mut self, owner: &str, number: i64) -> Result<Vec<StoredHeld>, Fault> {
        let Stretch { chain, before, .. } = Stretch::of_owner(owner);
        let rows: Vec<HeldRow> = both!("reading what is held", self.0.on(), c =>
            sqlx::query_as(HELD).bind(&chain).bind(&before).bind(number).fetch_all(c))?;
        let mut newest: Vec<StoredHeld> = Vec::new();
        for row in rows {
            let row = held(row)?;
            // Of several rows of a chain the last is the newest.
            match newest.last_mut().filter(|last| last.held.chain == row.held.chain) {
                Some(last) => *last = row,
                None => newest.push(row),
            }
        }
        newest.retain(|row| row.held.seq > 0);
        Ok(newest)
    }

    async fn events(&mut self, stretch: &Stretch) -> Result<Vec<StoredEvent>, Fault> {
        let Stretch { chain, seq, before } = stretch;
        let rows: Vec<EventRow> = both!("reading events", self.0.on(), c =>
            sqlx::query_as(EVENTS).bind(chain).bind(*seq).bind(before).fetch_all(c))?;
        Ok(rows.into_iter().map(event).collect::<Result<_, _>>()?)
    }

    async fn chain_from(&mut self, name: &str) -> Result<Option<String>, Fault> {
        Ok(both!("reading chains", self.0.on(), c => sqlx::query_scalar(CHAIN_FROM).bind(name).fetch_one(c))?)
    }

    async fn heads(&mut self, since: OffsetDateTime) -> Result<Vec<(String, i64)>, Fault> {
        let since = millis(since);
        Ok(both!("reading chains", self.0.on(), c => sqlx::query_as(HEADS).bind(since).fetch_all(c))?)
    }

    async fn aged(&mut self, before: OffsetDateTime) -> Result<Vec<String>, Fault> {
        let before = millis(before);
        Ok(both!("reading chains", self.0.on(), c => sqlx::query_scalar(AGED).bind(before).fetch_all(c))?)
    }

    async fn span(&mut self) -> Result<Option<(OffsetDateTime, OffsetDateTime)>, Fault> {
        let row: (Option<i64>, Option<i64>) =
            both!("reading the journal's span", self.0.on(), c => sqlx::query_as(SPAN).fetch_one(c))?;
        let (Some(first), Some(last)) = row else { return Ok(None) };
        Ok(Some((moment(first)?, moment(last)?)))
    }

    async fn unread(&mut self, from: OffsetDateTime, until: OffsetDateTime) -> Result<Vec<Unread>, Fault> {
        let (from, until) = (millis(from), millis(until));
        let rows: Vec<(String, i64)> = both!("reading chains", self.0.on(), c =>
            sqlx::query_as(UNREAD).bind(from).bind(until).fetch_all(c))?;
        Ok(rows.into_iter().map(|(chain, seq)| Unread { chain, seq }).collect())
    }

    async fn read_through(&mut self) -> Result<Option<OffsetDateTime>, Fault> {
        let value: Option<String> = both!("reading how far the journal was read", self.0.on(), c =>
            sqlx::query_scalar(READ_THROUGH).fetch_optional(c))?;
        let unreadable = || form("fact.journal-read-through");
        Ok(value.map(|value| value.parse().map_err(|_| unreadable()).and_then(moment)).transpose()?)
    }

    async fn owners_of(&mut self, commitments: &[&str]) -> Result<Vec<String>, Fault> {
        let commitments = json(&commitments)?;
        let sql = match self.0.on() {
            Engine::Lite(_) => OWNERS_OF.0,
            Engine::Postgres(_) => OWNERS_OF.1,
        };
        Ok(both!("reading where a person is in the journal", self.0.on(), c =>
            sqlx::query_scalar(sql).bind(&commitments).fetch_all(c))?)
    }
}

fn checkpoint((number, at, token): CheckpointRow) -> Result<StoredCheckpoint, StoreError> {
    Ok(StoredCheckpoint { number, at: moment(at)?, token })
}

fn leaf((number, owner, hash, pruned): LeafRow) -> Result<StoredLeaf, StoreError> {
    Ok(StoredLeaf { number, owner, hash: stored(&hash), pruned: pruned.map(moment).transpose()? })
}

fn held((chain, number, at, after, after_hash, seq, hash): HeldRow) -> Result<StoredHeld, StoreError> {
    let held = Held { chain, after, after_hash: stored(&after_hash), seq, hash: stored(&hash) };
    Ok(StoredHeld { number, at: moment(at)?, held })
}

fn event((chain, seq, at, body, prev, hash): EventRow) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent { chain, seq, at: moment(at)?, body, prev: stored(&prev), hash: stored(&hash) })
}

/// What has not the length of a hash is none, and fits nowhere.
fn stored(bytes: &[u8]) -> Hash {
    Hash::stored(bytes).unwrap_or(Hash::ZERO)
}
