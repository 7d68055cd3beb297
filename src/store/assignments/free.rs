//! Frees seats, and passes them on.

use boundary::Fault;

use super::seating::short;
use super::sit::by_pool;
use super::{clear, ids, pick};
use crate::operate::assignments::{Freeing, Move, Undone, WhichSeats};
use crate::store::Store;
use crate::store::contention::Attempts;
use crate::store::db::{both, rows};
use crate::store::error::StoreError;
use crate::store::federation::pools;
use crate::store::time::millis;
use crate::store::writer::json;

/// What a federation file assigned stays, and so does what somebody is being given at this moment.
const FREE: (&str, &str) = (
    "DELETE FROM seat WHERE subscription = $1 AND person IN (SELECT unhex(value) FROM json_each($2)) \
     AND ($3 = '' OR school = $3) AND ($4 < 0 OR by_name = $4) \
     AND (by_name = 0 OR (seating IS NULL AND managed_by NOT IN ('file', 'both'))) RETURNING pool",
    "DELETE FROM seat WHERE subscription = $1 \
     AND person = ANY(ARRAY(SELECT value::uuid FROM json_array_elements_text($2::json))) \
     AND ($3 = '' OR school = $3) AND ($4 < 0 OR by_name = $4) \
     AND (by_name = 0 OR (seating IS NULL AND managed_by NOT IN ('file', 'both'))) RETURNING pool",
);
const LEAVE: &str = "DELETE FROM seat WHERE subscription = $1 AND person = $2 \
     AND (by_name = 0 OR (seating IS NULL AND managed_by NOT IN ('file', 'both'))) RETURNING pool";
const SIT: &str = "INSERT INTO seat (subscription, person, pool, school, by_name, taken, managed_by) \
     VALUES ($1, $2, $3, $4, 1, $5, 'api') ON CONFLICT DO NOTHING";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[LEAVE, SIT];
/// Every pair of this file.
#[cfg(test)]
pub(super) const PAIRS: &[(&str, &str)] = &[FREE];

impl Store {
    /// Frees seats; how many.
    pub(super) async fn free_all(&self, freeing: &Freeing) -> Result<u64, Fault> {
        // What was given a moment ago is written by name first.
        clear(&self.db, Some(&freeing.subscription), freeing.change.at()).await?;
        let mut attempts = Attempts::begin();
        loop {
            match self.free_once(freeing).await {
                Err(error) if error.is_contention() && attempts.another().await => {}
                done => return Ok(done?),
            }
        }
    }

    async fn free_once(&self, freeing: &Freeing) -> Result<u64, StoreError> {
        let Freeing { subscription, people, which, school, change } = freeing;
        let people = json(&ids(people.iter().copied()))?;
        let school = school.as_ref().map_or("", |school| school.as_str());
        let by_name: i64 = match which {
            WhichSeats::Any => -1,
            WhichSeats::ByName => 1,
            WhichSeats::ThroughSet => 0,
        };
        let mut tx = self.db.begin().await?;
        let sql = pick(&tx.on(), FREE);
        let freed: Vec<String> = both!("freeing seats", tx.on(), c => sqlx::query_scalar(sql)
            .bind(subscription.as_str()).bind(&people).bind(school).bind(by_name).fetch_all(c))?;
        let count = freed.len() as u64;
        for (pool, seats) in by_pool(freed)? {
            pools::give_back_many(&mut tx, subscription, pool.as_str(), seats).await?;
        }
        if count == 0 {
            tx.rollback().await?;
        } else {
            self.commit_changes::<&str>(tx, &[], &[change.clone().count(count)]).await?;
        }
        Ok(count)
    }

    /// Passes a seat on, in one step.
    pub(super) async fn pass(&self, passing: &Move) -> Result<Result<(), Undone>, Fault> {
        clear(&self.db, Some(&passing.subscription), passing.at).await?;
        let mut attempts = Attempts::begin();
        loop {
            match self.pass_once(passing).await {
                Err(error) if error.is_contention() && attempts.another().await => {}
                done => return Ok(done?),
            }
        }
    }

    async fn pass_once(&self, passing: &Move) -> Result<Result<(), Undone>, StoreError> {
        let Move { subscription, from, to, at, change } = passing;
        let (id, school) = (subscription.as_str(), to.school.as_str());
        let mut tx = self.db.begin().await?;
        let left: Option<String> = both!("passing a seat on", tx.on(), c =>
            sqlx::query_scalar(LEAVE).bind(id).bind(from.uuid()).fetch_optional(c))?;
        let sat = rows!("passing a seat on", tx.on(), c => sqlx::query(SIT)
            .bind(id).bind(to.person.uuid()).bind(to.pool.as_str()).bind(school).bind(millis(*at)).execute(c))?;
        let Some(old) = left.filter(|_| sat == 1) else {
            tx.rollback().await?;
            return Ok(Err(Undone::Moved));
        };
        if old != to.pool.as_str() {
            if !pools::take_many(&mut tx, subscription, to.pool, 1).await? {
                tx.rollback().await?;
                let needed = [(to.pool, 1)].into();
                return Ok(Err(Undone::NoSeats(short(&self.db, subscription, &needed).await?)));
            }
            pools::give_back(&mut tx, subscription.as_str(), &old).await?;
        }
        self.commit_changes::<&str>(tx, &[], std::slice::from_ref(change)).await?;
        Ok(Ok(()))
    }
}
