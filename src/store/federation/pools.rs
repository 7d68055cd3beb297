//! Pools: the seats of a subscription, counted by whoever takes one.

use boundary::{Kind, Pool, SubscriptionId};

use crate::licensing::Subscription;
use crate::store::db::{Tx, both, rows};
use crate::store::error::StoreError;

/// A pool that is new counts the seats that people hold in it already.
const FIT: &str = "INSERT INTO pool (subscription, pool, seats, used) \
                   VALUES ($1, $2, $3, (SELECT COUNT(*) FROM seat WHERE subscription = $1 AND pool = $2)) \
                   ON CONFLICT (subscription, pool) DO UPDATE SET seats = excluded.seats";
const POOLS: &str = "SELECT pool FROM pool WHERE subscription = $1";
const DROP: &str = "DELETE FROM pool WHERE subscription = $1 AND pool = $2 AND used = 0";
const CLOSE: &str = "UPDATE pool SET seats = 0 WHERE subscription = $1 AND pool = $2";
/// Takes a seat of a pool where one is left.
pub(in crate::store) const TAKE: &str = "UPDATE pool SET used = used + 1 \
                    WHERE subscription = $1 AND pool = $2 AND (seats IS NULL OR used < seats)";
/// Takes several, or none.
const TAKE_MANY: &str = "UPDATE pool SET used = used + $3 \
                    WHERE subscription = $1 AND pool = $2 AND (seats IS NULL OR used + $3 <= seats)";
const GIVE_BACK_MANY: &str =
    "UPDATE pool SET used = used - $3 WHERE subscription = $1 AND pool = $2 AND used >= $3";
const GIVE_BACK: &str = "UPDATE pool SET used = used - 1 WHERE subscription = $1 AND pool = $2 AND used > 0";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[FIT, POOLS, DROP, CLOSE, TAKE, TAKE_MANY, GIVE_BACK_MANY, GIVE_BACK];

/// Makes the pools of a subscription what it says. Those who hold a seat keep it; a pool that is no longer there goes
/// with its last seat and lets nobody in meanwhile.
pub(in crate::store) async fn fit(tx: &mut Tx, subscription: &Subscription) -> Result<(), StoreError> {
    let id = subscription.id.as_str();
    let wanted = match subscription.kind {
        Kind::Indiv => subscription.seats().pools(),
        Kind::Etabl => Vec::new(),
    };
    for (pool, seats) in &wanted {
        rows!("writing a pool", tx.on(), c =>
            sqlx::query(FIT).bind(id).bind(pool.as_str()).bind(seats.map(i64::from)).execute(c))?;
    }
    let stored: Vec<String> = both!("reading pools", tx.on(), c =>
        sqlx::query_scalar(POOLS).bind(id).fetch_all(c))?;
    let vanished = |name: &&String| wanted.iter().all(|(pool, _)| pool.as_str() != *name);
    for name in stored.iter().filter(vanished) {
        close(tx, id, name).await?;
    }
    Ok(())
}

async fn close(tx: &mut Tx, subscription: &str, pool: &str) -> Result<(), StoreError> {
    for statement in [DROP, CLOSE] {
        rows!("closing a pool", tx.on(), c =>
            sqlx::query(statement).bind(subscription).bind(pool).execute(c))?;
    }
    Ok(())
}

/// Counts one more in a pool, if it has room.
pub(super) async fn take(tx: &mut Tx, subscription: &SubscriptionId, pool: Pool) -> Result<bool, StoreError> {
    let taken = rows!("taking a seat", tx.on(), c =>
        sqlx::query(TAKE).bind(subscription.as_str()).bind(pool.as_str()).execute(c))?;
    Ok(taken == 1)
}

/// Counts several more in a pool, if it has room for all of them.
pub(in crate::store) async fn take_many(
    tx: &mut Tx,
    subscription: &SubscriptionId,
    pool: Pool,
    seats: i64,
) -> Result<bool, StoreError> {
    let taken = rows!("taking seats", tx.on(), c =>
        sqlx::query(TAKE_MANY).bind(subscription.as_str()).bind(pool.as_str()).bind(seats).execute(c))?;
    Ok(taken == 1)
}

/// Counts several less in a pool.
pub(in crate::store) async fn give_back_many(
    tx: &mut Tx,
    subscription: &SubscriptionId,
    pool: &str,
    seats: i64,
) -> Result<(), StoreError> {
    rows!("giving seats back", tx.on(), c =>
        sqlx::query(GIVE_BACK_MANY).bind(subscription.as_str()).bind(pool).bind(seats).execute(c))?;
    Ok(())
}

/// Counts one less in a pool.
pub(in crate::store) async fn give_back(
    tx: &mut Tx,
    subscription: &str,
    pool: &str,
) -> Result<(), StoreError> {
    rows!("giving a seat back", tx.on(), c => sqlx::query(GIVE_BACK).bind(subscription).bind(pool).execute(c))?;
    Ok(())
}
