//! Who has a seat, and which sets a subscription is assigned to.

use boundary::{PersonId, Profile, SubscriptionId, Uai};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::people::{in_sets, is_within, pool_of, subject_of};
use super::subject_to::within;
use super::{AssignError, Bounds, Held, Identity, Means, StoredSet};
use crate::licensing::SetTarget;

/// How many holders a page has at most.
const LONGEST: usize = 500;

/// A place in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The last one of the page before; none for the first page.
    pub after: Option<Identity>,
    /// How many at most, up to 500.
    pub limit: usize,
}

/// Somebody who has a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// Our id, which never leaves.
    #[serde(skip)]
    pub person: PersonId,
    /// Their identities at the ENTs of the school.
    pub identities: Vec<Identity>,
    /// The school on whose behalf they have it; none where that was never known.
    pub school: Option<Uai>,
    /// What they are there now; none where they have left it.
    pub profile: Option<Profile>,
    /// How they come to it.
    pub through: Through,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// When they opened the resource last, to within a week before; none where nothing is known.
    #[serde(with = "time::serde::rfc3339::option")]
    pub opened: Option<OffsetDateTime>,
    /// Whether a federation file assigned it.
    pub of_file: bool,
}

/// How somebody comes to a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Through {
    /// They were assigned by name.
    Name,
    /// They are in these sets.
    Sets(Vec<SetTarget>),
    /// The set is no longer assigned, or they are no longer in it: the seat opens nothing, and may be taken back.
    Nothing,
}

/// A page of holders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Holders {
    /// They.
    pub items: Vec<Holder>,
    /// After whom the next page begins; none where this is the last.
    pub next: Option<Identity>,
}

/// Who has a seat, in an order that stays.
///
/// # Errors
/// [`AssignError`].
pub async fn holders(
    means: &Means<'_>,
    subscription: &SubscriptionId,
    bounds: &Bounds,
    page: &Page,
) -> Result<Holders, AssignError> {
    let now = means.clock.now();
    let subscription = within(means, subscription, bounds).await?.id;
    let sets = means.store.sets(&subscription, bounds.school()).await?;
    let limit = page.limit.clamp(1, LONGEST);
    let mut after = match &page.after {
        None => None,
        Some(last) => Some(place(means, &subscription, bounds, last).await?),
    };
    let mut found = Holders::default();
    loop {
        let held = means.store.held_after(&subscription, bounds.school(), after, limit).await?;
        let last_page = held.len() < limit;
        after = held.last().map(|held| held.person);
        for held in held {
            found.items.push(holder(means, bounds, &sets, held, now).await?);
        }
        if last_page {
            return Ok(found);
        }
        // The next page begins after somebody who can be named.
        if let Some(last) = found.items.last().and_then(|last| last.identities.first()) {
            found.next = Some(last.clone());
            return Ok(found);
        }
    }
}

/// Where a page ended. Somebody who has no seat here any more names no place, as somebody who is not known.
async fn place(
    means: &Means<'_>,
    subscription: &SubscriptionId,
    bounds: &Bounds,
    last: &Identity,
) -> Result<PersonId, AssignError> {
    let person = means.store.person(last).await?.ok_or(AssignError::NoSuchPage)?;
    let held = means.store.held_by(subscription, &[person]).await?;
    if held.iter().any(|held| is_within(bounds, held)) { Ok(person) } else { Err(AssignError::NoSuchPage) }
}

async fn holder(
    means: &Means<'_>,
    bounds: &Bounds,
    sets: &[StoredSet],
    held: Held,
    now: OffsetDateTime,
) -> Result<Holder, AssignError> {
    let subject = held.school.as_ref().and_then(|school| subject_of(&held.known, school, now));
    let through = if held.by_name {
        Through::Name
    } else {
        let of = |set: &&StoredSet| subject.as_ref().is_some_and(|subject| set.set.holds(subject));
        let sets: Vec<SetTarget> = sets.iter().filter(of).map(|set| set.set.clone()).collect();
        if sets.is_empty() { Through::Nothing } else { Through::Sets(sets) }
    };
    let Held { person, identities, school, since, opened, of_file, .. } = held;
    let identities = own(means, bounds, identities).await?;
    let profile = subject.map(|subject| subject.profile);
    Ok(Holder { person, identities, school, profile, through, since, opened, of_file })
}

/// A school is told how its own ENTs call somebody, and of no other ENT that knows them.
async fn own(
    means: &Means<'_>,
    bounds: &Bounds,
    mut identities: Vec<Identity>,
) -> Result<Vec<Identity>, AssignError> {
    if let Some(uai) = bounds.school() {
        let school = means.store.school(uai).await?;
        identities.retain(|one| school.as_ref().is_some_and(|school| school.ents.contains(&one.ent)));
    }
    Ok(identities)
}

/// A set that a subscription is assigned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssignedSet {
    /// The set.
    pub set: SetTarget,
    /// Since when; none where that was never known.
    #[serde(with = "time::serde::rfc3339::option")]
    pub since: Option<OffsetDateTime>,
    /// Whether a federation file assigned it: it goes there, and nowhere else.
    pub of_file: bool,
    /// How many people are in it now who may have a seat; none where it is not a school's.
    pub people: Option<u64>,
}

/// The sets that a subscription is assigned to: those of the school, and those that hold for every school.
///
/// # Errors
/// [`AssignError`].
pub async fn sets(
    means: &Means<'_>,
    subscription: &SubscriptionId,
    bounds: &Bounds,
) -> Result<Vec<AssignedSet>, AssignError> {
    let now = means.clock.now();
    let subscription = within(means, subscription, bounds).await?;
    let mut found = Vec::new();
    for StoredSet { set, since, of_file, .. } in means.store.sets(&subscription.id, bounds.school()).await? {
        let people = match set.school() {
            None => None,
            Some(_) => {
                let inside = in_sets(means, &[set.clone()].into(), now).await?;
                let counted = inside.iter().filter(|one| pool_of(&subscription, one).is_some()).count();
                Some(counted as u64)
            }
        };
        found.push(AssignedSet { set, since, of_file, people });
    }
    Ok(found)
}
