//! Every write of the API leaves exactly one event, which names nobody and no value.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::caller::{Answered, Program};
use super::world::objects;
use crate::stage::{Engine, Stage, on_both_engines};
use crate::walls::source::root;

on_both_engines!(every_write_is_in_the_journal_once);

/// Writes that need people, whose events are counted where those are: in `assignments.rs`, `roster/departures.rs`,
/// `erasure.rs` and `epochs.rs`.
const ELSEWHERE: [&str; 7] = [
    "assign",
    "unassign",
    "transferSeat",
    "recoverSeats",
    "confirmDepartures",
    "acknowledgeErasures",
    "acknowledgeEpochMap",
];

/// The operations of the document that change something.
fn writes() -> BTreeSet<String> {
    let document = std::fs::read_to_string(root().join("specs/openapi.json")).unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|path| path.as_object().unwrap());
    let writing = operations.filter(|(_, operation)| operation["x-safe"] == false);
    writing.map(|(_, operation)| operation["operationId"].as_str().unwrap().to_owned()).collect()
}

async fn events(stage: &Stage) -> Vec<String> {
    stage.database.ask("SELECT body FROM event WHERE body LIKE '{\"change\"%' ORDER BY at, chain, seq").await
}

async fn every_write_is_in_the_journal_once(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let operator = Program::operator(&stage);
    let mut done = BTreeSet::new();
    let mut before = events(&stage).await;
    let mut noted = async |operation: &str, answer: Answered| {
        assert!((200..300).contains(&answer.status), "{operation}: {answer:?}");
        let after = events(&stage).await;
        let new: Vec<&String> = after.iter().filter(|event| !before.contains(event)).collect();
        assert_eq!(new.len(), 1, "{operation}: {new:?}");
        for value in ["Éditeur", "Collège", "Lourdes", "https://", "Former"] {
            assert!(!new[0].contains(value), "{operation}: {}", new[0]);
        }
        before = after.clone();
        done.insert(operation.to_owned());
    };
    let kinds = [
        "Ent",
        "School",
        "Connection",
        "Organisation",
        "Sector",
        "Tool",
        "Resource",
        "Agreement",
        "Subscription",
    ];
    let all: Vec<(&str, (String, Value))> = kinds.into_iter().zip(objects(0)).collect();
    for (kind, (path, object)) in &all {
        noted(&format!("put{kind}"), operator.put(path, object).await).await;
    }
    let agreement = "/agreements/cle-premier";
    let approved =
        operator.post(&format!("{agreement}/approval"), "\"1\"", &json!({ "attributes": ["DIV"] })).await;
    noted("approveAgreement", approved).await;
    noted("rejectAgreement", operator.post(&format!("{agreement}/rejection"), "\"2\"", &json!({})).await)
        .await;
    // What names something goes before it.
    for (kind, (path, _)) in all.iter().rev() {
        let tag = operator.get(path).await.tag().to_owned();
        noted(&format!("withdraw{kind}"), operator.delete(path, &tag).await).await;
    }
    done.extend(ELSEWHERE.map(ToOwned::to_owned));
    assert_eq!(done, writes(), "an operation that changes something is not tried here");
}
