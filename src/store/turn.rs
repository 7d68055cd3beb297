//! Turns: what one process does at a time. A turn ends by itself, so that nobody waits for a process that died.

use time::{Duration, OffsetDateTime};

use crate::store::db::{Db, Tx, rows};
use crate::store::error::StoreError;
use crate::store::time::millis;

/// How long a turn lasts unless it is renewed: longer than any transaction and than the clocks of two hosts differ.
const LASTS: Duration = Duration::minutes(5);

const TAKE: &str = "INSERT INTO turn (name, holder, until) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE \
                    SET holder = excluded.holder, until = excluded.until \
                    WHERE turn.holder = excluded.holder OR turn.until < $4";
const RENEW: &str = "UPDATE turn SET until = $3 WHERE name = $1 AND holder = $2";
const END: &str = "DELETE FROM turn WHERE name = $1 AND holder = $2";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[TAKE, RENEW, END];

/// Takes a turn; false when another process has it.
pub(in crate::store) async fn take(
    db: &Db,
    name: &str,
    holder: &str,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    let taken = take_for(&mut tx, name, holder, (now, LASTS)).await?;
    tx.commit().await?;
    Ok(taken)
}

/// The same within a transaction, and for a time of the caller's own.
pub(in crate::store) async fn take_for(
    tx: &mut Tx,
    name: &str,
    holder: &str,
    (now, lasts): (OffsetDateTime, Duration),
) -> Result<bool, StoreError> {
    let taken = rows!("taking a turn", tx.on(), c => sqlx::query(TAKE)
        .bind(name).bind(holder).bind(millis(now + lasts)).bind(millis(now)).execute(c))?;
    Ok(taken == 1)
}

/// Renews a turn within a transaction, which then commits only if the turn was still held; false when it is lost.
pub(in crate::store) async fn renew(
    tx: &mut Tx,
    name: &str,
    holder: &str,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    renew_for(tx, name, holder, (now, LASTS)).await
}

/// The same, for a time of the caller's own.
pub(in crate::store) async fn renew_for(
    tx: &mut Tx,
    name: &str,
    holder: &str,
    (now, lasts): (OffsetDateTime, Duration),
) -> Result<bool, StoreError> {
    let until = millis(now + lasts);
    let held = rows!("renewing a turn", tx.on(), c => sqlx::query(RENEW)
        .bind(name).bind(holder).bind(until).execute(c))?;
    Ok(held == 1)
}

/// Ends a turn.
pub(in crate::store) async fn end(db: &Db, name: &str, holder: &str) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    end_in(&mut tx, name, holder).await?;
    tx.commit().await
}

/// The same, within a transaction.
pub(in crate::store) async fn end_in(tx: &mut Tx, name: &str, holder: &str) -> Result<(), StoreError> {
    rows!("ending a turn", tx.on(), c => sqlx::query(END).bind(name).bind(holder).execute(c))?;
    Ok(())
}
