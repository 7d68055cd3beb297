//! What counts, what comes, and what an import that broke off left behind.

use boundary::{Attributes, Profile};
use time::Duration;
use time::macros::datetime;

use super::*;
use crate::boot::SystemChance;

const NOW: OffsetDateTime = datetime!(2026-11-24 08:05 UTC);

/// Seals nothing: what is compared is who counts.
struct Plain;

impl RosterSealing for Plain {
    fn seal(&self, _: &EntId, _: &Uai, _: [u8; 12], plain: &[u8]) -> Result<Vec<u8>, Fault> {
        Ok(plain.to_vec())
    }

    fn digest(&self, key: Option<&[u8]>, plain: &[u8]) -> Option<[u8; 16]> {
        let key = key.unwrap_or(b"new")[0];
        let sum = plain.iter().fold(u128::from(key), |sum, byte| sum.wrapping_mul(31) + u128::from(*byte));
        Some(sum.to_be_bytes())
    }

    fn seals_now(&self, key: &[u8]) -> bool {
        key == b"new"
    }
}

fn listed(subject: &str) -> Listed {
    Listed {
        subject: subject.to_owned(),
        profile: Some(Profile::Pupil),
        level: None,
        groups: Vec::new(),
        manages: false,
        attributes: Attributes::default(),
    }
}

/// What was stored when these were imported, under a key.
fn stored(subject: &str, people: &HashMap<String, PersonId>, key: &[u8]) -> StoredPerson {
    let one = listed(subject);
    let plain = plain(&one).unwrap();
    let content = content(&one, SchoolYear::at(NOW), &plain).unwrap();
    StoredPerson {
        subject: subject.to_owned(),
        since: 1,
        until: None,
        person: people[subject],
        is_member: true,
        leaves: None,
        digest: Plain.digest(Some(key), &content).unwrap().to_vec(),
        key: key.to_vec(),
    }
}

fn people(subjects: &[&str]) -> HashMap<String, PersonId> {
    subjects.iter().map(|s| ((*s).to_owned(), PersonId::draw(NOW, &SystemChance))).collect()
}

fn run(listed: Vec<Listed>, rows: &[StoredPerson], people: &HashMap<String, PersonId>) -> Compared {
    let (ent, school) = (EntId::parse("ent").unwrap(), Uai::parse_any_letter("0750001U").unwrap());
    let year = SchoolYear::at(NOW);
    let ground = Ground { ent: &ent, school: &school, current: 1, stored: rows, people, year };
    compare(listed, &ground, &Tools { seal: &Plain, chance: &SystemChance, now: NOW }).unwrap()
}

fn counts(compared: &Compared) -> (u64, u64, u64, usize) {
    (compared.new, compared.changed, compared.unchanged, compared.missing.len())
}

#[test]
fn new_changed_unchanged_and_missing_are_told_apart() {
    let people = people(&["same", "other", "gone"]);
    let rows = ["same", "other", "gone"].map(|subject| stored(subject, &people, b"new"));
    let teacher = Listed { profile: Some(Profile::Teacher), ..listed("other") };
    let compared = run(vec![listed("new"), teacher, listed("same")], &rows, &people);
    assert_eq!((counts(&compared), compared.members), ((1, 1, 1, 1), 3));
    let put: Vec<_> = compared
        .puts
        .iter()
        .map(|put| (&*put.row.subject, put.row.root.is_some(), put.ends.is_some()))
        .collect();
    assert_eq!(put, [("new", true, false), ("other", false, true)]);
    assert_eq!(compared.missing[0].key.subject, "gone");
}

#[test]
fn a_retired_key_is_replaced_and_changes_nobody() {
    let people = people(&["same"]);
    let compared = run(vec![listed("same")], &[stored("same", &people, b"old")], &people);
    assert_eq!(counts(&compared), (0, 0, 1, 0));
    assert_eq!(compared.puts.len(), 1);
}

#[test]
fn somebody_else_under_the_same_identifier_is_a_change() {
    let people = people(&["same"]);
    let row = StoredPerson { person: PersonId::draw(NOW, &SystemChance), ..stored("same", &people, b"new") };
    assert_eq!(counts(&run(vec![listed("same")], &[row], &people)), (0, 1, 0, 0));
}

#[test]
fn who_leaves_is_missing_no_more_and_comes_back_as_they_were() {
    let people = people(&["leaver"]);
    let leaver = StoredPerson { leaves: Some(NOW + Duration::DAY), ..stored("leaver", &people, b"new") };
    let away = run(Vec::new(), std::slice::from_ref(&leaver), &people);
    assert_eq!((counts(&away), away.members), ((0, 0, 0, 0), 0));
    let back = run(vec![listed("leaver")], &[leaver], &people);
    assert_eq!(counts(&back), (0, 1, 0, 0));
    assert!(back.puts[0].row.person == people["leaver"] && back.puts[0].row.root.is_none());
}

#[test]
fn what_an_import_that_broke_off_left_is_cleared() {
    let people = people(&["same", "ended", "pending"]);
    let ended = StoredPerson { until: Some(2), ..stored("ended", &people, b"new") };
    let pending = StoredPerson { since: 2, ..stored("pending", &people, b"new") };
    let past = StoredPerson { since: 0, until: Some(1), ..stored("same", &people, b"new") };
    let rows = [past, stored("same", &people, b"new"), ended, pending];
    let compared = run(vec![listed("same"), listed("ended")], &rows, &people);
    assert_eq!((counts(&compared), compared.members), ((0, 0, 2, 0), 2));
    let subjects = |keys: &[RowKey]| keys.iter().map(|key| key.subject.clone()).collect::<Vec<_>>();
    assert_eq!(
        (subjects(&compared.reopened), subjects(&compared.dropped)),
        (vec!["ended".to_owned()], vec!["pending".to_owned()])
    );
}
