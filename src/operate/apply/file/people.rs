//! People, their affiliations and groups.

use std::collections::BTreeSet;

use boundary::{EntId, Group, GroupStatus, Profile, SchoolYear, Uai};

use super::at::At;
use super::forms;
use super::notes::Notes;
use super::tables::{AffiliationTable, GroupCode, GroupEntry, GroupTable, PersonTable, StatusWord};
use crate::operate::apply::record::{PersonRecord, PersonSchool};

/// Reads a person.
pub fn person(table: &At<PersonTable>, notes: &mut Notes<'_>) -> Option<PersonRecord> {
    let (start, table) = (table.start, &table.value);
    let ent = notes.read("ent", &table.ent, EntId::parse);
    let namespace = notes.read("namespace", &table.namespace, forms::code);
    let subject = notes.read("subject", &table.subject, forms::code);
    if table.affiliations.is_empty() {
        notes.at(start, "affiliations is empty: write at least one, or leave the person out");
    }
    Some(PersonRecord {
        ent: ent?,
        namespace: namespace?,
        subject: subject?,
        schools: affiliations(&table.affiliations, notes),
    })
}

/// Affiliations in the order of number, profile and year. A school keeps groups by person and year, not by profile,
/// so that two profiles at one school share them; nor does whether somebody manages it hang on a profile.
fn affiliations(tables: &[At<AffiliationTable>], notes: &mut Notes<'_>) -> Vec<PersonSchool> {
    let mut all: Vec<PersonSchool> = Vec::new();
    for table in tables {
        let Some(new) = affiliation(&table.value, notes) else {
            continue;
        };
        if all.iter().any(|old| place(old) == place(&new)) {
            let words = format!("{} at {} is listed twice: keep one", new.profile, new.school);
            notes.at(table.start, words);
        } else {
            all.push(new);
        }
    }
    all.sort_by(|a, b| place(a).cmp(&place(b)));
    let groups: BTreeSet<Group> = all.iter().flat_map(|at| at.groups.iter().cloned()).collect();
    let managed: BTreeSet<Uai> = all.iter().filter(|at| at.manages).map(|at| at.school.clone()).collect();
    for at in &mut all {
        at.manages = managed.contains(&at.school);
        let here = |group: &&Group| group.school == at.school && group.year == at.year;
        at.groups = groups.iter().filter(here).cloned().collect();
    }
    all
}

fn place(at: &PersonSchool) -> (&Uai, Profile, Option<SchoolYear>) {
    (&at.school, at.profile, at.year)
}

fn affiliation(table: &AffiliationTable, notes: &mut Notes<'_>) -> Option<PersonSchool> {
    let school = notes.read("school", &table.school, Uai::parse_any_letter);
    let profile = notes.read("profile", &table.profile, str::parse::<Profile>);
    let level = notes.read_option("level", table.level.as_ref(), forms::code);
    let year = notes.read_option("year", table.year.as_ref(), SchoolYear::parse);
    let codes: Vec<GroupCode> = table.groups.iter().filter_map(|entry| group_code(entry, notes)).collect();
    let school = school?;
    let group = |table: GroupCode| Group {
        school: school.clone(),
        status: status(table.status),
        code: table.code,
        year,
    };
    let groups = codes.into_iter().map(group).collect();
    Some(PersonSchool { groups, profile: profile?, level, year, school, manages: table.manages })
}

fn group_code(entry: &At<GroupEntry>, notes: &mut Notes<'_>) -> Option<GroupCode> {
    let table = match &entry.value {
        GroupEntry::Code(code) => GroupCode { status: StatusWord::Division, code: code.clone() },
        GroupEntry::Table(table) => table.clone(),
    };
    let code = forms::code(&table.code).map_err(|words| notes.at(entry.start, format!("groups: {words}")));
    code.ok().map(|_| table)
}

/// Reads a group that an assignment names.
pub fn group(table: &GroupTable, notes: &mut Notes<'_>) -> Option<Group> {
    let school = notes.read("school", &table.school, Uai::parse_any_letter);
    let code = notes.read("code", &table.code, forms::code);
    let year = notes.read_option("year", table.year.as_ref(), SchoolYear::parse);
    Some(Group { school: school?, status: status(table.status), code: code?, year })
}

const fn status(word: StatusWord) -> GroupStatus {
    match word {
        StatusWord::Division => GroupStatus::Division,
        StatusWord::Group => GroupStatus::Group,
    }
}
