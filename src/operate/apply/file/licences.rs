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
use crate::licensing::{Coverage, SetTarget, Subscription};
use crate::operate::apply::record::{AssignmentRecord, AssignmentTarget};

/// Reads a subscription.
pub fn subscription(
    table: &At<SubscriptionTable>,
    now: OffsetDateTime,
    notes: &mut Notes<'_>,
) -> Option<Subscription> {
    let (start, table) = (table.start, &table.value);
    let id = notes.read("id", &table.id, subscription_id);
    let resource = notes.read("resource", &table.resource, Ark::parse);
    let distributor = notes.read_option("distributor", table.distributor.as_ref(), OrganisationId::parse);
    let coverage = coverage(table, start, notes);
    let validity = validity(table, start, now, notes);
    let audience = audience(&table.audience, notes);
    let kind = match table.kind {
        KindWord::Indiv => Kind::Indiv,
        KindWord::Etabl => Kind::Etabl,
    };
    let seats = seats(table, start, &audience, notes);
    let (from, until) = validity?;
    Some(Subscription {
        id: id?,
        resource: resource?,
        distributor,
        coverage: coverage?,
        from,
        until,
        kind,
        audience,
        seats: seats?,
    })
}

/// RG12 and RG13: some ids are words of GAR's addresses, and `_` marks what was deleted.
fn subscription_id(text: &str) -> Result<SubscriptionId, String> {
    if text.starts_with('_') {
        return Err("an id that begins with _ belongs to something deleted: choose another".to_owned());
    }
    if ["abonnements", "categorie"].contains(&text) {
        return Err(format!("\"{text}\" is a word of GAR's addresses: choose another"));
    }
    if text.chars().count() > 45 {
        return Err("an id of a subscription has at most 45 characters: shorten it".to_owned());
    }
    SubscriptionId::parse(text).map_err(|error| error.to_string())
}

/// RG2: schools or a nature, not both.
fn coverage(table: &SubscriptionTable, start: usize, notes: &mut Notes<'_>) -> Option<Coverage> {
    match (&table.schools, &table.nature) {
        (Some(schools), None) => {
            if schools.value.is_empty() {
                notes.at(schools.start, "schools is empty: write the numbers of the schools");
            }
            let schools: BTreeSet<Uai> =
                notes.read_all("schools", &schools.value, Uai::parse_any_letter).into_iter().collect();
            Some(Coverage::Schools(schools.into_iter().collect()))
        }
        (None, Some(nature)) => notes.read("nature", nature, forms::nature).map(Coverage::Nature),
        (Some(_), Some(nature)) => {
            notes.at(nature.start, "schools and nature exclude each other: keep one");
            None
        }
        (None, None) => {
            notes.at(start, "[[subscription]] names no school: write schools = […] or nature = \"…\"");
            None
        }
    }
}

/// RG7 to RG10: one end, after the beginning, at most ten school years ahead.
fn validity(
    table: &SubscriptionTable,
    start: usize,
    now: OffsetDateTime,
    notes: &mut Notes<'_>,
) -> Option<(OffsetDateTime, OffsetDateTime)> {
    let from = dates::moment("from", &table.from, Edge::First, notes);
    let (at, until) = match (&table.until, &table.school_year) {
        (Some(until), None) => (until.start, dates::moment("until", until, Edge::After, notes)),
        (None, Some(year)) => {
            let read = notes.read("school_year", year, SchoolYear::parse);
            (year.start, read.map(SchoolYear::end))
        }
        (Some(_), Some(year)) => {
            notes.at(year.start, "until and school_year exclude each other: keep one");
            return None;
        }
        (None, None) => {
            notes.at(
                start,
                "[[subscription]] has no end: write until = 2027-08-15 or school_year = \"2026-2027\"",
            );
            return None;
        }
    };
    let (from, until) = from.zip(until)?;
    if until <= from {
        notes.at(at, "the subscription ends before it begins: write a later end or an earlier from");
    } else if until > dates::horizon(now) {
        notes.at(at, "the end is more than ten school years ahead: write an earlier one");
    }
    Some((from, until))
}

fn audience(list: &At<Vec<At<String>>>, notes: &mut Notes<'_>) -> BTreeSet<Profile> {
    if list.value.is_empty() {
        notes.at(
            list.start,
            "audience is empty: write the profiles that it is for, such as [\"pupil\", \"teacher\"]",
        );
    }
    let profiles = notes.read_all("audience", &list.value, str::parse::<Profile>);
    profiles.into_iter().collect()
}

/// RG1, RG5 and RG6.
fn seats(
    table: &SubscriptionTable,
    start: usize,
    audience: &BTreeSet<Profile>,
    notes: &mut Notes<'_>,
) -> Option<BTreeMap<Pool, Option<u32>>> {
    let Some(seats) = &table.seats else {
        if table.kind == KindWord::Indiv {
            notes.at(
                start,
                "[[subscription]] of kind INDIV lacks `seats`: write seats = \"unlimited\" or a number",
            );
        }
        return Some(BTreeMap::from([(Pool::All, None)]));
    };
    let pools = match seats.value {
        SeatsEntry::All(count) => return Some(BTreeMap::from([(Pool::All, number(count))])),
        SeatsEntry::Pools(pools) => of_pools(pools),
    };
    if table.kind == KindWord::Etabl {
        notes.at(seats.start, "ETABL takes no count a profile: write seats = \"unlimited\" or leave it out");
    } else if pools.is_empty() {
        notes.at(seats.start, "seats is empty: write a count a profile, a number or \"unlimited\"");
    }
    for pool in pools.keys().filter(|pool| !draws(audience, **pool)) {
        let profile =
            if *pool == Pool::OtherStaff { "head, school-life, staff or local" } else { pool.as_str() };
        let pool = pool.as_str();
        let words =
            format!("seats for {pool} and no {profile} in audience: add the profile or drop the count");
        notes.at(seats.start, words);
    }
    Some(pools)
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

/// Whether somebody in the audience draws seats from a pool.
fn draws(audience: &BTreeSet<Profile>, pool: Pool) -> bool {
    let pools = boundary::Seats::PerProfile(vec![(pool, None)]);
    audience.iter().any(|profile| pools.pool_of(*profile).is_some())
}

/// Reads an assignment.
pub fn assignment(table: &At<AssignmentTable>, notes: &mut Notes<'_>) -> Option<AssignmentRecord> {
    let (start, table) = (table.start, &table.value);
    let subscription = notes.read("subscription", &table.subscription, SubscriptionId::parse);
    let target = target(table, start, notes);
    Some(AssignmentRecord { subscription: subscription?, target: target? })
}

fn target(table: &AssignmentTable, start: usize, notes: &mut Notes<'_>) -> Option<AssignmentTarget> {
    match (&table.person, &table.group, &table.level, &table.everyone) {
        (Some(identity), None, None, None) => person(&identity.value, notes),
        (None, Some(group), None, None) => {
            let group = people::group(&group.value, notes)?;
            Some(AssignmentTarget::Set(SetTarget::Group(group)))
        }
        (None, None, Some(level), None) => {
            let level = notes.read("level", level, forms::code)?;
            Some(AssignmentTarget::Set(SetTarget::Level(level)))
        }
        (None, None, None, Some(everyone)) => {
            if !everyone.value {
                notes.at(everyone.start, "everyone = false assigns nothing: write true, or drop the table");
            }
            Some(AssignmentTarget::Set(SetTarget::Everyone))
        }
        _ => {
            let words = "[[assignment]] names exactly one of person, group, level and everyone = true";
            notes.at(start, words);
            None
        }
    }
}

fn person(table: &IdentityTable, notes: &mut Notes<'_>) -> Option<AssignmentTarget> {
    let ent = notes.read("ent", &table.ent, EntId::parse);
    let namespace = notes.read("namespace", &table.namespace, forms::code);
    let subject = notes.read("subject", &table.subject, forms::code);
    Some(AssignmentTarget::Person { ent: ent?, namespace: namespace?, subject: subject? })
}
