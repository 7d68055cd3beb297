//! Erasure: whoever is erased is gone for ever, from every process, and from every backup before anybody is served.

mod traces;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::stage::{
    Broker, Database, Ending, Engine, Exit, Federation, Stage, in_days, on_both_engines, passerelle_in,
    person, roles,
};

const NINA: &str = "ent/ent/sub-nina";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn with(environment: &[(String, String)], set: &[(&str, &str)]) -> Vec<(String, String)> {
    let kept = environment.iter().filter(|(name, _)| !set.iter().any(|(other, _)| other == name)).cloned();
    kept.chain(set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect()
}

/// A stage with seats for a few pupils, whoever comes.
async fn seated(engine: Engine) -> Stage {
    let people = ["nina", "omar"].map(|name| person(name, "1", &[roles::PUPIL])).to_vec();
    let lines = format!(
        "from = 2020-01-01\nuntil = {}\nkind = \"INDIV\"\naudience = [\"pupil\"]\nseats = 10",
        in_days(30)
    );
    let everyone = "\n[[assignment]]\nsubscription = \"abo\"\neveryone = true\n";
    Stage::open(engine, people, |f: Federation| f.subscription("abo", &lines).with(everyone)).await
}

/// Somebody opens the atlas, and is called so.
async fn called(stage: &Stage, name: &str) -> String {
    assert_eq!(stage.ending(name).await, Ending::Delivered, "{}", stage.broker.log());
    stage.received()["sub"].as_str().unwrap().to_owned()
}

/// The same, as soon as every cache has forgotten who they were.
async fn called_again(stage: &Stage, name: &str) -> String {
    stage.eventually(async || stage.ending(name).await == Ending::Delivered).await;
    stage.received()["sub"].as_str().unwrap().to_owned()
}

fn erased(exit: &Exit) {
    assert_eq!((exit.code, exit.stderr.as_str()), (Some(0), ""));
    assert!(exit.stdout.starts_with("erased: number "), "{}", exit.stdout);
}

fn refused(exit: &Exit, words: &str) {
    assert_eq!((exit.code, exit.stdout.as_str()), (Some(3), ""), "{}", exit.stderr);
    assert!(exit.stderr.contains(words), "{words}: {}", exit.stderr);
    assert_eq!(exit.stderr.trim_end().lines().count(), 1, "{}", exit.stderr);
}

fn values(stage: &Stage, sector: &str) -> Vec<Value> {
    let told = stage.command(&["erasures", "notices", sector, "--json"]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    serde_json::from_str(&told.stdout).unwrap()
}

/// The tables in which a person stands, and the ids that stand there.
const PEOPLE: &str = "SELECT 'person' FROM person UNION ALL SELECT 'root' FROM pseudonym_root UNION ALL \
                      SELECT 'identity' FROM identity UNION ALL SELECT 'affiliation' FROM affiliation UNION ALL \
                      SELECT 'seat' FROM seat UNION ALL SELECT 'name' FROM pseudonym WHERE kind = 'person'";

/// P12: nothing of the person is left, their seat is free, the publisher is told its own value, the journal stays whole and
/// leads nowhere. Whoever comes back is somebody new. Both processes know it within two seconds.
async fn p12_whoever_is_erased_is_gone_and_comes_back_as_somebody_new(engine: Engine) {
    let stage = seated(engine).await;
    let second = Broker::beside(&stage.broker);
    let before = called(&stage, "nina").await;
    stage.launch_over("nina", &second, &second).await;
    let events = stage.events().await;
    let hesitant = stage.command(&["person", "erase", NINA]);
    assert_eq!(hesitant.code, Some(1), "not without --yes");
    assert!(hesitant.stderr.contains("nothing was erased") && hesitant.stdout.contains("sub-nina"));
    assert_eq!(called(&stage, "nina").await, before);

    erased(&stage.command(&["person", "erase", NINA, "--yes"]));
    assert_eq!(stage.database.ask(PEOPLE).await, Vec::<String>::new());
    assert_eq!(stage.database.ask("SELECT CAST(used AS TEXT) FROM pool").await, ["0"]);
    assert_eq!(stage.command(&["person", "show", NINA]).code, Some(1));
    assert_eq!(stage.command(&["person", "erase", NINA, "--yes"]).code, Some(1), "nobody is erased twice");
    let told = values(&stage, "secteur");
    assert_eq!(told.iter().map(|one| one["value"].as_str().unwrap()).collect::<Vec<_>>(), [before.as_str()]);

    let after = called_again(&stage, "nina").await;
    assert_ne!(after, before);
    let both_ways = async || {
        let landing = launch_at(&stage, "nina", &second).await;
        landing == Ending::Delivered && stage.received()["sub"] == after.as_str()
    };
    stage.eventually(both_ways).await;
    let now = stage.events().await;
    assert!(events.iter().all(|event| now.contains(event)), "what happened stays in the journal");
    let report = stage.command(&["person", "show", NINA, "--json"]).stdout;
    let report: Value = serde_json::from_str(&report).unwrap();
    let told: BTreeSet<&str> =
        report["disclosed"].as_array().unwrap().iter().map(|sent| sent["launch"].as_str().unwrap()).collect();
    assert!(!told.is_empty());
    assert!(events.iter().all(|event| !told.contains(event["launch"].as_str().unwrap())), "and is nobody's");
    let changes = stage.database.ask("SELECT body FROM event WHERE body LIKE '%\"change\":\"erase\"%'").await;
    assert_eq!(changes.len(), 1);
    assert!(!changes[0].contains("nina") && !changes[0].contains(&before), "{}", changes[0]);
    let (_, log) = stage.broker.stop();
    assert!(!log.contains("sub-nina") && !log.contains(&before));
}

/// Somebody's click, whose sign-on another broker ends.
async fn launch_at(stage: &Stage, name: &str, broker: &Broker) -> Ending {
    let (mut browser, mut form) = stage.until_token(name).await;
    form.action = url::Url::parse(&form.action.as_str().replace(&stage.broker.url, &broker.url)).unwrap();
    stage.go(&mut browser, &form).await
}

/// A launch that was under way when the person was erased is not delivered.
async fn a_launch_under_way_fails_closed(engine: Engine) {
    let stage = seated(engine).await;
    let before = called(&stage, "nina").await;
    let (mut browser, request) = stage.until_authorize("nina").await;
    let (mut later, another) = stage.until_authorize("nina").await;
    erased(&stage.command(&["person", "erase", NINA, "--yes"]));
    let ending = stage.go(&mut browser, &request).await;
    assert_ne!(ending, Ending::Delivered, "whatever this process remembers");
    assert_ne!(stage.go(&mut later, &another).await, Ending::Delivered);
    called(&stage, "omar").await;
    assert_eq!(
        stage.database.ask("SELECT subject FROM identity").await,
        ["sub-omar"],
        "nothing came back by it"
    );
    assert_ne!(called_again(&stage, "nina").await, before);
}

/// The environment of the same broker on another database, with its ledger and a copy of its master key.
fn elsewhere(stage: &Stage, there: &Database) -> Vec<(String, String)> {
    with(&stage.broker.environment, &[("PASSERELLE_DATABASE_URL", there.url.as_str())])
}

/// P12: a backup from before the erasure serves nobody, nor is anything written into it, until the ledger is replayed.
async fn p12_an_old_backup_serves_nobody_until_the_ledger_is_replayed(engine: Engine) {
    let mut stage = seated(engine).await;
    let nina = called(&stage, "nina").await;
    let omar = called(&stage, "omar").await;
    let file = stage.database.folder().join("night.backup");
    assert_eq!(stage.command(&["backup", text(&file)]).code, Some(0));
    erased(&stage.command(&["person", "erase", NINA, "--yes"]));
    let second = called_again(&stage, "nina").await;
    erased(&stage.command(&["person", "erase", NINA, "--yes"]));

    let there = Database::new(engine);
    let environment = elsewhere(&stage, &there);
    let restored = passerelle_in(&environment, &["restore", text(&file)]);
    assert_eq!(restored.code, Some(0), "{}", restored.stderr);
    assert!(restored.stdout.contains("passerelle erasures replay"), "{}", restored.stdout);
    let federation = stage.database.folder().join("federation.toml");
    for command in [&["serve"][..], &["apply", text(&federation)], &["erasures", "status"]] {
        refused(&passerelle_in(&environment, command), "run `passerelle erasures replay`");
    }
    refused(
        &passerelle_in(&environment, &["person", "erase", "ent/ent/sub-omar", "--yes"]),
        "erasures replay",
    );
    assert_eq!(there.ask("SELECT subject FROM identity ORDER BY subject").await, ["sub-nina", "sub-omar"]);

    let replayed = passerelle_in(&environment, &["erasures", "replay"]);
    assert_eq!(
        (replayed.code, replayed.stdout.as_str()),
        (Some(0), "replayed: 2 erasures\n"),
        "{}",
        replayed.stderr
    );
    assert_eq!(there.ask("SELECT subject FROM identity").await, ["sub-omar"]);
    assert_eq!(there.ask("SELECT CAST(used AS TEXT) FROM pool").await, ["1"]);
    assert_eq!(
        there.ask("SELECT CAST(count(*) AS TEXT) FROM pseudonym_root").await,
        ["1"],
        "no root, no pseudonym"
    );
    let again = passerelle_in(&environment, &["erasures", "replay"]);
    assert_eq!(again.stdout, "replayed: 0 erasures\n");

    stage.broker.crash_and_restart_in(environment);
    assert_eq!(called(&stage, "omar").await, omar, "nobody else is touched");
    let third = called(&stage, "nina").await;
    assert!(third != nina && third != second, "neither of those that she had");
    let told: BTreeSet<_> = values(&stage, "secteur").iter().map(|one| one["value"].to_string()).collect();
    assert_eq!(told.len(), 2, "also of the value that the backup never knew: {told:?}");
    assert_eq!(stage.command(&["journal", "verify"]).code, Some(0));
}

/// P12: a backup from before two accounts were linked knows two people, and the replay takes both.
async fn p12_a_backup_older_than_a_link_brings_nobody_back(engine: Engine) {
    let stage = seated(engine).await;
    called(&stage, "nina").await;
    called(&stage, "omar").await;
    let file = stage.database.folder().join("night.backup");
    assert_eq!(stage.command(&["backup", text(&file)]).code, Some(0));
    let pairs = stage.database.folder().join("pairs.csv");
    std::fs::write(&pairs, "first,second\nent/ent/sub-nina,ent/ent/sub-omar\n").unwrap();
    assert_eq!(stage.command(&["directory", "link", text(&pairs)]).code, Some(0));
    erased(&stage.command(&["person", "erase", NINA, "--yes"]));
    let there = Database::new(engine);
    let environment = elsewhere(&stage, &there);
    assert_eq!(passerelle_in(&environment, &["restore", text(&file)]).code, Some(0));
    assert_eq!(there.ask("SELECT subject FROM identity ORDER BY subject").await, ["sub-nina", "sub-omar"]);
    let replayed = passerelle_in(&environment, &["erasures", "replay"]);
    assert_eq!(replayed.stdout, "replayed: 1 erasures\n", "{}", replayed.stderr);
    assert_eq!(there.ask(PEOPLE).await, Vec::<String>::new());
    assert_eq!(there.ask("SELECT CAST(used AS TEXT) FROM pool").await, ["0"]);
    let told = "SELECT value FROM erasure_notice WHERE value IS NOT NULL";
    assert_eq!(there.ask(told).await.len(), 2, "the publisher is told of both");
}

/// A process that dies between ledger and commit: the next start finishes the erasure, and is not taken for a restore.
async fn what_was_broken_off_is_finished_at_the_next_start(engine: Engine) {
    let mut stage = seated(engine).await;
    let nina = called(&stage, "nina").await;
    let file = stage.database.folder().join("night.backup");
    assert_eq!(stage.command(&["backup", text(&file)]).code, Some(0));
    erased(&stage.command(&["person", "erase", NINA, "--yes"]));
    // The ledger has it. This database is as it was before, and knows that it was begun.
    let there = Database::new(engine);
    let environment = elsewhere(&stage, &there);
    assert_eq!(passerelle_in(&environment, &["restore", text(&file)]).code, Some(0));
    let begun = "INSERT INTO erasure_begun (person, at) SELECT id, 4000000000000 FROM person";
    assert_eq!(there.change(begun).await, 1);
    stage.broker.crash_and_restart_in(environment.clone());
    assert_eq!(there.ask(PEOPLE).await, Vec::<String>::new(), "before anybody was served");
    assert_eq!(there.ask("SELECT CAST(count(*) AS TEXT) FROM erasure_begun").await, ["0"]);
    assert_ne!(called(&stage, "nina").await, nina);
    assert_eq!(stage.command(&["erasures", "status"]).code, Some(0));
}

/// SIGKILL at any moment of an erasure: it is done, or it is not, and never in between.
async fn kills_leave_nothing_half(engine: Engine) {
    let stage = seated(engine).await;
    let lines = || {
        let ledger = stage.database.folder().join("erasures");
        std::fs::read_to_string(ledger).unwrap().lines().count()
    };
    let mut gone = 0;
    for n in 0..12 {
        let before = called_again(&stage, "nina").await;
        let written = lines();
        let mut child = Command::new(env!("CARGO_BIN_EXE_passerelle"))
            .args(["person", "erase", NINA, "--yes"])
            .env_clear()
            .envs(stage.broker.environment.clone())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(20 * n)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let status = stage.command(&["erasures", "status"]);
        assert_eq!(status.code, Some(0), "{}", status.stderr);
        let known = stage.command(&["person", "show", NINA]).code == Some(0);
        assert_eq!(lines() == written, known, "in the ledger or not, and here the same");
        gone += usize::from(!known);
        assert_eq!(called_again(&stage, "nina").await == before, known);
    }
    let told = values(&stage, "secteur");
    assert_eq!(told.len(), gone, "each of them is told once");
    assert_eq!(stage.command(&["journal", "verify"]).code, Some(0));
}

/// Where the ledger cannot be written, nobody is erased, and that is said.
async fn a_full_disk_erases_nobody(engine: Engine) {
    let Some(disk) = Database::on_small_disk(1) else { return };
    let ledger = disk.folder().join("erasures");
    let people = vec![person("nina", "1", &[roles::PUPIL])];
    let set = [("PASSERELLE_ERASURE_LEDGER", text(&ledger))];
    let stage = Stage::open_with(engine, people, Federation::open_to_all, &set).await;
    let before = called(&stage, "nina").await;
    let filler = disk.folder().join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    for size in [64 * 1024, 512, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
    // The last page of the ledger may have room for a line; the next page has not.
    let mut before = before;
    for _ in 0..10 {
        if stage.command(&["person", "erase", NINA, "--yes"]).code != Some(0) {
            break;
        }
        before = called_again(&stage, "nina").await;
    }
    let refusal = stage.command(&["person", "erase", NINA, "--yes"]);
    refused(&refusal, "nothing was erased");
    assert!(refusal.stderr.to_lowercase().contains("no space"), "{}", refusal.stderr);
    assert_eq!(called(&stage, "nina").await, before, "she is who she was");
    drop(file);
    std::fs::remove_file(&filler).unwrap();
    erased(&stage.command(&["person", "erase", NINA, "--yes"]));
    assert_eq!(stage.command(&["erasures", "status"]).code, Some(0));
}

/// A database without its ledger, with another's, or with one that lost lines, serves nobody; where it is lost for good, a new
/// one can be begun, and then no older backup is ever served.
async fn no_database_serves_without_its_ledger(engine: Engine) {
    let mut stage = seated(engine).await;
    called(&stage, "nina").await;
    let file = stage.database.folder().join("night.backup");
    assert_eq!(stage.command(&["backup", text(&file)]).code, Some(0));
    erased(&stage.command(&["person", "erase", NINA, "--yes"]));
    let ledger = stage.database.folder().join("erasures");
    let whole = std::fs::read_to_string(&ledger).unwrap();
    let serve = || passerelle_in(&stage.broker.environment, &["serve"]);
    let put = |text: &str| std::fs::write(&ledger, text).unwrap();

    let first = whole.lines().next().unwrap();
    put(&format!("{first}\n"));
    refused(&serve(), "lines of the ledger are lost");
    put(&format!("{first}\n{first}\n"));
    refused(&serve(), "is damaged in line 2");
    put(&whole.replacen("sealed\":\"e", "sealed\":\"f", 1));
    refused(&serve(), "is damaged");
    std::fs::remove_file(&ledger).unwrap();
    refused(&serve(), "the erasure ledger of this database is not at");
    assert_eq!(stage.command(&["erasures", "renew"]).code, Some(1), "not without --yes");
    put(&whole);
    assert_eq!(stage.command(&["erasures", "renew", "--yes"]).code, Some(1), "nothing is lost");
    // Written while it was torn: it counts for nothing.
    put(&format!("{whole}{{\"sequence\":2,"));
    stage.broker.crash_and_restart();

    std::fs::remove_file(&ledger).unwrap();
    let renewed = stage.command(&["erasures", "renew", "--yes"]);
    assert_eq!(
        (renewed.code, renewed.stdout.as_str()),
        (Some(0), "renewed: a new ledger, after erasure 1\n"),
        "{}",
        renewed.stderr
    );
    stage.broker.crash_and_restart();
    called(&stage, "nina").await;
    erased(&stage.command(&["person", "erase", NINA, "--yes"]));
    let there = Database::new(engine);
    let environment = elsewhere(&stage, &there);
    assert_eq!(passerelle_in(&environment, &["restore", text(&file)]).code, Some(0));
    for command in [&["serve"][..], &["erasures", "replay"]] {
        refused(&passerelle_in(&environment, command), "is the erasure ledger of another database");
    }
    put(&whole);
    refused(
        &passerelle_in(&stage.broker.environment, &["serve"]),
        "is the erasure ledger of another database",
    );
}

/// The ledger in a second database, as several hosts need it that share no file system.
async fn the_ledger_may_be_a_second_database(engine: Engine) {
    let second = Database::new(engine);
    let people = vec![person("nina", "1", &[roles::PUPIL])];
    let set = [("PASSERELLE_ERASURE_LEDGER", second.url.as_str())];
    let mut stage = Stage::open_with(engine, people, Federation::open_to_all, &set).await;
    let before = called(&stage, "nina").await;
    erased(&stage.command(&["person", "erase", NINA, "--yes"]));
    assert_eq!(second.ask("SELECT CAST(count(*) AS TEXT) FROM erasure_ledger").await, ["2"]);
    stage.broker.crash_and_restart();
    let after = called(&stage, "nina").await;
    assert_ne!(after, before);
    second.change("DELETE FROM erasure_ledger WHERE number = 2").await;
    refused(&stage.command(&["serve"]), "lines of the ledger are lost");
    let own = with(&stage.broker.environment, &[("PASSERELLE_ERASURE_LEDGER", stage.database.url.as_str())]);
    refused(&passerelle_in(&own, &["serve"]), "is the broker's own database");
}

/// What a sector has heard is counted, and its value goes.
async fn a_notice_is_acknowledged_once(engine: Engine) {
    let stage = seated(engine).await;
    called(&stage, "nina").await;
    erased(&stage.command(&["person", "erase", NINA, "--yes"]));
    let id = values(&stage, "secteur")[0]["id"].as_str().unwrap().to_owned();
    let acknowledge = |sector: &str| stage.command(&["erasures", "acknowledge", sector, &id]).stdout;
    assert_eq!(
        acknowledge("other"),
        "acknowledged: 0 notices\n",
        "another sector's is not its to acknowledge"
    );
    assert_eq!(acknowledge("secteur"), "acknowledged: 1 notices\n");
    assert_eq!(acknowledge("secteur"), "acknowledged: 0 notices\n");
    assert!(values(&stage, "secteur").is_empty());
    let all = stage.command(&["erasures", "notices", "secteur", "--all"]).stdout;
    assert!(all.contains(" acknowledged\n") && all.ends_with("notices: 1\n"), "{all}");
    assert_eq!(stage.database.ask("SELECT CAST(count(value) AS TEXT) FROM erasure_notice").await, ["0"]);
}

on_both_engines!(
    p12_whoever_is_erased_is_gone_and_comes_back_as_somebody_new,
    a_launch_under_way_fails_closed,
    p12_an_old_backup_serves_nobody_until_the_ledger_is_replayed,
    p12_a_backup_older_than_a_link_brings_nobody_back,
    what_was_broken_off_is_finished_at_the_next_start,
    kills_leave_nothing_half,
    a_full_disk_erases_nobody,
    no_database_serves_without_its_ledger,
    the_ledger_may_be_a_second_database,
    a_notice_is_acknowledged_once,
);

/// Hosts must be told where the ledger is that all of them share.
#[test]
fn on_postgres_a_ledger_must_be_named() {
    let database = Database::new(Engine::Postgres);
    let environment = Broker::environment(&database, 1, 2);
    assert_eq!(passerelle_in(&environment, &["keys", "init"]).code, Some(0));
    let without = with(&environment, &[("PASSERELLE_ERASURE_LEDGER", "")]);
    refused(&passerelle_in(&without, &["serve"]), "PASSERELLE_ERASURE_LEDGER");
}

/// On SQLite it lies beside the database unless told otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_the_ledger_lies_beside_the_database() {
    let people = vec![person("nina", "1", &[roles::PUPIL])];
    let set = [("PASSERELLE_ERASURE_LEDGER", "")];
    let stage = Stage::open_with(Engine::Sqlite, people, Federation::open_to_all, &set).await;
    called(&stage, "nina").await;
    erased(&stage.command(&["person", "erase", NINA, "--yes"]));
    let ledger = stage.database.folder().join("passerelle.db.erasures");
    assert_eq!(std::fs::read_to_string(ledger).unwrap().lines().count(), 2);
}
