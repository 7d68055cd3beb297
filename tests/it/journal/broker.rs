//! The journal of a real broker: commands, receipts, a school far from the database, and a death.

use std::path::Path;

use conformance::Browser;
use serde_json::Value;

use super::witness::{Witness, rebuilt};
use crate::stage::{
    ATLAS, Database, Ending, Engine, Exit, Federation, LYCEE, Stage, on_both_engines, passerelle, person,
    roles,
};

/// Launches need an agreement, so that a receipt has something to name.
fn agreed(federation: Federation) -> Federation {
    let line = |name: &str| {
        format!(
            "{{ name = \"{name}\", purpose = \"to greet\", approved_by = \"dpo\", approved_on = 2026-01-01 }}"
        )
    };
    let lines = [line("PRE"), line("UAI")].join(", ");
    federation
        .open_to_all()
        .with(&format!("\n[[agreement]]\nresource = \"{ATLAS}\"\nattributes = [{lines}]\n"))
}

async fn open(engine: Engine) -> Stage {
    let stage = Stage::open(engine, vec![person("nina", "1", &[roles::PUPIL])], agreed).await;
    stage.settled().await;
    stage
}

/// How many events are of the broker itself: what the stage's federation file changed.
async fn of_broker(database: &Database) -> usize {
    database.ask("SELECT body FROM event WHERE chain LIKE 'broker/%'").await.len()
}

async fn published(stage: &Stage) -> String {
    let url = format!("{}/.well-known/passerelle-journal.json", stage.broker.url);
    stage.browser().get_once(&url).await.unwrap().body
}

fn done(exit: &Exit) -> &str {
    assert_eq!(exit.code, Some(0), "{}{}", exit.stdout, exit.stderr);
    &exit.stdout
}

/// A school's computer: it has the file, the published keys, and nothing of ours but the program.
fn at_the_school(file: &Path, keys: &Path) -> Exit {
    passerelle(&["journal", "verify", file.to_str().unwrap(), "--keys", keys.to_str().unwrap()], &[])
}

/// L4 by hand: launch, checkpoint, export, verify; touch it, and it is found.
async fn an_export_travels_to_the_school(engine: Engine) {
    let stage = open(engine).await;
    for _ in 0..3 {
        assert_eq!(stage.ending("nina").await, Ending::Delivered);
    }
    assert!(done(&stage.command(&["journal", "verify"])).contains("not covered  3 events"));
    done(&stage.command(&["journal", "checkpoint"]));
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let (file, keys) =
        (stage.database.folder().join("export.jsonl"), stage.database.folder().join("keys.json"));
    let asked = ["journal", "export", "--school", LYCEE, "--out", file.to_str().unwrap()];
    done(&stage.command(&asked));
    std::fs::write(&keys, published(&stage).await).unwrap();
    let told = at_the_school(&file, &keys);
    for words in ["covered      3 events", "not covered  1 event", "receipts     4", "everything fits"] {
        assert!(done(&told).contains(words), "{words}: {}", told.stdout);
    }
    let export = std::fs::read_to_string(&file).unwrap();
    let seen = Witness::new(&published(&stage).await).export(&export).unwrap();
    assert_eq!((seen.covered, seen.uncovered, seen.receipts), (3, 1, 4));
    let touched = export.replacen("delivered", "delivereb", 1);
    std::fs::write(&file, touched).unwrap();
    let told = at_the_school(&file, &keys);
    assert_eq!(told.code, Some(1));
    assert!(
        told.stdout.contains("event 1: its text, or the hash before it, does not give its hash"),
        "{}",
        told.stdout
    );
    let verified = stage.command(&["journal", "verify"]);
    let covered = 3 + of_broker(&stage.database).await;
    assert!(done(&verified).contains(&format!("covered      {covered} events")));
    stage.database.change("DELETE FROM event WHERE seq = 2").await;
    let verified = stage.command(&["journal", "verify"]);
    assert_eq!(verified.code, Some(1), "{}", verified.stdout);
    assert!(verified.stdout.contains("event 2 is missing"), "{}", verified.stdout);
}

/// What the commands are asked for in vain.
async fn commands_say_what_they_lack(engine: Engine) {
    let stage = open(engine).await;
    assert!(done(&stage.command(&["journal", "checkpoint"])).contains("nothing moved"));
    let unknown = stage.command(&["journal", "export", "--school", "0999999Z"]);
    assert_eq!((unknown.code, unknown.stdout.contains("holds nothing")), (Some(1), false));
    assert!(unknown.stderr.contains("the journal holds nothing of 0999999Z"), "{}", unknown.stderr);
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let unsigned = stage.command(&["journal", "export", "--school", LYCEE]);
    assert_eq!(unsigned.code, Some(1));
    assert!(unsigned.stderr.contains("passerelle journal checkpoint"), "{}", unsigned.stderr);
    assert_eq!(stage.command(&["journal", "export", "--school", "x"]).code, Some(1));
    assert_eq!(stage.command(&["journal", "export", "--school", LYCEE, "--from", "soon"]).code, Some(2));
    assert_eq!(stage.command(&["journal", "verify", "nowhere.jsonl"]).code, Some(1));
}

/// Who verifies or exports only looks: nothing is made, and nothing migrated under brokers of the version before.
async fn who_verifies_or_exports_migrates_nothing(engine: Engine) {
    let stage = open(engine).await;
    let newest = "DELETE FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)";
    assert_eq!(stage.database.change(newest).await, 1);
    let count = "SELECT CAST(count(*) AS TEXT) FROM _sqlx_migrations";
    let left = stage.database.ask(count).await;
    for command in [&["journal", "verify"][..], &["journal", "export", "--school", LYCEE]] {
        let exit = stage.command(command);
        assert_eq!((exit.code, exit.stdout.as_str()), (Some(3), ""), "{command:?}: {}", exit.stderr);
        assert!(exit.stderr.contains("has schema"), "{}", exit.stderr);
    }
    assert_eq!(stage.database.ask(count).await, left);
}

/// `journal checkpoint` ends with 0 where it signed, and with 1 where it did not; it says what it left out, and why.
async fn a_checkpoint_says_what_it_signed_and_what_not(engine: Engine) {
    let mut stage = open(engine).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    done(&stage.command(&["journal", "checkpoint"]));
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    stage.database.change("UPDATE event SET body = replace(body, 'pupil', 'staff') WHERE seq = 2").await;
    let nothing = stage.command(&["journal", "checkpoint"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(1), ""));
    assert!(nothing.stderr.contains("nothing was signed: the journal does not fit"), "{}", nothing.stderr);
    assert!(nothing.stderr.contains("event 2: "), "{}", nothing.stderr);
    stage.broker.crash_and_restart();
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let some = stage.command(&["journal", "checkpoint"]);
    assert!(done(&some).contains("checkpoint 3") && some.stdout.contains("event 2: "), "{}", some.stdout);
    let forged = "UPDATE journal_checkpoint SET token = (SELECT MIN(body) FROM event) WHERE number = 3";
    assert_eq!(stage.database.change(forged).await, 1);
    let refused = stage.command(&["journal", "checkpoint"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    assert!(refused.stderr.contains("the newest checkpoint is not genuine"), "{}", refused.stderr);
}

/// T2: the publisher gets a signed receipt that names what it was told; the school finds the same one in its export.
async fn publisher_and_school_hold_the_same_receipt(engine: Engine) {
    let stage = open(engine).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered, "the publisher's own checks pass");
    let received = stage.received();
    let name = format!("{}/claim/receipt", stage.broker.url);
    let receipt = received[name.as_str()].as_str().unwrap();
    let witness = Witness::new(&published(&stage).await);
    let claims = witness.receipt(receipt).unwrap();
    let lti = |name: &str| &received[format!("https://purl.imsglobal.org/spec/lti/claim/{name}")];
    assert_eq!(claims["iss"], received["iss"]);
    assert_eq!(claims["aud"], received["aud"]);
    assert_eq!(&claims["deployment_id"], lti("deployment_id"));
    assert_eq!((&claims["resource"], &claims["profile"]), (&ATLAS.into(), &"pupil".into()));
    assert_eq!(claims["attributes"], serde_json::json!(["UAI", "PRE"]));
    let members: Vec<&String> = claims.as_object().unwrap().keys().collect();
    assert_eq!(members, ["iss", "aud", "jti", "iat", "deployment_id", "resource", "profile", "attributes"]);
    for value in [LYCEE, "Prénom", received["sub"].as_str().unwrap()] {
        assert!(!claims.to_string().contains(value), "{value} is in the receipt");
    }
    let events: Vec<Value> = stage.events().await;
    assert_eq!((events.len(), events[0]["launch"] == claims["jti"]), (1, true));
    assert_eq!(rebuilt(&events[0]), receipt, "byte for byte");
    let jwks =
        stage.browser().get_once(&format!("{}/.well-known/jwks.json", stage.broker.url)).await.unwrap().body;
    assert!(!jwks.contains("OKP"), "tools find no key that they cannot read");
    let refused = stage.apply(|federation| federation, &["--prune"]);
    assert_eq!(refused.code, Some(0));
    stage.eventually(async || stage.ending("nina").await != Ending::Delivered).await;
    let last = stage.events().await.pop().unwrap();
    assert!(last.get("receipt").is_none(), "a refusal has none");
}

/// Keys rotate, also at once because one may have leaked: what the old ones signed still verifies.
async fn what_an_old_key_signed_still_verifies(engine: Engine) {
    let stage = open(engine).await;
    let kids = async || published(&stage).await.matches("\"kid\"").count();
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    done(&stage.command(&["journal", "checkpoint"]));
    let first = done(&stage.command(&["journal", "export", "--school", LYCEE])).to_owned();
    assert_eq!(kids().await, 1);
    done(&stage.command(&["keys", "rotate", "journal"]));
    stage.eventually(async || kids().await == 2).await;
    done(&stage.command(&["keys", "rotate", "journal", "--now"]));
    stage.eventually(async || kids().await == 3).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    done(&stage.command(&["journal", "checkpoint"]));
    let verified = stage.command(&["journal", "verify"]);
    assert!(done(&verified).contains("3 checkpoints") && verified.stdout.contains("receipts     2"));
    let second = done(&stage.command(&["journal", "export", "--school", LYCEE])).to_owned();
    let witness = Witness::new(&published(&stage).await);
    for (export, events) in [(first, 1), (second, 2)] {
        assert_eq!(witness.export(&export).unwrap().covered, events);
    }
    let keys = "SELECT DISTINCT kid FROM sealed_key WHERE purpose = 'journal'";
    assert_eq!(stage.database.ask(keys).await.len(), 3);
}

/// A stop covers every event; a kill leaves what verifies, and the next process covers it.
async fn a_stop_covers_everything_and_a_kill_loses_nothing(engine: Engine) {
    let mut stage = open(engine).await;
    let clicks: Vec<_> = (0..30)
        .map(|_| {
            let (url, mut browser) = (stage.ent.url().to_owned(), Browser::new().unwrap());
            tokio::spawn(async move { browser.launch(&url, "nina", "atlas").await })
        })
        .collect();
    stage.eventually(async || stage.events().await.len() >= 5).await;
    // The checkpoint of the start is over: a turn that died with its process would last for minutes.
    stage.eventually(async || stage.database.ask("SELECT holder FROM turn").await.is_empty()).await;
    stage.broker.crash_and_restart();
    for click in clicks {
        // A launch that the kill broke off may be begun again; what counts here is what it left.
        let _ = click.await.unwrap();
    }
    let killed = stage.command(&["journal", "verify"]);
    assert!(done(&killed).contains("everything fits"));
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let events = stage.events().await.len() + of_broker(&stage.database).await;
    let Stage { broker, database, .. } = stage;
    let environment = broker.environment.clone();
    let (code, log) = broker.stop();
    assert_eq!(code, Some(0));
    assert!(log.contains("checkpoint of the journal"), "{log}");
    let verified = crate::stage::passerelle_in(&environment, &["journal", "verify"]);
    assert!(done(&verified).contains("not covered  0 events"), "{}", verified.stdout);
    assert!(verified.stdout.contains(&format!("covered      {events} events")), "{}", verified.stdout);
    drop(database);
}

on_both_engines!(
    an_export_travels_to_the_school,
    commands_say_what_they_lack,
    who_verifies_or_exports_migrates_nothing,
    a_checkpoint_says_what_it_signed_and_what_not,
    publisher_and_school_hold_the_same_receipt,
    what_an_old_key_signed_still_verifies,
    a_stop_covers_everything_and_a_kill_loses_nothing,
);
