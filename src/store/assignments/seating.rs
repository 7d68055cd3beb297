//! Seats many people at once, all or none, and launches do not wait: a few at a time are written down in rows that count for
//! nobody yet, and one update makes all of them count.
//!
//! What is used of a pool is at any moment the rows of its seats and the reservations of seatings. A seating whose process
//! died is undone by whoever comes next, once its time is up; one that is done is settled: its rows become like any other.

use std::time::Duration;

use boundary::{Fault, SubscriptionId};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

use super::sit::{self, ByPool, by_pool};
use super::{sets, state};
use crate::operate::assignments::{PoolState, Seated, Seating, Shortage, Sitter, Undone};
use crate::store::Store;
use crate::store::contention::Attempts;
use crate::store::db::{Db, Tx, both, rows};
use crate::store::error::StoreError;
use crate::store::federation::pools;
use crate::store::time::millis;

/// How many people are seated in one transaction, without a seating.
const AT_ONCE: usize = 100;
/// How many of many are written in the first step; later ones follow how long that took.
const FIRST: usize = 200;
/// How long a step may take.
const STEP: Duration = Duration::from_millis(20);
/// How long a seating may be silent before others take its process for dead.
const SILENT: Duration = Duration::from_secs(10);
/// How long somebody waits for another's seating to end.
const PATIENCE: Duration = Duration::from_secs(15);

const OPEN: &str =
    "INSERT INTO seating (id, subscription, state, until) VALUES ($1, $2, 'open', $3) ON CONFLICT DO NOTHING";
const GO_ON: &str = "UPDATE seating SET until = $2 WHERE id = $1 AND state = 'open'";
const FLIP: &str = "UPDATE seating SET state = 'done' WHERE id = $1 AND state = 'open'";
const GIVE_UP: &str = "UPDATE seating SET state = 'undone' WHERE id = $1 AND (state = 'undone' OR state = 'open' AND until <= $2)";
const CLOSE: &str = "DELETE FROM seating WHERE id = $1";
const OVER: &str = "SELECT id, state FROM seating WHERE state <> 'open' OR until <= $1";
const OVER_OF: &str =
    "SELECT id, state FROM seating WHERE subscription = $2 AND (state <> 'open' OR until <= $1)";
const SUBSCRIPTION: &str = "SELECT subscription FROM seating WHERE id = $1";
const RESERVE: &str = "INSERT INTO reservation (seating, pool, seats) VALUES ($1, $2, $3)";
const SPEND: &str =
    "UPDATE reservation SET seats = seats - $3 WHERE seating = $1 AND pool = $2 AND seats >= $3";
const UNRESERVE: &str = "DELETE FROM reservation WHERE seating = $1 RETURNING pool, seats";
const SETTLE: &str = "UPDATE seat SET seating = NULL, by_name = 1, managed_by = 'api' WHERE seating = $1 \
     AND (subscription, person) IN (SELECT subscription, person FROM seat WHERE seating = $1 LIMIT 250)";
/// One that a launch took over meanwhile is no longer the seating's.
const VACATE: &str = "DELETE FROM seat WHERE seating = $1 AND by_name = 1 \
     AND (subscription, person) IN (SELECT subscription, person FROM seat WHERE seating = $1 AND by_name = 1 LIMIT 250) \
     RETURNING pool";
const UNMARK: &str = "UPDATE seat SET seating = NULL WHERE seating = $1 AND by_name = 0 \
     AND (subscription, person) IN (SELECT subscription, person FROM seat WHERE seating = $1 AND by_name = 0 LIMIT 250)";
const POOLS: &str = "SELECT pool, seats, used FROM pool WHERE subscription = $1";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    OPEN,
    GO_ON,
    FLIP,
    GIVE_UP,
    CLOSE,
    OVER,
    OVER_OF,
    SUBSCRIPTION,
    RESERVE,
    SPEND,
    UNRESERVE,
    SETTLE,
    VACATE,
    UNMARK,
    POOLS,
];

/// Why a seating stopped.
enum Stopped {
    Undone(Undone),
    /// A pool is too small for these.
    Short(ByPool),
    Store(StoreError),
    Fault(Fault),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<sets::NotDone> for Stopped {
    fn from(error: sets::NotDone) -> Self {
        match error {
            sets::NotDone::Store(error) => Self::Store(error),
            sets::NotDone::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl Contention for Stopped {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

/// Seats people and assigns sets.
pub(super) async fn seat(store: &Store, seating: &Seating) -> Result<Result<Seated, Undone>, Fault> {
    let work = Work { store, seating, began: Instant::now() };
    clear(&store.db, Some(&seating.subscription), seating.at).await?;
    let done = if seating.people.len() <= AT_ONCE { work.at_once().await } else { work.in_steps().await };
    match done {
        Ok(seated) => Ok(Ok(seated)),
        Err(Stopped::Undone(undone)) => Ok(Err(undone)),
        Err(Stopped::Short(needed)) => {
            Ok(Err(Undone::NoSeats(short(&store.db, &seating.subscription, &needed).await?)))
        }
        Err(Stopped::Store(error)) => Err(error.into()),
        Err(Stopped::Fault(fault)) => Err(fault),
    }
}

/// One seating, under way.
struct Work<'a> {
    store: &'a Store,
    seating: &'a Seating,
    began: Instant,
}

impl Work<'_> {
    fn now(&self) -> OffsetDateTime {
        self.seating.at + self.began.elapsed()
    }

    /// When others may take this process for dead.
    fn until(&self) -> i64 {
        millis(self.now() + SILENT)
    }

    async fn at_once(&self) -> Result<Seated, Stopped> {
        again(|| self.once()).await
    }

    /// Seats first, then their pools, as launches do.
    async fn once(&self) -> Result<Seated, Stopped> {
        let Seating { subscription, people, at, .. } = self.seating;
        let mut tx = self.store.db.begin().await?;
        let new = sit::sit(&mut tx, subscription, people, millis(*at), None).await?;
        let named = sit::name(&mut tx, subscription, people).await?;
        for (pool, seats) in &new {
            if !pools::take_many(&mut tx, subscription, *pool, *seats).await? {
                tx.rollback().await?;
                return Err(Stopped::Short(new));
            }
        }
        let seated = new.values().sum::<i64>().unsigned_abs();
        self.finish(tx, Seated { seated, named, sets: 0 }).await
    }

    /// Assigns the sets, and commits.
    async fn finish(&self, mut tx: Tx, mut done: Seated) -> Result<Seated, Stopped> {
        let Seating { subscription, sets, at, changes, .. } = self.seating;
        for set in sets {
            done.sets += u64::from(sets::assign(&mut tx, subscription, set, millis(*at), "api").await?);
        }
        let topic = if done.sets > 0 { sets::topic(&mut tx, subscription).await? } else { None };
        let topics: Vec<String> = topic.into_iter().collect();
        let changes = if done == Seated::default() { &[] } else { changes.as_slice() };
        self.store.commit_changes(tx, &topics, changes).await?;
        Ok(done)
    }

    async fn in_steps(&self) -> Result<Seated, Stopped> {
        let Seating { id, subscription, people, .. } = self.seating;
        let needed = sit::lacking(&self.store.db, subscription, people).await?;
        self.open(&needed).await?;
        let done = match self.write().await {
            Ok(done) => again(|| self.flip(done)).await,
            Err(stopped) => Err(stopped),
        };
        let (db, id) = (self.store.db.clone(), id.clone());
        if done.is_ok() {
            // Nobody waits for it; what it does not come to, whoever comes next does.
            tokio::spawn(async move { settle(&db, &id).await.ok() });
        } else {
            undo(&db, &id, i64::MAX).await.ok();
        }
        done
    }

    /// Opens the seating and reserves its seats. There is one of a subscription at a time; others wait.
    async fn open(&self, needed: &ByPool) -> Result<(), Stopped> {
        loop {
            match again(|| self.reserve(needed)).await {
                Err(Stopped::Undone(Undone::Busy)) if self.began.elapsed() < PATIENCE => {
                    sleep(STEP).await;
                    clear(&self.store.db, Some(&self.seating.subscription), self.now()).await?;
                }
                done => return done,
            }
        }
    }

    async fn reserve(&self, needed: &ByPool) -> Result<(), Stopped> {
        let Seating { id, subscription, .. } = self.seating;
        let mut tx = self.store.db.begin().await?;
        let opened = rows!("beginning to seat people", tx.on(), c =>
            sqlx::query(OPEN).bind(id).bind(subscription.as_str()).bind(self.until()).execute(c))?;
        if opened == 0 {
            tx.rollback().await?;
            return Err(Stopped::Undone(Undone::Busy));
        }
        for (pool, seats) in needed {
            if !pools::take_many(&mut tx, subscription, *pool, *seats).await? {
                tx.rollback().await?;
                return Err(Stopped::Short(needed.clone()));
            }
            rows!("reserving seats", tx.on(), c =>
                sqlx::query(RESERVE).bind(id).bind(pool.as_str()).bind(seats).execute(c))?;
        }
        Ok(tx.commit().await?)
    }

    /// Writes the seats down, step by step, and rests as long as each took.
    async fn write(&self) -> Result<Seated, Stopped> {
        let mut done = Seated::default();
        let (mut rest, mut size) = (self.seating.people.as_slice(), FIRST);
        while !rest.is_empty() {
            let (people, after) = rest.split_at(size.min(rest.len()));
            let since = Instant::now();
            let (seated, named) = again(|| self.step(people)).await?;
            let took = since.elapsed();
            done.seated += seated;
            done.named += named;
            (rest, size) = (after, next_size(size, took));
            sleep(took).await;
        }
        Ok(done)
    }

    async fn step(&self, people: &[Sitter]) -> Result<(u64, u64), Stopped> {
        let Seating { id, subscription, at, .. } = self.seating;
        let mut tx = self.store.db.begin().await?;
        let ours =
            rows!("seating people", tx.on(), c => sqlx::query(GO_ON).bind(id).bind(self.until()).execute(c))?;
        if ours == 0 {
            tx.rollback().await?;
            return Err(Stopped::Undone(Undone::Moved));
        }
        let new = sit::sit(&mut tx, subscription, people, millis(*at), Some(id)).await?;
        let named = sit::mark(&mut tx, subscription, people, id).await?;
        for (pool, seats) in &new {
            let reserved = rows!("spending a reservation", tx.on(), c =>
                sqlx::query(SPEND).bind(id).bind(pool.as_str()).bind(seats).execute(c))?;
            // Somebody who held a seat when they were counted may have lost it since.
            if reserved == 0 && !pools::take_many(&mut tx, subscription, *pool, *seats).await? {
                tx.rollback().await?;
                return Err(Stopped::Short(new));
            }
        }
        tx.commit().await?;
        Ok((new.values().sum::<i64>().unsigned_abs(), named))
    }

    /// Lets all of it count.
    async fn flip(&self, done: Seated) -> Result<Seated, Stopped> {
        let Seating { id, subscription, .. } = self.seating;
        let mut tx = self.store.db.begin().await?;
        let ours = rows!("seating people", tx.on(), c => sqlx::query(FLIP).bind(id).execute(c))?;
        if ours == 0 {
            tx.rollback().await?;
            return Err(Stopped::Undone(Undone::Moved));
        }
        unreserve(&mut tx, id, subscription).await?;
        self.finish(tx, done).await
    }
}

/// How many people to seat next, so that a step stays within its time.
fn next_size(size: usize, took: Duration) -> usize {
    if took > STEP {
        (size / 2).max(50)
    } else if took < STEP / 3 {
        (size * 2).min(1000)
    } else {
        size
    }
}

/// The pools that have fewer seats than were asked for.
pub(super) async fn short(
    db: &Db,
    subscription: &SubscriptionId,
    needed: &ByPool,
) -> Result<Vec<Shortage>, StoreError> {
    let rows: Vec<(String, Option<i64>, i64)> = both!("reading pools", db.read(), c =>
        sqlx::query_as(POOLS).bind(subscription.as_str()).fetch_all(c))?;
    let pools: Vec<PoolState> = rows.into_iter().map(state).collect::<Result<_, _>>()?;
    let mut short = Vec::new();
    for (pool, seats) in needed {
        let needed = seats.unsigned_abs();
        let free = match pools.iter().find(|state| state.pool == *pool) {
            Some(PoolState { seats: None, .. }) => continue,
            Some(PoolState { seats: Some(seats), used, .. }) => seats.saturating_sub(*used),
            None => 0,
        };
        if free < needed {
            short.push(Shortage { pool: *pool, needed, free });
        }
    }
    Ok(short)
}

/// Gives back what was reserved and not needed.
async fn unreserve(tx: &mut Tx, id: &str, subscription: &SubscriptionId) -> Result<(), StoreError> {
    let left: Vec<(String, i64)> = both!("giving reservations back", tx.on(), c =>
        sqlx::query_as(UNRESERVE).bind(id).fetch_all(c))?;
    for (pool, seats) in left {
        pools::give_back_many(tx, subscription, &pool, seats).await?;
    }
    Ok(())
}

/// Ends seatings that are over, of one subscription or of all: those that are done are settled, those whose process has been
/// silent for too long are undone, and their seats are free again. How many.
pub(in crate::store) async fn clear(
    db: &Db,
    subscription: Option<&SubscriptionId>,
    at: OffsetDateTime,
) -> Result<u64, StoreError> {
    let over: Vec<(String, String)> = match subscription {
        Some(id) => both!("reading seatings", db.read(), c =>
            sqlx::query_as(OVER_OF).bind(millis(at)).bind(id.as_str()).fetch_all(c))?,
        None => both!("reading seatings", db.read(), c =>
            sqlx::query_as(OVER).bind(millis(at)).fetch_all(c))?,
    };
    let count = over.len() as u64;
    for (id, state) in over {
        if state == "done" { settle(db, &id).await? } else { undo(db, &id, millis(at)).await? }
    }
    Ok(count)
}

/// Makes the rows of a seating that is done like any other.
async fn settle(db: &Db, id: &str) -> Result<(), StoreError> {
    while stepwise(|| change(db, SETTLE, id)).await? > 0 {}
    stepwise(|| change(db, CLOSE, id)).await.map(drop)
}

/// Takes the rows of a seating away and gives its seats back, unless it is at work and not silent by `at`.
async fn undo(db: &Db, id: &str, at: i64) -> Result<(), StoreError> {
    if again(|| give_up(db, id, at)).await? == 0 {
        return Ok(());
    }
    let subscription: Option<String> = both!("reading a seating", db.read(), c =>
        sqlx::query_scalar(SUBSCRIPTION).bind(id).fetch_optional(c))?;
    let Some(subscription) = subscription.and_then(|id| SubscriptionId::parse(&id).ok()) else {
        return Ok(());
    };
    while stepwise(|| vacate(db, id, &subscription)).await? > 0 {}
    while stepwise(|| change(db, UNMARK, id)).await? > 0 {}
    again(|| end(db, id, &subscription)).await
}

async fn give_up(db: &Db, id: &str, at: i64) -> Result<u64, StoreError> {
    let mut tx = db.begin().await?;
    let ours = rows!("undoing a seating", tx.on(), c => sqlx::query(GIVE_UP).bind(id).bind(at).execute(c))?;
    tx.commit().await?;
    Ok(ours)
}

async fn vacate(db: &Db, id: &str, subscription: &SubscriptionId) -> Result<u64, StoreError> {
    let mut tx = db.begin().await?;
    let left: Vec<String> =
        both!("undoing a seating", tx.on(), c => sqlx::query_scalar(VACATE).bind(id).fetch_all(c))?;
    let count = left.len() as u64;
    for (pool, seats) in by_pool(left)? {
        pools::give_back_many(&mut tx, subscription, pool.as_str(), seats).await?;
    }
    tx.commit().await?;
    Ok(count)
}

async fn end(db: &Db, id: &str, subscription: &SubscriptionId) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    unreserve(&mut tx, id, subscription).await?;
    rows!("ending a seating", tx.on(), c => sqlx::query(CLOSE).bind(id).execute(c))?;
    tx.commit().await
}

async fn change(db: &Db, statement: &'static str, id: &str) -> Result<u64, StoreError> {
    let mut tx = db.begin().await?;
    let changed = rows!("ending a seating", tx.on(), c => sqlx::query(statement).bind(id).execute(c))?;
    tx.commit().await?;
    Ok(changed)
}

/// One step of many: it rests afterwards as long as it took, so that launches come through.
async fn stepwise<F>(once: impl Fn() -> F) -> Result<u64, StoreError>
where
    F: Future<Output = Result<u64, StoreError>>,
{
    let since = Instant::now();
    let done = again(once).await;
    sleep(since.elapsed()).await;
    done
}

/// Tries again where another transaction was in the way.
async fn again<T, E, F>(once: impl Fn() -> F) -> Result<T, E>
where
    E: Contention,
    F: Future<Output = Result<T, E>>,
{
    let mut attempts = Attempts::begin();
    loop {
        match once().await {
            Err(error) if error.is_contention() && attempts.another().await => {}
            done => return done,
        }
    }
}

/// What may be tried again.
trait Contention {
    fn is_contention(&self) -> bool;
}

impl Contention for StoreError {
    fn is_contention(&self) -> bool {
        Self::is_contention(self)
    }
}
