//! Backup and restore: the drill, into either engine, and what is refused.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use conformance::jose::verify;
use openssl::sha::sha256;
use serde_json::Value;

use crate::stage::{
    Broker, Database, Ending, Engine, Exit, Federation, Stage, on_both_engines, passerelle_in, person, roles,
};

const NAMES: [&str; 4] = ["nina", "omar", "lise", "paul"];

/// An environment with variables set.
fn with(environment: &[(String, String)], set: &[(&str, &str)]) -> Vec<(String, String)> {
    let kept = environment.iter().filter(|(name, _)| !set.iter().any(|(other, _)| other == name)).cloned();
    kept.chain(set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect()
}

/// The environment of the same broker on another host: its database there, and a copy of the master key.
fn elsewhere(stage: &Stage, there: &Database) -> Vec<(String, String)> {
    let key = there.folder().join("master.key");
    std::fs::copy(stage.database.folder().join("master.key"), &key).unwrap();
    let set = [("PASSERELLE_DATABASE_URL", there.url.as_str()), ("PASSERELLE_MASTER_KEY_FILE", text(&key))];
    with(&stage.broker.environment, &set)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// chain, seq, prev, hash, body of every event.
async fn journal(database: &Database) -> Vec<[String; 5]> {
    let events = match database.engine {
        Engine::Sqlite => {
            "SELECT json_array(chain, CAST(seq AS TEXT), lower(hex(prev)), lower(hex(hash)), body) FROM event ORDER BY chain, seq"
        }
        Engine::Postgres => {
            "SELECT json_build_array(chain, seq::text, encode(prev, 'hex'), encode(hash, 'hex'), body)::text FROM event ORDER BY chain COLLATE \"C\", seq"
        }
    };
    database.ask(events).await.iter().map(|event| serde_json::from_str(event).unwrap()).collect()
}

/// Each event carries the hash of the one before it, and its own is right.
fn check_links(journal: &[[String; 5]]) {
    let mut heads: BTreeMap<&str, (u64, String)> = BTreeMap::new();
    for [chain, seq, prev, hash, body] in journal {
        let hex = |hash: [u8; 32]| data_encoding::HEXLOWER.encode(&hash);
        let genesis = || (0, hex(sha256(format!("passerelle chain\n{chain}").as_bytes())));
        let (before, head) = heads.remove(chain.as_str()).unwrap_or_else(genesis);
        assert_eq!((seq.parse::<u64>().unwrap(), prev), (before + 1, &head), "{chain}");
        let digest = sha256(format!("passerelle event\n{body}").as_bytes());
        let prev = data_encoding::HEXLOWER.decode(prev.as_bytes()).unwrap();
        let linked = [b"passerelle link\n".as_slice(), &prev, &digest].concat();
        assert_eq!(*hash, hex(sha256(&linked)), "{chain} {seq}");
        heads.insert(chain, (before + 1, hash.clone()));
    }
}

/// What the publisher calls each person, and their course.
async fn names(stage: &Stage) -> BTreeMap<&'static str, [Value; 3]> {
    let mut names = BTreeMap::new();
    for name in NAMES {
        assert_eq!(stage.ending(name).await, Ending::Delivered, "{name}");
        let received = stage.received();
        let lti =
            |claim: &str| received[format!("https://purl.imsglobal.org/spec/lti/claim/{claim}")].clone();
        names.insert(name, [received["sub"].clone(), lti("context")["id"].clone(), lti("deployment_id")]);
    }
    names
}

/// A stage on which everybody has opened the atlas; with seats, so that those are counted too.
async fn played(engine: Engine) -> Stage {
    let people = NAMES.map(|name| person(name, "1", &[roles::PUPIL])).to_vec();
    let lines = format!(
        "from = 2020-01-01\nuntil = {}\nkind = \"INDIV\"\naudience = [\"pupil\"]\nseats = 10",
        crate::stage::in_days(30)
    );
    let assigned = "\n[[assignment]]\nsubscription = \"abo\"\neveryone = true\n";
    Stage::open(engine, people, |f: Federation| f.subscription("abo", &lines).with(assigned)).await
}

async fn drill(from: Engine, to: Engine) {
    let mut stage = played(from).await;
    let before = names(&stage).await;
    let (mut used, token) = stage.until_token("nina").await;
    assert_eq!(stage.go(&mut used, &token).await, Ending::Delivered);
    let (mut parked, request) = stage.until_authorize("omar").await;
    let file = stage.database.folder().join("night.backup");

    let second = Broker::beside(&stage.broker);
    let (taken, tokens) = stage
        .under_load("lise", [&stage.broker, &second], stage.command_meanwhile(&["backup", text(&file)]))
        .await;
    assert_eq!(taken.code, Some(0), "{}", taken.stderr);
    assert!(taken.stdout.starts_with("backup: ") && !tokens.is_empty(), "{}", taken.stdout);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    drop(second);

    let there = Database::new(to);
    let environment = elsewhere(&stage, &there);
    let restored = passerelle_in(&environment, &["restore", text(&file)]);
    assert_eq!(restored.code, Some(0), "{}", restored.stderr);
    let verified = passerelle_in(&environment, &["journal", "verify"]);
    assert_eq!(verified.code, Some(0), "{}", verified.stdout);
    let (old, new) = (journal(&stage.database).await, journal(&there).await);
    check_links(&old);
    check_links(&new);
    assert!(new.len() > NAMES.len() && new.iter().all(|event| old.contains(event)), "{} events", new.len());
    let listed = passerelle_in(&environment, &["keys", "list"]).stdout;
    assert_eq!(listed.lines().filter(|line| line.starts_with("carrier ")).count(), 1, "{listed}");
    let carrier = |listed: &str| listed.lines().find(|line| line.starts_with("carrier ")).unwrap().to_owned();
    assert_ne!(carrier(&listed), carrier(&stage.command(&["keys", "list"]).stdout));

    stage.broker.crash_and_restart_in(environment);
    let replayed = stage.go(&mut used, &token).await;
    assert!(matches!(&replayed, Ending::Refused(_)), "a token that was used before: {replayed:?}");
    let again = stage.go(&mut parked, &request).await;
    assert!(matches!(&again, Ending::Told(_)), "what was parked is not delivered elsewhere: {again:?}");
    assert_eq!(names(&stage).await, before, "nobody is called otherwise");
    assert_eq!(
        there.ask("SELECT CAST(used AS TEXT) FROM pool").await,
        ["4"],
        "a seat is kept, not taken again"
    );
    check_links(&journal(&there).await);
    let set = stage.browser().get_once(&format!("{}/.well-known/jwks.json", stage.broker.url)).await.unwrap();
    let set = serde_json::from_str(&set.body).unwrap();
    assert!(
        tokens.iter().all(|token| verify(token, &set).is_ok()),
        "publishers go on with the keys they know"
    );
}

async fn the_drill_into_sqlite(engine: Engine) {
    drill(engine, Engine::Sqlite).await;
}

async fn the_drill_into_postgres(engine: Engine) {
    drill(engine, Engine::Postgres).await;
}

/// The one line of a command that changed nothing.
fn refused(exit: &Exit, code: i32, words: &str) {
    assert_eq!((exit.code, exit.stdout.as_str()), (Some(code), ""), "{words}: {}", exit.stderr);
    assert!(exit.stderr.contains(words), "{words}: {}", exit.stderr);
    assert_eq!(exit.stderr.trim_end().lines().count(), 1, "{}", exit.stderr);
}

async fn what_cannot_be_restored_is_refused(engine: Engine) {
    let stage = played(engine).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let folder = stage.database.folder();
    let file = folder.join("night.backup");
    let taken = stage.command(&["backup", text(&file)]);
    assert_eq!(taken.code, Some(0), "{}", taken.stderr);
    refused(&stage.command(&["backup", text(&file)]), 1, "never overwrites");
    refused(&stage.command(&["backup", text(&folder.join("no/where.backup"))]), 1, "no/where.backup");
    refused(&stage.command(&["restore", text(&file)]), 1, "is not empty");

    let there = Database::new(engine);
    let environment = elsewhere(&stage, &there);
    let bytes = std::fs::read(&file).unwrap();
    let other = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    let newer = written_by(&bytes, |header| header["schema"] = 9999.into());
    for (path, words) in [
        (other("changed.backup", &changed), "not a whole backup"),
        (other("short.backup", &bytes[..bytes.len() - 1]), "not a whole backup"),
        (other("none.backup", b"no backup"), "not a whole backup"),
        (other("newer.backup", &newer), "schema 9999"),
        (folder.join("absent.backup"), "absent.backup"),
    ] {
        refused(&passerelle_in(&environment, &["restore", text(&path)]), 1, words);
    }
    let files = std::fs::read_dir(there.folder()).unwrap().count();
    assert_eq!(files, 1, "no database is made for a backup that is none");
    let key = other("other.key", b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let wrong = with(&environment, &[("PASSERELLE_MASTER_KEY_FILE", text(&key))]);
    refused(&passerelle_in(&wrong, &["restore", text(&file)]), 3, "not the master key");
    let none = with(&environment, &[("PASSERELLE_MASTER_KEY_FILE", "")]);
    refused(&passerelle_in(&none, &["restore", text(&file)]), 3, "no master key");
    let restored = passerelle_in(&environment, &["restore", text(&file)]);
    assert_eq!(restored.code, Some(0), "after all that, into the same database: {}", restored.stderr);
}

/// The backup with another first line. Its digest is no longer right, but that is not what it is refused for.
fn written_by(bytes: &[u8], change: impl Fn(&mut Value)) -> Vec<u8> {
    use std::io::{Read, Write};
    let mut lines = String::new();
    flate2::read::GzDecoder::new(bytes).read_to_string(&mut lines).unwrap();
    let (first, rest) = lines.split_once('\n').unwrap();
    let mut header = serde_json::from_str(first).unwrap();
    change(&mut header);
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    write!(out, "{header}\n{rest}").unwrap();
    out.finish().unwrap()
}

/// SIGKILL while a database is filled: it is empty, and is filled by the next attempt. While a backup is written: there
/// is none.
async fn a_kill_leaves_nothing_half(engine: Engine) {
    let stage = played(engine).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let many = match engine {
        Engine::Sqlite => {
            "INSERT INTO first_use (name, expires) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT 'nonce ' || i, 4000000000000 FROM n"
        }
        Engine::Postgres => {
            "INSERT INTO first_use (name, expires) SELECT 'nonce ' || i, 4000000000000 FROM generate_series(1, 300000) AS i"
        }
    };
    assert_eq!(stage.database.change(many).await, 300_000);
    let folder = tempfile::tempdir().unwrap();
    let (half, file) = (folder.path().join("half.backup"), folder.path().join("whole.backup"));
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    let mut backup = start(&stage.broker.environment, &["backup", text(&half)]);
    stage.eventually(async || files() > 0).await;
    backup.kill().unwrap();
    backup.wait().unwrap();
    assert!(!half.exists(), "a backup has its name only when it is whole");
    assert_eq!(stage.command(&["backup", text(&file)]).code, Some(0));

    let there = Database::new(engine);
    let environment = elsewhere(&stage, &there);
    assert_eq!(passerelle_in(&environment, &["restore", text(&half)]).code, Some(1));
    // A key that is refused opens the database all the same, and gives it its tables.
    assert_eq!(passerelle_in(&environment, &["keys", "list"]).code, Some(0));
    let filled = async || there.ask("SELECT CAST(count(*) AS TEXT) FROM sealed_key").await[0] != "0";
    let mut restore = start(&environment, &["restore", text(&file)]);
    stage.eventually(async || is_writing(&there, engine).await).await;
    restore.kill().unwrap();
    restore.wait().unwrap();
    assert!(!filled().await, "whole or not at all");
    let restored = passerelle_in(&environment, &["restore", text(&file)]);
    assert_eq!(restored.code, Some(0), "{}", restored.stderr);
    assert_eq!(
        there.ask("SELECT CAST(count(*) AS TEXT) FROM first_use WHERE name LIKE 'nonce %'").await,
        ["300000"]
    );
}

fn start(environment: &[(String, String)], arguments: &[&str]) -> std::process::Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passerelle"));
    command.args(arguments).env_clear().envs(environment.iter().cloned());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Whether somebody has written a good part of a database, and has not committed it.
async fn is_writing(database: &Database, engine: Engine) -> bool {
    match engine {
        Engine::Sqlite => {
            let log = database.folder().join("passerelle.db-wal");
            std::fs::metadata(log).is_ok_and(|log| log.len() > 1_000_000)
        }
        Engine::Postgres => {
            let size = "SELECT (pg_relation_size('first_use') > 1000000)::text";
            database.ask(size).await == ["true"]
        }
    }
}

on_both_engines!(
    the_drill_into_sqlite,
    the_drill_into_postgres,
    what_cannot_be_restored_is_refused,
    a_kill_leaves_nothing_half,
);

#[test]
fn a_backup_makes_no_database() {
    let database = Database::new(Engine::Sqlite);
    let environment = Broker::environment(&database, 1, 2);
    let file = database.folder().join("x.backup");
    refused(&passerelle_in(&environment, &["backup", text(&file)]), 3, "there is no such file");
    assert_eq!(std::fs::read_dir(database.folder()).unwrap().count(), 0);
}
