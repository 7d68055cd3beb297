//! A broker that dies at random moments while people launch.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::history::{Load, Outcome, people};
use super::tell;
use crate::races::seats;
use crate::stage::{Engine, Stage, on_both_engines};

/// How often it dies, and where the moments come from.
const DEATHS: usize = 5;
const SEED: u64 = 0x5eed;
/// Fewer seats than people, so that the last ones are raced for.
const SEATS: usize = 40;
/// What a restart may take on a machine that does much else. The figure that is aimed at is two seconds.
const AT_MOST: Duration = Duration::from_secs(60);

/// Numbers that look random and are the same each time (Knuth's MMIX).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

async fn kills_under_load_lose_nothing_and_sell_nothing_twice(engine: Engine) {
    let mut stage = Stage::open(engine, people(), |f| seats(f, u32::try_from(SEATS).unwrap())).await;
    let load = Load::start(&stage);
    let ended = || load.delivered() + load.refused();
    let mut state = SEED;
    for death in 1..=DEATHS {
        let before = ended();
        stage.eventually(async || ended() > before).await;
        sleep(Duration::from_millis(next(&mut state) % 700)).await;
        let began = Instant::now();
        tokio::task::block_in_place(|| stage.broker.crash_and_restart());
        stage.eventually(async || ready(&stage).await).await;
        let took = began.elapsed();
        tell(&format!("{engine:?}, death {death}: ready again after {took:?}"));
        assert!(took < AT_MOST, "{took:?}");
    }
    stage.eventually(async || load.delivered() > 0 && load.refused() > 0).await;
    let history = load.stop().await;
    let no_seat = |outcome: &Outcome| *outcome == Outcome::Refused("no_seat".to_owned());
    let refused = history.count(|outcome| matches!(outcome, Outcome::Refused(_)));
    assert_eq!(refused, history.count(no_seat), "nobody was refused for another reason");
    let delivered = history.delivered().count();
    tell(&format!(
        "{engine:?}: {} launches, {delivered} delivered, {refused} without a seat, {} faults, {} unanswered",
        history.attempts.len(),
        history.count(|outcome| *outcome == Outcome::Fault),
        history.count(|outcome| *outcome == Outcome::Silence),
    ));
    assert!(delivered <= SEATS);
    history.check(&stage).await;
    let held = stage.database.ask("SELECT CAST(count(*) AS TEXT) FROM seat").await;
    assert_eq!(stage.database.ask("SELECT CAST(used AS TEXT) FROM pool").await, held);
    assert_eq!(held, [SEATS.to_string()], "every seat was taken, and none twice");
}

async fn ready(stage: &Stage) -> bool {
    let asked = stage.browser().get_once(&format!("{}/readyz", stage.broker.ops)).await;
    asked.is_ok_and(|hop| hop.status == 200)
}

on_both_engines!(kills_under_load_lose_nothing_and_sell_nothing_twice);
