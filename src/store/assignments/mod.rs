//! What assigning needs of a store.

mod free;
mod held;
mod people;
mod seating;
pub(in crate::store) mod sets;
mod sit;

use async_trait::async_trait;
use boundary::{Fault, PersonId, Pool, SubscriptionId, Uai};

use super::db::{Engine, both};
use super::error::StoreError;
use super::people::form;
use super::{Store, objects};
use crate::directory::{Known, Registered};
use crate::journal::Change;
use crate::licensing::{SetTarget, Subscription};
use crate::operate::apply::RecordKind;
use crate::operate::assignments::{
    AssignmentStore, Freeing, Held, HeldCount, Identity, KnownHere, Move, PoolState, Seated, Seating,
    StoredSet, Undone,
};

const POOLS: &str = "SELECT pool, seats, used FROM pool WHERE subscription = $1";

/// Every statement of this folder.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&[&str]] = &[
    &[POOLS],
    free::STATEMENTS,
    held::STATEMENTS,
    people::STATEMENTS,
    seating::STATEMENTS,
    sets::STATEMENTS,
    sit::STATEMENTS,
];
/// Every pair of this folder.
#[cfg(test)]
pub(in crate::store) const PAIRS: &[&[(&str, &str)]] = &[free::PAIRS, held::PAIRS, people::PAIRS, sit::PAIRS];

pub(in crate::store) use seating::clear;

#[async_trait]
impl AssignmentStore for Store {
    async fn subscription(&self, id: &SubscriptionId) -> Result<Option<Registered<Subscription>>, Fault> {
        objects::by_id(&self.db, RecordKind::Subscription, id.as_str()).await
    }

    async fn known_all(&self, identities: &[Identity]) -> Result<Vec<Option<Known>>, Fault> {
        Ok(people::known_all(&self.db, identities).await?)
    }

    async fn people_at(&self, school: &Uai) -> Result<Vec<KnownHere>, Fault> {
        Ok(people::at(&self.db, school).await?)
    }

    async fn held_by(&self, subscription: &SubscriptionId, people: &[PersonId]) -> Result<Vec<Held>, Fault> {
        Ok(held::by(&self.db, subscription, people).await?)
    }

    async fn held_after(
        &self,
        subscription: &SubscriptionId,
        school: Option<&Uai>,
        after: Option<PersonId>,
        limit: usize,
    ) -> Result<Vec<Held>, Fault> {
        Ok(held::after(&self.db, subscription, school, after, limit).await?)
    }

    async fn person(&self, identity: &Identity) -> Result<Option<PersonId>, Fault> {
        let known = people::known_all(&self.db, std::slice::from_ref(identity)).await?;
        Ok(known.into_iter().flatten().next().map(|known| known.person))
    }

    async fn pools(&self, subscription: &SubscriptionId) -> Result<Vec<PoolState>, Fault> {
        let rows: Vec<(String, Option<i64>, i64)> = both!("reading pools", self.db.read(), c =>
            sqlx::query_as(POOLS).bind(subscription.as_str()).fetch_all(c))?;
        let mut pools = rows.into_iter().map(state).collect::<Result<Vec<_>, _>>()?;
        pools.sort_by_key(|state| state.pool);
        Ok(pools)
    }

    async fn held_count(
        &self,
        subscription: &SubscriptionId,
        school: Option<&Uai>,
    ) -> Result<Vec<HeldCount>, Fault> {
        Ok(held::count(&self.db, subscription, school).await?)
    }

    async fn sets(
        &self,
        subscription: &SubscriptionId,
        school: Option<&Uai>,
    ) -> Result<Vec<StoredSet>, Fault> {
        sets::of(&self.db, subscription, school).await
    }

    async fn seat_all(&self, seating: Seating) -> Result<Result<Seated, Undone>, Fault> {
        seating::seat(self, &seating).await
    }

    async fn unset(
        &self,
        subscription: &SubscriptionId,
        sets: &[SetTarget],
        changes: Vec<Change>,
    ) -> Result<u64, Fault> {
        self.unset_all(subscription, sets, &changes).await
    }

    async fn free(&self, freeing: Freeing) -> Result<u64, Fault> {
        self.free_all(&freeing).await
    }

    async fn pass_on(&self, passing: Move) -> Result<Result<(), Undone>, Fault> {
        self.pass(&passing).await
    }
}

fn state((pool, seats, used): (String, Option<i64>, i64)) -> Result<PoolState, StoreError> {
    let pool = pool_named(&pool).ok_or_else(|| form("pool.pool"))?;
    Ok(PoolState { pool, seats: seats.map(i64::unsigned_abs), used: used.unsigned_abs() })
}

fn pool_named(name: &str) -> Option<Pool> {
    let all = [Pool::All, Pool::Teacher, Pool::Pupil, Pool::Librarian, Pool::OtherStaff];
    all.into_iter().find(|pool| pool.as_str() == name)
}

/// The text of a pair for the engine that is there.
fn pick<L, P>(on: &Engine<L, P>, pair: (&'static str, &'static str)) -> &'static str {
    match on {
        Engine::Lite(_) => pair.0,
        Engine::Postgres(_) => pair.1,
    }
}

/// People as a statement's parameter.
fn ids(people: impl IntoIterator<Item = PersonId>) -> Vec<String> {
    people.into_iter().map(|person| person.uuid().simple().to_string()).collect()
}
