//! Clocks that jump, and brokers that stood still: nothing is taken away before somebody could look.

use passerelle::journal::Kept;
use time::Duration;

use super::retention::{EVENTS, count, days};
use super::stand::{ONE, RETENTION, Stand};
use crate::stage::{Engine, on_both_engines};

const DAY: Duration = Duration::DAY;

/// A host that believes in 2036 takes nothing away in its first day, and what it signed stops nobody's checkpoints.
async fn a_clock_far_ahead_takes_nothing_away(engine: Engine) {
    let stand = Stand::new(engine).await;
    let process = stand.process("first").await;
    days(&stand, &process, 10).await;
    let (events, ahead) = (count(&stand, EVENTS).await, DAY * 3652);
    stand.wait(ahead);
    let wrong = stand.process("wrong").await;
    for hour in 1..=3 {
        wrong.launch(ONE, 1).await;
        let made = wrong.hourly().await.unwrap();
        assert_eq!((made.removed, made.waits, wrong.keeper.waits()), (0, true, true), "hour {hour}");
        assert_eq!(count(&stand, EVENTS).await, events + hour);
        stand.wait(Duration::HOUR);
    }
    stand.wait(-ahead);
    process.launch(ONE, 1).await;
    let made = process.hourly().await.expect("a checkpoint in the future is no reason to wait");
    assert!(made.found.iter().any(|found| found.what.contains("future")), "{:?}", made.found);
    assert_eq!((process.keeper.age(), process.keeper.waits()), (Duration::ZERO, false));
    assert_eq!(wrong.keeper.hourly().await.unwrap(), Kept::Early);
    assert!(!wrong.keeper.waits(), "another process is at it");
    let report = process.audit().await;
    assert!(report.holds() && report.uncovered.events == 0, "{report}");
    stand.wait(Duration::HOUR);
    process.launch(ONE, 1).await;
    assert_eq!(process.hourly().await.unwrap().found, []);
}

/// After a long stop the first checkpoint takes nothing away, and a day later retention goes on, also where nobody came.
async fn after_a_long_stop_retention_waits_for_a_day(engine: Engine) {
    let stand = Stand::new(engine).await;
    let process = stand.process("first").await;
    process.launch(ONE, 3).await;
    process.checkpoint().await;
    stand.wait(DAY * (RETENTION + 2));
    let made = process.hourly().await.unwrap();
    assert_eq!((made.removed, made.waits), (0, true));
    stand.wait(Duration::HOUR);
    assert_eq!(process.hourly().await, None, "nothing moved");
    stand.wait(DAY);
    assert_eq!(process.hourly().await.unwrap().removed, 3);
    let report = process.audit().await;
    assert!(report.holds() && report.pruned.is_some(), "{report}");
}

on_both_engines!(a_clock_far_ahead_takes_nothing_away, after_a_long_stop_retention_waits_for_a_day);
