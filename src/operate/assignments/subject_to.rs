//! What every request is subject to: the subscription must be there, cover the school that is acted for, and take
//! assignments.

use boundary::{Fault, Kind, SubscriptionId, Uai};

use super::{AssignError, Bounds, Means};
use crate::licensing::{Coverage, Subscription};

/// A subscription within bounds, of whatever kind. To a school, one that does not cover it is not there.
pub(super) async fn within(
    means: &Means<'_>,
    id: &SubscriptionId,
    bounds: &Bounds,
) -> Result<Subscription, AssignError> {
    let unknown = || AssignError::UnknownSubscription(id.clone());
    let found = means.store.subscription(id).await?.filter(|found| !found.withdrawn);
    let subscription = found.ok_or_else(unknown)?.value;
    if let Some(school) = bounds.school()
        && !covers(means, &subscription, school).await?
    {
        return Err(unknown());
    }
    Ok(subscription)
}

/// The same, of one that takes assignments.
pub(super) async fn assignable(
    means: &Means<'_>,
    id: &SubscriptionId,
    bounds: &Bounds,
) -> Result<Subscription, AssignError> {
    let subscription = within(means, id, bounds).await?;
    match subscription.kind {
        Kind::Indiv => Ok(subscription),
        Kind::Etabl => Err(AssignError::Etabl(subscription.id)),
    }
}

/// Whether a subscription covers a school that is registered.
pub(super) async fn covers(
    means: &Means<'_>,
    subscription: &Subscription,
    school: &Uai,
) -> Result<bool, Fault> {
    match &subscription.coverage {
        Coverage::Schools(schools) if !schools.contains(school) => Ok(false),
        coverage => Ok(means.store.school(school).await?.is_some_and(|school| coverage.covers(&school))),
    }
}
