//! What was sent about one person: the report against what the publisher received over the wire.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use crate::stage::{
    ATLAS, COLLEGE, Ending, Engine, Federation, LYCEE, Stage, on_both_engines, person, roles,
};

/// What a launch released by the wire: the attributes for which the token has a claim, under GAR's names.
fn on_the_wire(received: &Value) -> BTreeSet<String> {
    let claims = [("family_name", "NOM"), ("given_name", "PRE"), ("email", "P_MEL")];
    let mut names: BTreeSet<String> = claims
        .iter()
        .filter(|(claim, _)| received.get(claim).is_some())
        .map(|(_, name)| (*name).to_owned())
        .collect();
    let custom = &received["https://purl.imsglobal.org/spec/lti/claim/custom"];
    names.extend(custom.as_object().into_iter().flatten().map(|(name, _)| name.clone()));
    names
}

/// The number of a launch, from the receipt in the token.
fn launch_of(received: &Value) -> String {
    let receipt = received.as_object().unwrap().iter().find(|(name, _)| name.ends_with("/claim/receipt"));
    let payload = receipt.unwrap().1.as_str().unwrap().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap();
    claims["jti"].as_str().unwrap().to_owned()
}

fn agreed(names: &[&str]) -> String {
    let line = |name: &&str| {
        format!(
            "{{ name = \"{name}\", purpose = \"essai\", approved_by = \"dpo\", approved_on = 2020-01-01 }}"
        )
    };
    let lines: Vec<_> = names.iter().map(line).collect();
    format!("\n[[agreement]]\nresource = \"{ATLAS}\"\nattributes = [{}]\n", lines.join(", "))
}

fn federation(names: &'static [&'static str]) -> impl FnOnce(Federation) -> Federation {
    move |federation| {
        federation
            .open_to_all()
            .person(
                "sub-nina",
                &format!("{{ school = \"{LYCEE}\", profile = \"pupil\", groups = [\"2DE3\"] }}"),
            )
            .with(&agreed(names))
    }
}

fn report(stage: &Stage, subject: &str) -> Value {
    let told = stage.command(&["person", "show", &format!("ent/ent/{subject}"), "--json"]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    serde_json::from_str(&told.stdout).unwrap()
}

fn disclosed(report: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let launches = report["disclosed"].as_array().unwrap().iter();
    let names = |sent: &Value| {
        let names = sent["attributes"].as_array().unwrap().iter();
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    launches.map(|sent| (sent["launch"].as_str().unwrap().to_owned(), names(sent))).collect()
}

/// T1: what the report says was sent is what the publisher received, launch by launch, whatever was agreed at the time;
/// before the journal was rolled up, after it, and after another process wrote.
async fn t1_what_is_told_is_what_the_wire_carried(engine: Engine) {
    let people = ["nina", "omar"].map(|name| person(name, "1", &[roles::PUPIL])).to_vec();
    let mut stage = Stage::open(engine, people, federation(&[])).await;
    let mut wire = BTreeMap::new();
    let launch = async |stage: &Stage, wire: &mut BTreeMap<_, _>| {
        assert_eq!(stage.ending("nina").await, Ending::Delivered);
        let received = stage.received();
        wire.insert(launch_of(&received), on_the_wire(&received));
    };
    launch(&stage, &mut wire).await;
    assert_eq!(stage.ending("omar").await, Ending::Delivered);
    for names in [&["PRE", "UAI"][..], &["NOM", "PRE", "DIV", "idENT"], &["UAI", "P_MEL"]] {
        assert_eq!(stage.apply(federation(names), &["--prune"]).code, Some(0));
        let before: BTreeSet<_> = wire.values().cloned().collect();
        while wire.values().all(|names| before.contains(names)) {
            launch(&stage, &mut wire).await;
        }
        let told = report(&stage, "sub-nina");
        assert_eq!(disclosed(&told), wire);
    }
    let distinct: BTreeSet<_> = wire.values().collect();
    assert_eq!(distinct.len(), 4, "each agreement sent something else: {wire:?}");
    let rolled = "SELECT CAST(count(*) AS TEXT) FROM commitment_seen";
    // The job looks at everything when it starts.
    stage.broker.crash_and_restart();
    stage.eventually(async || stage.database.ask(rolled).await == ["2"]).await;
    assert_eq!(disclosed(&report(&stage, "sub-nina")), wire, "after the roll-up");
    launch(&stage, &mut wire).await;
    let told = report(&stage, "sub-nina");
    assert_eq!(disclosed(&told), wire, "and what came behind it");
    assert_eq!(disclosed(&report(&stage, "sub-omar")).len(), 1, "nobody else's");
    for sent in told["disclosed"].as_array().unwrap() {
        assert_eq!(sent["name"], "Éditeur de test");
        assert_eq!((&sent["school"], &sent["resource"]), (&LYCEE.into(), &ATLAS.into()));
    }
    let text = told.to_string();
    for pseudonym in [stage.received()["sub"].as_str().unwrap(), "Prénom", "Nom"] {
        assert!(!text.contains(pseudonym), "values are in no report: {pseudonym}");
    }
}

/// What is held now: identity, school, group, seat, and that a publisher has a pseudonym.
async fn what_is_held_is_told(engine: Engine) {
    let lines = format!(
        "from = 2020-01-01\nuntil = {}\nkind = \"INDIV\"\naudience = [\"pupil\"]\nseats = 10",
        crate::stage::in_days(30)
    );
    let write = |f: Federation| {
        let person = format!("{{ school = \"{LYCEE}\", profile = \"pupil\", groups = [\"2DE3\"] }}");
        let seat = "\n[[assignment]]\nsubscription = \"abo\"\nperson = { ent = \"ent\", namespace = \"ent\", subject = \"sub-nina\" }\n";
        f.subscription("abo", &lines).person("sub-nina", &person).with(seat)
    };
    let stage = Stage::open(engine, vec![person("nina", "1", &[roles::PUPIL])], write).await;
    let before = report(&stage, "sub-nina");
    assert_eq!(before["held"]["known_to"], serde_json::json!([]), "nobody has a pseudonym yet");
    assert_eq!(before["disclosed"], serde_json::json!([]));
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let held = report(&stage, "sub-nina")["held"].clone();
    assert_eq!(held["identities"][0]["subject"], "sub-nina");
    assert_eq!(
        (&held["schools"][0]["school"], &held["schools"][0]["name"]),
        (&LYCEE.into(), &"Lycée de test".into())
    );
    assert_eq!(held["groups"][0]["code"], "2DE3");
    assert_eq!(
        (&held["seats"][0]["subscription"], &held["seats"][0]["title"]),
        (&"abo".into(), &"Atlas".into())
    );
    assert_eq!(
        (&held["known_to"][0]["sector"], &held["known_to"][0]["pseudonyms"]),
        (&"secteur".into(), &1.into())
    );
    let shown = stage.command(&["person", "show", "ent/ent/sub-nina"]).stdout;
    for line in
        ["identity ent/ent/sub-nina (file)", "seat of abo (Atlas), by name", "pseudonym at Éditeur de test"]
    {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(!shown.contains(COLLEGE));
}

/// The document for the person, in both languages and as JSON, readable by its owner only.
async fn the_document_is_written_once(engine: Engine) {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::plain(engine).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let who = "ent/ent/sub-nina";
    for (options, words) in [
        (&[][..], "Ce qui a été transmis"),
        (&["--english"], "What was passed on"),
        (&["--json"], "\"disclosed\""),
    ] {
        let file = stage.database.folder().join(format!("person{}", options.len() + words.len()));
        let all: Vec<&str> = ["person", "export", who, "--out", file.to_str().unwrap()]
            .into_iter()
            .chain(options.iter().copied())
            .collect();
        let done = stage.command(&all);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{options:?}");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(words) && text.contains("sub-nina"), "{words}");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(stage.command(&all).code, Some(1), "a file that is there is not overwritten");
    }
    let unknown = stage.command(&["person", "show", "ent/ent/sub-nobody"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(1), ""));
    assert!(unknown.stderr.contains("nobody is known as ent/ent/sub-nobody"), "{}", unknown.stderr);
    assert_eq!(stage.command(&["person", "show", "other/ent/sub-nina"]).code, Some(1), "nor at another ENT");
    assert_eq!(stage.command(&["person", "show", "nina"]).code, Some(2));
}

on_both_engines!(
    t1_what_is_told_is_what_the_wire_carried,
    what_is_held_is_told,
    the_document_is_written_once
);
