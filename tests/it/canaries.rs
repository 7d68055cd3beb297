//! Canaries: invented names and numbers that must turn up nowhere but where they were let through (L1, A3 to A5, B-04 to B-07).

use conformance::ent::Person;
use serde_json::json;

use crate::stage::{ATLAS, Ending, Engine, Federation, Stage, on_both_engines, person, roles};

const LTI: &str = "https://purl.imsglobal.org/spec/lti/claim/";

/// What an ENT says that nobody else may learn. None of it is part of another word.
const SECRETS: [&str; 13] = [
    "Zoraïde",
    "Quenneville",
    "zq.quenneville",
    "kanari-sub",
    "kanari-sourced",
    "kanari-course",
    "kanari-label",
    "Kanari-Titel",
    "kanari-link",
    "kanari-vendor",
    "kanari-picture",
    "kanari-user",
    "kanari-guid",
];

fn somebody() -> Person {
    Person {
        sub: "kanari-sub".to_owned(),
        given_name: "Zoraïde".to_owned(),
        family_name: "Quenneville".to_owned(),
        name: "Zoraïde Quenneville".to_owned(),
        email: "zq.quenneville@ent.example".to_owned(),
        sourcedid: "kanari-sourced".to_owned(),
        ..person("nina", "1", &[roles::PUPIL])
    }
}

fn sing(claims: &mut serde_json::Value) {
    let lti = |name: &str| format!("{LTI}{name}");
    claims[lti("context")] = json!({"id": "kanari-course", "label": "kanari-label", "title": "Kanari-Titel", "type": ["CourseSection"]});
    claims[lti("resource_link")] =
        json!({"id": "kanari-link", "title": "Kanari-Titel", "description": "Kanari-Titel"});
    claims[lti("tool_platform")]["guid"] = json!("kanari-guid");
    claims[lti("ext")] = json!({"user_username": "kanari-user"});
    claims[lti("custom")]["kanari-vendor"] = json!("kanari-vendor");
    claims["https://vendor.example/x"] = json!("kanari-vendor");
    claims["picture"] = json!("https://ent.example/kanari-picture.jpg");
}

/// A hundred attributes that nobody asked for: as many as a token holds (A5).
fn shout(claims: &mut serde_json::Value, from: usize) {
    sing(claims);
    for n in from..from + 50 {
        claims[format!("kanari-vendor-{n}")] = json!({"kanari-vendor": ["kanari-vendor"]});
        claims[format!("{LTI}custom")][format!("kanari-vendor-{n}")] = json!("kanari-vendor");
    }
}

fn found_in(place: &str, bytes: &[u8], but: &[&str]) {
    for secret in SECRETS.iter().filter(|secret| !but.contains(secret)) {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} is in the {place}");
    }
}

async fn no_canary_leaves_its_cage(engine: Engine) {
    let debug = [("PASSERELLE_LOG__LEVEL", "debug")];
    let stage = Stage::open_with(engine, vec![somebody()], Federation::open_to_all, &debug).await;
    stage.ent.edit_claims(sing);
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    found_in("token", stage.received().to_string().as_bytes(), &[]);
    for round in 0..10 {
        stage.ent.edit_claims(move |claims| shout(claims, round * 50));
        assert_eq!(stage.ending("nina").await, Ending::Delivered);
        found_in("token of a shouting ENT", stage.received().to_string().as_bytes(), &[]);
    }
    // Parked, refused, failed, misread: each leaves lines of its own.
    stage.ent.edit_claims(sing);
    let parked = stage.until_authorize("nina").await;
    stage.ent.edit_claims(|claims| {
        sing(claims);
        claims[format!("{LTI}custom")]["uai"] = json!("Zoraïde Quenneville");
    });
    assert_eq!(stage.ending("nina").await, Ending::Refused("school_unknown".to_owned()));
    stage.ent.edit_claims(|claims| {
        sing(claims);
        claims["aud"] = json!("Quenneville");
        claims["iss"] = json!("https://kanari-vendor.example");
    });
    assert_eq!(stage.ending("nina").await, Ending::Refused("token_invalid".to_owned()));
    stage.ent.answer_error("Quenneville");
    assert_eq!(stage.ending("nina").await, Ending::Refused("sign_on_refused".to_owned()));
    let mut browser = stage.browser();
    for path in [
        "/lti/login?iss=Quenneville&login_hint=kanari-sub",
        "/Quenneville?x=kanari-sub",
        "/lti/return/kanari-sub",
    ] {
        browser.get_once(&format!("{}{path}", stage.broker.url)).await.unwrap();
    }
    found_in("metrics", stage.metrics().await.as_bytes(), &[]);
    let events = stage.events().await;
    assert!(events.len() >= 3);
    found_in("journal", format!("{events:?}").as_bytes(), &[]);
    drop(parked);
    let Stage { broker, database, .. } = stage;
    let (_, log) = broker.stop();
    assert!(log.contains("\"refusal\":\"school_unknown\""), "the log was on");
    found_in("log", log.as_bytes(), &[]);
    // An identity is how we know somebody again; names, addresses and courses are not. Courses and links are kept
    // where a sector calls them something.
    let kept = ["kanari-sub", "kanari-course", "kanari-link"];
    let bytes = database.bytes();
    assert!(bytes.windows(10).any(|window| window == b"kanari-sub"), "the scan reads the database");
    found_in("database", &bytes, &kept);
}

/// What an approved agreement names passes, and nothing beside it (A1, A4).
async fn what_is_agreed_passes_and_nothing_else(engine: Engine) {
    let agreement = format!(
        "\n[[agreement]]\nresource = \"{ATLAS}\"\nattributes = [\n\
         {{ name = \"PRE\", purpose = \"greeting\", approved_by = \"dpo\", approved_on = 2026-01-01 }},\n\
         {{ name = \"P_MEL\", purpose = \"messages\", approved_by = \"dpo\", approved_on = 2026-01-01 }},\n\
         {{ name = \"NOM\", purpose = \"lists\" }},\n]\n"
    );
    let stage = Stage::open(engine, vec![somebody()], |f| f.open_to_all().with(&agreement)).await;
    stage.ent.edit_claims(sing);
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let received = stage.received();
    assert_eq!(received["given_name"], "Zoraïde");
    for absent in ["family_name", "name", "email", "picture", "locale"] {
        assert!(received.get(absent).is_none(), "{absent}");
    }
    found_in("token", received.to_string().as_bytes(), &["Zoraïde"]);
    let events = stage.events().await;
    assert_eq!(events.last().unwrap()["attributes"], json!(["PRE"]), "names of attributes, no values");
    found_in("journal", format!("{events:?}").as_bytes(), &[]);
}

/// The publisher's identifiers are its own, and each is of the form that every protocol carries (B-03, B-04, P-23).
async fn every_identifier_is_the_sectors_own(engine: Engine) {
    let stage = Stage::open(engine, vec![somebody()], Federation::open_to_all).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let first = stage.received();
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let again = stage.received();
    let paths = [
        "/sub".to_owned(),
        format!("/{}deployment_id", escaped()),
        format!("/{}resource_link/id", escaped()),
        format!("/{}context/id", escaped()),
    ];
    let mut seen = std::collections::BTreeSet::new();
    for path in &paths {
        let value = first.pointer(path).unwrap().as_str().unwrap();
        assert_eq!(value.len(), 26, "{path}");
        assert!(value.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')), "{path}: {value}");
        assert_eq!(again.pointer(path).unwrap(), value, "stable");
        assert!(seen.insert(value.to_owned()), "{path}: one name, one thing");
    }
    stage.ent.edit_claims(|claims| {
        claims[format!("{LTI}resource_link")]["id"] = json!("a copy");
        claims[format!("{LTI}context")]["id"] = json!("another course");
    });
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let copied = stage.received();
    assert_eq!(copied["sub"], first["sub"]);
    for path in &paths[2..] {
        assert_ne!(copied.pointer(path), first.pointer(path), "{path}: another link, another name");
    }
}

fn escaped() -> String {
    LTI.replace('/', "~1")
}

on_both_engines!(
    no_canary_leaves_its_cage,
    what_is_agreed_passes_and_nothing_else,
    every_identifier_is_the_sectors_own,
);
