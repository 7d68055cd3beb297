//! Seats by name, many in one statement.

use std::collections::BTreeMap;

use boundary::{Pool, SubscriptionId};
use uuid::Uuid;

use super::{ids, pick, pool_named};
use crate::operate::assignments::Sitter;
use crate::store::db::{Db, Tx, both, rows};
use crate::store::error::StoreError;
use crate::store::people::form;
use crate::store::writer::json;

/// Seats those who hold none; answers the pool of each. Where a seating is named, they count only once it is done.
const SIT: (&str, &str) = (
    "INSERT INTO seat (subscription, person, pool, school, by_name, taken, managed_by, seating) \
     SELECT $1, unhex(value->>0), value->>1, value->>2, 1, $3, 'api', $4 FROM json_each($2) WHERE true \
     ON CONFLICT DO NOTHING RETURNING pool",
    "INSERT INTO seat (subscription, person, pool, school, by_name, taken, managed_by, seating) \
     SELECT $1, (value->>0)::uuid, value->>1, value->>2, 1, $3::bigint, 'api', $4::text \
     FROM json_array_elements($2::json) AS r(value) ON CONFLICT DO NOTHING RETURNING pool",
);
/// Those who hold a seat through a set, or are being seated by somebody else, hold it by name.
const NAME: (&str, &str) = (
    "UPDATE seat SET by_name = 1, managed_by = 'api', seating = NULL WHERE subscription = $1 \
     AND person IN (SELECT unhex(value) FROM json_each($2)) AND (by_name = 0 OR seating IS NOT NULL)",
    "UPDATE seat SET by_name = 1, managed_by = 'api', seating = NULL WHERE subscription = $1 \
     AND person = ANY(ARRAY(SELECT value::uuid FROM json_array_elements_text($2::json))) \
     AND (by_name = 0 OR seating IS NOT NULL)",
);
/// They will, once a seating is done.
const MARK: (&str, &str) = (
    "UPDATE seat SET seating = $3 WHERE subscription = $1 \
     AND person IN (SELECT unhex(value) FROM json_each($2)) AND by_name = 0 AND seating IS NULL",
    "UPDATE seat SET seating = $3 WHERE subscription = $1 \
     AND person = ANY(ARRAY(SELECT value::uuid FROM json_array_elements_text($2::json))) \
     AND by_name = 0 AND seating IS NULL",
);
/// Who of some people has a seat, whether it counts or not.
const SITTING: (&str, &str) = (
    "SELECT person FROM seat WHERE subscription = $1 AND person IN (SELECT unhex(value) FROM json_each($2))",
    "SELECT person FROM seat WHERE subscription = $1 \
     AND person = ANY(ARRAY(SELECT value::uuid FROM json_array_elements_text($2::json)))",
);

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[];
/// Every pair of this file.
#[cfg(test)]
pub(super) const PAIRS: &[(&str, &str)] = &[SIT, NAME, MARK, SITTING];

/// Numbers of seats by pool.
pub(super) type ByPool = BTreeMap<Pool, i64>;

/// Seats those who hold no seat; how many, by pool.
pub(super) async fn sit(
    tx: &mut Tx,
    subscription: &SubscriptionId,
    people: &[Sitter],
    taken: i64,
    seating: Option<&str>,
) -> Result<ByPool, StoreError> {
    let row = |one: &Sitter| {
        [one.person.uuid().simple().to_string(), one.pool.as_str().to_owned(), one.school.to_string()]
    };
    let people = json(&people.iter().map(row).collect::<Vec<_>>())?;
    let sql = pick(&tx.on(), SIT);
    let pools: Vec<String> = both!("writing seats", tx.on(), c => sqlx::query_scalar(sql)
        .bind(subscription.as_str()).bind(&people).bind(taken).bind(seating).fetch_all(c))?;
    by_pool(pools)
}

/// How often each pool is named.
pub(super) fn by_pool(pools: Vec<String>) -> Result<ByPool, StoreError> {
    let mut counted = ByPool::new();
    for pool in pools {
        *counted.entry(pool_named(&pool).ok_or_else(|| form("seat.pool"))?).or_default() += 1;
    }
    Ok(counted)
}

/// Lets those who hold a seat hold it by name; how many did not.
pub(super) async fn name(
    tx: &mut Tx,
    subscription: &SubscriptionId,
    people: &[Sitter],
) -> Result<u64, StoreError> {
    let people = json(&ids(people.iter().map(|one| one.person)))?;
    let sql = pick(&tx.on(), NAME);
    rows!("naming seats", tx.on(), c => sqlx::query(sql).bind(subscription.as_str()).bind(&people).execute(c))
}

/// Lets them do so once a seating is done.
pub(super) async fn mark(
    tx: &mut Tx,
    subscription: &SubscriptionId,
    people: &[Sitter],
    seating: &str,
) -> Result<u64, StoreError> {
    let people = json(&ids(people.iter().map(|one| one.person)))?;
    let sql = pick(&tx.on(), MARK);
    rows!("naming seats", tx.on(), c =>
        sqlx::query(sql).bind(subscription.as_str()).bind(&people).bind(seating).execute(c))
}

/// How many of some people have no seat, by the pool that they would take it from.
pub(super) async fn lacking(
    db: &Db,
    subscription: &SubscriptionId,
    people: &[Sitter],
) -> Result<ByPool, StoreError> {
    let mut lacking = ByPool::new();
    for step in people.chunks(500) {
        let (asked, on) = (json(&ids(step.iter().map(|one| one.person)))?, db.read());
        let sql = pick(&on, SITTING);
        let mut sitting: Vec<Uuid> = both!("reading seats", on, c =>
            sqlx::query_scalar(sql).bind(subscription.as_str()).bind(&asked).fetch_all(c))?;
        sitting.sort();
        for one in step.iter().filter(|one| sitting.binary_search(&one.person.uuid()).is_err()) {
            *lacking.entry(one.pool).or_default() += 1;
        }
    }
    Ok(lacking)
}
