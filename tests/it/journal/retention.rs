//! Retention: what is past it is gone, and the proof of the rest stands (L5).

use time::Duration;

use super::stand::{ONE, Process, RETENTION, Stand, TWO};
use crate::stage::{Engine, on_both_engines};

const DAY: Duration = Duration::DAY;

/// Two launches a day at one school and, in the first days, one at another; a checkpoint a day.
pub async fn days(stand: &Stand, process: &Process, many: u32) {
    for day in 0..many {
        process.launch(ONE, 2).await;
        if day < 5 {
            process.launch(TWO, 1).await;
        }
        assert!(process.hourly().await.is_some());
        stand.wait(DAY);
    }
}

pub async fn count(stand: &Stand, sql: &'static str) -> u64 {
    stand.database.ask(sql).await[0].parse().unwrap()
}

pub const EVENTS: &str = "SELECT CAST(count(*) AS TEXT) FROM event WHERE chain NOT LIKE 'broker/%'";

/// L5: after the days of retention an event is gone, and what remains verifies, in the database and in exports.
async fn what_is_past_its_retention_is_gone(engine: Engine) {
    let stand = Stand::new(engine).await;
    let process = stand.process("first").await;
    days(&stand, &process, RETENTION + 10).await;
    // The last checkpoint was made yesterday: it left the events of thirty days before it, and of its own.
    let kept = (u64::from(RETENTION) + 1) * 2;
    assert_eq!(count(&stand, EVENTS).await, kept);
    let oldest = "SELECT CAST(MIN(at) AS TEXT) FROM event WHERE chain NOT LIKE 'broker/%'";
    let oldest = i64::try_from(count(&stand, oldest).await).unwrap();
    let age = stand.now().unix_timestamp() - oldest / 1000;
    assert!(age <= (i64::from(RETENTION) + 1) * 86_400, "the oldest event is {age} s old");
    let report = process.audit().await;
    assert!(report.holds(), "{report}");
    assert_eq!(report.covered.events, kept);
    assert!(report.pruned.is_some() && report.to_string().contains("by retention"), "{report}");
    let (report, seen) = process.genuine(&process.export(ONE).await);
    assert_eq!((seen.covered, report.pruned.is_some()), (kept, true));
    let (_, nothing) = process.genuine(&process.export(TWO).await);
    assert_eq!((nothing.covered, nothing.bodies.len()), (0, 0), "a school whose events are all gone");
}

/// What retention does not let go is still missed.
async fn what_retention_did_not_take_is_missed(engine: Engine) {
    let touched = [
        "DELETE FROM event WHERE chain = '0750001U/first' AND seq = (SELECT MIN(seq) FROM event WHERE chain = '0750001U/first')",
        "DELETE FROM event WHERE chain = '0750001U/first'",
        "DELETE FROM event WHERE chain = '0750001U/first' AND seq = (SELECT MAX(seq) FROM event WHERE chain = '0750001U/first')",
        "UPDATE journal_held SET after_seq = after_seq + 1 WHERE chain = '0750001U/first'",
        "UPDATE journal_leaf SET pruned = pruned + 86400000 \
         WHERE owner = '0750001U' AND number = (SELECT MAX(number) FROM journal_leaf)",
    ];
    let stand = Stand::new(engine).await;
    let process = stand.process("first").await;
    days(&stand, &process, RETENTION + 3).await;
    stand.copy().await;
    for sql in touched {
        stand.restore().await;
        assert!(process.audit().await.holds());
        assert!(stand.database.change(sql).await > 0, "{sql}");
        assert!(!process.audit().await.holds(), "{sql}");
        let export = process.export(ONE).await;
        assert!(!process.verify(&export).holds() && process.witness.export(&export).is_err(), "{sql}");
    }
}

/// Leaves that no proof needs any more go too; an owner's last one is made anew before it would go.
async fn old_leaves_are_forgotten_and_nothing_that_is_held(engine: Engine) {
    let stand = Stand::new(engine).await;
    let process = stand.process("first").await;
    days(&stand, &process, RETENTION * 3).await;
    let leaves = count(&stand, "SELECT CAST(count(*) AS TEXT) FROM journal_leaf").await;
    assert!((30..40).contains(&leaves), "{leaves} leaves are kept");
    assert_eq!(
        count(&stand, "SELECT CAST(count(*) AS TEXT) FROM journal_checkpoint").await,
        u64::from(RETENTION) * 3
    );
    assert_eq!(
        count(&stand, "SELECT CAST(count(*) AS TEXT) FROM journal_held WHERE chain LIKE '0440001M%'").await,
        0
    );
    let report = process.audit().await;
    assert!(report.holds(), "{report}");
    let broken = "UPDATE journal_checkpoint SET token = (SELECT token FROM journal_checkpoint WHERE number = 2) WHERE number = 1";
    stand.database.change(broken).await;
    assert!(!process.audit().await.holds(), "the oldest checkpoint still counts");
}

/// Events that a checkpoint let go and that are still there, as after a crash in between, do no harm and go next time.
async fn a_crash_between_checkpoint_and_deletion_does_no_harm(engine: Engine) {
    let stand = Stand::new(engine).await;
    let process = stand.process("first").await;
    process.launch(ONE, 3).await;
    process.checkpoint().await;
    stand.copy().await;
    stand.wait(DAY * (RETENTION + 2));
    process.launch(ONE, 1).await;
    assert_eq!(process.checkpoint().await.removed, 0, "it waits after a long stop");
    stand.wait(DAY + Duration::HOUR);
    assert_eq!(process.checkpoint().await.removed, 3);
    assert_eq!(stand.database.change("INSERT INTO event SELECT * FROM aside_event").await, 3);
    let report = process.audit().await;
    assert!(report.holds(), "{report}");
    process.genuine(&process.export(ONE).await);
    process.launch(ONE, 1).await;
    assert_eq!(process.checkpoint().await.removed, 3);
    assert_eq!(count(&stand, EVENTS).await, 2);
}

/// A process that runs for months begins new chains, so that an old one can end.
async fn chains_are_begun_anew_after_a_month(engine: Engine) {
    let stand = Stand::new(engine).await;
    let process = stand.process("first").await;
    process.launch(ONE, 1).await;
    stand.wait(DAY * 20);
    process.launch(ONE, 1).await;
    stand.wait(DAY * 20);
    process.launch(ONE, 1).await;
    let chains = "SELECT DISTINCT chain FROM event WHERE chain NOT LIKE 'broker/%' ORDER BY chain";
    assert_eq!(stand.database.ask(chains).await, ["0750001U/first", "0750001U/first.1"]);
    for (days, removed) in [(0, 0), (1, 1), (100, 0), (1, 2)] {
        stand.wait(DAY * days + Duration::HOUR);
        let made = process.checkpoint().await;
        assert_eq!((made.removed, made.waits), (removed, removed == 0), "after {days} days");
        assert!(process.audit().await.holds());
    }
    assert!(process.audit().await.holds());
    assert_eq!(count(&stand, EVENTS).await, 0);
}

/// Nobody signs the column of time beside a text: who makes new events look old has nothing taken away.
async fn events_that_only_look_old_stay(engine: Engine) {
    let stand = Stand::new(engine).await;
    let process = stand.process("first").await;
    days(&stand, &process, 5).await;
    stand.copy().await;
    let touched = [
        "UPDATE event SET at = 0 WHERE chain = '0750001U/first' AND seq <= 6",
        "UPDATE event SET at = 0, body = replace(body, '2026', '2024') WHERE chain = '0750001U/first' AND seq <= 6",
    ];
    for (number, sql) in touched.into_iter().enumerate() {
        stand.restore().await;
        let events = count(&stand, EVENTS).await;
        assert_eq!(stand.database.change(sql).await, 6);
        let later = stand.process(&format!("later{number}")).await;
        later.launch(TWO, 1).await;
        let made = later.hourly().await.unwrap();
        assert_eq!((made.removed, count(&stand, EVENTS).await), (0, events + 1), "{sql}");
        assert_eq!(made.found[0].place, "chain 0750001U/first, event 1", "{sql}");
        assert!(!later.audit().await.holds(), "{sql}");
    }
}

const GONE: [&str; 2] = [
    "DELETE FROM event WHERE chain LIKE '0440001M/%'",
    "DELETE FROM journal_held WHERE chain LIKE '0440001M/%'",
];

/// Nobody signs the column of time beside a checkpoint: who makes checkpoints look old has no school forgotten.
async fn a_checkpoint_that_only_looks_old_forgets_nobody(engine: Engine) {
    let stand = Stand::new(engine).await;
    let process = stand.process("first").await;
    days(&stand, &process, 5).await;
    stand.copy().await;
    for sql in GONE.into_iter().chain(["UPDATE journal_checkpoint SET at = 0"]) {
        assert!(stand.database.change(sql).await > 0, "{sql}");
    }
    process.launch(ONE, 1).await;
    process.hourly().await.unwrap();
    let covered_up = "UPDATE journal_checkpoint SET at = (SELECT a.at FROM aside_checkpoint a \
                      WHERE a.number = journal_checkpoint.number) \
                      WHERE number IN (SELECT number FROM aside_checkpoint)";
    assert_eq!(stand.database.change(covered_up).await, 5);
    let report = process.audit().await;
    assert!(report.found.iter().any(|found| found.place.contains("0440001M")), "{report}");
}

/// A school of which nothing is left that a checkpoint signs is missed for ever, and not only until its leaf is old.
async fn a_school_that_does_not_fit_keeps_its_leaf(engine: Engine) {
    let stand = Stand::new(engine).await;
    let process = stand.process("first").await;
    days(&stand, &process, 5).await;
    for sql in GONE {
        assert!(stand.database.change(sql).await > 0, "{sql}");
    }
    for _ in 0..RETENTION + 5 {
        process.launch(ONE, 1).await;
        process.hourly().await.unwrap();
        stand.wait(DAY);
    }
    let report = process.audit().await;
    assert!(report.found.iter().any(|found| found.place.contains("0440001M")), "{report}");
    process.launch(ONE, 1).await;
    assert_eq!(process.hourly().await.unwrap().found[0].place, "owner 0440001M");
}

on_both_engines!(
    events_that_only_look_old_stay,
    a_checkpoint_that_only_looks_old_forgets_nobody,
    a_school_that_does_not_fit_keeps_its_leaf,
    what_is_past_its_retention_is_gone,
    what_retention_did_not_take_is_missed,
    old_leaves_are_forgotten_and_nothing_that_is_held,
    a_crash_between_checkpoint_and_deletion_does_no_harm,
    chains_are_begun_anew_after_a_month,
);
