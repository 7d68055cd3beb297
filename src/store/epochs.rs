//! What changes of epoch need of a store: the key and what it begins in one transaction, values a few at a time.

use async_trait::async_trait;
use boundary::{Fault, Pseudonym, SectorId};
use serde::Serialize;
use time::OffsetDateTime;

use super::Store;
use super::db::{Engine, Tx, both, rows};
use super::error::StoreError;
use super::identities::hold;
use super::keys::add_sector_key;
use super::people::form;
use super::pseudonyms::root;
use super::time::{millis, moment};
use super::writer::json;
use crate::journal::Change;
use crate::keys::StoredSectorKey;
use crate::operate::epochs::{EpochError, EpochStore, Replaced, Rotation, Stale};

const EPOCH_OF: &str = "SELECT MAX(epoch) FROM sector_key WHERE sector = $1";
const ROTATIONS: &str =
    "SELECT epoch, at, filled, COALESCE(people, 0), delivered FROM rotation WHERE sector = $1 ORDER BY epoch";
const COUNT_STALE: &str = "SELECT COUNT(*) FROM pseudonym WHERE sector = $1 AND kind = 'person' AND is_current = 1 \
                           AND COALESCE(epoch, 1) < $2";
const UNDELIVERED: &str = "SELECT MAX(epoch) FROM rotation WHERE sector = $1 AND delivered IS NULL";
const BEGIN: &str = "INSERT INTO rotation (sector, epoch, at) VALUES ($1, $2, $3)";
/// Where people were joined a value may have come from a root that is not the person's own.
const STALE: (&str, &str) = (
    "SELECT p.value, p.scope, COALESCE(p.root, r.root) FROM pseudonym p \
     JOIN pseudonym_root r ON r.person = unhex(replace(p.subject, '-', '')) \
     WHERE p.sector = $1 AND p.kind = 'person' AND p.is_current = 1 AND COALESCE(p.epoch, 1) < $2 AND p.value > $3 \
     ORDER BY p.value LIMIT $4",
    "SELECT p.value, p.scope, COALESCE(p.root, r.root) FROM pseudonym p \
     JOIN pseudonym_root r ON r.person = CAST(p.subject AS UUID) \
     WHERE p.sector = $1 AND p.kind = 'person' AND p.is_current = 1 AND COALESCE(p.epoch, 1) < $2 AND p.value > $3 \
     ORDER BY p.value LIMIT $4",
);
const OUT_OF_USE: (&str, &str) = (
    "UPDATE pseudonym SET is_current = 0, replaced = r.new \
     FROM (SELECT value->>'old' AS old, value->>'new' AS new FROM json_each($1)) AS r \
     WHERE pseudonym.sector = $2 AND pseudonym.value = r.old AND pseudonym.is_current = 1 \
     AND COALESCE(pseudonym.epoch, 1) < $3",
    "UPDATE pseudonym SET is_current = 0, replaced = r.new FROM json_to_recordset($1::json) AS r(old text, new text) \
     WHERE pseudonym.sector = $2 AND pseudonym.value = r.old AND pseudonym.is_current = 1 \
     AND COALESCE(pseudonym.epoch, 1) < $3",
);
const INTO_USE: (&str, &str) = (
    "INSERT INTO pseudonym (sector, value, scope, kind, subject, is_current, created, epoch, origin, root) \
     SELECT o.sector, r.value->>'new', o.scope, 'person', o.subject, 1, $4, $3, o.origin, o.root FROM json_each($1) r \
     JOIN pseudonym o ON o.sector = $2 AND o.value = r.value->>'old' AND o.replaced = r.value->>'new' \
     AND o.is_current = 0 WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO pseudonym (sector, value, scope, kind, subject, is_current, created, epoch, origin, root) \
     SELECT o.sector, r.new, o.scope, 'person', o.subject, 1, $4, $3, o.origin, o.root \
     FROM json_to_recordset($1::json) AS r(old text, new text) \
     JOIN pseudonym o ON o.sector = $2 AND o.value = r.old AND o.replaced = r.new AND o.is_current = 0 \
     ON CONFLICT DO NOTHING",
);
const END: &str = "UPDATE rotation SET filled = $3, people = (SELECT COUNT(*) FROM pseudonym p WHERE p.sector = $1 \
                   AND p.kind = 'person' AND p.replaced IS NOT NULL AND COALESCE(p.epoch, 1) = $2 - 1) \
                   WHERE sector = $1 AND epoch = $2 RETURNING people";
const REPLACED: &str = "SELECT value, replaced FROM pseudonym WHERE sector = $1 AND kind = 'person' \
                        AND replaced IS NOT NULL AND COALESCE(epoch, 1) = $2 - 1 AND value > $3 ORDER BY value LIMIT $4";
const DELIVER: &str = "UPDATE rotation SET delivered = $3 WHERE sector = $1 AND epoch = $2 AND filled IS NOT NULL \
                       AND delivered IS NULL";

/// Every statement of this file that both engines share.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] =
    &[EPOCH_OF, ROTATIONS, COUNT_STALE, UNDELIVERED, BEGIN, END, REPLACED, DELIVER];
/// Every pair.
#[cfg(test)]
pub(super) const PAIRS: &[(&str, &str)] = &[STALE, OUT_OF_USE, INTO_USE];

#[derive(Serialize)]
struct ReplacedRow<'a> {
    old: &'a str,
    new: &'a str,
}

#[async_trait]
impl EpochStore for Store {
    async fn epoch_of(&self, sector: &SectorId) -> Result<Option<u32>, Fault> {
        let epoch: Option<i64> = both!("reading an epoch", self.db.read(), c =>
            sqlx::query_scalar(EPOCH_OF).bind(sector.as_str()).fetch_one(c))?;
        Ok(epoch.map(number).transpose()?)
    }

    async fn rotations(&self, sector: &SectorId) -> Result<Vec<Rotation>, Fault> {
        type Row = (i64, i64, Option<i64>, i64, Option<i64>);
        let rows: Vec<Row> = both!("reading changes of epoch", self.db.read(), c =>
            sqlx::query_as(ROTATIONS).bind(sector.as_str()).fetch_all(c))?;
        let rotation = |(epoch, began, filled, people, delivered): Row| {
            Ok(Rotation {
                epoch: number(epoch)?,
                began: moment(began)?,
                filled: filled.map(moment).transpose()?,
                people: people.unsigned_abs(),
                delivered: delivered.map(moment).transpose()?,
            })
        };
        Ok(rows.into_iter().map(rotation).collect::<Result<_, StoreError>>()?)
    }

    async fn count_stale(&self, sector: &SectorId, epoch: u32) -> Result<u64, Fault> {
        let count: i64 = both!("counting pseudonyms", self.db.read(), c =>
            sqlx::query_scalar(COUNT_STALE).bind(sector.as_str()).bind(i64::from(epoch)).fetch_one(c))?;
        Ok(count.unsigned_abs())
    }

    async fn begin(
        &self,
        key: &StoredSectorKey,
        at: OffsetDateTime,
        told: &Change,
    ) -> Result<Result<(), EpochError>, Fault> {
        let (mut tx, sector) = (self.db.begin().await?, key.sector.as_str());
        // A launch that was about to write a value of the epoch before has written it, or sees this one.
        hold(&mut tx).await?;
        let waiting: Option<i64> = both!("reading changes of epoch", tx.on(), c =>
            sqlx::query_scalar(UNDELIVERED).bind(sector).fetch_one(c))?;
        if let Some(epoch) = waiting {
            tx.rollback().await?;
            return Ok(Err(EpochError::NotDelivered(number(epoch)?)));
        }
        if !add_sector_key(&mut tx, key).await? {
            tx.rollback().await?;
            return Ok(Err(EpochError::Begun));
        }
        rows!("beginning an epoch", tx.on(), c =>
            sqlx::query(BEGIN).bind(sector).bind(i64::from(key.epoch)).bind(millis(at)).execute(c))?;
        self.commit_changes::<&str>(tx, &[], std::slice::from_ref(told)).await?;
        Ok(Ok(()))
    }

    async fn stale(
        &self,
        sector: &SectorId,
        epoch: u32,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Stale>, Fault> {
        let on = self.db.read();
        let sql = if matches!(on, Engine::Lite(_)) { STALE.0 } else { STALE.1 };
        let rows: Vec<(String, String, Vec<u8>)> = both!("reading pseudonyms", on, c => sqlx::query_as(sql)
            .bind(sector.as_str()).bind(i64::from(epoch)).bind(after).bind(i64::from(limit)).fetch_all(c))?;
        let stale = |(value, scope, bits)| {
            Ok(Stale { value: value_of(value)?, scope, root: root(bits, "pseudonym_root.root")? })
        };
        Ok(rows.into_iter().map(stale).collect::<Result<_, StoreError>>()?)
    }

    async fn replace(
        &self,
        sector: &SectorId,
        epoch: u32,
        replaced: &[Replaced],
        at: OffsetDateTime,
    ) -> Result<(), Fault> {
        let row = |one: &'_ Replaced| (one.old.as_str().to_owned(), one.new.as_str().to_owned());
        let owned: Vec<_> = replaced.iter().map(row).collect();
        let rows: Vec<_> = owned.iter().map(|(old, new)| ReplacedRow { old, new }).collect();
        let (mut tx, rows, epoch) = (self.db.begin().await?, json(&rows)?, i64::from(epoch));
        let (out, into) = (pick(&mut tx, OUT_OF_USE), pick(&mut tx, INTO_USE));
        rows!("replacing pseudonyms", tx.on(), c =>
            sqlx::query(out).bind(&rows).bind(sector.as_str()).bind(epoch).execute(c))?;
        rows!("replacing pseudonyms", tx.on(), c => sqlx::query(into)
            .bind(&rows).bind(sector.as_str()).bind(epoch).bind(millis(at)).execute(c))?;
        Ok(tx.commit().await?)
    }

    async fn end(&self, sector: &SectorId, epoch: u32, at: OffsetDateTime) -> Result<u64, Fault> {
        let mut tx = self.db.begin().await?;
        let people: Option<i64> = both!("ending a change of epoch", tx.on(), c => sqlx::query_scalar(END)
            .bind(sector.as_str()).bind(i64::from(epoch)).bind(millis(at)).fetch_optional(c))?;
        tx.commit().await?;
        Ok(people.unwrap_or_default().unsigned_abs())
    }

    async fn replaced(
        &self,
        sector: &SectorId,
        epoch: u32,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Replaced>, Fault> {
        let rows: Vec<(String, String)> = both!("reading what replaces what", self.db.read(), c =>
            sqlx::query_as(REPLACED).bind(sector.as_str()).bind(i64::from(epoch)).bind(after)
                .bind(i64::from(limit)).fetch_all(c))?;
        let replaced = |(old, new)| Ok(Replaced { old: value_of(old)?, new: value_of(new)? });
        Ok(rows.into_iter().map(replaced).collect::<Result<_, StoreError>>()?)
    }

    async fn deliver(
        &self,
        sector: &SectorId,
        epoch: u32,
        at: OffsetDateTime,
        told: &Change,
    ) -> Result<bool, Fault> {
        let mut tx = self.db.begin().await?;
        let delivered = rows!("noting that a map was delivered", tx.on(), c =>
            sqlx::query(DELIVER).bind(sector.as_str()).bind(i64::from(epoch)).bind(millis(at)).execute(c))?;
        if delivered == 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        self.commit_changes::<&str>(tx, &[], std::slice::from_ref(told)).await?;
        Ok(true)
    }
}

fn pick(tx: &mut Tx, (lite, postgres): (&'static str, &'static str)) -> &'static str {
    match tx.on() {
        Engine::Lite(_) => lite,
        Engine::Postgres(_) => postgres,
    }
}

fn number(epoch: i64) -> Result<u32, StoreError> {
    u32::try_from(epoch).map_err(|_| form("sector_key.epoch"))
}

fn value_of(text: String) -> Result<Pseudonym, StoreError> {
    Pseudonym::stored(&text).map_err(|_| form("pseudonym.value"))
}
