//! A database that goes away under load, and a disk that is full.

use std::io::Write;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::history::{Load, Outcome, people};
use super::tell;
use crate::stage::{Database, Engine, Federation, Stage, on_both_engines};

/// How long the database is away.
const OUTAGE: Duration = Duration::from_secs(30);
/// How large the small disk is, in MiB: enough for a start, with room for some launches.
const DISK: u32 = 12;

/// While it is away every launch stops with a fault: none passes, none is refused. When it is back all is well again.
async fn a_database_away_under_load_loses_nothing(engine: Engine) {
    let stage = Stage::open(engine, people(), Federation::open_to_all).await;
    let load = Load::start(&stage);
    stage.eventually(async || load.delivered() >= 5).await;
    stage.database.vanish().await;
    let gone = Instant::now();
    sleep(OUTAGE).await;
    let back = Instant::now();
    stage.database.come_back().await;
    let before = load.delivered();
    stage.eventually(async || load.delivered() >= before + 5).await;
    tell(&format!("{engine:?}: five launches within {:?} after the database was back", back.elapsed()));
    let history = load.stop().await;
    let within = |began: Instant, ended: Instant| began > gone && ended < back;
    let meanwhile: Vec<_> = history.attempts.iter().filter(|a| within(a.began, a.ended)).collect();
    assert!(!meanwhile.is_empty());
    for attempt in meanwhile {
        assert_eq!(attempt.outcome, Outcome::Fault, "{}", attempt.person);
    }
    assert_eq!(history.count(|outcome| matches!(outcome, Outcome::Refused(_))), 0, "a fault is no refusal");
    history.check(&stage).await;
}

/// A full disk is a fault. What was acknowledged stays, and launches go on when there is room again.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_a_fault_that_passes() {
    let Some(database) = Database::on_small_disk(DISK) else {
        tell(
            "a_full_disk_is_a_fault_that_passes was NOT run: this account may not mount a small disk (be root)",
        );
        return;
    };
    let stage = Stage::open_on(database, people(), Federation::open_to_all, &[]).await;
    let load = Load::start(&stage);
    stage.eventually(async || load.delivered() >= 5).await;
    let filler = stage.database.folder().join("filler");
    fill(&filler);
    stage.eventually(async || load.faults() >= 20).await;
    assert!(stage.broker.log().contains("the disk is full"), "{}", stage.broker.log());
    let delivered = load.delivered();
    std::fs::remove_file(&filler).unwrap();
    stage.eventually(async || load.delivered() >= delivered + 5).await;
    let history = load.stop().await;
    let faults = history.count(|outcome| *outcome == Outcome::Fault);
    tell(&format!("full disk: {} launches, {faults} faults", history.attempts.len()));
    let no_other = |outcome: &Outcome| matches!(outcome, Outcome::Refused(_) | Outcome::Silence);
    assert_eq!(history.count(no_other), 0);
    history.check(&stage).await;
}

/// Writes until nothing more goes in.
fn fill(path: &std::path::Path) {
    let mut file = std::fs::File::create(path).unwrap();
    for size in [64 * 1024, 512] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}

on_both_engines!(a_database_away_under_load_loses_nothing);
