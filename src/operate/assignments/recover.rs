//! Takes seats back, so that others may have them.

use std::collections::BTreeMap;

use boundary::{Fault, PersonId, SubscriptionId, Uai};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::assign::change;
use super::people::{bounded, is_own, is_within, subject_of};
use super::subject_to::assignable;
use super::{AssignError, Bounds, Freeing, Held, Identity, Means, StoredSet, Target, WhichSeats, Why, Wrong};
use crate::journal::Actor;
use crate::licensing::{OPENED_EVERY, Subscription};

/// How many seats are looked at, and freed, at a time.
const STEP: usize = 250;

/// Which seats to take back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Those of these people, by name or not.
    People(Vec<Identity>),
    /// Those of people who are no longer at the school for which they have it.
    Left,
    /// Those taken through a set that is no longer assigned, or that their holder is no longer in.
    Unassigned,
    /// Those whose holder has not opened the resource since this moment, and had the seat by then.
    UnusedSince(#[serde(with = "time::serde::rfc3339")] OffsetDateTime),
}

impl Who {
    const fn kind(&self) -> &'static str {
        match self {
            Self::People(_) => "person",
            Self::Left => "left",
            Self::Unassigned => "unassigned",
            Self::UnusedSince(_) => "unused",
        }
    }
}

/// What to take back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// For whom the caller acts.
    pub bounds: Bounds,
    /// Whose seats.
    pub who: Who,
}

/// What was taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Recovered {
    /// Seats that are free now.
    pub freed: u64,
    /// Seats that would have been, and stay because a federation file assigned them.
    pub of_file: u64,
}

/// Takes seats back. A holder who is still in an assigned set may take one again, as anybody in it.
///
/// # Errors
/// [`AssignError`]. Nothing is taken back where somebody is named who holds no seat here; where the store stops
/// answering on the way, what was freed until then is free.
pub async fn recover(means: &Means<'_>, actor: &Actor, asked: &Recovery) -> Result<Recovered, AssignError> {
    let (subscription, now) = (allowed(means, asked).await?, means.clock.now());
    let mut recovered = Recovered::default();
    let mut search = Search::begin(means, &subscription, asked, now).await?;
    while let Some(found) = search.next().await? {
        recovered.of_file += found.iter().filter(|held| held.of_file).count() as u64;
        let freed = found.into_iter().filter(|held| !held.of_file).collect();
        recovered.freed += free(means, actor, &subscription.id, asked, freed).await?;
    }
    Ok(recovered)
}

/// How many seats [`recover`] would take back now. Nothing is written.
///
/// # Errors
/// [`AssignError`].
pub async fn recoverable(means: &Means<'_>, asked: &Recovery) -> Result<Recovered, AssignError> {
    let (subscription, now) = (allowed(means, asked).await?, means.clock.now());
    let mut recovered = Recovered::default();
    let mut search = Search::begin(means, &subscription, asked, now).await?;
    while let Some(found) = search.next().await? {
        let of_file = found.iter().filter(|held| held.of_file).count() as u64;
        recovered.of_file += of_file;
        recovered.freed += found.len() as u64 - of_file;
    }
    Ok(recovered)
}

/// Seats that are not transferable come back from those who left, and from nobody else.
async fn allowed(means: &Means<'_>, asked: &Recovery) -> Result<Subscription, AssignError> {
    let subscription = assignable(means, &asked.subscription, &asked.bounds).await?;
    if subscription.transferable || asked.who == Who::Left {
        Ok(subscription)
    } else {
        Err(AssignError::NotTransferable(subscription.id))
    }
}

/// Goes through the seats of a subscription, a step at a time, for those that are meant.
struct Search<'a> {
    means: &'a Means<'a>,
    subscription: &'a Subscription,
    asked: &'a Recovery,
    sets: Vec<StoredSet>,
    now: OffsetDateTime,
    /// Those who were named, where somebody was.
    named: Option<Vec<Held>>,
    after: Option<PersonId>,
    ended: bool,
}

impl<'a> Search<'a> {
    async fn begin(
        means: &'a Means<'a>,
        subscription: &'a Subscription,
        asked: &'a Recovery,
        now: OffsetDateTime,
    ) -> Result<Self, AssignError> {
        let named = match &asked.who {
            Who::People(people) => Some(named(means, subscription, &asked.bounds, people, now).await?),
            _ => None,
        };
        let sets = match asked.who {
            Who::Unassigned => means.store.sets(&subscription.id, asked.bounds.school()).await?,
            _ => Vec::new(),
        };
        Ok(Self { means, subscription, asked, sets, now, named, after: None, ended: false })
    }

    async fn next(&mut self) -> Result<Option<Vec<Held>>, AssignError> {
        if let Some(named) = &mut self.named {
            let step: Vec<Held> = named.drain(..named.len().min(STEP)).collect();
            return Ok((!step.is_empty()).then_some(step));
        }
        if self.ended {
            return Ok(None);
        }
        let (id, school) = (&self.subscription.id, self.asked.bounds.school());
        let held = self.means.store.held_after(id, school, self.after, STEP).await?;
        self.ended = held.len() < STEP;
        self.after = held.last().map(|held| held.person);
        Ok(Some(held.into_iter().filter(|held| self.meant(held)).collect()))
    }

    fn meant(&self, held: &Held) -> bool {
        let subject = || held.school.as_ref().and_then(|school| subject_of(&held.known, school, self.now));
        match &self.asked.who {
            Who::People(_) => true,
            Who::Left => subject().is_none(),
            Who::Unassigned => {
                !held.by_name
                    && subject().is_none_or(|one| !self.sets.iter().any(|stored| stored.set.holds(&one)))
            }
            // What is noted may be a week older than the last time.
            Who::UnusedSince(moment) => {
                held.since < *moment && held.opened.is_none_or(|noted| noted + OPENED_EVERY <= *moment)
            }
        }
    }
}

/// The seats of people who are named; every one of them must hold one here.
async fn named(
    means: &Means<'_>,
    subscription: &Subscription,
    bounds: &Bounds,
    people: &[Identity],
    now: OffsetDateTime,
) -> Result<Vec<Held>, AssignError> {
    bounded(people)?;
    let known = means.store.known_all(people).await?;
    let ids: Vec<PersonId> = known.iter().flatten().map(|known| known.person).collect();
    let held = means.store.held_by(&subscription.id, &ids).await?;
    let mut held: BTreeMap<PersonId, Held> =
        held.into_iter().filter(|held| is_within(bounds, held)).map(|held| (held.person, held)).collect();
    let mut wrong = Vec::new();
    for (index, (identity, known)) in people.iter().zip(&known).enumerate() {
        let seat = known.as_ref().and_then(|known| held.get(&known.person));
        let why = match (known, seat) {
            (_, Some(seat)) if seat.of_file => Why::OfFile,
            (_, Some(_)) => continue,
            (Some(known), None) if is_own(known, bounds, now) => Why::NoSeat,
            (_, None) => Why::UnknownPerson,
        };
        wrong.push(Wrong { index, target: Target::Person(identity.clone()), why });
    }
    if !wrong.is_empty() {
        return Err(AssignError::Wrong(wrong));
    }
    let mut seats = Vec::new();
    for person in ids {
        seats.extend(held.remove(&person));
    }
    Ok(seats)
}

/// Frees seats, school by school, so that each finds its own in its export.
async fn free(
    means: &Means<'_>,
    actor: &Actor,
    id: &SubscriptionId,
    asked: &Recovery,
    seats: Vec<Held>,
) -> Result<u64, Fault> {
    let mut schools: BTreeMap<Option<Uai>, Vec<PersonId>> = BTreeMap::new();
    for seat in seats {
        schools.entry(seat.school).or_default().push(seat.person);
    }
    let which = if asked.who == Who::Unassigned { WhichSeats::ThroughSet } else { WhichSeats::Any };
    let mut freed = 0;
    for (school, people) in schools {
        let mut change = change(actor, "recover", id, means.clock.now()).fields([asked.who.kind()]);
        if let Some(school) = &school {
            change = change.school(school);
        }
        let subscription = id.clone();
        freed += means.store.free(Freeing { subscription, people, which, school, change }).await?;
    }
    Ok(freed)
}
