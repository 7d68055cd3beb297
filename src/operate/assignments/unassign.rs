//! Takes assignments back: people's seats by name, and sets together with the seats that nothing else gives.

use std::collections::{BTreeMap, BTreeSet};

use boundary::{Group, PersonId, Uai};
use serde::Serialize;
use time::OffsetDateTime;

use super::assign::{change, of_sets};
use super::people::{Covered, bounded, is_own, is_within, set};
use super::recover::{Recovery, Who, recover};
use super::subject_to::assignable;
use super::{
    AssignError, Bounds, Freeing, Held, Identity, Means, Request, StoredSet, Target, WhichSeats, Why, Wrong,
};
use crate::journal::Actor;
use crate::licensing::{SetTarget, Subscription};

/// How many seats are freed at a time.
const STEP: usize = 250;

/// What was taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Unassigned {
    /// Seats that are free now.
    pub freed: u64,
    /// Sets that are no longer assigned.
    pub sets: u64,
    /// Targets that were not assigned.
    pub not_assigned: u64,
}

/// Takes assignments back. Somebody named loses their seat; under a set that is still assigned they may take one again.
/// With a set go the seats of those whom nothing else gives one, unless the seats are not transferable: then they stay
/// with their holders, and open nothing.
///
/// # Errors
/// [`AssignError`]. Nothing is taken back where a target is wrong; where the store stops answering on the way, what was
/// taken back until then is, and doing it again does the rest.
pub async fn unassign(
    means: &Means<'_>,
    actor: &Actor,
    request: &Request,
) -> Result<Unassigned, AssignError> {
    let now = means.clock.now();
    let subscription = assignable(means, &request.subscription, &request.bounds).await?;
    bounded(&request.targets)?;
    let named = request.targets.iter().any(|target| matches!(target, Target::Person(_)));
    if named && !subscription.transferable {
        return Err(AssignError::NotTransferable(subscription.id));
    }
    let mut wrong = Vec::new();
    let mut done = Unassigned::default();
    let seats = people(means, &subscription, request, now, &mut done, &mut wrong).await?;
    let sets = sets(means, &subscription, request, now, &mut done, &mut wrong).await?;
    if !wrong.is_empty() {
        wrong.sort_by_key(|wrong: &Wrong| wrong.index);
        return Err(AssignError::Wrong(wrong));
    }
    done.freed += stand(means, actor, &subscription, seats, now).await?;
    if !sets.is_empty() {
        let changes = of_sets(actor, &subscription.id, &sets, now);
        done.sets = means.store.unset(&subscription.id, &sets, changes).await?;
        done.freed += let_go(means, actor, &subscription, &sets).await?;
    }
    Ok(done)
}

/// The seats by name of people who are named.
async fn people(
    means: &Means<'_>,
    subscription: &Subscription,
    request: &Request,
    now: OffsetDateTime,
    done: &mut Unassigned,
    wrong: &mut Vec<Wrong>,
) -> Result<Vec<Held>, AssignError> {
    let named: Vec<(usize, &Identity)> = request
        .targets
        .iter()
        .enumerate()
        .filter_map(|(index, target)| match target {
            Target::Person(identity) => Some((index, identity)),
            _ => None,
        })
        .collect();
    let identities: Vec<Identity> = named.iter().map(|(_, identity)| (*identity).clone()).collect();
    let known = means.store.known_all(&identities).await?;
    let ids: Vec<PersonId> = known.iter().flatten().map(|known| known.person).collect();
    let held = means.store.held_by(&subscription.id, &ids).await?;
    let held: BTreeMap<PersonId, Held> = held.into_iter().map(|held| (held.person, held)).collect();
    let mut found = BTreeMap::new();
    for ((index, identity), known) in named.into_iter().zip(&known) {
        let mut refuse = |why| {
            wrong.push(Wrong { index, target: Target::Person(identity.clone()), why });
        };
        let Some(known) = known else {
            refuse(Why::UnknownPerson);
            continue;
        };
        match held.get(&known.person).filter(|held| is_within(&request.bounds, held)) {
            Some(held) if !held.by_name => done.not_assigned += 1,
            Some(held) if held.of_file => refuse(Why::OfFile),
            Some(held) => drop(found.insert(held.person, held.clone())),
            None if is_own(known, &request.bounds, now) => done.not_assigned += 1,
            None => refuse(Why::UnknownPerson),
        }
    }
    Ok(found.into_values().collect())
}

/// The sets that are named and assigned. A group without a year is any year's.
async fn sets(
    means: &Means<'_>,
    subscription: &Subscription,
    request: &Request,
    now: OffsetDateTime,
    done: &mut Unassigned,
    wrong: &mut Vec<Wrong>,
) -> Result<Vec<SetTarget>, AssignError> {
    let covered = Covered::of(means, subscription, &request.bounds);
    let stored = means.store.sets(&subscription.id, request.bounds.school()).await?;
    let mut found = BTreeSet::new();
    for (index, target) in request.targets.iter().enumerate() {
        if matches!(target, Target::Person(_)) {
            continue;
        }
        let mut refuse = |why| wrong.push(Wrong { index, target: target.clone(), why });
        let wanted = match set(&covered, target, now).await? {
            Ok(wanted) => wanted,
            Err(why) => {
                refuse(why);
                continue;
            }
        };
        let assigned: Vec<&StoredSet> =
            stored.iter().filter(|stored| is_meant(target, &wanted, &stored.set)).collect();
        if assigned.is_empty() {
            done.not_assigned += 1;
        } else if assigned.iter().all(|stored| !stored.ours) {
            refuse(Why::OfFile);
        }
        found.extend(assigned.into_iter().filter(|stored| stored.ours).map(|stored| stored.set.clone()));
    }
    Ok(found.into_iter().collect())
}

fn is_meant(target: &Target, wanted: &SetTarget, stored: &SetTarget) -> bool {
    match (target, stored) {
        (Target::Group(Group { school, status, code, year: None }), SetTarget::Group(own)) => {
            (school, status, code) == (&own.school, &own.status, &own.code)
        }
        _ => wanted == stored,
    }
}

async fn stand(
    means: &Means<'_>,
    actor: &Actor,
    subscription: &Subscription,
    seats: Vec<Held>,
    now: OffsetDateTime,
) -> Result<u64, AssignError> {
    let mut schools: BTreeMap<Option<Uai>, Vec<PersonId>> = BTreeMap::new();
    for seat in seats {
        schools.entry(seat.school).or_default().push(seat.person);
    }
    let mut freed = 0;
    for (school, people) in schools {
        for people in people.chunks(STEP) {
            let mut change = change(actor, "unassign", &subscription.id, now).fields(["person"]);
            if let Some(school) = &school {
                change = change.school(school);
            }
            let (people, which) = (people.to_vec(), WhichSeats::ByName);
            let (subscription, school) = (subscription.id.clone(), school.clone());
            freed += means.store.free(Freeing { subscription, people, which, school, change }).await?;
        }
    }
    Ok(freed)
}

/// Frees the seats that went with sets.
async fn let_go(
    means: &Means<'_>,
    actor: &Actor,
    subscription: &Subscription,
    sets: &[SetTarget],
) -> Result<u64, AssignError> {
    if !subscription.transferable {
        return Ok(0);
    }
    let schools: BTreeSet<&Uai> = sets.iter().filter_map(SetTarget::school).collect();
    let mut freed = 0;
    for school in schools {
        let asked = Recovery {
            subscription: subscription.id.clone(),
            bounds: Bounds::School(school.clone()),
            who: Who::Unassigned,
        };
        freed += recover(means, actor, &asked).await?.freed;
    }
    Ok(freed)
}
