//! Attempts to sign in: counted before they are looked at, on every host together.

use time::{Duration, OffsetDateTime};

use crate::access::{Attempt, Counted, Hashed};
use crate::store::contention::Attempts;
use crate::store::db::{Db, both, rows};
use crate::store::error::StoreError;
use crate::store::time::{millis, moment};

/// After this long without an attempt, what failed is forgotten. No wait is longer.
pub(in crate::store) const FORGOTTEN: Duration = Duration::HOUR;

const COUNT: &str = "INSERT INTO sign_in_failure (name, failures, last, until) VALUES ($1, 1, $2, 0) \
                     ON CONFLICT (name) DO UPDATE SET last = excluded.last, failures = \
                     CASE WHEN sign_in_failure.last < $3 THEN 1 ELSE sign_in_failure.failures + 1 END \
                     WHERE sign_in_failure.until <= $2 RETURNING failures";
const UNTIL: &str = "UPDATE sign_in_failure SET until = $2 WHERE name = $1";
const BLOCKED: &str = "SELECT until FROM sign_in_failure WHERE name = $1";
const FORGET: &str = "DELETE FROM sign_in_failure WHERE name = $1";
const FORGIVE: &str =
    "UPDATE sign_in_failure SET failures = failures - 1, until = 0 WHERE name = $1 AND failures > 0";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[COUNT, UNTIL, BLOCKED, FORGET, FORGIVE];

/// Counts an attempt against all of these, or none of them.
pub(super) async fn attempt(
    db: &Db,
    counted: &[Counted],
    now: OffsetDateTime,
) -> Result<Attempt, StoreError> {
    let mut attempts = Attempts::begin();
    loop {
        match attempt_once(db, counted, now).await {
            Err(error) if error.is_contention() && attempts.another().await => {}
            done => return done,
        }
    }
}

async fn attempt_once(db: &Db, counted: &[Counted], now: OffsetDateTime) -> Result<Attempt, StoreError> {
    let forgotten = millis(now - FORGOTTEN);
    // In one order, so that two that wait for each other's rows do not wait for ever.
    let mut counted: Vec<_> = counted.iter().collect();
    counted.sort_by(|a, b| a.name.bytes().cmp(b.name.bytes()));
    let mut tx = db.begin().await?;
    for each in counted {
        let name = each.name.bytes();
        let failures: Option<i64> = both!("counting an attempt", tx.on(), c => sqlx::query_scalar(COUNT)
            .bind(name).bind(millis(now)).bind(forgotten).fetch_optional(c))?;
        let Some(failures) = failures else {
            let until: Option<i64> = both!("reading failed attempts", tx.on(), c =>
                sqlx::query_scalar(BLOCKED).bind(name).fetch_optional(c))?;
            tx.rollback().await?;
            return Ok(Attempt::Wait(moment(until.unwrap_or_default())?));
        };
        let until = millis(now + each.wait(failures));
        rows!("counting an attempt", tx.on(), c => sqlx::query(UNTIL).bind(name).bind(until).execute(c))?;
    }
    tx.commit().await?;
    Ok(Attempt::Made)
}

/// Forgets the failures of these, and the last one of another.
pub(super) async fn forgive(db: &Db, names: &[Hashed], once: &Hashed) -> Result<(), StoreError> {
    let mut all: Vec<_> = names.iter().map(|name| (name, FORGET)).chain([(once, FORGIVE)]).collect();
    all.sort_by(|(a, _), (b, _)| a.bytes().cmp(b.bytes()));
    let mut tx = db.begin().await?;
    for (name, statement) in all {
        rows!("forgiving attempts", tx.on(), c => sqlx::query(statement).bind(name.bytes()).execute(c))?;
    }
    tx.commit().await
}
