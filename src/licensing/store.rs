//! What licensing needs of a store.

use std::sync::Arc;

use async_trait::async_trait;
use boundary::{Ark, Fault, PersonId, Pool, SeatOffer, SubscriptionId, Uai};
use time::{Duration, OffsetDateTime};

use super::{SetTarget, Subscription};
use crate::directory::School;

/// A subscription with the sets it is assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licence {
    /// The subscription.
    pub subscription: Subscription,
    /// Its sets.
    pub sets: Vec<SetTarget>,
}

/// A seat that somebody holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// Whether they were assigned by name; otherwise a set of theirs must still be assigned.
    pub by_name: bool,
    /// When they opened the resource, to within [`OPENED_EVERY`] before the last time; none where they never did.
    pub opened: Option<OffsetDateTime>,
}

/// How often it is noted that a holder opened the resource: once a week, so that launches write next to nothing for it.
pub const OPENED_EVERY: Duration = Duration::WEEK;

impl Seat {
    /// Whether it is time to note that its holder opened the resource.
    #[must_use]
    pub fn wants_noting(&self, now: OffsetDateTime) -> bool {
        self.opened.is_none_or(|last| last + OPENED_EVERY <= now)
    }
}

/// That a holder opened the resource; noted together with the delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The subscription of their seat.
    pub subscription: SubscriptionId,
    /// Who.
    pub person: PersonId,
    /// When.
    pub at: OffsetDateTime,
}

/// What licensing needs of a store. Every method's error is a [`Fault`]: the store did not answer. Seats are never
/// cached.
#[async_trait]
pub trait LicenceStore: Send + Sync {
    /// The subscriptions to a resource that cover a school, by its number or its nature, in the order of their ids.
    async fn licences(&self, resource: &Ark, school: &School) -> Result<Arc<[Licence]>, Fault>;
    /// The seat of a person in a subscription.
    async fn seat(&self, subscription: &SubscriptionId, person: PersonId) -> Result<Option<Seat>, Fault>;
    /// Whether a pool has a seat left.
    async fn has_room(&self, subscription: &SubscriptionId, pool: Pool) -> Result<bool, Fault>;
    /// Takes a seat for a person on behalf of their school, in a transaction of its own: true when they hold one
    /// afterwards, false when the pool is empty. Somebody who holds one takes nothing.
    async fn take_seat(
        &self,
        offer: &SeatOffer,
        person: PersonId,
        school: &Uai,
        at: OffsetDateTime,
    ) -> Result<bool, Fault>;
}
