//! One subscription of a school: its seats, its sets, and who has a seat.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use boundary::{GroupStatus, Kind, PersonId, Uai};
use time::OffsetDateTime;

use super::read::{Here, Reading, Unread};
use super::{Desk, broken, targets};
use crate::access::{Denied, RoleName, SchoolReader};
use crate::http::answer;
use crate::http::console::Posted;
use crate::operate::assignments::{self, AssignError, AssignedSet, Holder, Identity, Page, Target, Through};
use crate::operate::desk::{self, Classes, Offered, State as Standing};
use crate::pages::{
    AssignWords, Choice, HolderRow, HoldersPage, HoldersWords, Language, Place, SetRow, SubscriptionPage,
    day_of,
};

/// How many holders a page shows.
const MANY: usize = 100;

/// Whether somebody may change what a school has, rather than only look.
pub(super) fn acts(role: RoleName) -> bool {
    matches!(role, RoleName::Operator | RoleName::SchoolManager)
}

/// The store did not answer; anything else that an assignment says here means that the subscription is gone.
pub(super) fn unread(reading: &Reading, error: AssignError) -> Unread {
    match error {
        AssignError::Fault(fault) => Unread::Denied(broken(fault)),
        _ => reading.absent(),
    }
}

/// Seats, sets, and to whom it can be assigned.
pub(super) async fn page(
    State(room): State<Arc<Desk>>,
    staff: SchoolReader,
    reading: Reading,
) -> Result<Response, Unread> {
    let here = reading.here(&staff).await?;
    let bounds = here.bounds();
    let Here { school, one, address: here } = here;
    let words = &room.pages.desk_words(reading.language).assign;
    let acts = acts(staff.role.name());
    let (mut sets, mut choices) = (Vec::new(), Vec::new());
    let indiv = one.kind == Kind::Indiv;
    if indiv {
        let found = assignments::sets(&room.assigning(), &one.subscription, &bounds).await;
        let found = found.map_err(|error| unread(&reading, error))?;
        sets = found.iter().map(|set| row(words, &school, &here, set, acts)).collect();
        let classes = desk::classes(&room.means(), &school).await.map_err(broken)?;
        choices = choices_of(words, &school, &here, &classes);
    }
    let open = indiv && acts && one.state != Standing::Ended;
    let page = SubscriptionPage { one, here, sets, choices, open };
    Ok(answer::page(room.pages.subscription(&reading.reader(Place::Within(&school)), &page)))
}

fn row(words: &AssignWords, school: &Uai, here: &str, set: &AssignedSet, acts: bool) -> SetRow {
    let target = targets::target_of(school, &set.set).filter(|_| acts && !set.of_file);
    SetRow {
        name: targets::set_name(words, &set.set),
        people: set.people,
        take_back: target.map(|target| targets::with(&format!("{here}/unassign"), &target)),
    }
}

fn choices_of(words: &AssignWords, school: &Uai, here: &str, classes: &Classes) -> Vec<Choice> {
    let to = |target: &Target| targets::with(&format!("{here}/assign"), target);
    let choice =
        |target: Target, note: String| Choice { name: targets::name(words, &target), note, to: to(&target) };
    let people = |count: usize| words.of_people.replace("{people}", &count.to_string());
    let mut choices = vec![choice(Target::Everyone { school: school.clone() }, people(classes.people))];
    for class in &classes.groups {
        let pupils = words.of_pupils.replace("{pupils}", &class.pupils.to_string());
        let note = if class.pupils > 0 || class.group.status == GroupStatus::Division {
            pupils
        } else {
            people(class.others)
        };
        let group = boundary::Group { year: None, ..class.group.clone() };
        choices.push(choice(Target::Group(group), note));
    }
    for (level, count) in &classes.levels {
        let target = Target::Level { school: school.clone(), level: level.clone() };
        choices.push(choice(target, people(*count)));
    }
    choices
}

/// Who has a seat.
pub(super) async fn holders(
    State(room): State<Arc<Desk>>,
    staff: SchoolReader,
    reading: Reading,
) -> Result<Response, Unread> {
    held(&room, &staff, &reading, None).await
}

/// Who else has one. Where the page begins is brought by a form: it names somebody.
pub(super) async fn more_holders(
    State(room): State<Arc<Desk>>,
    staff: SchoolReader,
    reading: Reading,
    Posted(fields): Posted,
) -> Result<Response, Unread> {
    let after = fields.one("after").ok().flatten().and_then(|text| serde_json::from_str(text).ok());
    held(&room, &staff, &reading, after).await
}

async fn held(
    room: &Desk,
    staff: &SchoolReader,
    reading: &Reading,
    after: Option<Identity>,
) -> Result<Response, Unread> {
    // Who oversees everything has no business with who has what.
    if staff.role.name() == RoleName::Auditor {
        return Err(Denied::Role.into());
    }
    let here = reading.here(staff).await?;
    let (page, bounds) = (Page { after, limit: MANY }, here.bounds());
    let Here { school, one, address: here } = here;
    let found = assignments::holders(&room.assigning(), &one.subscription, &bounds, &page).await;
    let found = found.map_err(|error| unread(reading, error))?;
    let names = names(room, staff, &school, &found.items).await?;
    let words = room.pages.desk_words(reading.language);
    let recovers = acts(staff.role.name()) && recovers(&one);
    let language = reading.language;
    let row = |holder: &Holder| HolderRow {
        name: names.get(&holder.person).cloned(),
        ..holder_row(words, language, holder, recovers)
    };
    let rows = found.items.iter().map(row).collect();
    let next = found.next.as_ref().and_then(|last| serde_json::to_string(last).ok());
    let page = HoldersPage { about: one.title, here: here.clone(), rows, recovers, next };
    let reader = reading.reader(Place::Subscription(&school, &here));
    Ok(answer::page(room.pages.holders(&reader, &page)))
}

/// Who they are, for whoever manages the school: nobody else needs to know.
async fn names(
    room: &Desk,
    staff: &SchoolReader,
    school: &Uai,
    holders: &[Holder],
) -> Result<BTreeMap<PersonId, String>, Unread> {
    if staff.role.name() != RoleName::SchoolManager {
        return Ok(BTreeMap::new());
    }
    let of: BTreeSet<PersonId> = holders.iter().map(|holder| holder.person).collect();
    Ok(desk::names(&room.means(), &*room.rosters, school, &of).await.map_err(broken)?)
}

fn recovers(one: &Offered) -> bool {
    one.kind == Kind::Indiv && one.transferable
}

fn holder_row(
    words: &crate::pages::DeskWords,
    language: Language,
    holder: &Holder,
    recovers: bool,
) -> HolderRow {
    let first = holder.identities.first();
    let date = |moment: OffsetDateTime| day_of(language, moment);
    HolderRow {
        person: first.map_or_else(|| words.holders.unnamed.clone(), |one| one.subject.clone()),
        profile: holder.profile.map(|profile| words.profiles.of(profile).to_owned()).unwrap_or_default(),
        how: how(&words.holders, &words.assign, holder),
        since: date(holder.since),
        opened: holder.opened.map_or_else(|| words.holders.never.clone(), date),
        name: None,
        value: first.filter(|_| recovers && !holder.of_file).and_then(|one| serde_json::to_string(one).ok()),
    }
}

fn how(words: &HoldersWords, sets: &AssignWords, holder: &Holder) -> String {
    if holder.profile.is_none() {
        return words.left.clone();
    }
    match &holder.through {
        Through::Name => words.by_name.clone(),
        Through::Nothing => words.nothing.clone(),
        Through::Sets(through) => {
            let names: Vec<String> = through.iter().map(|set| targets::set_name(sets, set)).collect();
            words.through.replace("{set}", &names.join(", "))
        }
    }
}
