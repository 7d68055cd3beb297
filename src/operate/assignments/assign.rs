//! Assigns a subscription: all that is asked for, or nothing.

use std::collections::{BTreeMap, BTreeSet};

use boundary::{Handle, SubscriptionId, Uai};
use serde::Serialize;
use time::OffsetDateTime;

use super::people::{Meant, meant};
use super::subject_to::assignable;
use super::{AssignError, Means, Request, Seated, Seating, Undone};
use crate::journal::{Actor, Change};
use crate::licensing::{SetTarget, Subscription};

/// What was assigned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Assigned {
    /// People who got a seat.
    pub seated: u64,
    /// People who held a seat through a set, and hold it by name now.
    pub named: u64,
    /// People who were assigned by name before.
    pub already: u64,
    /// How often somebody was named again in the request.
    pub duplicates: u64,
    /// Sets that are new.
    pub sets: u64,
    /// Sets that were assigned before.
    pub sets_already: u64,
}

/// Assigns a subscription to people and sets.
///
/// # Errors
/// [`AssignError`]; nothing is assigned then.
pub async fn assign(means: &Means<'_>, actor: &Actor, request: &Request) -> Result<Assigned, AssignError> {
    let now = means.clock.now();
    let subscription = open(means, request, now).await?;
    let meant = meant(means, &subscription, request, now).await?.sound()?;
    let changes = changes(actor, &subscription.id, &meant, now);
    let (people, sets) = (meant.people.len() as u64, meant.sets.len() as u64);
    let seating = Seating {
        id: Handle::draw(means.chance).as_str().to_owned(),
        subscription: subscription.id.clone(),
        people: meant.people,
        sets: meant.sets.into_iter().collect(),
        at: now,
        changes,
    };
    let done = match means.store.seat_all(seating).await? {
        Ok(done) => done,
        Err(Undone::NoSeats(short)) => return Err(AssignError::NoSeats(short)),
        Err(Undone::Busy | Undone::Moved) => return Err(AssignError::Busy(subscription.id)),
    };
    let Seated { seated, named, sets: new } = done;
    let already = people.saturating_sub(seated + named);
    let sets_already = sets.saturating_sub(new);
    Ok(Assigned { seated, named, already, duplicates: meant.duplicates, sets: new, sets_already })
}

/// A subscription that can be assigned now.
pub(super) async fn open(
    means: &Means<'_>,
    request: &Request,
    now: OffsetDateTime,
) -> Result<Subscription, AssignError> {
    let subscription = assignable(means, &request.subscription, &request.bounds).await?;
    if now >= subscription.until {
        return Err(AssignError::Ended(subscription.id));
    }
    Ok(subscription)
}

/// One change a school, so that each finds its own in its export.
fn changes(actor: &Actor, id: &SubscriptionId, meant: &Meant, now: OffsetDateTime) -> Vec<Change> {
    let mut told: BTreeMap<&Uai, (u64, BTreeSet<&'static str>)> = BTreeMap::new();
    let people = meant.people.iter().map(|sitter| (&sitter.school, "person"));
    let sets = meant.sets.iter().filter_map(|set| Some((set.school()?, set.kind())));
    for (school, kind) in people.chain(sets) {
        let (count, kinds) = told.entry(school).or_default();
        *count += 1;
        kinds.insert(kind);
    }
    let change = |(school, (count, kinds)): (&Uai, (u64, BTreeSet<&'static str>))| {
        change(actor, "assign", id, now).fields(kinds).school(school).count(count)
    };
    told.into_iter().map(change).collect()
}

/// A change of a subscription's assignments.
pub(super) fn change(actor: &Actor, verb: &'static str, id: &SubscriptionId, now: OffsetDateTime) -> Change {
    Change::new(now, actor, verb, "subscription", id.as_str())
}

/// One change a school about sets that go.
pub(super) fn of_sets(
    actor: &Actor,
    id: &SubscriptionId,
    sets: &[SetTarget],
    now: OffsetDateTime,
) -> Vec<Change> {
    let schools: BTreeSet<&Uai> = sets.iter().filter_map(SetTarget::school).collect();
    let of = |school: &Uai| {
        let own = || sets.iter().filter(|set| set.school() == Some(school));
        let kinds: BTreeSet<&'static str> = own().map(SetTarget::kind).collect();
        change(actor, "unassign", id, now).fields(kinds).school(school).count(own().count() as u64)
    };
    schools.into_iter().map(of).collect()
}
