//! People who are missing: they leave after their days of grace, or are held until somebody confirms it.

use serde_json::json;

use super::{LYCEE, archive, counts, import, of, others, pupil, school, send, stage};
use crate::stage::{Ending, Engine, Stage, on_both_engines};

/// What the clock of the database says of leavers: as if so many days had gone by.
const NINE_DAYS: &str = "UPDATE roster_person SET leaves = leaves - 777600000 WHERE leaves IS NOT NULL";

/// A school of `many` pupils, of whom the first is Nina.
fn of_many(stage: &Stage, day: u32, many: usize, without: &[&str]) -> serde_json::Value {
    let mut pupils = others(many - 1);
    pupils.insert(0, pupil("nina", &["6A"]));
    pupils.retain(|pupil| !without.contains(&pupil.id.as_str()));
    send(stage, day, &[school(LYCEE, pupils)])
}

async fn refused(stage: &Stage, code: &str) {
    stage.eventually(async || stage.ending("nina").await == Ending::Refused(code.to_owned())).await;
}

/// A leaver keeps access for the days of grace, then is gone; who returns is whom the publisher knows.
async fn a_leaver_keeps_access_for_a_while_and_returns_as_the_same(engine: Engine) {
    let mut stage = stage(engine).await;
    of_many(&stage, 1, 20, &[]);
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    let known_as = stage.received()["sub"].clone();
    let report = of_many(&stage, 2, 20, &["sub-nina"]);
    assert_eq!(counts(&report, LYCEE), [0, 0, 19, 1, 0]);
    assert_eq!(of(&report, LYCEE)["verdict"], "taken");
    assert_eq!(stage.ending("nina").await, Ending::Delivered, "for the days of grace");
    let same = of_many(&stage, 3, 20, &["sub-nina"]);
    assert_eq!(counts(&same, LYCEE), [0, 0, 19, 0, 0], "who leaves is missing once");
    assert_eq!(stage.database.change(NINE_DAYS).await, 1);
    // What another process changed behind the broker's back is seen by a new one.
    stage.broker.crash_and_restart();
    refused(&stage, "person_left").await;
    let gone = "SELECT subject FROM roster_person WHERE leaves IS NOT NULL";
    stage.eventually(async || stage.database.ask(gone).await.is_empty()).await;
    assert_eq!(stage.ending("nina").await, Ending::Refused("person_left".to_owned()), "and nobody new");
    let report = of_many(&stage, 4, 20, &[]);
    assert_eq!(counts(&report, LYCEE), [1, 0, 19, 0, 0]);
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    assert_eq!(stage.received()["sub"], known_as);
    assert_eq!(stage.database.ask("SELECT CAST(count(*) AS TEXT) FROM person").await, ["20"]);
}

/// Without days of grace a leaver is gone at once.
async fn grace_is_a_setting(engine: Engine) {
    let none = [("PASSERELLE_ROSTER__GRACE_DAYS", "0")];
    let stage = Stage::open_with(engine, super::cast(), super::listed_only, &none).await;
    of_many(&stage, 1, 20, &[]);
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    of_many(&stage, 2, 20, &["sub-nina"]);
    refused(&stage, "person_left").await;
}

/// More than half of a school is missing: whoever came is in, nobody is out, until an operator confirms it.
async fn departures_of_half_a_school_are_held_until_confirmed(engine: Engine) {
    let stage = stage(engine).await;
    of_many(&stage, 1, 10, &[]);
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    let few = |day| {
        let pupils = vec![pupil("omar", &["6A"]), pupil("other0000", &["6A"]), pupil("other0001", &["6B"])];
        archive(&stage, day, &[school(LYCEE, pupils)])
    };
    let (exit, report) = import(&stage, &few(2), &[]);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert_eq!(of(&report, LYCEE)["verdict"], "held");
    assert_eq!(counts(&report, LYCEE), [1, 1, 1, 0, 8]);
    assert!(of(&report, LYCEE)["mend"].as_str().unwrap().contains(&format!("--confirm {LYCEE}")));
    stage.eventually(async || stage.ending("omar").await == Ending::Delivered).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let leaving = "SELECT CAST(count(*) AS TEXT) FROM roster_person WHERE leaves IS NOT NULL";
    assert_eq!(stage.database.ask(leaving).await, ["0"]);
    let (_, again) = import(&stage, &few(3), &[]);
    assert_eq!(counts(&again, LYCEE), [0, 0, 3, 0, 8], "the same again is held again");
    // Of what is held, without the archive: who came back in between would not be among them.
    let confirmed = stage.command(&["import", "roster", "--ent", "ent", "--confirm", LYCEE, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&confirmed.stdout).unwrap();
    assert_eq!(counts(&report, LYCEE), [0, 0, 0, 8, 0], "{}", confirmed.stderr);
    assert_eq!(stage.database.ask(leaving).await, ["8"]);
    let listed = super::Program::of(&stage, &["auditor"]).get("/ents/ent/rosters").await.json();
    let states: Vec<_> = listed["items"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, ["taken"; 4], "{listed}");
    assert!(!listed.to_string().contains("sub-"), "{listed}");
    let twice = stage.command(&["import", "roster", "--ent", "ent", "--confirm", LYCEE, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&twice.stdout).unwrap();
    assert_eq!(counts(&report, LYCEE), [0, 0, 0, 0, 0]);
    let journal = stage.changes("roster").await;
    assert!(journal.iter().any(|event| event["change"] == "confirm" && event["count"] == 8));
}

/// The same over the API, by an operator and nobody else; the journal says who.
async fn departures_are_confirmed_over_the_api(engine: Engine) {
    let stage = stage(engine).await;
    of_many(&stage, 1, 10, &[]);
    let few = archive(&stage, 2, &[school(LYCEE, others(3))]);
    assert_eq!(counts(&import(&stage, &few, &[]).1, LYCEE), [0, 0, 3, 0, 7]);
    let path = "/ents/ent/rosters/confirmations";
    let operator = super::Program::operator(&stage);
    let confirm = async |school: &str| operator.post(path, "*", &json!({ "schools": [school] })).await;
    let unlisted = confirm("0650499P").await;
    assert_eq!((unlisted.code().as_str(), unlisted.pointers()), ("invalid", vec!["#/schools".to_owned()]));
    assert_eq!(
        operator
            .post("/ents/nowhere/rosters/confirmations", "*", &json!({ "schools": [LYCEE] }))
            .await
            .code(),
        "not_found"
    );
    let report = confirm(LYCEE).await;
    assert_eq!(report.status, 200, "{report:?}");
    assert_eq!(counts(&report.json(), LYCEE), [0, 0, 0, 7, 0]);
    let journal = stage.changes("roster").await;
    let confirmed: Vec<_> = journal.iter().filter(|event| event["change"] == "confirm").collect();
    assert_eq!(confirmed.len(), 1);
    assert!(confirmed[0]["actor"].as_str().is_some_and(|actor| actor != "command"), "{}", confirmed[0]);
}

/// The confirmation may come with the archive; and it is of the school that it names, and of no other.
async fn a_confirmation_is_of_one_school(engine: Engine) {
    let stage = stage(engine).await;
    let whole = [
        school(LYCEE, others(10)),
        school(super::COLLEGE, vec![pupil("paul", &["6A"]), pupil("zoe", &["6A"])]),
    ];
    send(&stage, 1, &whole);
    let few = [school(LYCEE, others(2)), school(super::COLLEGE, vec![])];
    let path = archive(&stage, 2, &few);
    let (_, report) = import(&stage, &path, &["--confirm", LYCEE]);
    assert_eq!((counts(&report, LYCEE), counts(&report, super::COLLEGE)), ([0, 0, 2, 8, 0], [0, 0, 0, 0, 2]));
    // A school that is not in the archive at all keeps everybody.
    let (_, report) = import(&stage, &archive(&stage, 3, &few[1..]), &[]);
    assert_eq!(of(&report, LYCEE)["verdict"], "absent");
    let (exit, _) = import(&stage, &archive(&stage, 4, &few[1..]), &["--confirm", LYCEE]);
    assert_eq!(exit.code, Some(0));
    let left =
        "SELECT CAST(count(*) AS TEXT) FROM roster_person WHERE school = '0750001U' AND leaves IS NULL";
    assert_eq!(stage.database.ask(left).await, ["0"]);
}

on_both_engines!(
    a_leaver_keeps_access_for_a_while_and_returns_as_the_same,
    grace_is_a_setting,
    departures_of_half_a_school_are_held_until_confirmed,
    departures_are_confirmed_over_the_api,
    a_confirmation_is_of_one_school,
);
