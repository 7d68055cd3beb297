//! What is left of whoever was erased: no byte in the database, and with each publisher a notice about its own value.

use super::{NINA, called, erased, seated, text, values};
use crate::api::Program;
use crate::stage::{Database, Engine, Stage, on_both_engines};

/// The roots of everybody, in hexadecimal digits.
async fn roots(stage: &Stage) -> Vec<String> {
    stage
        .database
        .ask(match stage.database.engine {
            Engine::Sqlite => "SELECT lower(hex(root)) FROM pseudonym_root",
            Engine::Postgres => "SELECT encode(root, 'hex') FROM pseudonym_root",
        })
        .await
}

/// Whether the database keeps something anywhere: as text, or as bytes of which these are the digits.
fn keeps(database: &Database, what: &str) -> bool {
    let bytes = database.bytes();
    let raw = data_encoding::HEXLOWER.decode(what.as_bytes()).unwrap_or_default();
    let found = |what: &[u8]| !what.is_empty() && bytes.windows(what.len()).any(|window| window == what);
    found(what.as_bytes()) || found(&raw)
}

/// P12: once publishers have heard of it, no byte of the database tells how the person is called, by ENT or publisher, nor from
/// what that was made: of two accounts that were linked neither.
async fn p12_no_byte_is_left_of_whoever_was_erased(engine: Engine) {
    let mut stage = seated(engine).await;
    let (nina, omar) = (called(&stage, "nina").await, called(&stage, "omar").await);
    let mut secrets = roots(&stage).await;
    assert_eq!(secrets.len(), 2);
    secrets.extend([nina, omar, "sub-nina".to_owned(), "sub-omar".to_owned()]);
    let pairs = stage.database.folder().join("pairs.csv");
    std::fs::write(&pairs, "first,second\nent/ent/sub-nina,ent/ent/sub-omar\n").unwrap();
    let linked = stage.command(&["directory", "link", text(&pairs)]);
    assert_eq!(linked.code, Some(0), "{}", linked.stderr);
    for secret in &secrets {
        assert!(keeps(&stage.database, secret), "{secret} is kept until then");
    }
    // What the journal says of them is found again, and counted.
    stage.broker.crash_and_restart();
    let seen =
        "SELECT CAST((SELECT COUNT(*) FROM commitment_seen) + (SELECT COUNT(*) FROM launch_user) AS TEXT)";
    stage.eventually(async || stage.database.ask(seen).await == ["6"]).await;
    erased(&stage.command(&["person", "erase", NINA, "--yes"]));
    assert_eq!(stage.database.ask(seen).await, ["0"], "under neither root");
    let told = values(&stage, "secteur");
    let ids: Vec<&str> = told.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2, "the publisher knew them by two values");
    let acknowledged = stage.command(&[&["erasures", "acknowledge", "secteur"], &ids[..]].concat());
    assert_eq!(acknowledged.code, Some(0), "{}", acknowledged.stderr);
    let Stage { broker, database, .. } = stage;
    broker.stop();
    for secret in &secrets {
        assert!(!keeps(&database, secret), "{secret} is left");
    }
}

/// A publisher reads over the API who is gone, by its own values, and says that it has heard; another publisher gets nothing.
async fn p12_publishers_are_told_over_the_api(engine: Engine) {
    let stage = seated(engine).await;
    let operator = Program::operator(&stage);
    let other = serde_json::json!({ "name": "Autre", "roles": ["publisher"] });
    assert_eq!(operator.put("/organisations/autre", &other).await.status, 201);
    let mut known = Vec::new();
    for name in ["nina", "omar"] {
        known.push(called(&stage, name).await);
        erased(&stage.command(&["person", "erase", &format!("ent/ent/sub-{name}"), "--yes"]));
    }
    let own = Program::of(&stage, &["publisher-manager", "--organisation", "editeur"]);
    let foreign = Program::of(&stage, &["publisher-manager", "--organisation", "autre"]);
    let list = "/sectors/secteur/erasures";
    let mut told = Vec::new();
    let mut next = format!("{list}?limit=1");
    loop {
        let page = own.get(&next).await.json();
        told.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next"].as_str() else { break };
        next = format!("{list}?limit=1&cursor={cursor}");
    }
    let mut values: Vec<&str> = told.iter().map(|one| one["value"].as_str().unwrap()).collect();
    values.sort_unstable();
    known.sort_unstable();
    assert_eq!(values, known, "its own, all of them, page by page");
    assert_eq!(foreign.get(list).await.code(), "not_found");
    let ids = serde_json::json!({ "notices": [told[0]["id"]] });
    let heard = format!("{list}/acknowledgements");
    let json = [("content-type", "application/json")];
    assert_eq!(foreign.send("POST", &heard, &json, Some(ids.to_string())).await.code(), "not_found");
    for acknowledged in [1, 0] {
        let answer = own.send("POST", &heard, &json, Some(ids.to_string())).await;
        assert_eq!(answer.json()["acknowledged"], acknowledged, "{answer:?}");
    }
    let waiting = own.get(list).await.json();
    assert_eq!(waiting["items"], serde_json::json!([told[1]]));
    let all = own.get(&format!("{list}?all=true")).await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    assert!(all["items"].as_array().unwrap().iter().any(|one| one["value"].is_null()), "its value is gone");
    for wrong in ["all=yes", "what=1", "limit=0"] {
        assert_eq!(own.get(&format!("{list}?{wrong}")).await.code(), "request_invalid", "{wrong}");
    }
    let changes = stage.changes("erasure-notice").await;
    assert_eq!(changes.len(), 1, "what changed nothing is not told");
}

on_both_engines!(p12_publishers_are_told_over_the_api, p12_no_byte_is_left_of_whoever_was_erased);
