//! Places: schools, groups, roster lines and what somebody manages, of people who are joined or parted. They are kept by
//! ENT, so an ENT that names only one of two people says what is theirs.

use boundary::{EntId, PersonId};

use super::Owned;
use crate::store::db::{Tx, both, rows};
use crate::store::error::StoreError;

/// What a person has by ENT: copied to another person, and taken from the first.
const COPY: [&str; 3] = [
    "INSERT INTO affiliation (person, ent, school, profile, year, level, managed_by) \
     SELECT $2, ent, school, profile, year, level, managed_by FROM affiliation WHERE person = $1 AND ent = $3 \
     ON CONFLICT DO NOTHING",
    "INSERT INTO membership (person, ent, school, status, code, year, managed_by) \
     SELECT $2, ent, school, status, code, year, managed_by FROM membership WHERE person = $1 AND ent = $3 \
     ON CONFLICT DO NOTHING",
    "INSERT INTO school_manager (person, ent, school, managed_by) \
     SELECT $2, ent, school, managed_by FROM school_manager WHERE person = $1 AND ent = $3 ON CONFLICT DO NOTHING",
];
const TAKE: [&str; 3] = [
    "DELETE FROM affiliation WHERE person = $1 AND ent = $2",
    "DELETE FROM membership WHERE person = $1 AND ent = $2",
    "DELETE FROM school_manager WHERE person = $1 AND ent = $2",
];
const ENTS: &str = "SELECT ent FROM affiliation WHERE person = $1 UNION SELECT ent FROM membership WHERE person = $1 \
                    UNION SELECT ent FROM school_manager WHERE person = $1";
const LISTED: &str = "UPDATE roster_person SET person = $2 WHERE person = $1";
const LISTED_ONE: &str =
    "UPDATE roster_person SET person = $2 WHERE person = $1 AND ent = $3 AND subject = $4";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] =
    &[COPY[0], COPY[1], COPY[2], TAKE[0], TAKE[1], TAKE[2], ENTS, LISTED, LISTED_ONE];

/// Gives a person all places of another.
pub(super) async fn join(tx: &mut Tx, from: PersonId, to: PersonId) -> Result<(), StoreError> {
    let ents: Vec<String> = both!("reading affiliations", tx.on(), c =>
        sqlx::query_scalar(ENTS).bind(from.uuid()).fetch_all(c))?;
    for ent in ents {
        copy(tx, from, to, &ent).await?;
        take(tx, from, &ent).await?;
    }
    rows!("joining roster lines", tx.on(), c =>
        sqlx::query(LISTED).bind(from.uuid()).bind(to.uuid()).execute(c))?;
    Ok(())
}

/// Gives whoever leaves what their ENTs said. What an ENT that names both said is left to both: nobody knows whose it is,
/// until that ENT says so. Whether there is such an ENT.
pub(super) async fn part(
    tx: &mut Tx,
    from: PersonId,
    to: PersonId,
    leaving: &[&Owned],
    staying: &[&Owned],
) -> Result<bool, StoreError> {
    let mut ents: Vec<&EntId> = leaving.iter().map(|owned| &owned.identity.ent).collect();
    ents.dedup();
    let mut shared = false;
    for ent in ents {
        copy(tx, from, to, ent.as_str()).await?;
        if staying.iter().any(|owned| owned.identity.ent == *ent) {
            shared = true;
        } else {
            take(tx, from, ent.as_str()).await?;
        }
    }
    for owned in leaving {
        let (ent, subject) = (owned.identity.ent.as_str(), &owned.identity.subject);
        rows!("parting roster lines", tx.on(), c => sqlx::query(LISTED_ONE)
            .bind(from.uuid()).bind(to.uuid()).bind(ent).bind(subject).execute(c))?;
    }
    Ok(shared)
}

async fn copy(tx: &mut Tx, from: PersonId, to: PersonId, ent: &str) -> Result<(), StoreError> {
    for statement in COPY {
        rows!("writing affiliations", tx.on(), c =>
            sqlx::query(statement).bind(from.uuid()).bind(to.uuid()).bind(ent).execute(c))?;
    }
    Ok(())
}

async fn take(tx: &mut Tx, from: PersonId, ent: &str) -> Result<(), StoreError> {
    for statement in TAKE {
        rows!("taking affiliations", tx.on(), c =>
            sqlx::query(statement).bind(from.uuid()).bind(ent).execute(c))?;
    }
    Ok(())
}
