//! What rosters say is kept to those whom it is for: sealed, in backups too.

use super::{LYCEE, custom, import, of, others, pupil, school, send, staff, stage};
use crate::stage::{Ending, Engine, Stage, on_both_engines, passerelle_in};

/// Parts of names and addresses that are part of nothing else.
const SECRETS: [&str; 4] = ["Quenneville", "Zoraïde", "zq.lise", "1999-09-09"];

fn found_in(place: &str, bytes: &[u8]) {
    for secret in SECRETS {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} is in the {place}");
    }
}

fn roster() -> conformance::roster::School {
    let mut lycee = school(LYCEE, others(3));
    lycee.pupils.push(conformance::roster::Pupil {
        birth_date: Some("1999-09-09".to_owned()),
        ..pupil("nina", &["6A"])
    });
    lycee.staff.push(conformance::roster::Staff { manager: true, ..staff("lise", "ens") });
    lycee
}

/// L1: no name, no mail and no date of birth of a roster is anywhere in plain but where an agreement lets it through.
async fn l1_what_a_roster_says_stands_nowhere_in_plain(engine: Engine) {
    let stage =
        Stage::open_with(engine, super::cast(), super::listed_only, &[("PASSERELLE_LOG__LEVEL", "debug")])
            .await;
    send(&stage, 1, &[roster()]);
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    assert_eq!(stage.received()["given_name"], "Zoraïde-nina");
    found_in("journal", format!("{:?}", stage.events().await).as_bytes());
    found_in("metrics", stage.metrics().await.as_bytes());
    let Stage { broker, database, .. } = stage;
    let (_, log) = broker.stop();
    found_in("log", log.as_bytes());
    let bytes = database.bytes();
    assert!(bytes.windows(8).any(|window| window == b"sub-nina"), "the scan reads the database");
    found_in("database", &bytes);
}

/// A backup holds rosters, sealed; restored elsewhere, a pupil launches as before, and the same archive changes nobody.
async fn a_backup_carries_rosters(engine: Engine) {
    let mut stage = stage(engine).await;
    send(&stage, 1, &[roster()]);
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    let before = stage.received();
    let file = stage.database.folder().join("all.backup");
    assert_eq!(stage.command(&["backup", file.to_str().unwrap()]).code, Some(0));
    let there = crate::stage::Database::new(match engine {
        Engine::Sqlite => Engine::Postgres,
        Engine::Postgres => Engine::Sqlite,
    });
    let mut environment = stage.broker.environment.clone();
    for (name, value) in &mut environment {
        if name == "PASSERELLE_DATABASE_URL" {
            value.clone_from(&there.url);
        }
    }
    let restored = passerelle_in(&environment, &["restore", file.to_str().unwrap()]);
    assert_eq!(restored.code, Some(0), "{}", restored.stderr);
    stage.broker.crash_and_restart_in(environment);
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    assert_eq!(
        (&stage.received()["sub"], &stage.received()["given_name"]),
        (&before["sub"], &before["given_name"])
    );
    assert_eq!(custom(&stage, "DIV").as_deref(), Some("6A##Classe 6A"));
    let (exit, report) = import(&stage, &super::archive(&stage, 2, &[roster()]), &[]);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert_eq!(of(&report, LYCEE)["unchanged"], 5);
    drop(there);
}

/// A key of people that is replaced leaves everything open, and the next archive seals it anew without changing anybody.
async fn a_replaced_key_changes_nobody(engine: Engine) {
    let stage = stage(engine).await;
    send(&stage, 1, &[roster()]);
    let sealing = "SELECT DISTINCT CAST(substr(sealed, 1, 16) AS TEXT) FROM roster_person";
    let before = stage.database.ask(sealing).await;
    assert_eq!(stage.command(&["keys", "rotate", "people", "--now"]).code, Some(0));
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    assert_eq!(stage.received()["given_name"], "Zoraïde-nina", "old keys open");
    let report = send(&stage, 2, &[roster()]);
    assert_eq!(super::counts(&report, LYCEE), [0, 0, 5, 0, 0]);
    let after = stage.database.ask(sealing).await;
    assert!(after.len() == 1 && after != before);
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    assert_eq!(stage.received()["given_name"], "Zoraïde-nina");
}

on_both_engines!(
    l1_what_a_roster_says_stands_nowhere_in_plain,
    a_backup_carries_rosters,
    a_replaced_key_changes_nobody,
);
