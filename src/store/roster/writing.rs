//! What an import writes: rows beside what counts, each batch in one short transaction that renews the import's turn. Whoever
//! has lost the turn writes nothing more.

use std::collections::HashMap;

use boundary::{EntId, Fault, PersonId};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::renew;
use crate::operate::roster::{Batch, Hold, NewRow, RowKey};
use crate::store::Store;
use crate::store::contention::Attempts;
use crate::store::db::{Engine, LITE_LIMIT, Tx, both, rows, within};
use crate::store::error::StoreError;
use crate::store::people::year_text;
use crate::store::postgres;
use crate::store::time::millis;
use crate::store::writer::json;

const NAMED: (&str, &str) = (
    "SELECT i.subject, i.person FROM json_each($1) j JOIN identity i \
     ON i.ent = $2 AND i.namespace = $3 AND i.subject = j.value",
    "SELECT i.subject, i.person FROM json_array_elements_text($1::json) AS j(value) JOIN identity i \
     ON i.ent = $2 AND i.namespace = $3 AND i.subject = j.value",
);
const IDENTITIES: (&str, &str) = (
    "INSERT INTO identity (ent, namespace, subject, person, managed_by) \
     SELECT $2, $3, value->>0, unhex(value->>1), 'roster' FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO identity (ent, namespace, subject, person, managed_by) \
     SELECT $3, $4, subject, person, 'roster' FROM unnest($1::text[], $2::uuid[]) AS new(subject, person) \
     ON CONFLICT DO NOTHING",
);
const PEOPLE: (&str, &str) = (
    "INSERT INTO person (id, created) SELECT unhex(value->>0), $2 FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO person (id, created) SELECT person, $2::bigint FROM unnest($1::uuid[]) AS new(person) ON CONFLICT DO NOTHING",
);
const ROOTS: (&str, &str) = (
    "INSERT INTO pseudonym_root (person, root) SELECT unhex(value->>0), unhex(value->>1) FROM json_each($1) \
     WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO pseudonym_root (person, root) SELECT person, root \
     FROM unnest($1::uuid[], $2::bytea[]) AS new(person, root) ON CONFLICT DO NOTHING",
);
const ROWS: (&str, &str) = (
    "INSERT INTO roster_person (ent, school, subject, since, person, profile, year, level, groups, manages, digest, sealed) \
     SELECT $2, value->>0, value->>1, $3, unhex(value->>2), value->>3, value->>4, value->>5, value->>6, value->>7, \
     unhex(value->>8), unhex(value->>9) FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO roster_person (ent, school, subject, since, person, profile, year, level, groups, manages, digest, sealed) \
     SELECT $11, school, subject, $12::bigint, person, profile, year, level, groups, manages, digest, sealed \
     FROM unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], \
     $9::bytea[], $10::bytea[]) AS new(school, subject, person, profile, year, level, groups, manages, digest, sealed) \
     ON CONFLICT DO NOTHING",
);
const END: (&str, &str) = (
    "UPDATE roster_person SET until = $3 WHERE ent = $2 AND (school, subject, since) IN \
     (SELECT value->>0, value->>1, value->>2 FROM json_each($1))",
    "UPDATE roster_person SET until = $3 FROM json_to_recordset($1::json) AS k(school text, subject text, since bigint) \
     WHERE ent = $2 AND roster_person.school = k.school AND roster_person.subject = k.subject \
     AND roster_person.since = k.since",
);
const HOLD: (&str, &str) = (
    "UPDATE roster_person SET held = $3 WHERE ent = $2 AND (school, subject, since) IN \
     (SELECT value->>0, value->>1, value->>2 FROM json_each($1))",
    "UPDATE roster_person SET held = $3 FROM json_to_recordset($1::json) AS k(school text, subject text, since bigint) \
     WHERE ent = $2 AND roster_person.school = k.school AND roster_person.subject = k.subject \
     AND roster_person.since = k.since",
);
const REOPEN: (&str, &str) = (
    "UPDATE roster_person SET until = NULL WHERE ent = $2 AND (school, subject, since) IN \
     (SELECT value->>0, value->>1, value->>2 FROM json_each($1))",
    "UPDATE roster_person SET until = NULL FROM json_to_recordset($1::json) AS k(school text, subject text, since bigint) \
     WHERE ent = $2 AND roster_person.school = k.school AND roster_person.subject = k.subject \
     AND roster_person.since = k.since",
);
const DROP: (&str, &str) = (
    "DELETE FROM roster_person WHERE ent = $2 AND (school, subject, since) IN \
     (SELECT value->>0, value->>1, value->>2 FROM json_each($1))",
    "DELETE FROM roster_person USING json_to_recordset($1::json) AS k(school text, subject text, since bigint) \
     WHERE ent = $2 AND roster_person.school = k.school AND roster_person.subject = k.subject \
     AND roster_person.since = k.since",
);
/// Somebody who leaves: the same as before, until a day, and they manage nothing.
const LEAVE: (&str, &str) = (
    "INSERT INTO roster_person (ent, school, subject, since, person, profile, year, level, groups, manages, leaves, digest, \
     sealed) SELECT ent, school, subject, $3, person, profile, year, level, groups, 0, $4, digest, sealed \
     FROM roster_person WHERE ent = $2 AND (school, subject, since) IN \
     (SELECT value->>0, value->>1, value->>2 FROM json_each($1)) ON CONFLICT DO NOTHING",
    "INSERT INTO roster_person (ent, school, subject, since, person, profile, year, level, groups, manages, leaves, digest, \
     sealed) SELECT r.ent, r.school, r.subject, $3::bigint, r.person, r.profile, r.year, r.level, r.groups, 0, $4::bigint, r.digest, r.sealed \
     FROM json_to_recordset($1::json) AS k(school text, subject text, since bigint) JOIN roster_person r \
     ON r.ent = $2 AND r.school = k.school AND r.subject = k.subject AND r.since = k.since ON CONFLICT DO NOTHING",
);

/// Every pair of this file.
#[cfg(test)]
pub(super) const PAIRS: &[(&str, &str)] =
    &[NAMED, IDENTITIES, PEOPLE, ROOTS, ROWS, END, HOLD, REOPEN, DROP, LEAVE];

const DOING: &str = "writing a roster";

impl Store {
    /// Who has these identifiers.
    pub(super) async fn named(
        &self,
        ent: &EntId,
        namespace: &str,
        subjects: &[String],
    ) -> Result<HashMap<String, PersonId>, Fault> {
        let list = json(&subjects)?;
        let on = self.db.read();
        let sql = if matches!(on, Engine::Lite(_)) { NAMED.0 } else { NAMED.1 };
        let found: Vec<(String, Uuid)> = both!("reading identities", on, c =>
            sqlx::query_as(sql).bind(&list).bind(ent.as_str()).bind(namespace).fetch_all(c))?;
        Ok(found.into_iter().map(|(subject, person)| (subject, PersonId::stored(person))).collect())
    }

    /// Writes a batch; false where the turn was lost.
    pub(super) async fn batch(
        &self,
        hold: &Hold,
        namespace: &str,
        batch: &Batch,
        (leave, now): (OffsetDateTime, OffsetDateTime),
    ) -> Result<bool, StoreError> {
        let mut attempts = Attempts::begin();
        loop {
            match self.batch_once(hold, namespace, batch, (leave, now)).await {
                Err(error) if error.is_contention() && attempts.another().await => {}
                done => return done,
            }
        }
    }

    async fn batch_once(
        &self,
        hold: &Hold,
        namespace: &str,
        batch: &Batch,
        (leave, now): (OffsetDateTime, OffsetDateTime),
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        if !renew(&mut tx, hold, now).await? {
            tx.rollback().await?;
            return Ok(false);
        }
        change(&mut tx, DROP, &batch.dropped, hold, None).await?;
        change(&mut tx, REOPEN, &batch.reopened, hold, None).await?;
        change(&mut tx, HOLD, &batch.held, hold, Some(hold.number)).await?;
        leave_school(&mut tx, &batch.leaves, hold, leave).await?;
        for ended in [&batch.leaves, &batch.ends] {
            change(&mut tx, END, ended, hold, Some(hold.number)).await?;
        }
        put(&mut tx, hold, namespace, &batch.rows, now).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// The names of rows as both engines read them.
#[derive(Serialize)]
struct Keyed<'a> {
    school: &'a str,
    subject: &'a str,
    since: i64,
}

fn keys(tx: &mut Tx, keys: &[RowKey]) -> Result<String, StoreError> {
    if matches!(tx.on(), Engine::Lite(_)) {
        let list: Vec<_> = keys.iter().map(|key| (key.school.as_str(), &key.subject, key.since)).collect();
        return json(&list);
    }
    let keyed = |key: &'_ RowKey| (key.school.as_str().to_owned(), key.subject.clone(), key.since);
    let list: Vec<_> = keys.iter().map(keyed).collect();
    let list = list.iter().map(|(school, subject, since)| Keyed { school, subject, since: *since });
    json(&list.collect::<Vec<_>>())
}

async fn change(
    tx: &mut Tx,
    (lite, postgres): (&'static str, &'static str),
    of: &[RowKey],
    hold: &Hold,
    number: Option<i64>,
) -> Result<(), StoreError> {
    if of.is_empty() {
        return Ok(());
    }
    let list = keys(tx, of)?;
    let ent = hold.ent.as_str();
    let sql = if matches!(tx.on(), Engine::Lite(_)) { lite } else { postgres };
    match number {
        None => rows!(DOING, tx.on(), c => sqlx::query(sql).bind(&list).bind(ent).execute(c))?,
        Some(number) => {
            rows!(DOING, tx.on(), c => sqlx::query(sql).bind(&list).bind(ent).bind(number).execute(c))?
        }
    };
    Ok(())
}

async fn leave_school(
    tx: &mut Tx,
    of: &[RowKey],
    hold: &Hold,
    leave: OffsetDateTime,
) -> Result<(), StoreError> {
    if of.is_empty() {
        return Ok(());
    }
    let list = keys(tx, of)?;
    let (ent, leave) = (hold.ent.as_str(), millis(leave));
    let sql = if matches!(tx.on(), Engine::Lite(_)) { LEAVE.0 } else { LEAVE.1 };
    rows!(DOING, tx.on(), c => sqlx::query(sql).bind(&list).bind(ent).bind(hold.number).bind(leave).execute(c))?;
    Ok(())
}

/// Writes people who are new, and rows. The identity comes first: where a launch has written it in between, the person is
/// whom that launch wrote.
async fn put(
    tx: &mut Tx,
    hold: &Hold,
    namespace: &str,
    rows: &[NewRow],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let new: Vec<&NewRow> = rows.iter().filter(|row| row.root.is_some()).collect();
    let mut others = HashMap::new();
    if !new.is_empty() {
        let written = identities(tx, hold, namespace, &new).await?;
        let mut new = new;
        if written < new.len() as u64 {
            let subjects: Vec<&str> = new.iter().map(|row| row.subject.as_str()).collect();
            others = named_in(tx, hold, namespace, &subjects).await?;
            new.retain(|row| others.get(&row.subject) == Some(&row.person));
        }
        people(tx, &new, now).await?;
    }
    if rows.is_empty() { Ok(()) } else { put_rows(tx, hold, rows, &others).await }
}

async fn named_in(
    tx: &mut Tx,
    hold: &Hold,
    namespace: &str,
    subjects: &[&str],
) -> Result<HashMap<String, PersonId>, StoreError> {
    let list = json(&subjects)?;
    let sql = if matches!(tx.on(), Engine::Lite(_)) { NAMED.0 } else { NAMED.1 };
    let found: Vec<(String, Uuid)> = both!(DOING, tx.on(), c =>
        sqlx::query_as(sql).bind(&list).bind(hold.ent.as_str()).bind(namespace).fetch_all(c))?;
    Ok(found.into_iter().map(|(subject, person)| (subject, PersonId::stored(person))).collect())
}

/// Writes identities that are not there yet; how many.
async fn identities(tx: &mut Tx, hold: &Hold, namespace: &str, new: &[&NewRow]) -> Result<u64, StoreError> {
    let ent = hold.ent.as_str();
    let done = match tx.on() {
        Engine::Lite(c) => {
            let list: Vec<_> =
                new.iter().map(|row| (&row.subject, hex(row.person.uuid().as_bytes()))).collect();
            let list = json(&list)?;
            let query = sqlx::query(IDENTITIES.0).bind(&list).bind(ent).bind(namespace);
            within(DOING, LITE_LIMIT, query.execute(c)).await?.rows_affected()
        }
        Engine::Postgres(c) => {
            let subjects: Vec<&str> = new.iter().map(|row| row.subject.as_str()).collect();
            let people: Vec<Uuid> = new.iter().map(|row| row.person.uuid()).collect();
            let query = sqlx::query(IDENTITIES.1).bind(subjects).bind(people).bind(ent).bind(namespace);
            within(DOING, postgres::LIMIT, query.execute(c)).await?.rows_affected()
        }
    };
    Ok(done)
}

async fn people(tx: &mut Tx, new: &[&NewRow], now: OffsetDateTime) -> Result<(), StoreError> {
    let created = millis(now);
    match tx.on() {
        Engine::Lite(c) => {
            let list: Vec<_> = new
                .iter()
                .map(|row| {
                    let root = row.root.as_ref().map(|root| hex(root.bits())).unwrap_or_default();
                    (hex(row.person.uuid().as_bytes()), root)
                })
                .collect();
            let list = json(&list)?;
            let query = sqlx::query(PEOPLE.0).bind(&list).bind(created);
            within(DOING, LITE_LIMIT, query.execute(&mut *c)).await?;
            within(DOING, LITE_LIMIT, sqlx::query(ROOTS.0).bind(&list).execute(c)).await?;
        }
        Engine::Postgres(c) => {
            let ids: Vec<Uuid> = new.iter().map(|row| row.person.uuid()).collect();
            let root = |row: &&NewRow| row.root.as_ref().map(|root| root.bits().to_vec()).unwrap_or_default();
            let roots: Vec<Vec<u8>> = new.iter().map(root).collect();
            let query = sqlx::query(PEOPLE.1).bind(&ids).bind(created);
            within(DOING, postgres::LIMIT, query.execute(&mut *c)).await?;
            let query = sqlx::query(ROOTS.1).bind(&ids).bind(roots);
            within(DOING, postgres::LIMIT, query.execute(c)).await?;
        }
    }
    Ok(())
}

async fn put_rows(
    tx: &mut Tx,
    hold: &Hold,
    rows: &[NewRow],
    others: &HashMap<String, PersonId>,
) -> Result<(), StoreError> {
    let person = |row: &NewRow| others.get(&row.subject).unwrap_or(&row.person).uuid();
    let groups = |row: &NewRow| {
        let pairs: Vec<_> = row.groups.iter().map(|(status, code)| (status.as_str(), code)).collect();
        json(&pairs)
    };
    let (ent, number) = (hold.ent.as_str(), hold.number);
    match tx.on() {
        Engine::Lite(c) => {
            let mut list = Vec::with_capacity(rows.len());
            for row in rows {
                list.push((
                    row.school.as_str(),
                    &row.subject,
                    hex(person(row).as_bytes()),
                    row.profile.map(|profile| profile.as_str()),
                    year_text(row.year),
                    &row.level,
                    groups(row)?,
                    u8::from(row.manages),
                    hex(&row.digest),
                    hex(&row.sealed),
                ));
            }
            let list = json(&list)?;
            let query = sqlx::query(ROWS.0).bind(&list).bind(ent).bind(number);
            within(DOING, LITE_LIMIT, query.execute(c)).await?;
        }
        Engine::Postgres(c) => {
            let texts = |of: &dyn Fn(&NewRow) -> String| rows.iter().map(of).collect::<Vec<_>>();
            let groups: Vec<String> = rows.iter().map(groups).collect::<Result<_, _>>()?;
            let profile = |row: &NewRow| row.profile.map(|profile| profile.as_str());
            let query = sqlx::query(ROWS.1)
                .bind(texts(&|row| row.school.to_string()))
                .bind(texts(&|row| row.subject.clone()))
                .bind(rows.iter().map(person).collect::<Vec<_>>())
                .bind(rows.iter().map(profile).collect::<Vec<_>>())
                .bind(texts(&|row| year_text(row.year)))
                .bind(rows.iter().map(|row| row.level.clone()).collect::<Vec<_>>())
                .bind(groups)
                .bind(rows.iter().map(|row| i64::from(row.manages)).collect::<Vec<_>>())
                .bind(rows.iter().map(|row| row.digest.clone()).collect::<Vec<_>>())
                .bind(rows.iter().map(|row| row.sealed.clone()).collect::<Vec<_>>())
                .bind(ent)
                .bind(number);
            within(DOING, postgres::LIMIT, query.execute(c)).await?;
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
