//! Records one at a time: read with their revision, listed in slices, written with what they name held fast.

use async_trait::async_trait;
use boundary::Fault;
use serde_json::json;

use super::contention::Attempts;
use super::db::{Engine, Tx, both};
use super::error::StoreError;
use super::federation::records::record_of;
use super::federation::{pools, touch};
use super::people::form;
use super::{Store, keys, objects};
use crate::operate::apply::references::Name;
use crate::operate::apply::{ManagedBy, Record, RecordKind, StoredRecord};
use crate::operate::records::{
    Held, Matching, Naming, Pool, RecordStore, Refused, RevisedRecord, Slice, Write, WriteKind, reference,
};

/// Registrations are written one after the other: what one was checked against stays until it is committed. SQLite's
/// writers stand in a row anyway.
const LOCK: (&str, &str) =
    ("SELECT 'one writer'", "SELECT 'one writer' FROM (SELECT pg_advisory_xact_lock(7020311)) AS held");
const ONE: &str =
    "SELECT kind, id, document, managed_by, withdrawn, revision FROM object WHERE kind = $1 AND id = $2";
const SOME: (&str, &str) = (
    "SELECT o.kind, o.id, o.document, o.managed_by, o.withdrawn, o.revision FROM json_each($1) n \
     JOIN object o ON o.kind = n.value->>0 AND o.id = n.value->>1",
    "SELECT o.kind, o.id, o.document, o.managed_by, o.withdrawn, o.revision \
     FROM json_array_elements($1::json) AS n(value) JOIN object o ON o.kind = n.value->>0 AND o.id = n.value->>1",
);
const NAMED: &str = "SELECT o.kind, o.id, o.document, o.managed_by, o.withdrawn, o.revision \
                     FROM object_name n JOIN object o ON o.kind = n.kind AND o.id = n.id \
                     WHERE n.kind = $1 AND n.name = $2 ORDER BY n.id LIMIT $3";
const ALL: &str = "SELECT kind, id, document, managed_by, withdrawn, revision FROM object \
                   WHERE kind = $1 AND id > $2 AND withdrawn = 0 ORDER BY id LIMIT $3";
const IDS: (&str, &str) = (
    "SELECT kind, id, document, managed_by, withdrawn, revision FROM object \
     WHERE kind = $1 AND id > $2 AND withdrawn = 0 AND id IN (SELECT value FROM json_each($4)) ORDER BY id LIMIT $3",
    "SELECT kind, id, document, managed_by, withdrawn, revision FROM object \
     WHERE kind = $1 AND id > $2 AND withdrawn = 0 AND id IN (SELECT json_array_elements_text($4::json)) \
     ORDER BY id LIMIT $3",
);
/// The first names are gone through, the others asked for each.
const MATCHING: (&str, &str) = (
    "SELECT DISTINCT o.kind, o.id, o.document, o.managed_by, o.withdrawn, o.revision \
     FROM object_name n JOIN object o ON o.kind = $1 AND o.id = n.id \
     WHERE n.kind = $4 AND n.name IN (SELECT value FROM json_each($5)) AND n.id > $2 AND o.withdrawn = 0 \
     AND ($6 = '[]' OR EXISTS (SELECT 1 FROM object_name a WHERE a.kind = $1 AND a.id = o.id \
                               AND a.name IN (SELECT value FROM json_each($6)))) \
     AND ($7 = '[]' OR EXISTS (SELECT 1 FROM object_name b WHERE b.kind = $1 AND b.id = o.id \
                               AND b.name IN (SELECT value FROM json_each($7)))) \
     ORDER BY o.id LIMIT $3",
    "SELECT DISTINCT o.kind, o.id, o.document, o.managed_by, o.withdrawn, o.revision \
     FROM object_name n JOIN object o ON o.kind = $1 AND o.id = n.id \
     WHERE n.kind = $4 AND n.name IN (SELECT json_array_elements_text($5::json)) AND n.id > $2 AND o.withdrawn = 0 \
     AND ($6 = '[]' OR EXISTS (SELECT 1 FROM object_name a WHERE a.kind = $1 AND a.id = o.id \
                               AND a.name IN (SELECT json_array_elements_text($6::json)))) \
     AND ($7 = '[]' OR EXISTS (SELECT 1 FROM object_name b WHERE b.kind = $1 AND b.id = o.id \
                               AND b.name IN (SELECT json_array_elements_text($7::json)))) \
     ORDER BY o.id LIMIT $3",
);
const STANDING: (&str, &str) = (
    "SELECT COUNT(*) FROM json_each($1) n JOIN object o ON o.kind = n.value->>0 AND o.id = n.value->>1 \
     WHERE o.withdrawn = 0",
    "SELECT COUNT(*) FROM json_array_elements($1::json) AS n(value) \
     JOIN object o ON o.kind = n.value->>0 AND o.id = n.value->>1 WHERE o.withdrawn = 0",
);
const TAKEN: &str = "SELECT COUNT(*) FROM object_name WHERE kind = $1 AND name = $2 AND id <> $3";
const WHO_NAMES: &str = "SELECT o.kind, o.id FROM object_name n JOIN object o ON o.kind = n.kind AND o.id = n.id \
                         WHERE n.kind = $1 AND n.name = $2 AND o.withdrawn = 0 AND o.id <> $3 \
                         ORDER BY o.id LIMIT 5";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[ONE, NAMED, ALL, TAKEN, WHO_NAMES];
/// Every pair of this file.
#[cfg(test)]
pub(in crate::store) const PAIRS: &[(&str, &str)] = &[LOCK, SOME, IDS, MATCHING, STANDING];

type Row = (String, String, String, String, i64, i64);

/// Lets no other registration be written until this transaction ends.
pub(in crate::store) async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    let sql = of(&tx.on(), LOCK);
    let _: String =
        both!("waiting for other registrations", tx.on(), c => sqlx::query_scalar(sql).fetch_one(c))?;
    Ok(())
}

/// The text of a pair for this engine.
const fn of<L, P>(on: &Engine<L, P>, (lite, postgres): (&'static str, &'static str)) -> &'static str {
    match on {
        Engine::Lite(_) => lite,
        Engine::Postgres(_) => postgres,
    }
}

fn revised((kind, id, document, managed_by, withdrawn, revision): Row) -> Result<RevisedRecord, Fault> {
    let known = RecordKind::OBJECTS.into_iter().find(|known| known.as_str() == kind);
    let record = record_of(known.ok_or_else(|| form("object.kind"))?, &id, &document)?;
    let managed_by = ManagedBy::named(&managed_by).ok_or_else(|| form("object.managed_by"))?;
    let stored = StoredRecord { record, managed_by, withdrawn: withdrawn != 0 };
    Ok(RevisedRecord { stored, revision: revision.unsigned_abs() })
}

fn pairs(names: &[Name]) -> String {
    json!(names.iter().map(|(kind, id)| [kind.as_str(), id]).collect::<Vec<_>>()).to_string()
}

#[async_trait]
impl RecordStore for Store {
    async fn revised(&self, kind: RecordKind, id: &str) -> Result<Option<RevisedRecord>, Fault> {
        // Anybody may ask for any id; PostgreSQL's texts hold no NUL.
        if id.contains('\0') {
            return Ok(None);
        }
        let row: Option<Row> = both!("reading a record", self.db.read(), c =>
            sqlx::query_as(ONE).bind(kind.as_str()).bind(id).fetch_optional(c))?;
        row.map(revised).transpose()
    }

    async fn some(&self, names: &[Name]) -> Result<Vec<RevisedRecord>, Fault> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let (sql, names) = (of(&self.db.read(), SOME), pairs(names));
        let rows: Vec<Row> = both!("reading records", self.db.read(), c =>
            sqlx::query_as(sql).bind(&names).fetch_all(c))?;
        rows.into_iter().map(revised).collect()
    }

    async fn named(&self, kind: RecordKind, name: &str, limit: u32) -> Result<Vec<RevisedRecord>, Fault> {
        if name.contains('\0') {
            return Ok(Vec::new());
        }
        let rows: Vec<Row> = both!("reading records by name", self.db.read(), c =>
            sqlx::query_as(NAMED).bind(kind.as_str()).bind(name).bind(i64::from(limit)).fetch_all(c))?;
        rows.into_iter().map(revised).collect()
    }

    async fn slice(&self, slice: &Slice) -> Result<Vec<RevisedRecord>, Fault> {
        let (kind, after, limit) = (slice.kind.as_str(), slice.after.as_str(), i64::from(slice.limit));
        let rows: Vec<Row> = match &slice.pool {
            Pool::All => both!("listing records", self.db.read(), c =>
                sqlx::query_as(ALL).bind(kind).bind(after).bind(limit).fetch_all(c))?,
            Pool::Ids(ids) => {
                let (sql, ids) = (of(&self.db.read(), IDS), json!(ids).to_string());
                both!("listing records by id", self.db.read(), c =>
                    sqlx::query_as(sql).bind(kind).bind(after).bind(limit).bind(&ids).fetch_all(c))?
            }
            Pool::Matching(all) => {
                let sql = of(&self.db.read(), MATCHING);
                let [first, second, third] = [all.first(), all.get(1), all.get(2)].map(texts);
                let by = all.first().map_or(slice.kind, |first| first.kind).as_str();
                both!("listing records by name", self.db.read(), c =>
                    sqlx::query_as(sql).bind(kind).bind(after).bind(limit).bind(by)
                        .bind(&first).bind(&second).bind(&third).fetch_all(c))?
            }
        };
        rows.into_iter().map(revised).collect()
    }

    async fn write_record(&self, write: &Write) -> Result<Result<u64, Refused>, Fault> {
        let mut attempts = Attempts::begin();
        loop {
            match self.write_record_once(write).await {
                Err(Undone::Store(error)) if error.is_contention() && attempts.another().await => {}
                Err(Undone::Store(error)) => return Err(error.into()),
                Err(Undone::Fault(fault)) => return Err(fault),
                Err(Undone::Refused(refused)) => return Ok(Err(refused)),
                Ok(revision) => return Ok(Ok(revision)),
            }
        }
    }
}

fn texts(matching: Option<&Matching>) -> String {
    matching.map_or_else(|| "[]".to_owned(), |matching| json!(matching.names).to_string())
}

/// Why nothing was written.
enum Undone {
    Refused(Refused),
    Store(StoreError),
    Fault(Fault),
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Fault> for Undone {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Store {
    async fn write_record_once(&self, write: &Write) -> Result<u64, Undone> {
        let mut tx = self.db.begin().await?;
        match write_in(&mut tx, write).await {
            Ok((topics, revision)) => {
                self.commit_changes(tx, &topics, std::slice::from_ref(&write.change)).await?;
                Ok(revision.unsigned_abs())
            }
            Err(undone) => {
                // Whatever becomes of that, nothing is committed.
                tx.rollback().await.ok();
                Err(undone)
            }
        }
    }
}

/// Writes, and returns the topics that it changes and the new revision.
async fn write_in(tx: &mut Tx, write: &Write) -> Result<(Vec<String>, i64), Undone> {
    lock(tx).await?;
    let record = &write.record;
    let mut topics = std::collections::BTreeSet::new();
    // The resource that a subscription was for, before it is written.
    touch(tx, record, &mut topics).await?;
    let revision = match &write.kind {
        WriteKind::Put { revision, names, sector_key, own } => {
            still(tx, record, *revision, false).await?;
            standing(tx, names).await?;
            nobodys(tx, record, own.as_ref()).await?;
            if let Some(key) = sector_key {
                keys::add_sector_key(tx, key).await?;
            }
            let document = objects::document_of(record)?.unwrap_or_default();
            let revision = objects::put(tx, record, &document, ManagedBy::Api).await?;
            if let Record::Subscription(subscription) = record {
                pools::fit(tx, subscription).await?;
            }
            revision
        }
        WriteKind::Withdraw { revision } => {
            still(tx, record, Some(*revision), true).await?;
            let held = who_names(tx, record).await?;
            if !held.is_empty() {
                return Err(Undone::Refused(Refused::Held(held)));
            }
            objects::withdraw(tx, record).await?;
            i64::try_from(*revision).unwrap_or(i64::MAX - 1) + 1
        }
    };
    Ok((topics.into_iter().collect(), revision))
}

/// The record is as the caller saw it, and ours.
async fn still(tx: &mut Tx, record: &Record, seen: Option<u64>, live: bool) -> Result<(), Undone> {
    let row: Option<Row> = both!("reading a record", tx.on(), c =>
        sqlx::query_as(ONE).bind(record.kind().as_str()).bind(record.id()).fetch_optional(c))?;
    let found = row.map(|(_, _, _, managed_by, withdrawn, revision)| {
        (managed_by == ManagedBy::Api.as_str(), withdrawn == 0, revision.unsigned_abs())
    });
    match (found, seen) {
        (None, None) => Ok(()),
        (Some((true, standing, revision)), Some(seen)) if revision == seen && (standing || !live) => Ok(()),
        _ => Err(Undone::Refused(Refused::Moved)),
    }
}

async fn standing(tx: &mut Tx, names: &[Name]) -> Result<(), Undone> {
    let mut names = names.to_vec();
    names.sort();
    names.dedup();
    let sql = of(&tx.on(), STANDING);
    let json = pairs(&names);
    let many: i64 = both!("counting what a record names", tx.on(), c =>
        sqlx::query_scalar(sql).bind(&json).fetch_one(c))?;
    if usize::try_from(many).is_ok_and(|many| many == names.len()) {
        Ok(())
    } else {
        Err(Undone::Refused(Refused::Loose))
    }
}

async fn nobodys(tx: &mut Tx, record: &Record, own: Option<&Naming>) -> Result<(), Undone> {
    let Some(own) = own else { return Ok(()) };
    let (kind, id) = (record.kind().as_str(), record.id());
    let others: i64 = both!("looking for another name", tx.on(), c =>
        sqlx::query_scalar(TAKEN).bind(kind).bind(&own.name).bind(&id).fetch_one(c))?;
    if others == 0 { Ok(()) } else { Err(Undone::Refused(Refused::Loose)) }
}

/// The first of those who name a record.
async fn who_names(tx: &mut Tx, record: &Record) -> Result<Held, Undone> {
    let name = reference(record.kind(), &record.id());
    let mut held = Vec::new();
    for kind in RecordKind::OBJECTS {
        // An agreement has the id of the resource that it names.
        let own = if kind == record.kind() { record.id() } else { String::new() };
        let rows: Vec<(String, String)> = both!("looking for who names a record", tx.on(), c =>
            sqlx::query_as(WHO_NAMES).bind(kind.as_str()).bind(&name).bind(&own).fetch_all(c))?;
        held.extend(rows.into_iter().map(|(_, id)| (kind.as_str(), id)));
    }
    Ok(held)
}
