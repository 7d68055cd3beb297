//! The console through an ENT: whoever is named as a manager enters, by a real launch, and nobody else does.

use conformance::{Browser, Form, Hop};
use serde_json::json;

use super::visitor::Visitor;
use crate::attacks::LTI;
use crate::stage::{COLLEGE, Ending, Engine, Federation, LYCEE, Stage, on_both_engines, person, roles};

/// Nina manages the lycée, Omar the collège; Paul is head of the lycée, and no manager by that.
fn named(federation: Federation) -> Federation {
    let at = |school: &str, profile: &str, more: &str| {
        format!("{{ school = \"{school}\", profile = \"{profile}\"{more} }}")
    };
    federation
        .person("sub-nina", &at(LYCEE, "staff", ", manages = true"))
        .person("sub-omar", &at(COLLEGE, "teacher", ", manages = true"))
        .person("sub-paul", &at(LYCEE, "head", ""))
        .open_to_all()
}

/// A stage on which every tile leads to the console.
async fn stage(engine: Engine) -> Stage {
    let people = vec![
        person("nina", "1", &[roles::TEACHER]),
        person("omar", "1", &[roles::TEACHER]),
        person("paul", "1", &[roles::TEACHER]),
        person("zoe", "1", &[roles::TEACHER]),
    ];
    let stage = Stage::open(engine, people, named).await;
    stage.ent.edit_claims(|claims| claims[format!("{LTI}custom")]["resource"] = json!("console"));
    stage
}

/// What leads to the console, on the page where a launch ended.
async fn entered(stage: &Stage, person: &str) -> (Browser, Hop) {
    let (mut browser, form) = stage.until_token(person).await;
    let hop = browser.post_once(form.action.as_str(), &form.fields).await.unwrap();
    (browser, hop)
}

fn entry_of(hop: &Hop) -> Form {
    let form = hop.form().unwrap_or_else(|| panic!("no form: {hop:?}"));
    assert!(form.action.path() == "/console/enter", "{form:?}");
    form
}

async fn a_manager_enters_by_a_launch(engine: Engine) {
    let stage = stage(engine).await;
    let landing = stage.launch("nina").await;
    assert_eq!((landing.status, landing.url.path()), (200, "/console"), "{}", landing.body);
    assert!(landing.body.contains("Prénom Nom"), "signed in as: {}", landing.body);
    assert!(!landing.body.contains("/console/password"), "whoever comes through an ENT has no password here");
    let changes = stage.changes("account").await;
    let [change] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!((change["change"].as_str(), change["school"].as_str()), (Some("sign-in"), Some(LYCEE)));
    let actor = change["actor"].as_str().unwrap();
    assert!(actor.starts_with("account:school-"), "{actor}");
    // The same person is the same account, and their name is nowhere in clear.
    stage.launch("nina").await;
    assert_eq!(stage.changes("account").await.last().unwrap()["actor"], actor);
    let kept = stage.database.bytes();
    let name = "Prénom".as_bytes();
    assert!(!kept.windows(name.len()).any(|window| window == name), "a name is kept in clear");
    let other = stage.database.ask("SELECT role FROM console_session").await;
    assert!(other.iter().all(|role| *role == format!("{{\"school-manager\":[\"{LYCEE}\"]}}")), "{other:?}");
}

async fn by_the_reserved_link_too(engine: Engine) {
    let stage = stage(engine).await;
    let target = format!("{}/lti/r/console", stage.broker.url);
    stage.ent.edit_claims(move |claims| {
        claims[format!("{LTI}custom")].as_object_mut().unwrap().remove("resource");
        claims[format!("{LTI}target_link_uri")] = json!(target);
    });
    let landing = stage.launch("nina").await;
    assert_eq!(landing.url.path(), "/console", "{}", landing.body);
    let taken = stage.apply(|f| named(f).head("key = \"atlas\"", "key = \"console\""), &[]);
    assert_eq!(taken.code, Some(1), "{}", taken.stdout);
    assert!(taken.stderr.contains("console's own"), "{}", taken.stderr);
}

async fn nobody_else_enters_and_nothing_is_provisioned(engine: Engine) {
    let stage = stage(engine).await;
    let people = "SELECT CAST(count(*) AS TEXT) FROM person";
    let before = stage.database.ask(people).await;
    // A manager of another school, a head, somebody unknown.
    for person in ["omar", "paul", "zoe"] {
        assert_eq!(stage.ending(person).await, Ending::Refused("console_not_manager".to_owned()), "{person}");
    }
    assert_eq!(stage.database.ask(people).await, before);
    assert_eq!(stage.database.ask("SELECT account FROM console_session").await, Vec::<String>::new());
    // What the ENT may not speak for, it may not open either.
    stage.ent.edit_claims(|claims| {
        claims[format!("{LTI}custom")]["resource"] = json!("console");
        claims[format!("{LTI}custom")]["uai"] = json!(COLLEGE);
    });
    assert_eq!(stage.ending("nina").await, Ending::Refused("school_not_of_ent".to_owned()));
    stage.ent.edit_claims(|claims| {
        claims[format!("{LTI}custom")]["resource"] = json!("console");
        claims[format!("{LTI}custom")]["uai"] = json!("no uai");
    });
    assert_eq!(stage.ending("nina").await, Ending::Refused("school_unknown".to_owned()));
}

async fn an_entry_counts_once_and_from_our_own_page(engine: Engine) {
    let stage = stage(engine).await;
    let (_, hop) = entered(&stage, "nina").await;
    let entry = entry_of(&hop).value("entry").unwrap().to_owned();
    let mut visitor = Visitor::of(&stage.broker.url);
    let own = std::mem::replace(&mut visitor.site, vec![("origin", "https://evil.example".to_owned())]);
    // An attacker's page cannot put somebody into the attacker's session.
    assert_eq!(visitor.post("/console/enter", &[("entry", &entry)]).await.status, 403);
    visitor.site = own;
    assert_eq!(visitor.post("/console/enter", &[("entry", "abc")]).await.status, 410);
    assert_eq!(visitor.post("/console/enter", &[("entry", &entry)]).await.location(), "/console");
    assert_eq!(visitor.post("/console/enter", &[("entry", &entry)]).await.status, 410);
    // The sign-on itself counts once.
    let (mut bound, token) = stage.until_token("nina").await;
    let mut twin = bound.clone();
    entry_of(&bound.post_once(token.action.as_str(), &token.fields).await.unwrap());
    let again = twin.post_once(token.action.as_str(), &token.fields).await.unwrap();
    assert_eq!(again.header("passerelle-refusal"), Some("replayed"));
    // And belongs to the browser that began it.
    let (_, token) = stage.until_token("nina").await;
    let stolen = stage.browser().post_once(token.action.as_str(), &token.fields).await.unwrap();
    assert_eq!(stolen.header("passerelle-refusal"), Some("browser_unbound"));
}

/// A parked launch of a pupil is no entry, and trying it takes nothing away.
async fn a_parked_launch_is_no_entry(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let (mut browser, request) = stage.until_authorize("nina").await;
    let (_, hint) = request.action.query_pairs().find(|(name, _)| name == "login_hint").unwrap();
    let mut visitor = Visitor::of(&stage.broker.url);
    assert_eq!(visitor.post("/console/enter", &[("entry", &hint)]).await.status, 410);
    assert_eq!(stage.go(&mut browser, &request).await, Ending::Delivered);
}

async fn whoever_manages_no_more_is_out_at_once(engine: Engine) {
    let stage = stage(engine).await;
    let (_, hop) = entered(&stage, "nina").await;
    let mut visitor = Visitor::of(&stage.broker.url);
    let entry = entry_of(&hop).value("entry").unwrap().to_owned();
    visitor.post("/console/enter", &[("entry", &entry)]).await;
    assert_eq!(visitor.get("/console").await.status, 200);
    let (_, late) = entered(&stage, "nina").await;
    let applied = stage.apply(
        |federation| {
            let here = format!("{{ school = \"{LYCEE}\", profile = \"staff\" }}");
            federation.person("sub-nina", &here).open_to_all()
        },
        &["--prune"],
    );
    assert_eq!(applied.code, Some(0), "{}", applied.stderr);
    assert_eq!(visitor.get("/console").await.location(), "/console/sign-in");
    let entry = entry_of(&late).value("entry").unwrap().to_owned();
    assert_eq!(visitor.post("/console/enter", &[("entry", &entry)]).await.status, 410);
}

on_both_engines! {
    a_manager_enters_by_a_launch,
    by_the_reserved_link_too,
    nobody_else_enters_and_nothing_is_provisioned,
    an_entry_counts_once_and_from_our_own_page,
    a_parked_launch_is_no_entry,
    whoever_manages_no_more_is_out_at_once,
}
