//! Assignments of a file: a row a set, a seat a person.

use boundary::{EntId, Fault, PersonId, Pool, Profile, SchoolYear, SubscriptionId, Uai};
use time::OffsetDateTime;

use super::{Undone, pools};
use crate::directory::{Affiliation, School};
use crate::licensing::{Coverage, Subscription};
use crate::operate::apply::{AssignmentRecord, AssignmentTarget, NoRoom, RecordKind};
use crate::store::assignments::sets;
use crate::store::db::{Tx, both, rows};
use crate::store::error::StoreError;
use crate::store::objects;
use crate::store::people::{affiliated_in, identified_in};
use crate::store::time::millis;

/// The name of files among those who look after something.
const FILE: &str = "file";

/// What was assigned elsewhere is from now on assigned by both; and somebody who is being seated at this moment sits.
const NAME: &str = "UPDATE seat SET by_name = 1, seating = NULL, managed_by = CASE \
                    WHEN by_name = 1 AND seating IS NULL AND managed_by IN ('api', 'both') THEN 'both' ELSE 'file' END \
                    WHERE subscription = $1 AND person = $2";
const SIT: &str = "INSERT INTO seat (subscription, person, pool, school, by_name, taken, managed_by) \
                   VALUES ($1, $2, $3, $4, 1, $5, 'file') ON CONFLICT DO NOTHING";
/// What others assigned as well is theirs from now on.
const LEAVE: &str = "UPDATE seat SET managed_by = 'api' WHERE subscription = $1 AND person = $2 AND by_name = 1 \
                     AND managed_by = 'both'";
const STAND: &str = "DELETE FROM seat WHERE subscription = $1 AND person = $2 AND by_name = 1 \
                     AND managed_by = 'file' RETURNING pool";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[NAME, SIT, LEAVE, STAND];

/// Assigns a subscription to a set, or seats a person.
pub(super) async fn put(tx: &mut Tx, record: &AssignmentRecord, at: OffsetDateTime) -> Result<(), Undone> {
    match &record.target {
        AssignmentTarget::Set(set) => {
            sets::assign(tx, &record.subscription, set, millis(at), FILE).await?;
            Ok(())
        }
        AssignmentTarget::Person { ent, namespace, subject } => {
            let unknown = || Fault::new("an assignment names an identity that is not known");
            let person = identified_in(tx, ent, namespace, subject).await?.ok_or_else(unknown)?;
            if name(tx, &record.subscription, person).await? {
                return Ok(());
            }
            seat(tx, record, ent, person, at).await
        }
    }
}

/// Takes an assignment back. A seat by name becomes free; under a set its holder may take one again.
pub(super) async fn withdraw(tx: &mut Tx, record: &AssignmentRecord) -> Result<(), Undone> {
    let subscription = &record.subscription;
    let (ent, namespace, subject) = match &record.target {
        AssignmentTarget::Set(set) => {
            sets::unassign(tx, subscription, set, FILE).await?;
            return Ok(());
        }
        AssignmentTarget::Person { ent, namespace, subject } => (ent, namespace, subject),
    };
    let Some(person) = identified_in(tx, ent, namespace, subject).await? else {
        return Ok(());
    };
    let left = rows!("leaving a seat to others", tx.on(), c =>
        sqlx::query(LEAVE).bind(subscription.as_str()).bind(person.uuid()).execute(c))?;
    if left > 0 {
        return Ok(());
    }
    let pool: Option<String> = both!("freeing a seat", tx.on(), c =>
        sqlx::query_scalar(STAND).bind(subscription.as_str()).bind(person.uuid()).fetch_optional(c))?;
    if let Some(pool) = pool {
        pools::give_back(tx, subscription.as_str(), &pool).await?;
    }
    Ok(())
}

/// Makes a seat that somebody holds one by name; whether they hold one.
async fn name(tx: &mut Tx, subscription: &SubscriptionId, person: PersonId) -> Result<bool, StoreError> {
    let named = rows!("naming a seat", tx.on(), c =>
        sqlx::query(NAME).bind(subscription.as_str()).bind(person.uuid()).execute(c))?;
    Ok(named == 1)
}

async fn seat(
    tx: &mut Tx,
    record: &AssignmentRecord,
    ent: &EntId,
    person: PersonId,
    at: OffsetDateTime,
) -> Result<(), Undone> {
    let subscription = subscription_of(tx, &record.subscription).await?;
    let no_room = || Undone::NoRoom(NoRoom { kind: RecordKind::Assignment, id: record.id() });
    let (pool, school) = place_of(tx, &subscription, ent, person, at).await?;
    let pool = pool.ok_or_else(no_room)?;
    let (id, taken, school) = (subscription.id.as_str(), millis(at), school.as_ref().map_or("", Uai::as_str));
    let sat = rows!("writing a seat", tx.on(), c => sqlx::query(SIT)
        .bind(id).bind(person.uuid()).bind(pool.as_str()).bind(school).bind(taken).execute(c))?;
    if sat == 0 {
        // A launch of theirs took it a moment ago, and counted it.
        name(tx, &subscription.id, person).await?;
    } else if !pools::take(tx, &subscription.id, pool).await? {
        return Err(no_room());
    }
    Ok(())
}

async fn subscription_of(tx: &mut Tx, id: &SubscriptionId) -> Result<Subscription, Undone> {
    const KIND: RecordKind = RecordKind::Subscription;
    let unknown = || Fault::new(format!("an assignment names subscription {id}, which is not there"));
    let document = objects::document_in(tx, KIND, id.as_str()).await?.ok_or_else(unknown)?;
    Ok(objects::read(KIND, id.as_str(), &document)?)
}

/// The pool of a person, and the school for which they draw from it: by what they are at a school that the subscription
/// covers, this year's before any other's.
async fn place_of(
    tx: &mut Tx,
    subscription: &Subscription,
    ent: &EntId,
    person: PersonId,
    at: OffsetDateTime,
) -> Result<(Option<Pool>, Option<Uai>), Undone> {
    let seats = subscription.seats();
    let known = affiliated_in(tx, ent, person).await?;
    let mut covered: Vec<&Affiliation> = Vec::new();
    for affiliation in known.counted() {
        if covers(tx, &subscription.coverage, affiliation).await? {
            covered.push(affiliation);
        }
    }
    let year = SchoolYear::at(at);
    let greatest = covered.into_iter().max_by_key(|a| (a.is_current(year, at), a.profile));
    // Somebody at no such school has no profile there; where everybody draws from one pool, that is no matter.
    let profile = greatest.map_or(Profile::Other, |affiliation| affiliation.profile);
    Ok((seats.pool_of(profile), greatest.map(|affiliation| affiliation.school.clone())))
}

async fn covers(tx: &mut Tx, coverage: &Coverage, affiliation: &Affiliation) -> Result<bool, Undone> {
    if let Coverage::Schools(schools) = coverage {
        return Ok(schools.contains(&affiliation.school));
    }
    let id = affiliation.school.as_str();
    let Some(document) = objects::document_in(tx, RecordKind::School, id).await? else {
        return Ok(false);
    };
    let school: School = objects::read(RecordKind::School, id, &document)?;
    Ok(coverage.covers(&school))
}
