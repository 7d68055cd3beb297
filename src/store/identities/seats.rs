//! Seats of people who are joined: a person holds one of a subscription.

use boundary::{PersonId, SubscriptionId};

use crate::store::db::{Tx, both, rows};
use crate::store::error::StoreError;
use crate::store::federation::pools;
use crate::store::people::form;

const UNSETTLED: &str = "SELECT 1 FROM seat WHERE person IN ($1, $2) AND seating IS NOT NULL";
/// Those that both hold: the pool of the one that is given back, whether it was by name, and who gave it.
const TWICE: &str = "SELECT t.subscription, t.pool, t.by_name, t.managed_by FROM seat t \
                     JOIN seat s ON s.subscription = t.subscription AND s.person = $2 WHERE t.person = $1";
/// A seat by name stays one, whoever of both had it.
const NAME: &str =
    "UPDATE seat SET by_name = 1, managed_by = $3 WHERE subscription = $1 AND person = $2 AND by_name = 0";
const DROP: &str = "DELETE FROM seat WHERE subscription = $1 AND person = $2";
const MOVE: &str = "UPDATE seat SET person = $2 WHERE person = $1";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[UNSETTLED, TWICE, NAME, DROP, MOVE];

/// Whether nobody is giving these people seats at this moment.
pub(super) async fn settled(tx: &mut Tx, [one, other]: [PersonId; 2]) -> Result<bool, StoreError> {
    let found: Option<i32> = both!("reading seats", tx.on(), c =>
        sqlx::query_scalar(UNSETTLED).bind(one.uuid()).bind(other.uuid()).fetch_optional(c))?;
    Ok(found.is_none())
}

/// Gives a person all seats of another. Where both held one, the other's is given back; those subscriptions.
pub(super) async fn join(
    tx: &mut Tx,
    from: PersonId,
    to: PersonId,
) -> Result<Vec<SubscriptionId>, StoreError> {
    let twice: Vec<(String, String, i64, String)> = both!("reading seats", tx.on(), c =>
        sqlx::query_as(TWICE).bind(from.uuid()).bind(to.uuid()).fetch_all(c))?;
    let mut back = Vec::new();
    for (subscription, pool, by_name, managed_by) in twice {
        rows!("giving a seat back", tx.on(), c =>
            sqlx::query(DROP).bind(&subscription).bind(from.uuid()).execute(c))?;
        if by_name != 0 {
            rows!("naming a seat", tx.on(), c =>
                sqlx::query(NAME).bind(&subscription).bind(to.uuid()).bind(&managed_by).execute(c))?;
        }
        let subscription = SubscriptionId::parse(&subscription).map_err(|_| form("seat.subscription"))?;
        pools::give_back(tx, subscription.as_str(), &pool).await?;
        back.push(subscription);
    }
    rows!("joining seats", tx.on(), c => sqlx::query(MOVE).bind(from.uuid()).bind(to.uuid()).execute(c))?;
    back.sort();
    Ok(back)
}
