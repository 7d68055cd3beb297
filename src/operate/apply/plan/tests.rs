//! What a plan holds.

use time::macros::datetime;

use super::Plan;
use crate::operate::apply::{ManagedBy, Mistake, Record, StoredRecord, parse};

const DEMO: &str = include_str!("../../../demo/federation.toml");

fn records(text: &str) -> Vec<super::Located<Record>> {
    parse("f.toml", text, datetime!(2026-11-24 12:00 UTC)).unwrap_or_else(|wrong| panic!("{wrong:?}"))
}

/// A text as it would be stored, all of it looked after by `managed_by`.
fn stored(text: &str, managed_by: ManagedBy, withdrawn: bool) -> Vec<StoredRecord> {
    let store = |record: super::Located<Record>| StoredRecord { record: record.value, managed_by, withdrawn };
    records(text).into_iter().map(store).collect()
}

fn make(text: &str, stored: Vec<StoredRecord>, prune: bool) -> Result<Plan, String> {
    let lines = |wrong: Vec<Mistake>| wrong.iter().map(|one| format!("{one}\n")).collect::<String>();
    Plan::make("f.toml", records(text), stored, prune).map_err(lines)
}

/// The demonstration without the table that begins with these lines.
fn without(table: &str) -> String {
    let at = DEMO.find(table).unwrap();
    let end = DEMO[at..].find("\n\n").unwrap();
    format!("{}{}", &DEMO[..at], &DEMO[at + end..])
}

#[test]
fn a_new_file_is_added_in_the_order_of_its_kinds() {
    let plan = make(DEMO, Vec::new(), false).unwrap().to_string();
    let lines: Vec<&str> = plan.lines().collect();
    assert_eq!(lines[..3], ["+ ent ent-demo", "+ lti ent-demo-lti", "+ school 0440001M"]);
    assert_eq!(lines[lines.len() - 2], "+ assignment microscope-indiv -> person ent-demo/ent-demo/eleve-noe");
    assert_eq!(lines.last(), Some(&"plan: 45 to add, 0 to change, 0 to remove"));
}

#[test]
fn what_is_stored_needs_nothing() {
    let plan = make(DEMO, stored(DEMO, ManagedBy::File, false), true).unwrap();
    assert!(plan.is_empty());
    assert_eq!(plan.to_string(), "plan: 0 to add, 0 to change, 0 to remove");
}

#[test]
fn the_order_of_a_list_is_no_change() {
    let turned = DEMO
        .replace("[\"0750001U\", \"0440001M\"]", "[\"0440001M\", \"0750001U\"]")
        .replace(
            "[\"2DE3\", { status = \"group\", code = \"2ANG1\" }]",
            "[{ status = \"group\", code = \"2ANG1\" }, \"2DE3\"]",
        )
        .replace(
            "[\"publisher\", \"commercial-distributor\", ",
            "[\"commercial-distributor\", \"publisher\", ",
        );
    assert_ne!(turned, DEMO);
    assert!(make(&turned, stored(DEMO, ManagedBy::File, false), true).unwrap().is_empty());
}

#[test]
fn changes_name_fields_and_never_values() {
    let changed = DEMO
        .replace("town = \"Nantes\"", "town = \"Rezé\"")
        .replace(
            "jwks_uri = \"http://127.0.0.1:8602/jwks.json\"",
            "jwks = '{\"keys\": [{\"kty\": \"RSA\"}]}'",
        )
        .replace("code = \"D0\"\n", "")
        .replace("seats = 1\n", "seats = 2\n")
        .replace("groups = [\"6A\"]", "groups = [\"6B\"]");
    let plan = make(&changed, stored(DEMO, ManagedBy::File, false), false).unwrap();
    assert_eq!(
        plan.to_string(),
        "~ ent ent-demo (code)\n\
         ~ lti ent-demo-lti (keys)\n\
         ~ school 0440001M (town)\n\
         ~ subscription microscope-indiv (seats)\n\
         ~ person ent-demo/ent-demo/eleve-ines (affiliations)\n\
         plan: 0 to add, 5 to change, 0 to remove"
    );
    assert!(plan.to_json().contains(r#"{"kind":"school","id":"0440001M","fields":["town"]}"#));
}

#[test]
fn what_a_file_leaves_out_stays_unless_pruned() {
    let text = without("[[assignment]]\nsubscription = \"dictionnaire-indiv\"");
    let kept = make(&text, stored(DEMO, ManagedBy::File, false), false).unwrap();
    assert!(kept.is_empty());
    let pruned = make(&text, stored(DEMO, ManagedBy::File, false), true).unwrap();
    assert_eq!(
        pruned.to_json(),
        r#"{"add":[],"change":[],"remove":[{"kind":"assignment","id":"dictionnaire-indiv -> everyone"}]}"#
    );
}

#[test]
fn a_prune_leaves_alone_what_others_look_after_or_what_is_gone() {
    let api = make("", stored(DEMO, ManagedBy::Api, false), true).unwrap();
    assert!(api.is_empty());
    let gone = make("", stored(DEMO, ManagedBy::File, true), true).unwrap();
    assert!(gone.is_empty());
}

#[test]
fn what_was_withdrawn_comes_back_as_an_addition() {
    let plan = make(DEMO, stored(DEMO, ManagedBy::File, true), false).unwrap();
    assert!(plan.to_string().ends_with("plan: 45 to add, 0 to change, 0 to remove"));
}

#[test]
fn what_others_look_after_is_theirs() {
    let mut old = stored(DEMO, ManagedBy::File, false);
    let school = old.iter_mut().find(|old| old.record.id() == "0440001M").unwrap();
    school.managed_by = ManagedBy::Roster;
    let line = DEMO[..DEMO.find("uai = \"0440001M\"").unwrap()].lines().count();
    let wanted = format!(
        "f.toml:{line}: school \"0440001M\" is looked after by a roster (roster): leave it out of the file, or remove \
         it there first\n"
    );
    assert_eq!(make(DEMO, old, false).unwrap_err(), wanted);
}

#[test]
fn pseudonyms_do_not_change_under_a_publisher() {
    let refused = |old: &str, new: &str| {
        let text = DEMO.replacen(old, new, 1);
        assert_ne!(text, DEMO);
        for withdrawn in [false, true] {
            let words = make(&text, stored(DEMO, ManagedBy::File, withdrawn), false).unwrap_err();
            assert_eq!(words.lines().count(), 1, "{words}");
            assert!(words.contains("sector"), "{words}");
        }
    };
    refused("scope = \"portable\"", "scope = \"school\"");
    refused("sector = \"mots-justes\"", "sector = \"cartographe\"");
    refused(
        "title = \"Herbier numérique\"\ntool = \"cartographe-web\"",
        "title = \"H\"\ntool = \"mots-justes-web\"",
    );
}

#[test]
fn a_prune_does_not_pull_away_what_others_still_name() {
    let mut old = stored(DEMO, ManagedBy::File, false);
    let kept = old.iter_mut().find(|old| old.record.id() == "frise-etabl").unwrap();
    kept.managed_by = ManagedBy::Gar;
    let words = make("", old, true).unwrap_err();
    assert_eq!(words.lines().count(), 4, "{words}");
    assert!(words.contains(
        "f.toml:1: school \"0440001M\" is not in the file, and subscription \"frise-etabl\", which GAR's web services \
         (gar) looks after, still names it: keep the one, or remove the other first"
    ));
}

#[test]
fn the_plan_of_the_guide_is_that_of_its_example() {
    let guide = include_str!("../../../../docs/federation.md");
    let block = |begin| {
        let (_, rest) = guide.split_once(begin).unwrap();
        rest.split_once("```").unwrap().0
    };
    let plan = make(block("```toml\n"), Vec::new(), false).unwrap();
    assert_eq!(plan.to_string(), block("$ passerelle apply federation.toml\n").trim_end());
}
