//! What is written alone: people, seats and deployments seen for the first time, each in a transaction of its own.

use boundary::{EntId, PersonId, SeatOffer, Uai};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::directory::{Affiliation, InactiveDeployment, Newcomer};
use crate::operate::apply::ManagedBy;
use crate::store::contention::Attempts;
use crate::store::db::{Db, Tx, both, rows};
use crate::store::error::{StoreError, Trouble};
use crate::store::federation::TAKE;
use crate::store::time::millis;

const IDENTITY: &str = "INSERT INTO identity (ent, namespace, subject, person, managed_by) VALUES ($1, $2, $3, $4, $5) \
                        ON CONFLICT DO NOTHING";
const ADOPT_IDENTITY: &str = "UPDATE identity SET managed_by = 'jit' WHERE ent = $1 AND namespace = $2 AND subject = $3 \
                     AND managed_by = 'roster' RETURNING person";
const PERSON: &str = "INSERT INTO person (id, created) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const ROOT: &str = "INSERT INTO pseudonym_root (person, root) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const AFFILIATION: &str = "INSERT INTO affiliation (person, ent, school, profile, year, level, managed_by) \
                           SELECT id, $2, $3, $4, $5, $6, $7 FROM person WHERE id = $1 ON CONFLICT DO NOTHING";
/// An ENT can make up as many deployments as it likes; a hundred are enough to see that something is wrong.
const DEPLOYMENT: &str = "INSERT INTO inactive_deployment (connection, deployment, first_seen) SELECT $1, $2, $3 \
                          WHERE (SELECT count(*) FROM inactive_deployment WHERE connection = $1) < 100 \
                          ON CONFLICT DO NOTHING";
const SEAT: &str = "INSERT INTO seat (subscription, person, pool, school, by_name, taken, opened, managed_by) \
                    SELECT $1, $2, $3, $4, 0, $5, $5, $6 \
                    WHERE NOT EXISTS (SELECT 1 FROM former_person WHERE id = $2) ON CONFLICT DO NOTHING";
/// Somebody who is being seated by name at this moment need not wait until that is done: their seat is counted already.
const ADOPT: &str = "UPDATE seat SET by_name = 0, managed_by = $3 WHERE subscription = $1 AND person = $2 \
                     AND by_name = 1 AND seating IS NOT NULL";
const THERE: &str = "SELECT 1 FROM seat WHERE subscription = $1 AND person = $2";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] =
    &[IDENTITY, ADOPT_IDENTITY, PERSON, ROOT, AFFILIATION, DEPLOYMENT, SEAT, ADOPT, THERE];

/// One such write.
pub(super) enum Alone {
    Provision(Box<Newcomer>),
    Affiliate(EntId, PersonId, Box<Affiliation>),
    NoteDeployment(InactiveDeployment),
    TakeSeat(SeatOffer, PersonId, Uai, OffsetDateTime),
}

/// Writes it. True where it holds afterwards; only a seat may not.
pub(super) async fn write(db: &Db, what: &Alone) -> Result<bool, StoreError> {
    let mut attempts = Attempts::begin();
    loop {
        match once(db, what).await {
            Err(error) if error.is_contention() && attempts.another().await => {}
            done => return done,
        }
    }
}

async fn once(db: &Db, what: &Alone) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    let (keep, holds) = match what {
        Alone::Provision(newcomer) => (provision(&mut tx, newcomer).await?, true),
        Alone::Affiliate(ent, person, affiliation) => {
            (affiliate(&mut tx, ent, *person, affiliation).await?, true)
        }
        Alone::NoteDeployment(seen) => (note_deployment(&mut tx, seen).await?, true),
        Alone::TakeSeat(offer, person, school, at) => take_seat(&mut tx, offer, *person, school, *at).await?,
    };
    if keep {
        tx.commit().await?
    } else {
        tx.rollback().await?
    }
    Ok(holds)
}

/// The identity comes first: who does not get it leaves nothing behind.
async fn provision(tx: &mut Tx, newcomer: &Newcomer) -> Result<bool, StoreError> {
    let person = newcomer.person.uuid();
    let new = rows!("writing an identity", tx.on(), c => sqlx::query(IDENTITY)
        .bind(newcomer.ent.as_str()).bind(&newcomer.namespace).bind(&newcomer.subject)
        .bind(person).bind(ManagedBy::Jit.as_str()).execute(c))?;
    if new == 0 {
        return adopt(tx, newcomer).await;
    }
    let created = millis(newcomer.at);
    rows!("writing a person", tx.on(), c => sqlx::query(PERSON).bind(person).bind(created).execute(c))?;
    let root = newcomer.root.bits().as_slice();
    rows!("writing a root", tx.on(), c => sqlx::query(ROOT).bind(person).bind(root).execute(c))?;
    affiliate(tx, &newcomer.ent, newcomer.person, &newcomer.affiliation).await?;
    Ok(true)
}

/// Somebody whom a roster wrote down, and who is on none that counts: they come as a stranger would, and are whom it
/// wrote. Nothing where their identity is anybody else's.
async fn adopt(tx: &mut Tx, newcomer: &Newcomer) -> Result<bool, StoreError> {
    let (ent, namespace, subject) = (newcomer.ent.as_str(), &newcomer.namespace, &newcomer.subject);
    let person: Option<Uuid> = both!("taking an identity over", tx.on(), c =>
        sqlx::query_scalar(ADOPT_IDENTITY).bind(ent).bind(namespace).bind(subject).fetch_optional(c))?;
    let Some(person) = person else { return Ok(false) };
    affiliate(tx, &newcomer.ent, PersonId::stored(person), &newcomer.affiliation).await?;
    Ok(true)
}

async fn affiliate(
    tx: &mut Tx,
    ent: &EntId,
    person: PersonId,
    affiliation: &Affiliation,
) -> Result<bool, StoreError> {
    // No year is the empty text: a primary key holds no NULL.
    let year = affiliation.year.map(|year| year.to_string()).unwrap_or_default();
    let managed_by = if affiliation.jit { ManagedBy::Jit } else { ManagedBy::Roster };
    let new = rows!("writing an affiliation", tx.on(), c => sqlx::query(AFFILIATION)
        .bind(person.uuid()).bind(ent.as_str()).bind(affiliation.school.as_str())
        .bind(affiliation.profile.as_str()).bind(&year).bind(affiliation.level.as_deref())
        .bind(managed_by.as_str()).execute(c))?;
    Ok(new > 0)
}

async fn note_deployment(tx: &mut Tx, seen: &InactiveDeployment) -> Result<bool, StoreError> {
    let first_seen = millis(seen.first_seen);
    let new = rows!("writing a deployment", tx.on(), c => sqlx::query(DEPLOYMENT)
        .bind(seen.connection.as_str()).bind(&seen.deployment).bind(first_seen).execute(c))?;
    Ok(new > 0)
}

/// Whether to keep what was written, and whether the person holds a seat then.
async fn take_seat(
    tx: &mut Tx,
    offer: &SeatOffer,
    person: PersonId,
    school: &Uai,
    at: OffsetDateTime,
) -> Result<(bool, bool), StoreError> {
    let (subscription, pool) = (offer.subscription.as_str(), offer.pool.as_str());
    let new = rows!("writing a seat", tx.on(), c => sqlx::query(SEAT)
        .bind(subscription).bind(person.uuid()).bind(pool).bind(school.as_str()).bind(millis(at))
        .bind(ManagedBy::Jit.as_str()).execute(c))?;
    if new == 0 {
        return sits(tx, subscription, person).await;
    }
    let counted =
        rows!("counting a seat", tx.on(), c => sqlx::query(TAKE).bind(subscription).bind(pool).execute(c))?;
    Ok((counted > 0, counted > 0))
}

/// Somebody who has a row sits on it, by now.
async fn sits(tx: &mut Tx, subscription: &str, person: PersonId) -> Result<(bool, bool), StoreError> {
    let adopted = rows!("taking a seat", tx.on(), c => sqlx::query(ADOPT)
        .bind(subscription).bind(person.uuid()).bind(ManagedBy::Jit.as_str()).execute(c))?;
    let there: Option<i32> = both!("reading a seat", tx.on(), c =>
        sqlx::query_scalar(THERE).bind(subscription).bind(person.uuid()).fetch_optional(c))?;
    // It was there, and somebody freed it at this moment: the pool may have room.
    there.ok_or_else(|| StoreError::failed("taking a seat", Trouble::Conflict))?;
    Ok((adopted > 0, true))
}
