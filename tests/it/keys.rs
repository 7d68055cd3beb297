//! Keys while launches go on: rotation by command and by schedule, a new master key, and what goes wrong with its file.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use conformance::jose::verify;
use serde_json::Value;

use crate::stage::{
    Broker, Ending, Engine, Federation, Stage, on_both_engines, passerelle_in, person, roles,
};

/// Time passes: an hour for keys that are next, and a little more than that for those that are retired.
const AN_HOUR: &str = "UPDATE sealed_key SET since = since - 3600000 WHERE state = 'next'";
const MORE: &str =
    "UPDATE sealed_key SET since = since - 3900001 WHERE state = 'retired' AND purpose <> 'carrier'";
const A_DAY: &str = "UPDATE sealed_key SET since = since - 86400000 WHERE state = 'retired'";
const A_YEAR: &str = "UPDATE sealed_key SET since = since - 31536000000 WHERE state = 'active'";

async fn key_set(stage: &Stage, broker: &Broker) -> Value {
    let url = format!("{}/.well-known/jwks.json", broker.url);
    let hop = stage.browser().get_once(&url).await.unwrap();
    assert_eq!(hop.header("cache-control"), Some("public, max-age=1800"));
    serde_json::from_str(&hop.body).unwrap()
}

fn kids(set: &Value) -> BTreeSet<String> {
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid_of(token: &str, set: &Value) -> String {
    verify(token, set).unwrap().0["kid"].as_str().unwrap().to_owned()
}

/// The ids of the keys of a state, by purpose.
async fn in_state(stage: &Stage, state: &str) -> Vec<String> {
    let all =
        stage.database.ask("SELECT purpose || ' ' || state || ' ' || kid FROM sealed_key ORDER BY 1").await;
    all.into_iter().filter(|line| line.split(' ').nth(1) == Some(state)).collect()
}

/// Waits until both brokers publish a set that is as wanted, and gives it.
async fn published(
    stage: &Stage,
    brokers: [&Broker; 2],
    wanted: impl Fn(&BTreeSet<String>) -> bool,
) -> Value {
    stage
        .eventually(async || {
            wanted(&kids(&key_set(stage, brokers[0]).await))
                && wanted(&kids(&key_set(stage, brokers[1]).await))
        })
        .await;
    key_set(stage, brokers[0]).await
}

/// T-04. Peers keep a key set for half an hour: whichever set they hold, every token verifies with it.
async fn a_rotation_fails_no_launch(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let second = Broker::beside(&stage.broker);
    let both = [&stage.broker, &second];
    let old = key_set(&stage, &second).await;
    let (mut parked, request) = stage.until_authorize("nina").await;

    let (overlap, tokens) = stage
        .under_load("nina", both, async {
            let rotated = stage.command_meanwhile(&["keys", "rotate"]).await;
            assert_eq!(
                (rotated.code, rotated.stdout.matches("+ ").count()),
                (Some(0), 5),
                "{}",
                rotated.stderr
            );
            let again = stage.command_meanwhile(&["keys", "rotate", "lti-platform"]).await;
            assert!(again.stdout.starts_with("= lti-platform key"), "{}", again.stdout);
            published(&stage, both, |kids| kids.len() == 4).await
        })
        .await;
    assert!(kids(&old).is_subset(&kids(&overlap)), "the new keys are published before they sign");
    for token in &tokens {
        assert_eq!(kid_of(token, &old), kid_of(token, &overlap));
    }
    let first = kid_of(&tokens[0], &old);

    // An hour later every copy that a peer may keep was read within that hour.
    let (_, tokens) = stage
        .under_load("nina", both, async {
            assert_eq!(stage.database.change(AN_HOUR).await, 5);
            stage.eventually(async || in_state(&stage, "retired").await.len() == 5).await;
            stage.eventually(async || signs_anew(&stage, both, &first, &overlap).await).await;
        })
        .await;
    let signed: BTreeSet<_> = tokens.iter().map(|token| kid_of(token, &overlap)).collect();
    assert_eq!(signed.len(), 2, "both keys have signed, and one copy verifies both");
    assert_eq!(
        stage.go(&mut parked, &request).await,
        Ending::Delivered,
        "what the old carrier key sealed opens"
    );
    let now = key_set(&stage, &second).await;
    assert!(tokens.iter().all(|token| verify(token, &now).is_ok()), "the old key stays published");

    let (last, tokens) = stage
        .under_load("nina", both, async {
            assert_eq!(stage.database.change(MORE).await, 4);
            published(&stage, both, |kids| kids.len() == 2).await
        })
        .await;
    assert!(kids(&last).is_disjoint(&kids(&old)));
    assert!(tokens.iter().all(|token| verify(token, &last).is_ok() && verify(token, &now).is_ok()));
    stage.database.change(A_DAY).await;
    stage.eventually(async || in_state(&stage, "retired").await.len() == 2).await;
    let listed = stage.command(&["keys", "list"]).stdout;
    assert_eq!(listed.matches("its successor is made on").count(), 5, "{listed}");
    assert!(in_state(&stage, "retired").await[0].starts_with("journal "), "what it signed is kept for years");
    assert_eq!(listed.matches("kept for what it made").count(), 2, "{listed}");
    let journalled = stage.events().await;
    assert!(journalled.iter().all(|event| event["outcome"] == "delivered"));
}

/// Whether both brokers sign with another key.
async fn signs_anew(stage: &Stage, both: [&Broker; 2], first: &str, set: &Value) -> bool {
    let mut anew = true;
    for broker in both {
        anew &= kid_of(&stage.launch_over("nina", broker, broker).await, set) != first;
    }
    anew
}

/// Two brokers start when the time of every key has come: each purpose gets one next key. What has no period gets none.
async fn a_schedule_makes_one_key_a_purpose(engine: Engine) {
    let never = [("PASSERELLE_KEYS__SIGNING_DAYS", "0")];
    let people = vec![person("nina", "1", &[roles::PUPIL])];
    let mut stage = Stage::open_with(engine, people, Federation::open_to_all, &never).await;
    let second = Broker::beside(&stage.broker);
    assert_eq!(stage.database.change(A_YEAR).await, 5);
    stage.eventually(async || !in_state(&stage, "next").await.is_empty()).await;
    assert!(in_state(&stage, "next").await[0].starts_with("carrier next "));
    let listed = stage.command(&["keys", "list"]).stdout;
    assert_eq!(listed.matches("rotates by command").count(), 4, "{listed}");
    drop(second);
    let environment =
        stage.broker.environment.iter().filter(|(name, _)| name != never[0].0).cloned().collect();
    stage.broker.crash_and_restart_in(environment);
    let second = Broker::beside(&stage.broker);
    stage.eventually(async || in_state(&stage, "next").await.len() == 5).await;
    assert_eq!(stage.database.change(AN_HOUR).await, 5);
    stage.eventually(async || in_state(&stage, "retired").await.len() == 5).await;
    assert_eq!(in_state(&stage, "active").await.len(), 5);
    assert_eq!(in_state(&stage, "next").await, Vec::<String>::new());
    drop(second);
}

/// The key may have leaked: nothing that it signed counts any more, and what comes is signed by another.
async fn a_leaked_key_is_gone_at_once(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let second = Broker::beside(&stage.broker);
    let leaked = stage.launch_over("nina", &second, &second).await;
    let old = key_set(&stage, &second).await;
    let without = stage.command(&["keys", "rotate", "--now"]);
    assert_eq!(without.code, Some(2), "of which purpose: {}", without.stderr);
    let replaced = stage.command(&["keys", "rotate", "lti-platform", "--now"]);
    assert_eq!(replaced.code, Some(0), "{}", replaced.stderr);
    let leaked_kid = kid_of(&leaked, &old);
    let set = published(&stage, [&stage.broker, &second], |kids| !kids.contains(&leaked_kid)).await;
    assert_eq!(kids(&set).len(), 2);
    assert!(verify(&leaked, &set).is_err());
    let token = stage.launch_over("nina", &stage.broker, &second).await;
    assert!(verify(&token, &set).is_ok() && verify(&token, &old).is_err());
    assert_eq!(stage.command(&["keys", "rotate", "nothing"]).code, Some(2));
}

/// The master key file of a stage, to be written as an operator would.
struct MasterFile(PathBuf);

impl MasterFile {
    fn of(stage: &Stage) -> Self {
        Self(stage.database.folder().join("master.key"))
    }

    fn lines(&self) -> Vec<String> {
        std::fs::read_to_string(&self.0).unwrap().lines().map(str::to_owned).collect()
    }

    fn write(&self, lines: &[&str]) {
        let mut file = std::fs::File::create(&self.0).unwrap();
        file.write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    }
}

/// 32 random bytes in base64url.
fn line() -> String {
    let mut bits = [0; 32];
    openssl::rand::rand_bytes(&mut bits).unwrap();
    data_encoding::BASE64URL_NOPAD.encode(&bits)
}

fn subject(token: &str, set: &Value) -> String {
    verify(token, set).unwrap().1["sub"].as_str().unwrap().to_owned()
}

/// P8. The master key changes while launches go on over two brokers, one of which nobody told.
async fn a_new_master_key_fails_no_launch(engine: Engine) {
    let mut stage = Stage::plain(engine).await;
    let second = Broker::beside(&stage.broker);
    let both = [&stage.broker, &second];
    let (file, new) = (MasterFile::of(&stage), line());
    let old = file.lines()[0].clone();
    let set = key_set(&stage, &second).await;
    let (_, tokens) = stage
        .under_load("nina", both, async {
            file.write(&[&new, &old]);
            hang_up(&stage, &stage.broker).await;
            let rewrapped = stage.command_meanwhile(&["keys", "rewrap"]).await;
            assert!(rewrapped.stdout.starts_with("rewrap: 7 of 7 keys sealed anew"), "{}", rewrapped.stderr);
            file.write(&[&new]);
            for broker in both {
                hang_up(&stage, broker).await;
            }
            let again = stage.command_meanwhile(&["keys", "rewrap"]).await;
            assert!(again.stdout.starts_with("rewrap: 0 of 7"), "{}", again.stderr);
        })
        .await;
    let subjects: BTreeSet<_> = tokens.iter().map(|token| subject(token, &set)).collect();
    assert_eq!(subjects.len(), 1, "no pseudonym changed");
    file.write(&[&old]);
    refuses(&stage.broker.environment, "not the master key of this database");
    file.write(&[&new]);
    stage.broker.crash_and_restart();
    let token = stage.launch_over("nina", &stage.broker, &second).await;
    assert_eq!(Some(&subject(&token, &set)), subjects.first());
}

/// Tells a broker that the master key file has changed, and waits until it has read it.
async fn hang_up(stage: &Stage, broker: &Broker) {
    let read = || broker.log().matches("after SIGHUP").count();
    let before = read();
    broker.signal("-HUP");
    stage.eventually(async || read() > before).await;
}

/// A start that ends with 3 and one line.
fn refuses(environment: &[(String, String)], words: &str) {
    let exit = passerelle_in(environment, &["serve"]);
    assert_eq!((exit.code, exit.stdout.as_str()), (Some(3), ""), "{}", exit.stderr);
    assert!(exit.stderr.contains(words), "{words}: {}", exit.stderr);
    assert_eq!(exit.stderr.trim_end().lines().count(), 1, "{}", exit.stderr);
}

/// P8, R1. SIGKILL in the middle of a rewrap: brokers that know both lines serve, others do not start, and it goes on.
async fn a_rewrap_that_was_killed_goes_on(engine: Engine) {
    const SECTORS: usize = 600;
    let sectors = |federation: Federation| {
        let more = (0..SECTORS).map(|n| format!("\n[[sector]]\nid = \"s{n}\"\norganisation = \"editeur\"\n"));
        federation.open_to_all().with(&more.collect::<String>())
    };
    let mut stage = Stage::open(engine, vec![person("nina", "1", &[roles::PUPIL])], sectors).await;
    let sealed = async || stage.database.ask("SELECT sealed FROM sector_key ORDER BY sector").await;
    let before = sealed().await;
    assert_eq!(before.len(), SECTORS + 1);
    let changed = async || sealed().await.iter().zip(&before).filter(|(now, then)| now != then).count();
    let (file, new) = (MasterFile::of(&stage), line());
    let old = file.lines()[0].clone();
    file.write(&[&new, &old]);
    let mut rewrap = Command::new(env!("CARGO_BIN_EXE_passerelle"))
        .args(["keys", "rewrap"])
        .env_clear()
        .envs(stage.broker.environment.clone())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    stage.eventually(async || changed().await > 0).await;
    rewrap.kill().unwrap();
    rewrap.wait().unwrap();
    let done = changed().await;
    assert!(0 < done && done < SECTORS, "it was killed in the middle: {done}");
    assert_eq!(stage.ending("nina").await, Ending::Delivered, "nobody told this broker");
    file.write(&[&old]);
    refuses(&stage.broker.environment, "does not open under any line of the master key");
    file.write(&[&new]);
    refuses(&stage.broker.environment, "not the master key of this database");
    file.write(&[&new, &old]);
    let rest = stage.command(&["keys", "rewrap"]);
    assert_eq!(rest.code, Some(0), "{}", rest.stderr);
    file.write(&[&new]);
    stage.broker.crash_and_restart();
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
}

/// Whatever is wrong with the file of a broker that runs: it says so, and goes on with the lines that it has.
async fn a_wrong_master_key_file_stops_no_broker(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let file = MasterFile::of(&stage);
    let good = file.lines()[0].clone();
    for (lines, words) in [
        (&["AAAA"][..], "line 1"),
        (&[&good, "not a key"], "line 2"),
        (&[""], "master.key"),
        (&["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"], "not the master key of this database"),
    ] {
        file.write(lines);
        let said = stage.broker.log().matches(words).count();
        stage.broker.signal("-HUP");
        stage.eventually(async || stage.broker.log().matches(words).count() > said).await;
        refuses(&stage.broker.environment, words);
        assert_eq!(stage.ending("nina").await, Ending::Delivered);
        let ready = stage.browser().get_once(&format!("{}/readyz", stage.broker.ops)).await.unwrap();
        assert_eq!(ready.status, 200, "{}", ready.body);
    }
    assert!(!stage.broker.log().contains(&good), "no key is ever logged");
}

/// A host whose file was forgotten: it says that it should get no more launches, until it has the new line.
async fn a_host_that_was_forgotten_says_so(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let (file, new) = (MasterFile::of(&stage), line());
    let elsewhere = MasterFile(stage.database.folder().join("elsewhere.key"));
    std::fs::copy(&file.0, &elsewhere.0).unwrap();
    elsewhere.write(&[&new, &file.lines()[0]]);
    let mut environment = stage.broker.environment.clone();
    environment.push(("PASSERELLE_MASTER_KEY_FILE".to_owned(), elsewhere.0.to_str().unwrap().to_owned()));
    let ready = async || stage.browser().get_once(&format!("{}/readyz", stage.broker.ops)).await.unwrap();
    assert_eq!(ready().await.status, 200);
    let rewrapped = passerelle_in(&environment, &["keys", "rewrap"]);
    assert_eq!(rewrapped.code, Some(0), "{}", rewrapped.stderr);
    stage.eventually(async || ready().await.status == 503).await;
    assert!(ready().await.body.contains("not the master key of this database"));
    file.write(&[&new]);
    stage.broker.signal("-HUP");
    stage.eventually(async || ready().await.status == 200).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
}

on_both_engines!(
    a_rotation_fails_no_launch,
    a_schedule_makes_one_key_a_purpose,
    a_leaked_key_is_gone_at_once,
    a_new_master_key_fails_no_launch,
    a_rewrap_that_was_killed_goes_on,
    a_wrong_master_key_file_stops_no_broker,
    a_host_that_was_forgotten_says_so,
);
