//! Who is meant, and whether they may be: people are at a school that counts, in the audience, and have a pool.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use boundary::{Fault, Pool, Profile, SchoolYear, Subject, Uai};
use time::OffsetDateTime;

use super::subject_to::covers;
use super::{
    AssignError, Bounds, Held, Identity, KnownHere, MOST, Means, Request, Sitter, Target, Why, Wrong,
};
use crate::directory::{Affiliation, Known};
use crate::licensing::{SetTarget, Subscription};

/// What a request comes to.
pub(super) struct Meant {
    /// People by name, in the order of their ids, each once.
    pub people: Vec<Sitter>,
    /// How often somebody was named again.
    pub duplicates: u64,
    /// Sets, each once.
    pub sets: BTreeSet<SetTarget>,
    /// Targets that cannot be taken.
    pub wrong: Vec<Wrong>,
}

impl Meant {
    /// All of it, or nothing.
    pub fn sound(self) -> Result<Self, AssignError> {
        if self.wrong.is_empty() { Ok(self) } else { Err(AssignError::Wrong(self.wrong)) }
    }
}

/// Looks up whom a request means.
pub(super) async fn meant(
    means: &Means<'_>,
    subscription: &Subscription,
    request: &Request,
    now: OffsetDateTime,
) -> Result<Meant, AssignError> {
    bounded(&request.targets)?;
    let mut meant = Meant { people: Vec::new(), duplicates: 0, sets: BTreeSet::new(), wrong: Vec::new() };
    let covered = Covered::of(means, subscription, &request.bounds);
    let mut people: Vec<(usize, &Identity)> = Vec::new();
    for (index, target) in request.targets.iter().enumerate() {
        if let Target::Person(identity) = target {
            people.push((index, identity));
            continue;
        }
        match set(&covered, target, now).await? {
            Ok(set) => drop(meant.sets.insert(set)),
            Err(why) => meant.wrong.push(Wrong { index, target: target.clone(), why }),
        }
    }
    by_name(means, &covered, &people, now, &mut meant).await?;
    meant.wrong.sort_by_key(|wrong| wrong.index);
    Ok(meant)
}

/// Refuses requests that name nobody, or too many.
pub(super) fn bounded<T>(named: &[T]) -> Result<(), AssignError> {
    match named.len() {
        0 => Err(AssignError::Nobody),
        many if many > MOST => Err(AssignError::TooMany),
        _ => Ok(()),
    }
}

async fn by_name(
    means: &Means<'_>,
    covered: &Covered<'_>,
    people: &[(usize, &Identity)],
    now: OffsetDateTime,
    meant: &mut Meant,
) -> Result<(), AssignError> {
    let identities: Vec<Identity> = people.iter().map(|(_, identity)| (*identity).clone()).collect();
    let known = means.store.known_all(&identities).await?;
    let mut sitters = BTreeMap::new();
    for ((index, identity), known) in people.iter().zip(known) {
        match sitter(covered, known.as_ref(), now).await? {
            Ok(sitter) if sitters.contains_key(&sitter.person) => meant.duplicates += 1,
            Ok(sitter) => drop(sitters.insert(sitter.person, sitter)),
            Err(why) => {
                let target = Target::Person((*identity).clone());
                meant.wrong.push(Wrong { index: *index, target, why });
            }
        }
    }
    meant.people = sitters.into_values().collect();
    Ok(())
}

/// Where somebody would sit. A school is not told of people who are not its own.
pub(super) async fn sitter(
    covered: &Covered<'_>,
    known: Option<&Known>,
    now: OffsetDateTime,
) -> Result<Result<Sitter, Why>, Fault> {
    let Some(known) = known else { return Ok(Err(Why::UnknownPerson)) };
    let mut greatest: BTreeMap<&Uai, Profile> = BTreeMap::new();
    for affiliation in current(known, now) {
        if covered.hold(&affiliation.school).await? {
            let profile = greatest.entry(&affiliation.school).or_insert(affiliation.profile);
            *profile = affiliation.profile.max(*profile);
        }
    }
    Ok(seat_of(covered, known, &greatest))
}

fn seat_of(covered: &Covered<'_>, known: &Known, greatest: &BTreeMap<&Uai, Profile>) -> Result<Sitter, Why> {
    let Some(profile) = greatest.values().max() else {
        return Err(match covered.bounds {
            Bounds::School(_) => Why::UnknownPerson,
            Bounds::Covered => Why::NotAtSchool,
        });
    };
    let audience = &covered.subscription.audience;
    let within = greatest.iter().filter(|(_, profile)| audience.contains(profile));
    // Of two schools the one where they are more, then the first by its number.
    let (school, profile) =
        within.rev().max_by_key(|(_, profile)| **profile).ok_or(Why::WrongAudience(*profile))?;
    let pool = covered.subscription.seats().pool_of(*profile).ok_or(Why::NoPool(*profile))?;
    Ok(Sitter { person: known.person, pool, school: (*school).clone() })
}

/// What somebody is now, as far as it counts.
pub(super) fn current(known: &Known, now: OffsetDateTime) -> impl Iterator<Item = &Affiliation> {
    let year = SchoolYear::at(now);
    known.counted().filter(move |affiliation| affiliation.is_current(year, now))
}

/// Somebody at a school now, as a launch would find them there; none where they are not.
pub(super) fn subject_at(known: &Known, school: &Uai, now: OffsetDateTime) -> Option<Subject> {
    let year = SchoolYear::at(now);
    let here: Vec<&Affiliation> = current(known, now).filter(|a| a.school == *school).collect();
    let profile = here.iter().map(|affiliation| affiliation.profile).max()?;
    let own = |group: &&boundary::Group| group.school == *school && group.year.is_none_or(|own| own == year);
    Some(Subject {
        person: known.person,
        school: school.clone(),
        profile,
        groups: known.groups.iter().filter(own).cloned().collect(),
        level: here.iter().find_map(|affiliation| affiliation.level.clone()),
    })
}

/// The same of somebody whom several ENTs may know: where they are most.
pub(super) fn subject_of(known: &[KnownHere], school: &Uai, now: OffsetDateTime) -> Option<Subject> {
    known.iter().filter_map(|one| subject_at(&one.known, school, now)).max_by_key(|subject| subject.profile)
}

/// Whether somebody is of the school that is acted for, where it is one: a school is not told of anybody else.
pub(super) fn is_own(known: &Known, bounds: &Bounds, now: OffsetDateTime) -> bool {
    bounds.school().is_none_or(|school| subject_at(known, school, now).is_some())
}

/// Whether a seat is one of those that are acted for.
pub(super) fn is_within(bounds: &Bounds, held: &Held) -> bool {
    held.school.as_ref().map_or(*bounds == Bounds::Covered, |school| bounds.hold(school))
}

/// The pool that somebody draws from, where they are in the audience.
pub(super) fn pool_of(subscription: &Subscription, subject: &Subject) -> Option<Pool> {
    let within = subscription.audience.contains(&subject.profile);
    within.then(|| subscription.seats().pool_of(subject.profile)).flatten()
}

/// The schools that count for a request.
pub(super) struct Covered<'a> {
    means: &'a Means<'a>,
    pub subscription: &'a Subscription,
    pub bounds: &'a Bounds,
}

impl<'a> Covered<'a> {
    pub const fn of(means: &'a Means<'a>, subscription: &'a Subscription, bounds: &'a Bounds) -> Self {
        Self { means, subscription, bounds }
    }

    /// Whether a school is one that is acted for, and that the subscription covers.
    pub async fn hold(&self, school: &Uai) -> Result<bool, Fault> {
        Ok(self.bounds.hold(school) && covers(self.means, self.subscription, school).await?)
    }
}

/// The set of a target.
pub(super) async fn set(
    covered: &Covered<'_>,
    target: &Target,
    now: OffsetDateTime,
) -> Result<Result<SetTarget, Why>, Fault> {
    let Some(school) = target.school() else { return Ok(Err(Why::Form)) };
    if !covered.bounds.hold(school) {
        return Ok(Err(Why::OtherSchool(school.clone())));
    }
    if !covered.hold(school).await? {
        return Ok(Err(Why::NotCovered(school.clone())));
    }
    Ok(match target {
        Target::Group(group) if is_code(&group.code) => {
            let mut group = group.clone();
            group.year = group.year.or_else(|| Some(SchoolYear::at(now)));
            Ok(SetTarget::Group(group))
        }
        Target::Level { school, level } if is_code(level) => {
            Ok(SetTarget::LevelAt { school: school.clone(), level: level.clone() })
        }
        Target::Everyone { school } => Ok(SetTarget::EveryoneAt(school.clone())),
        _ => Err(Why::Form),
    })
}

fn is_code(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= 255 && !text.contains(char::is_control)
}

/// Everybody in sets of some schools, each once, as they are there.
pub(super) async fn in_sets(
    means: &Means<'_>,
    sets: &BTreeSet<SetTarget>,
    now: OffsetDateTime,
) -> Result<Vec<Subject>, Fault> {
    let schools: BTreeSet<&Uai> = sets.iter().filter_map(SetTarget::school).collect();
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for school in schools {
        let mut here = BTreeMap::new();
        for known in means.store.people_at(school).await? {
            here.entry(known.known.person).or_insert_with(Vec::new).push(known);
        }
        let subjects = here.values().filter_map(|known| subject_of(known, school, now));
        found.extend(subjects.filter(|one| sets.iter().any(|set| set.holds(one)) && seen.insert(one.person)));
    }
    Ok(found)
}
