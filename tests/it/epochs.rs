//! Changes of epoch from outside (P11): one publisher's sector calls everybody anew, its publisher is told once what replaces
//! what, and nobody else notices anything.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use openssl::pkey::{Id, PKey};
use openssl::sign::Verifier;
use serde_json::Value;

use crate::api::Program;
use crate::stage::{Ending, Engine, Exit, Federation, Stage, on_both_engines, person, roles};

const MAP: &str = "/sectors/secteur/epochs/2/map";
const HEARD: &str = "/sectors/secteur/epochs/2/acknowledgement";
/// Everything that is called anything, but people in the sector.
const OTHERS: &str = "SELECT sector || ' ' || kind || ' ' || subject || ' ' || value FROM pseudonym \
                      WHERE NOT (sector = 'secteur' AND kind = 'person') ORDER BY 1";

async fn stage(engine: Engine) -> Stage {
    let people = ["lea", "max", "nina"].map(|name| person(name, "1", &[roles::PUPIL])).to_vec();
    let other = "\n[[organisation]]\nid = \"autre\"\nname = \"Autre\"\nroles = [\"publisher\"]\n\
                 \n[[sector]]\nid = \"ailleurs\"\norganisation = \"autre\"\n";
    Stage::open(engine, people, |f: Federation| f.open_to_all().with(other)).await
}

async fn called(stage: &Stage, name: &str) -> String {
    assert_eq!(stage.ending(name).await, Ending::Delivered, "{name}: {}", stage.broker.log());
    stage.received()["sub"].as_str().unwrap().to_owned()
}

fn done(exit: &Exit) -> Value {
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    serde_json::from_str(&exit.stdout).unwrap()
}

fn publisher(stage: &Stage) -> Program {
    Program::of(stage, &["publisher-manager", "--organisation", "editeur"])
}

/// The map, once its last line says that it is whole and the broker's.
async fn map(stage: &Stage) -> BTreeMap<String, String> {
    let answer = publisher(stage).get(MAP).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let (lines, end) =
        answer.text.trim_end().rsplit_once('\n').map_or(("", answer.text.trim_end()), |(a, b)| (a, b));
    let told = if lines.is_empty() { String::new() } else { format!("{lines}\n") };
    let end: Value = serde_json::from_str(end).unwrap();
    let digest = HEXLOWER.encode(openssl::sha::sha256(told.as_bytes()).as_slice());
    let claims = verified(stage, end["signature"].as_str().unwrap()).await;
    assert_eq!((&claims["sector"], &claims["epoch"]), (&"secteur".into(), &2.into()));
    assert_eq!((&claims["sha256"], &claims["lines"]), (&digest.clone().into(), &end["lines"]));
    assert_eq!(end["sha256"], digest);
    assert_eq!(end["lines"].as_u64().unwrap() as usize, told.lines().count());
    let pair = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        (line["old"].as_str().unwrap().to_owned(), line["new"].as_str().unwrap().to_owned())
    };
    told.lines().map(pair).collect()
}

/// The claims of a compact JWS, verified with the published keys of the journal and no code of ours.
async fn verified(stage: &Stage, token: &str) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let keys = client.get(format!("{}/.well-known/passerelle-journal.json", stage.broker.url)).send().await;
    let keys: Value = serde_json::from_str(&keys.unwrap().text().await.unwrap()).unwrap();
    let part = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
    let [header, body, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let about: Value = serde_json::from_slice(&part(header)).unwrap();
    assert_eq!(about["typ"], "passerelle-epoch+jwt");
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == about["kid"]).unwrap();
    let key = PKey::public_key_from_raw_bytes(&part(key["x"].as_str().unwrap()), Id::ED25519).unwrap();
    let mut verifier = Verifier::new_without_digest(&key).unwrap();
    assert!(verifier.verify_oneshot(&part(signature), format!("{header}.{body}").as_bytes()).unwrap());
    serde_json::from_slice(&part(body)).unwrap()
}

async fn p11_a_sector_calls_everybody_anew_and_its_publisher_is_told_once(engine: Engine) {
    let stage = stage(engine).await;
    let (lea, max) = (called(&stage, "lea").await, called(&stage, "max").await);
    let file = stage.database.folder().join("values.csv");
    std::fs::write(&file, "identity,value\nent/ent/sub-lea,Eleve/042\nent/ent/sub-max,Eleve/043\n").unwrap();
    done(&stage.command(&["directory", "identifiers", "ailleurs", file.to_str().unwrap(), "--json"]));
    let others = stage.database.ask(OTHERS).await;
    let dry = done(&stage.command(&["directory", "rotate", "secteur", "--dry-run", "--json"]));
    assert_eq!((&dry["done"], &dry["people"], &dry["epoch"]), (&false.into(), &2.into(), &2.into()));
    assert_eq!(called(&stage, "lea").await, lea, "nothing happened");
    let rotated = done(&stage.command(&["directory", "rotate", "secteur", "--json"]));
    assert_eq!((&rotated["done"], &rotated["people"]), (&true.into(), &2.into()));

    let (new_lea, nina) = (called(&stage, "lea").await, called(&stage, "nina").await);
    assert_ne!(new_lea, lea);
    let told = map(&stage).await;
    assert_eq!(
        told.keys().collect::<Vec<_>>(),
        {
            let mut both = [&lea, &max];
            both.sort();
            both
        },
        "and not {nina}"
    );
    assert_eq!((&told[&lea], &told[&max]), (&new_lea, &called(&stage, "max").await));
    assert_eq!(map(&stage).await, told, "a connection that broke off is not the loss of the map");
    assert_eq!(stage.database.ask(OTHERS).await, others, "every other publisher's, byte for byte");

    let again = stage.command(&["directory", "rotate", "secteur"]);
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("has not acknowledged the map of epoch 2"), "{}", again.stderr);
    let own = publisher(&stage);
    let acknowledged = own.send("POST", HEARD, &[], None).await;
    assert_eq!(acknowledged.json()["acknowledged"], true, "{acknowledged:?}");
    assert_eq!(own.get(MAP).await.code(), "map_delivered");
    assert_eq!(own.send("POST", HEARD, &[], None).await.code(), "map_delivered");
    let report = done(&stage.command(&["person", "show", "ent/ent/sub-lea", "--json"]));
    assert_eq!(report["disclosed"].as_array().unwrap().len(), 3, "what was sent under either value");
    let third = done(&stage.command(&["directory", "rotate", "secteur", "--json"]));
    assert_eq!((&third["epoch"], &third["people"]), (&3.into(), &3.into()));
    assert!(![lea, new_lea].contains(&called(&stage, "lea").await));
    let told = stage.changes("epoch").await;
    let told: Vec<_> = told.iter().map(|change| change["change"].as_str().unwrap()).collect();
    assert_eq!(told, ["read", "read", "acknowledge"], "who has read the map stands in the journal");
    let verbs: Vec<_> = stage.changes("sector").await.iter().map(|change| change["change"].clone()).collect();
    assert_eq!(verbs.iter().filter(|verb| **verb == "rotate").count(), 2, "{verbs:?}");
}

async fn nobody_but_the_publisher_is_told(engine: Engine) {
    let stage = stage(engine).await;
    called(&stage, "lea").await;
    done(&stage.command(&["directory", "rotate", "secteur", "--json"]));
    let foreign = Program::of(&stage, &["publisher-manager", "--organisation", "autre"]);
    for path in [MAP, "/sectors/secteur/epochs"] {
        assert_eq!(foreign.get(path).await.code(), "not_found", "{path}");
    }
    assert_eq!(foreign.send("POST", HEARD, &[], None).await.code(), "not_found");
    for role in [&["operator"][..], &["dpo"], &["auditor"]] {
        let other = Program::of(&stage, role);
        assert_eq!(other.get(MAP).await.code(), "role_insufficient", "{role:?}");
        assert_eq!(other.send("POST", HEARD, &[], None).await.code(), "role_insufficient", "{role:?}");
    }
    for absent in
        ["/sectors/secteur/epochs/1/map", "/sectors/secteur/epochs/x/map", "/sectors/nulle/epochs/2/map"]
    {
        assert_eq!(publisher(&stage).get(absent).await.code(), "not_found", "{absent}");
    }
    let listed = publisher(&stage).get("/sectors/secteur/epochs").await.json();
    assert_eq!((&listed["items"][0]["values"], &listed["items"][0]["delivered"]), (&1.into(), &Value::Null));
}

/// P12 and P11: whoever is erased is in no map, and the publisher is told of both values.
async fn whoever_is_erased_is_in_no_map(engine: Engine) {
    let stage = stage(engine).await;
    let (lea, max) = (called(&stage, "lea").await, called(&stage, "max").await);
    done(&stage.command(&["directory", "rotate", "secteur", "--json"]));
    let new = called(&stage, "lea").await;
    assert_eq!(stage.command(&["person", "erase", "ent/ent/sub-lea", "--yes"]).code, Some(0));
    assert_eq!(map(&stage).await.into_keys().collect::<Vec<_>>(), [max]);
    let notices = done(&stage.command(&["erasures", "notices", "secteur", "--json"]));
    let mut told: Vec<&str> =
        notices.as_array().unwrap().iter().map(|one| one["value"].as_str().unwrap()).collect();
    told.sort_unstable();
    let mut both = [lea.as_str(), new.as_str()];
    both.sort_unstable();
    assert_eq!(told, both);
}

/// People who are linked and parted around a change of epoch are called what the map says.
async fn links_and_changes_of_epoch_agree(engine: Engine) {
    let stage = stage(engine).await;
    let (lea, max) = (called(&stage, "lea").await, called(&stage, "max").await);
    let pairs = stage.database.folder().join("pairs.csv");
    std::fs::write(&pairs, "first,second\nent/ent/sub-lea,ent/ent/sub-max\n").unwrap();
    done(&stage.command(&["directory", "link", pairs.to_str().unwrap(), "--json"]));
    done(&stage.command(&["directory", "rotate", "secteur", "--json"]));
    let told = map(&stage).await;
    assert_eq!(told.len(), 1, "the publisher goes on with one of both");
    let (old, new) = told.into_iter().next().unwrap();
    assert!([lea, max].contains(&old));
    for name in ["lea", "max"] {
        let so = async || stage.ending(name).await == Ending::Delivered && stage.received()["sub"] == *new;
        stage.eventually(so).await;
    }
}

/// SIGKILL at any moment: every person has one value, calling it again finishes, and whoever launched meanwhile keeps the value
/// that they were given.
async fn kills_leave_a_change_that_can_be_finished(engine: Engine) {
    let stage = stage(engine).await;
    for epoch in 2..8_u64 {
        for name in ["lea", "max", "nina"] {
            called(&stage, name).await;
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_passerelle"))
            .args(["directory", "rotate", "secteur"])
            .env_clear()
            .envs(stage.broker.environment.clone())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(30 * (epoch - 2))).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let lea = called(&stage, "lea").await;
        let began =
            stage.database.ask("SELECT CAST(COUNT(*) AS TEXT) FROM rotation WHERE delivered IS NULL").await;
        let finished = stage.command(&["directory", "rotate", "secteur"]);
        let filled = finished.stderr.contains("has not acknowledged");
        assert!(filled || finished.code == Some(0), "{}", finished.stderr);
        if began == ["1"] {
            assert_eq!(called(&stage, "lea").await, lea, "begun: she was called by it already");
        }
        let open = "SELECT CAST(COUNT(*) AS TEXT) FROM rotation WHERE filled IS NULL";
        assert_eq!(stage.database.ask(open).await, ["0"]);
        let current = "SELECT CAST(COUNT(*) AS TEXT) FROM pseudonym WHERE kind = 'person' AND is_current = 1";
        assert_eq!(stage.database.ask(current).await, ["3"]);
        let heard = format!("/sectors/secteur/epochs/{epoch}/acknowledgement");
        assert_eq!(publisher(&stage).send("POST", &heard, &[], None).await.status, 200);
    }
}

on_both_engines!(
    p11_a_sector_calls_everybody_anew_and_its_publisher_is_told_once,
    nobody_but_the_publisher_is_told,
    whoever_is_erased_is_in_no_map,
    links_and_changes_of_epoch_agree,
    kills_leave_a_change_that_can_be_finished,
);
