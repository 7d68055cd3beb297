//! Assignments through the API, met by real launches.

use conformance::ent::Person;
use serde_json::{Value, json};

use super::caller::{Answered, Program};
use crate::stage::{
    COLLEGE, Ending, Engine, Federation, LYCEE, Stage, in_days, on_both_engines, person, roles,
};

on_both_engines!(
    a_school_assigns_passes_on_and_takes_back,
    what_cannot_be_is_told_with_its_place,
    a_school_reaches_no_neighbour,
    the_same_key_assigns_once,
);

/// Léa and Max are in 6A of the lycée, Ana is in 6A of the collège; `abo` has two seats at both.
async fn stage(engine: Engine) -> Stage {
    let class = |federation: Federation, name: &str, school: &str| {
        let place =
            format!("{{ school = \"{school}\", profile = \"pupil\", groups = [\"6A\"], level = \"6E\" }}");
        federation.person(&format!("sub-{name}"), &place)
    };
    Stage::open(engine, people(), |federation| {
        let federation = class(class(class(federation, "lea", LYCEE), "max", LYCEE), "ana", COLLEGE);
        let days = format!("from = {}\nuntil = {}", in_days(-1), in_days(1));
        let indiv = format!("{days}\nkind = \"INDIV\"\naudience = [\"pupil\"]\nseats = 2");
        let etabl = format!("{days}\nkind = \"ETABL\"\naudience = [\"teacher\"]\nseats = \"unlimited\"");
        federation.subscription("abo", &indiv).subscription("whole", &etabl)
    })
    .await
}

fn people() -> Vec<Person> {
    let deployment = |name: &str| if name == "ana" { "2" } else { "1" };
    ["lea", "max", "ana"].iter().map(|name| person(name, deployment(name), &[roles::PUPIL])).collect()
}

fn manager(stage: &Stage, school: &str) -> Program {
    Program::of(stage, &["school-manager", "--school", school])
}

fn named(name: &str) -> Value {
    json!({ "ent": "ent", "namespace": "ent", "subject": format!("sub-{name}") })
}

fn class(school: &str) -> Value {
    json!({ "group": { "school": school, "status": "division", "code": "6A" } })
}

async fn post(program: &Program, subscription: &str, what: &str, body: &Value) -> Answered {
    let headers = [("content-type", "application/json")];
    let path = format!("/subscriptions/{subscription}/{what}");
    program.send("POST", &path, &headers, Some(body.to_string())).await
}

async fn did(program: &Program, what: &str, body: &Value) -> Value {
    let answer = post(program, "abo", what, body).await;
    assert_eq!(answer.status, 200, "{what}: {answer:?}");
    answer.json()
}

async fn becomes(stage: &Stage, name: &str, ending: Ending) {
    stage.eventually(async || stage.ending(name).await == ending).await;
}

/// How many changes the journal tells; none of them tells of whom.
async fn changes(stage: &Stage) -> usize {
    let events =
        stage.database.ask("SELECT body FROM event WHERE body LIKE '{\"change\"%subscription%'").await;
    assert!(events.iter().all(|event| !event.contains("sub-") && !event.contains("6A")), "{events:?}");
    events.len()
}

async fn a_school_assigns_passes_on_and_takes_back(engine: Engine) {
    let stage = stage(engine).await;
    let school = manager(&stage, LYCEE);
    let before = changes(&stage).await;
    let foreseen = did(&school, "assignments/preview", &json!({ "targets": [class(LYCEE)] })).await;
    assert_eq!(
        (&foreseen["people"], &foreseen["needed"], &foreseen["fits"]),
        (&json!(2), &json!(2), &json!(true))
    );
    assert_eq!(changes(&stage).await, before, "looking changes nothing");
    let assigned = did(&school, "assignments", &json!({ "targets": [class(LYCEE)] })).await;
    assert_eq!((&assigned["sets"], &assigned["seated"]), (&json!(1), &json!(0)));
    assert_eq!(changes(&stage).await, before + 1);
    becomes(&stage, "lea", Ending::Delivered).await;
    let sets = school.get("/subscriptions/abo/assignments").await.json();
    assert_eq!(
        (&sets["items"][0]["people"], sets["items"].as_array().unwrap().len()),
        (&json!(2), 1),
        "{sets}"
    );
    let supply = school.get("/subscriptions/abo/seats").await.json();
    let pool = &supply["pools"][0];
    assert_eq!(
        (&pool["used"], &pool["free"], &pool["through_sets"]),
        (&json!(1), &json!(1), &json!(1)),
        "{supply}"
    );
    let holders = did(&school, "holders", &json!({})).await;
    assert_eq!(
        (&holders["items"][0]["identities"], &holders["next"]),
        (&json!([named("lea")]), &Value::Null)
    );
    let taken = did(&school, "assignments/removal", &json!({ "targets": [class(LYCEE)] })).await;
    assert_eq!((&taken["sets"], &taken["freed"]), (&json!(1), &json!(1)));
    becomes(&stage, "lea", Ending::Refused("not_assigned".to_owned())).await;

    let by_name = json!({ "targets": [{ "person": named("lea") }] });
    assert_eq!(did(&school, "assignments", &by_name).await["seated"], 1);
    let before = changes(&stage).await;
    did(&school, "assignments/transfer", &json!({ "from": named("lea"), "to": named("max") })).await;
    assert_eq!(changes(&stage).await, before + 1);
    becomes(&stage, "max", Ending::Delivered).await;
    becomes(&stage, "lea", Ending::Refused("not_assigned".to_owned())).await;
    let mut recovery = json!({ "who": { "people": [named("max")] }, "dry_run": true });
    assert_eq!(did(&school, "assignments/recovery", &recovery).await["freed"], 1);
    assert_eq!(stage.ending("max").await, Ending::Delivered, "that was a question");
    recovery["dry_run"] = json!(false);
    assert_eq!(did(&school, "assignments/recovery", &recovery).await["freed"], 1);
    assert_eq!(changes(&stage).await, before + 2);
    becomes(&stage, "max", Ending::Refused("not_assigned".to_owned())).await;
}

async fn what_cannot_be_is_told_with_its_place(engine: Engine) {
    let stage = stage(engine).await;
    let operator = Program::operator(&stage);
    let refused = async |subscription: &str, what: &str, body: Value| {
        let answer = post(&operator, subscription, what, &body).await;
        (answer.code(), answer.pointers())
    };
    let places = |places: &[&str]| places.iter().map(|place| (*place).to_owned()).collect::<Vec<_>>();
    let targets = json!([{ "person": named("lea") }, { "person": named("nobody") }, { "everyone": { "school": "0650499P" } }]);
    assert_eq!(
        refused("abo", "assignments", json!({ "targets": targets })).await,
        ("invalid".to_owned(), places(&["#/targets/1", "#/targets/2"]))
    );
    let three = json!({ "targets": [{ "person": named("lea") }, { "person": named("max") }, { "person": named("ana") }] });
    let answer = post(&operator, "abo", "assignments", &three).await;
    assert_eq!(
        (answer.code().as_str(), &answer.json()["pools"][0]["needed"]),
        ("no_seats", &json!(3)),
        "{answer:?}"
    );
    assert_eq!(
        operator.get("/subscriptions/abo/seats").await.json()["pools"][0]["used"],
        0,
        "nobody got one"
    );
    let everyone = json!({ "targets": [{ "everyone": { "school": LYCEE } }] });
    assert_eq!(refused("whole", "assignments", everyone.clone()).await.0, "needs_no_assignment");
    assert_eq!(refused("nothing", "assignments", everyone).await.0, "not_found");
    for (body, code) in [
        (json!({}), "invalid"),
        (json!({ "targets": [] }), "invalid"),
        (json!({ "targets": [{ "person": "ent/ent/sub-lea" }] }), "invalid"),
        (json!({ "targets": [{ "everyone": { "school": LYCEE } }], "more": 1 }), "invalid"),
        (json!({ "school": "nowhere", "targets": [{ "everyone": { "school": LYCEE } }] }), "invalid"),
    ] {
        assert_eq!(refused("abo", "assignments", body.clone()).await.0, code, "{body}");
    }
    let after = json!({ "after": named("nobody") });
    assert_eq!(refused("abo", "holders", after).await, ("invalid".to_owned(), places(&["#/after"])));
}

async fn a_school_reaches_no_neighbour(engine: Engine) {
    let stage = stage(engine).await;
    let (lycee, college) = (manager(&stage, LYCEE), manager(&stage, COLLEGE));
    assert_eq!(
        did(&lycee, "assignments", &json!({ "targets": [{ "person": named("lea") }] })).await["seated"],
        1
    );
    let before = changes(&stage).await;
    for what in ["assignments", "assignments/removal", "assignments/preview"] {
        let named_school = json!({ "school": LYCEE, "targets": [class(LYCEE)] });
        assert_eq!(post(&college, "abo", what, &named_school).await.code(), "not_yours", "{what}");
    }
    for target in
        [class(LYCEE), json!({ "everyone": { "school": LYCEE } }), json!({ "person": named("lea") })]
    {
        for what in ["assignments", "assignments/removal"] {
            let answer = post(&college, "abo", what, &json!({ "targets": [target] })).await;
            assert_eq!(answer.code(), "invalid", "{what} {target}: {answer:?}");
        }
    }
    let mine = json!({ "from": named("lea"), "to": named("ana") });
    assert_eq!(post(&college, "abo", "assignments/transfer", &mine).await.code(), "invalid");
    let hers = json!({ "who": { "people": [named("lea")] } });
    assert_eq!(post(&college, "abo", "assignments/recovery", &hers).await.code(), "invalid");
    assert_eq!(did(&college, "holders", &json!({})).await["items"], json!([]));
    let query = format!("/subscriptions/abo/seats?school={LYCEE}");
    assert_eq!(college.get(&query).await.code(), "not_yours");
    assert_eq!(changes(&stage).await, before);
    assert_eq!(stage.ending("lea").await, Ending::Delivered);
}

async fn the_same_key_assigns_once(engine: Engine) {
    let stage = stage(engine).await;
    let school = manager(&stage, LYCEE);
    let body = json!({ "targets": [{ "person": named("lea") }] }).to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "rentree-1")];
    let before = changes(&stage).await;
    for again in ["", "true"] {
        let answer =
            school.send("POST", "/subscriptions/abo/assignments", &headers, Some(body.clone())).await;
        assert_eq!((answer.status, answer.header("idempotency-replayed")), (200, again), "{answer:?}");
        assert_eq!(answer.json()["seated"], 1, "{answer:?}");
    }
    assert_eq!(changes(&stage).await, before + 1);
    // What tells of people is not kept, whatever key comes with the question.
    for _ in 0..2 {
        let headers = [("content-type", "application/json"), ("idempotency-key", "qui")];
        let listed = school.send("POST", "/subscriptions/abo/holders", &headers, Some("{}".to_owned())).await;
        assert_eq!((listed.status, listed.header("idempotency-replayed")), (200, ""), "{listed:?}");
        assert!(listed.text.contains("sub-lea"), "{listed:?}");
    }
    let kept = stage.database.ask("SELECT COALESCE(body, '') FROM api_answer").await;
    assert!(!kept.is_empty() && kept.iter().all(|body| !body.contains("sub-")), "{kept:?}");
}
