//! How many seats there are, how many are used, and what a school can assign.

use std::collections::BTreeSet;

use boundary::{Ark, Kind, Pool, Profile, SubscriptionId, Uai};
use serde::Serialize;
use time::OffsetDateTime;

use super::subject_to::within;
use super::{AssignError, Bounds, Means, PoolState};
use crate::licensing::Subscription;

/// The seats of a subscription, pool by pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Supply {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Whether it takes assignments at all: one for a whole school does not.
    pub needs_assignment: bool,
    /// Its pools.
    pub pools: Vec<PoolSupply>,
}

/// The seats of one pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PoolSupply {
    /// The pool.
    pub pool: Pool,
    /// Its size; unlimited where there is none.
    pub seats: Option<u64>,
    /// How many are used, at all schools of the subscription.
    pub used: u64,
    /// How many are free; none where they are unlimited.
    pub free: Option<u64>,
    /// How many are held by name, at the school that asks or at all.
    pub by_name: u64,
    /// How many are held through sets, at the school that asks or at all.
    pub through_sets: u64,
}

/// The seats of a subscription.
///
/// # Errors
/// [`AssignError`].
pub async fn seats(
    means: &Means<'_>,
    subscription: &SubscriptionId,
    bounds: &Bounds,
) -> Result<Supply, AssignError> {
    let subscription = within(means, subscription, bounds).await?;
    let pools = pools(means, &subscription, bounds).await?;
    let needs_assignment = subscription.kind == Kind::Indiv;
    Ok(Supply { subscription: subscription.id, needs_assignment, pools })
}

async fn pools(
    means: &Means<'_>,
    subscription: &Subscription,
    bounds: &Bounds,
) -> Result<Vec<PoolSupply>, AssignError> {
    let held = means.store.held_count(&subscription.id, bounds.school()).await?;
    let count = |pool, by_name| {
        let one = held.iter().find(|one| one.pool == pool && one.by_name == by_name);
        one.map_or(0, |one| one.seats)
    };
    let supply = |state: PoolState| PoolSupply {
        pool: state.pool,
        seats: state.seats,
        used: state.used,
        free: state.seats.map(|seats| seats.saturating_sub(state.used)),
        by_name: count(state.pool, true),
        through_sets: count(state.pool, false),
    };
    Ok(means.store.pools(&subscription.id).await?.into_iter().map(supply).collect())
}

/// A subscription as a school that may assign it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assignable {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Person by person, or the whole school.
    pub kind: Kind,
    /// Its first moment.
    #[serde(with = "time::serde::rfc3339")]
    pub from: OffsetDateTime,
    /// The first moment after it.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
    /// Whom it is for.
    pub audience: BTreeSet<Profile>,
    /// Whether a seat may pass from one person to another.
    pub transferable: bool,
    /// Whether it takes assignments now: it is INDIV and has not ended.
    pub open: bool,
    /// Its pools.
    pub pools: Vec<PoolSupply>,
}

/// What a school can assign of a resource: its subscriptions, with those that need no assignment or are over told apart.
///
/// # Errors
/// [`AssignError`].
pub async fn assignable(
    means: &Means<'_>,
    school: &Uai,
    resource: &Ark,
) -> Result<Vec<Assignable>, AssignError> {
    let now = means.clock.now();
    let Some(registered) = means.store.school(school).await? else { return Ok(Vec::new()) };
    let bounds = Bounds::School(school.clone());
    let mut found = Vec::new();
    for licence in means.store.licences(resource, &registered).await?.iter() {
        let one = &licence.subscription;
        found.push(Assignable {
            subscription: one.id.clone(),
            kind: one.kind,
            from: one.from,
            until: one.until,
            audience: one.audience.clone(),
            transferable: one.transferable,
            open: one.kind == Kind::Indiv && now < one.until,
            pools: pools(means, one, &bounds).await?,
        });
    }
    Ok(found)
}
