//! Subscriptions and assignments. Rule numbers are those of GAR's subscription service, which hold for every way in.

use std::collections::{BTreeMap, BTreeSet};

use boundary::{Ark, EntId, Kind, OrganisationId, Pool, Profile, SchoolYear, SubscriptionId, Uai};
use time::OffsetDateTime;

use super::at::At;
use super::dates::{self, Edge};
use super::forms;
use super::notes::Notes;
use super::people;
use super::tables::{
    AssignmentTable, CountEntry, IdentityTable, KindWord, PoolsTable, SeatsEntry, SubscriptionTable,
};
use crate::licensing::rules::{self, AskedSeats, Breach, Field};
use crate::licensing::{Coverage, SetTarget, Subscription};
use crate::operate::apply::record::{AssignmentRecord, AssignmentTarget};

/// Reads a subscription.
pub fn subscription(
    table: &At<SubscriptionTable>,
    now: OffsetDateTime,
    notes: &mut Notes<'_>,
) -> Option<Subscription> {
    let (start, table) = (table.start, &table.value);
    let id = notes.read("id", &table.id, |text| rules::id(text).map_err(|breach| breach.words));
    let resource = notes.read("resource", &table.resource, Ark::parse);
    let distributor = notes.read_option("distributor", table.distributor.as_ref(), OrganisationId::parse);
    let coverage = coverage(table, start, notes);
    let validity = validity(table, start, now, notes);
    let audience = audience(&table.audience, notes);
    let seats = seats(table, start, &audience, notes);
    let (from, until) = validity?;
    Some(Subscription {
        id: id?,
        resource: resource?,
        distributor,
        coverage: coverage?,
        from,
        until,
        kind: kind(table),
        transferable: table.transferable.unwrap_or(true),
        audience,
        seats,
    })
}

/// Schools or a nature, as RG2 has it. Where a school cannot be read, that is what is said.
fn coverage(table: &SubscriptionTable, start: usize, notes: &mut Notes<'_>) -> Option<Coverage> {
    let given = table.schools.as_ref();
    let schools = given.map(|given| notes.read_all("schools", &given.value, Uai::parse_any_letter));
    let nature = table.nature.as_ref().map(|code| code.value.clone());
    if given.map_or(0, |given| given.value.len()) > schools.as_ref().map_or(0, Vec::len) {
        return None;
    }
    noted(rules::coverage(schools, nature), table, start, notes)
}

/// RG7 to RG10: one end, after the beginning, at most ten school years ahead.
fn validity(
    table: &SubscriptionTable,
    start: usize,
    now: OffsetDateTime,
    notes: &mut Notes<'_>,
) -> Option<(OffsetDateTime, OffsetDateTime)> {
    let from = dates::moment("from", &table.from, Edge::First, notes);
    let until = table.until.as_ref().map(|until| dates::moment("until", until, Edge::After, notes));
    let year = table.school_year.as_ref().map(|year| notes.read("school_year", year, SchoolYear::parse));
    if until == Some(None) || year == Some(None) {
        return None;
    }
    let end = noted(rules::end(until.flatten(), year.flatten()), table, start, notes);
    let (from, (field, until)) = from.zip(end)?;
    noted(rules::validity(from, until, field, now), table, start, notes);
    Some((from, until))
}

fn audience(list: &At<Vec<At<String>>>, notes: &mut Notes<'_>) -> BTreeSet<Profile> {
    let read = notes.read_all("audience", &list.value, str::parse::<Profile>);
    let profiles: BTreeSet<Profile> = read.into_iter().collect();
    // Where one of them is none, that is what is said.
    if list.value.is_empty()
        && let Err(breach) = rules::audience(&profiles)
    {
        notes.at(list.start, breach.words);
    }
    profiles
}

/// RG1, RG5 and RG6.
fn seats(
    table: &SubscriptionTable,
    start: usize,
    audience: &BTreeSet<Profile>,
    notes: &mut Notes<'_>,
) -> AskedSeats {
    let asked = table.seats.as_ref().map(|seats| match seats.value {
        SeatsEntry::All(count) => BTreeMap::from([(Pool::All, number(count))]),
        SeatsEntry::Pools(pools) => of_pools(pools),
    });
    let mut breaches = Vec::new();
    let seats = rules::seats(kind(table), audience, asked, &mut breaches);
    for breach in breaches {
        noted::<()>(Err(breach), table, start, notes);
    }
    seats
}

const fn kind(table: &SubscriptionTable) -> Kind {
    match table.kind {
        KindWord::Indiv => Kind::Indiv,
        KindWord::Etabl => Kind::Etabl,
    }
}

/// Notes a breach where the field stands that it is about.
fn noted<T>(
    checked: Result<T, Breach>,
    table: &SubscriptionTable,
    start: usize,
    notes: &mut Notes<'_>,
) -> Option<T> {
    let at = |field| match field {
        Field::Whole => None,
        Field::Id => Some(table.id.start),
        Field::Schools => table.schools.as_ref().map(|at| at.start),
        Field::Nature => table.nature.as_ref().map(|at| at.start),
        Field::Until => table.until.as_ref().map(|at| at.start),
        Field::SchoolYear => table.school_year.as_ref().map(|at| at.start),
        Field::Audience => Some(table.audience.start),
        Field::Seats => table.seats.as_ref().map(|at| at.start),
    };
    checked.map_err(|breach| notes.at(at(breach.field).unwrap_or(start), breach.words)).ok()
}

fn of_pools(table: PoolsTable) -> BTreeMap<Pool, Option<u32>> {
    let counts = [
        (Pool::Teacher, table.teacher),
        (Pool::Pupil, table.pupil),
        (Pool::Librarian, table.librarian),
        (Pool::OtherStaff, table.other_staff),
    ];
    let counted = counts.into_iter().filter_map(|(pool, count)| count.map(|count| (pool, number(count))));
    counted.collect()
}

const fn number(count: CountEntry) -> Option<u32> {
    match count {
        CountEntry::Unlimited(_) => None,
        CountEntry::Number(number) => Some(number),
    }
}

/// Reads an assignment.
pub fn assignment(table: &At<AssignmentTable>, notes: &mut Notes<'_>) -> Option<AssignmentRecord> {
    let (start, table) = (table.start, &table.value);
    let subscription = notes.read("subscription", &table.subscription, SubscriptionId::parse);
    let target = target(table, start, notes);
    Some(AssignmentRecord { subscription: subscription?, target: target? })
}

fn target(table: &AssignmentTable, start: usize, notes: &mut Notes<'_>) -> Option<AssignmentTarget> {
    if let Some(school) = &table.school
        && (table.person.is_some() || table.group.is_some())
    {
        notes.at(
            school.start,
            "school goes with level or everyone: a person has none here, and a group its own",
        );
    }
    match (&table.person, &table.group, &table.level, &table.everyone) {
        (Some(identity), None, None, None) => person(&identity.value, notes),
        (None, Some(group), None, None) => {
            let group = people::group(&group.value, notes)?;
            Some(AssignmentTarget::Set(SetTarget::Group(group)))
        }
        (None, None, Some(level), None) => {
            let level = notes.read("level", level, forms::code);
            let school = school(table, notes)?;
            Some(AssignmentTarget::Set(match (school, level?) {
                (Some(school), level) => SetTarget::LevelAt { school, level },
                (None, level) => SetTarget::Level(level),
            }))
        }
        (None, None, None, Some(everyone)) => {
            if !everyone.value {
                notes.at(everyone.start, "everyone = false assigns nothing: write true, or drop the table");
            }
            let school = school(table, notes)?;
            Some(AssignmentTarget::Set(school.map_or(SetTarget::Everyone, SetTarget::EveryoneAt)))
        }
        _ => {
            let words = "[[assignment]] names exactly one of person, group, level and everyone = true";
            notes.at(start, words);
            None
        }
    }
}

/// The school of a set, where one is named; nothing at all where it cannot be read.
fn school(table: &AssignmentTable, notes: &mut Notes<'_>) -> Option<Option<Uai>> {
    let Some(text) = &table.school else { return Some(None) };
    notes.read("school", text, Uai::parse_any_letter).map(Some)
}

fn person(table: &IdentityTable, notes: &mut Notes<'_>) -> Option<AssignmentTarget> {
    let ent = notes.read("ent", &table.ent, EntId::parse);
    let namespace = notes.read("namespace", &table.namespace, forms::code);
    let subject = notes.read("subject", &table.subject, forms::code);
    Some(AssignmentTarget::Person { ent: ent?, namespace: namespace?, subject: subject? })
}
