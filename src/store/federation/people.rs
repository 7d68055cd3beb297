//! People of a file: an identity each, and what the file says of them at an ENT.

use boundary::{Fault, PersonId};
use time::OffsetDateTime;

use super::Undone;
use crate::operate::apply::{NewPerson, PersonRecord, PersonSchool};
use crate::store::db::{Tx, rows};
use crate::store::error::StoreError;
use crate::store::people::{identified_in, year_text};
use crate::store::time::millis;

const IDENTITY: &str = "INSERT INTO identity (ent, namespace, subject, person, managed_by) \
                        VALUES ($1, $2, $3, $4, 'file') ON CONFLICT DO NOTHING";
const PERSON: &str = "INSERT INTO person (id, created) VALUES ($1, $2)";
const ROOT: &str = "INSERT INTO pseudonym_root (person, root) VALUES ($1, $2)";
const HAND_OVER: &str =
    "UPDATE identity SET managed_by = $1 WHERE ent = $2 AND namespace = $3 AND subject = $4";
/// Of two who say the same the file has the last word: what a first launch left there is the file's from now on.
const AFFILIATE: &str = "INSERT INTO affiliation (person, ent, school, profile, year, level, managed_by) \
                         VALUES ($1, $2, $3, $4, $5, $6, 'file') \
                         ON CONFLICT (person, ent, school, profile, year) \
                         DO UPDATE SET level = excluded.level, managed_by = excluded.managed_by";
const JOIN: &str = "INSERT INTO membership (person, ent, school, status, code, year, managed_by) \
                    VALUES ($1, $2, $3, $4, $5, $6, 'file') \
                    ON CONFLICT (person, ent, school, status, code, year) \
                    DO UPDATE SET managed_by = excluded.managed_by";
const LEAVE_SCHOOLS: &str = "DELETE FROM affiliation WHERE person = $1 AND ent = $2 AND managed_by = 'file'";
/// What first launches left too: else a person who was taken off would be what they once said.
const LEAVE_ALL: &str =
    "DELETE FROM affiliation WHERE person = $1 AND ent = $2 AND managed_by IN ('file', 'jit')";
const LEAVE_GROUPS: &str = "DELETE FROM membership WHERE person = $1 AND ent = $2 AND managed_by = 'file'";

const MANAGE: &str = "INSERT INTO school_manager (person, ent, school, managed_by) VALUES ($1, $2, $3, 'file') \
                      ON CONFLICT (person, ent, school) DO UPDATE SET managed_by = excluded.managed_by";
const MANAGE_NO_MORE: &str =
    "DELETE FROM school_manager WHERE person = $1 AND ent = $2 AND managed_by = 'file'";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    IDENTITY,
    PERSON,
    ROOT,
    HAND_OVER,
    AFFILIATE,
    JOIN,
    LEAVE_SCHOOLS,
    LEAVE_ALL,
    LEAVE_GROUPS,
    MANAGE,
    MANAGE_NO_MORE,
];

/// Makes a person what the file says; what others say of them stays.
pub(super) async fn put(
    tx: &mut Tx,
    record: &PersonRecord,
    new: Option<&NewPerson>,
    at: OffsetDateTime,
) -> Result<(), Undone> {
    let person = match identified_in(tx, &record.ent, &record.namespace, &record.subject).await? {
        Some(person) => person,
        None => add(tx, record, new, at).await?,
    };
    hand_over(tx, record, "file").await?;
    forget(tx, record, person).await?;
    for school in &record.schools {
        affiliate(tx, record, person, school).await?;
    }
    Ok(())
}

/// Takes away what the file said of a person. Their identity stays, and has no school.
pub(super) async fn withdraw(tx: &mut Tx, record: &PersonRecord) -> Result<(), StoreError> {
    let Some(person) = identified_in(tx, &record.ent, &record.namespace, &record.subject).await? else {
        return Ok(());
    };
    hand_over(tx, record, "jit").await?;
    forget(tx, record, person).await?;
    let (id, ent) = (person.uuid(), record.ent.as_str());
    rows!("leaving schools", tx.on(), c => sqlx::query(LEAVE_ALL).bind(id).bind(ent).execute(c))?;
    Ok(())
}

/// The identity first: a launch may be writing the same one at this moment, and then the person is whom it wrote.
async fn add(
    tx: &mut Tx,
    record: &PersonRecord,
    new: Option<&NewPerson>,
    at: OffsetDateTime,
) -> Result<PersonId, Undone> {
    let undrawn = || Fault::new("a person of the file is not known and no id was drawn for them");
    let new = new.ok_or_else(undrawn)?;
    let (ent, id) = (record.ent.as_str(), new.person.uuid());
    let added = rows!("writing an identity", tx.on(), c =>
        sqlx::query(IDENTITY).bind(ent).bind(&record.namespace).bind(&record.subject).bind(id).execute(c))?;
    if added == 0 {
        let stored = identified_in(tx, &record.ent, &record.namespace, &record.subject).await?;
        return Ok(stored.ok_or_else(|| Fault::new("an identity came and went during the write"))?);
    }
    rows!("writing a person", tx.on(), c => sqlx::query(PERSON).bind(id).bind(millis(at)).execute(c))?;
    rows!("writing a root", tx.on(), c => sqlx::query(ROOT).bind(id).bind(new.root.bits().as_slice()).execute(c))?;
    Ok(new.person)
}

async fn hand_over(tx: &mut Tx, record: &PersonRecord, to: &'static str) -> Result<(), StoreError> {
    let (ent, namespace, subject) = (record.ent.as_str(), &record.namespace, &record.subject);
    rows!("writing an identity", tx.on(), c =>
        sqlx::query(HAND_OVER).bind(to).bind(ent).bind(namespace).bind(subject).execute(c))?;
    Ok(())
}

async fn forget(tx: &mut Tx, record: &PersonRecord, person: PersonId) -> Result<(), StoreError> {
    for leave in [LEAVE_SCHOOLS, LEAVE_GROUPS, MANAGE_NO_MORE] {
        rows!("taking affiliations away", tx.on(), c =>
            sqlx::query(leave).bind(person.uuid()).bind(record.ent.as_str()).execute(c))?;
    }
    Ok(())
}

async fn affiliate(
    tx: &mut Tx,
    record: &PersonRecord,
    person: PersonId,
    at: &PersonSchool,
) -> Result<(), StoreError> {
    let (person, ent) = (person.uuid(), record.ent.as_str());
    rows!("writing an affiliation", tx.on(), c =>
        sqlx::query(AFFILIATE).bind(person).bind(ent).bind(at.school.as_str()).bind(at.profile.as_str())
            .bind(year_text(at.year)).bind(&at.level).execute(c))?;
    if at.manages {
        rows!("writing who manages", tx.on(), c =>
            sqlx::query(MANAGE).bind(person).bind(ent).bind(at.school.as_str()).execute(c))?;
    }
    for group in &at.groups {
        rows!("writing a membership", tx.on(), c =>
            sqlx::query(JOIN).bind(person).bind(ent).bind(group.school.as_str()).bind(group.status.as_str())
                .bind(&group.code).bind(year_text(group.year)).execute(c))?;
    }
    Ok(())
}
