//! The threat model of `docs/security.md`: every threat names a test that is there, and what no other file attacks is
//! attacked here.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use conformance::Launch;
use serde_json::json;

use crate::registries::tests_by_file;
use crate::stage::{
    Broker, Database, Ending, Engine, Stage, free_port, on_both_engines, passerelle_in, person, roles,
};
use crate::walls::source::root;

const LTI: &str = "https://purl.imsglobal.org/spec/lti/claim/";

/// What no database is asked about, and what every database is asked about as a value and never as a statement.
async fn hostile_names_are_refused_and_no_fault(engine: Engine) {
    let people = vec![person("nina", "1", &[roles::PUPIL])];
    let stage = Stage::open(engine, people, |f| {
        f.open_to_all().connection("match = \"sub\"", "match = \"lis.person_sourcedid\"")
    })
    .await;
    let mut browser = stage.browser();
    let url = |door: &str, query: &str| format!("{}{door}?{query}", stage.broker.url);
    let target = format!("target_link_uri={}/lti/r/atlas&login_hint=x", stage.broker.url);
    let sql = "%27%20OR%201%3D1%20--";
    for (door, query, status, code) in [
        ("/lti/login", format!("iss=%00&{target}"), 400, "login_malformed"),
        ("/lti/login", format!("iss=a%00b&{target}"), 400, "login_malformed"),
        ("/lti/login", format!("iss={sql}&{target}"), 400, "registration_unknown"),
        ("/lti/login/%00", format!("iss=x&{target}"), 400, "registration_unknown"),
        ("/lti/authorize", "client_id=%00".to_owned(), 400, "login_malformed"),
        ("/lti/authorize", format!("client_id={sql}&redirect_uri=x"), 400, "tool_unknown"),
    ] {
        let hop = browser.get_once(&url(door, &query)).await.unwrap();
        assert_eq!((hop.status, hop.header("passerelle-refusal")), (status, Some(code)), "{door} {query}");
    }
    for (name, code) in [("l\0", "token_invalid"), ("l\u{1b}[2J", "token_invalid")] {
        stage
            .ent
            .edit_claims(move |claims| claims[format!("{LTI}lis")] = json!({ "person_sourcedid": name }));
        assert_eq!(stage.ending("nina").await, Ending::Refused(code.to_owned()), "{name:?}");
    }
    let quoted = "'; DROP TABLE event; --";
    stage.ent.edit_claims(move |claims| {
        claims[format!("{LTI}lis")] = json!({ "person_sourcedid": quoted });
        claims[format!("{LTI}context")] = json!({ "id": "\0'; DROP TABLE event; --" });
        claims[format!("{LTI}resource_link")] = json!({ "id": "\0\u{ffff}\"'" });
    });
    assert_eq!(stage.ending("nina").await, Ending::Delivered, "a name may hold quotation marks");
    assert_eq!(stage.events().await.len(), 1);
    let metrics = stage.metrics().await;
    assert!(!metrics.contains("outcome=\"fault\""), "{metrics}\n{}", stage.broker.log());
}

/// Logins that nobody ends, launches without a sign-on, hints and ways back that were made up: nothing of it is kept.
async fn what_strangers_send_leaves_no_row(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let mut browser = stage.browser();
    let at = |path: &str| format!("{}{path}", stage.broker.url);
    let login = stage.ent.login_request(&Launch::new("nina", "atlas")).unwrap();
    let token = vec![("state".to_owned(), "x".to_owned()), ("id_token".to_owned(), "x.y.z".to_owned())];
    let ask = vec![("client_id".to_owned(), "outil".to_owned()), ("login_hint".to_owned(), "a".repeat(26))];
    for _ in 0..20 {
        assert_eq!(browser.post_once(&at("/lti/login"), &login).await.unwrap().status, 303);
        for (door, fields) in [("/lti/launch", &token), ("/lti/authorize", &ask)] {
            let hop = browser.post_once(&at(door), fields).await.unwrap();
            assert!(hop.header("passerelle-refusal").is_some(), "{door}");
        }
        assert_eq!(browser.get_once(&at("/lti/return/x")).await.unwrap().status, 200);
    }
    const ROWS: &str = "SELECT CAST((SELECT count(*) FROM parked) + (SELECT count(*) FROM first_use) + \
                        (SELECT count(*) FROM event WHERE chain NOT LIKE 'broker/%') + (SELECT count(*) FROM identity) + \
                        (SELECT count(*) FROM inactive_deployment) AS TEXT)";
    assert_eq!(stage.database.ask(ROWS).await, ["0"]);
    assert_eq!(stage.ending("nina").await, Ending::Delivered, "and everybody still gets through");
    assert_eq!(stage.database.ask(ROWS).await, ["3"], "a first use, an event, an identity");
}

/// Who can write to the database cannot give a parked launch to another browser, nor change what it says.
async fn a_row_that_was_moved_or_changed_lets_nobody_through(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let (mut nina, request) = stage.until_authorize("nina").await;
    let moved = stage.database.change("UPDATE parked SET handle = 'aaaaaaaaaaaaaaaaaaaaaaaaaa'").await;
    assert_eq!(moved, 1);
    let mut elsewhere = request.action.clone();
    elsewhere.set_query(None);
    for (name, value) in request.action.query_pairs() {
        let hint = name == "login_hint" || name == "lti_message_hint";
        let value = if hint { "aaaaaaaaaaaaaaaaaaaaaaaaaa" } else { &value };
        elsewhere.query_pairs_mut().append_pair(&name, value);
    }
    for browser in [&mut stage.browser(), &mut nina] {
        let hop = browser.get_once(elsewhere.as_str()).await.unwrap();
        assert_eq!(hop.header("passerelle-refusal"), Some("browser_unbound"));
    }
    let (mut nina, request) = stage.until_authorize("nina").await;
    let changed = stage.database.change("UPDATE parked SET sealed = substr(sealed, 1, 200) || 'AAAA'").await;
    assert_eq!(changed, 2);
    let hop = nina.get_once(request.action.as_str()).await.unwrap();
    assert_eq!((hop.status, hop.header("passerelle-refusal")), (503, None), "damage is nobody's refusal");
    assert!(stage.events().await.is_empty(), "nothing was delivered");
}

/// Health and metrics stay inside; launches are not served there.
async fn each_listener_has_its_own_doors(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let mut browser = stage.browser();
    for path in ["/metrics", "/healthz", "/readyz"] {
        assert_eq!(
            browser.get_once(&format!("{}{path}", stage.broker.url)).await.unwrap().status,
            404,
            "{path}"
        );
        assert_eq!(
            browser.get_once(&format!("{}{path}", stage.broker.ops)).await.unwrap().status,
            200,
            "{path}"
        );
    }
    let request = stage.ent.login_request(&Launch::new("nina", "atlas")).unwrap();
    let hop = browser.post_once(&format!("{}/lti/login", stage.broker.ops), &request).await.unwrap();
    assert_eq!(hop.status, 404);
}

/// A master key that every account of the machine can read is none.
#[test]
fn a_master_key_that_others_can_read_is_refused() {
    let database = Database::new(Engine::Sqlite);
    let environment = Broker::environment(&database, free_port(), free_port());
    assert_eq!(passerelle_in(&environment, &["keys", "init"]).code, Some(0));
    let (_, file) = environment.iter().find(|(name, _)| name == "PASSERELLE_MASTER_KEY_FILE").unwrap();
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    for mode in [0o640, 0o604, 0o620] {
        fs::set_permissions(file, PermissionsExt::from_mode(mode)).unwrap();
        let exit = passerelle_in(&environment, &["serve"]);
        assert_eq!(exit.code, Some(3), "{mode:o}: {}", exit.stderr);
        assert!(exit.stderr.contains("chmod 600"), "{mode:o}: {}", exit.stderr);
    }
}

/// A row of the threat model: its letter, and what answers it.
struct Threat {
    line: usize,
    letter: String,
    answer: String,
}

fn threats() -> Vec<Threat> {
    let text = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let (before, model) = text.split_once("\n## Threat model\n").unwrap();
    let (model, _) = model.split_once("\n## ").unwrap();
    let first = before.lines().count() + 2;
    let rows =
        model.lines().enumerate().filter(|(_, line)| line.starts_with("| ") && !line.starts_with("| STRIDE"));
    let threat = |(at, row): (usize, &str)| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 4, "docs/security.md:{}: four cells: {row}", first + at);
        Threat { line: first + at, letter: cells[0].to_owned(), answer: cells[3].to_owned() }
    };
    rows.map(threat).collect()
}

/// A threat is answered by tests that exist, or it is open, in so many words.
#[test]
fn every_threat_names_its_test() {
    let (tests, threats) = (tests_by_file(), threats());
    let mut wrong = Vec::new();
    for threat in &threats {
        let named: Vec<&str> = threat.answer.split('`').skip(1).step_by(2).collect();
        if named.is_empty() && threat.answer != "**open**" {
            wrong.push(format!(
                "docs/security.md:{}: neither a test nor open: {}",
                threat.line, threat.answer
            ));
        }
        for test in named.into_iter().filter(|test| !is_there(&tests, test)) {
            wrong.push(format!("docs/security.md:{}: there is no test `{test}`", threat.line));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    let letters: BTreeSet<&str> = threats.iter().map(|threat| threat.letter.as_str()).collect();
    assert_eq!(letters, BTreeSet::from(["S", "T", "R", "I", "D", "E"]), "STRIDE has six letters");
    assert!(threats.len() >= 60);
}

/// `module::test`, where the module's names stand in the path of the test's file, in this order.
fn is_there(tests: &[(String, String)], name: &str) -> bool {
    let mut parts: Vec<&str> = name.split("::").collect();
    let function = parts.pop().unwrap();
    let within = |path: &str| {
        let mut folders = path.trim_end_matches(".rs").split('/');
        parts.iter().all(|part| folders.any(|folder| folder == *part))
    };
    !parts.is_empty() && tests.iter().any(|(path, own)| own == function && within(path))
}

on_both_engines!(
    hostile_names_are_refused_and_no_fault,
    what_strangers_send_leaves_no_row,
    a_row_that_was_moved_or_changed_lets_nobody_through,
    each_listener_has_its_own_doors,
);
