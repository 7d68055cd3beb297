//! Seats that people hold. Those of a seating that is not done count for nobody, and are not here.

use boundary::{PersonId, SubscriptionId, Uai};
use uuid::Uuid;

use super::{ids, people, pick, pool_named};
use crate::operate::assignments::{Held, HeldCount};
use crate::store::db::{Db, both};
use crate::store::error::StoreError;
use crate::store::people::form;
use crate::store::time::moment;
use crate::store::writer::json;

/// How many seats one statement looks up.
const STEP: usize = 500;

/// The seat of each of some people.
const BY: (&str, &str) = (
    "SELECT s.person, s.pool, s.school, CASE WHEN g.state = 'done' THEN 1 ELSE s.by_name END, s.managed_by, s.taken, \
     s.opened FROM json_each($2) r JOIN seat s ON s.subscription = $1 AND s.person = unhex(r.value) \
     LEFT JOIN seating g ON g.id = s.seating \
     WHERE s.seating IS NULL OR s.by_name = 0 OR g.state = 'done'",
    "SELECT s.person, s.pool, s.school, CASE WHEN g.state = 'done' THEN 1 ELSE s.by_name END, s.managed_by, s.taken, \
     s.opened FROM json_array_elements_text($2::json) AS r(value) \
     JOIN seat s ON s.subscription = $1 AND s.person = r.value::uuid LEFT JOIN seating g ON g.id = s.seating \
     WHERE s.seating IS NULL OR s.by_name = 0 OR g.state = 'done'",
);
const AFTER: &str = "SELECT s.person, s.pool, s.school, CASE WHEN g.state = 'done' THEN 1 ELSE s.by_name END, s.managed_by, \
     s.taken, s.opened FROM seat s LEFT JOIN seating g ON g.id = s.seating \
     WHERE s.subscription = $1 AND s.person > $2 AND (s.seating IS NULL OR s.by_name = 0 OR g.state = 'done') \
     ORDER BY s.person LIMIT $3";
const AFTER_AT: &str = "SELECT s.person, s.pool, s.school, CASE WHEN g.state = 'done' THEN 1 ELSE s.by_name END, s.managed_by, \
     s.taken, s.opened FROM seat s LEFT JOIN seating g ON g.id = s.seating \
     WHERE s.subscription = $1 AND s.school = $2 AND s.person > $3 \
     AND (s.seating IS NULL OR s.by_name = 0 OR g.state = 'done') ORDER BY s.person LIMIT $4";
const COUNT: &str = "SELECT s.pool, CASE WHEN g.state = 'done' THEN 1 ELSE s.by_name END AS named, COUNT(*) \
     FROM seat s LEFT JOIN seating g ON g.id = s.seating \
     WHERE s.subscription = $1 AND (s.seating IS NULL OR s.by_name = 0 OR g.state = 'done') GROUP BY s.pool, named";
const COUNT_AT: &str = "SELECT s.pool, CASE WHEN g.state = 'done' THEN 1 ELSE s.by_name END AS named, COUNT(*) \
     FROM seat s LEFT JOIN seating g ON g.id = s.seating \
     WHERE s.subscription = $1 AND s.school = $2 AND (s.seating IS NULL OR s.by_name = 0 OR g.state = 'done') \
     GROUP BY s.pool, named";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[AFTER, AFTER_AT, COUNT, COUNT_AT];
/// Every pair of this file.
#[cfg(test)]
pub(super) const PAIRS: &[(&str, &str)] = &[BY];

/// person, pool, school, by_name, managed_by, taken, opened.
type Row = (Uuid, String, String, i64, String, i64, Option<i64>);

/// The seats of people, in the order of their ids.
pub(super) async fn by(
    db: &Db,
    subscription: &SubscriptionId,
    people: &[PersonId],
) -> Result<Vec<Held>, StoreError> {
    let mut rows = Vec::new();
    for step in people.chunks(STEP) {
        let (asked, on) = (json(&ids(step.iter().copied()))?, db.read());
        let sql = pick(&on, BY);
        let some: Vec<Row> = both!("reading seats", on, c =>
            sqlx::query_as(sql).bind(subscription.as_str()).bind(&asked).fetch_all(c))?;
        rows.extend(some);
    }
    rows.sort_by_key(|row| row.0);
    rows.dedup_by_key(|row| row.0);
    told(db, rows).await
}

/// Seats in the order of their holders' ids, after somebody.
pub(super) async fn after(
    db: &Db,
    subscription: &SubscriptionId,
    school: Option<&Uai>,
    after: Option<PersonId>,
    limit: usize,
) -> Result<Vec<Held>, StoreError> {
    let (id, after) = (subscription.as_str(), after.map_or(Uuid::nil(), PersonId::uuid));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows: Vec<Row> = match school {
        Some(school) => both!("reading seats", db.read(), c => sqlx::query_as(AFTER_AT)
            .bind(id).bind(school.as_str()).bind(after).bind(limit).fetch_all(c))?,
        None => both!("reading seats", db.read(), c => sqlx::query_as(AFTER)
            .bind(id).bind(after).bind(limit).fetch_all(c))?,
    };
    told(db, rows).await
}

async fn told(db: &Db, rows: Vec<Row>) -> Result<Vec<Held>, StoreError> {
    let people: Vec<PersonId> = rows.iter().map(|row| PersonId::stored(row.0)).collect();
    let mut known = people::said_of(db, &people).await?;
    let mut identities = people::identities_of(db, &people).await?;
    let held = |(person, pool, school, by_name, managed_by, taken, opened): Row| {
        let person = PersonId::stored(person);
        let school = (!school.is_empty()).then(|| Uai::parse_any_letter(&school)).transpose();
        Ok(Held {
            person,
            pool: pool_named(&pool).ok_or_else(|| form("seat.pool"))?,
            school: school.map_err(|_| form("seat.school"))?,
            by_name: by_name != 0,
            of_file: by_name != 0 && managed_by == "file",
            since: moment(taken)?,
            opened: opened.map(moment).transpose()?,
            known: known.remove(&person).unwrap_or_default(),
            identities: identities.remove(&person).unwrap_or_default(),
        })
    };
    rows.into_iter().map(held).collect()
}

/// How many seats of each pool are held, by name and through sets.
pub(super) async fn count(
    db: &Db,
    subscription: &SubscriptionId,
    school: Option<&Uai>,
) -> Result<Vec<HeldCount>, StoreError> {
    let id = subscription.as_str();
    let rows: Vec<(String, i64, i64)> = match school {
        Some(school) => both!("counting seats", db.read(), c =>
            sqlx::query_as(COUNT_AT).bind(id).bind(school.as_str()).fetch_all(c))?,
        None => both!("counting seats", db.read(), c => sqlx::query_as(COUNT).bind(id).fetch_all(c))?,
    };
    let one = |(pool, named, seats): (String, i64, i64)| {
        let pool = pool_named(&pool).ok_or_else(|| form("seat.pool"))?;
        Ok(HeldCount { pool, by_name: named != 0, seats: seats.unsigned_abs() })
    };
    rows.into_iter().map(one).collect()
}
