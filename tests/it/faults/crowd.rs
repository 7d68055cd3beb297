//! A crowd behind one address: 1,500 launches a minute, and a scanner without a password in their midst.

use std::sync::Arc;
use std::time::Duration;

use conformance::{Browser, Hop};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::history::{Addresses, Outcome, people};
use super::tell;
use crate::stage::{Engine, Federation, Stage, on_both_engines};

/// 1,500 a minute.
const EVERY: Duration = Duration::from_millis(40);
/// How many of each: twelve seconds' worth.
const MANY: usize = 300;
/// A machine that does not keep up with the rate falls behind it, and nothing is lost by that.
const AT_ONCE: usize = 24;
/// Failures that one address may make at once (`src/http/limits.rs`), and one a second from then on.
const ALLOWED: usize = 120;

async fn every_launch_of_a_crowd_passes_while_a_scanner_is_slowed(engine: Engine) {
    let stage = Stage::open(engine, people(), Federation::open_to_all).await;
    let (began, slots) = (Instant::now(), Arc::new(Semaphore::new(AT_ONCE)));
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut launches, mut scans) = (Vec::new(), Vec::new());
    for n in 0..MANY {
        ticks.tick().await;
        let slot = slots.clone().acquire_owned().await.unwrap();
        let addresses = addresses(&stage);
        launches.push(tokio::spawn(async move {
            let attempt = addresses.attempt(&format!("p{n}")).await;
            drop(slot);
            attempt.outcome
        }));
        scans.push(scan(stage.broker.url.clone(), n));
    }
    for launch in launches {
        let outcome = launch.await.unwrap();
        assert!(matches!(outcome, Outcome::Delivered(_)), "{outcome:?}\n{}", stage.broker.log());
    }
    let mut slowed = 0;
    for scan in scans {
        let hop = scan.await.unwrap();
        assert!([400, 403, 404, 429].contains(&hop.status), "{hop:?}");
        if hop.status == 429 {
            slowed += 1;
            assert!(hop.header("retry-after").is_some() && hop.header("passerelle-refusal").is_none());
        }
    }
    let took = began.elapsed();
    // However slow this machine is, a scanner that does not stop is slowed, and people go on behind the same address.
    let mut more = MANY..;
    while scan(stage.broker.url.clone(), more.next().unwrap()).await.unwrap().status != 429 {}
    let last = addresses(&stage).attempt(&format!("p{MANY}")).await.outcome;
    assert!(matches!(last, Outcome::Delivered(_)), "{last:?}");
    let rate = 60.0 * MANY as f64 / took.as_secs_f64();
    tell(&format!(
        "{engine:?}: {MANY} launches passed at {rate:.0} a minute; {slowed} of {MANY} scans were slowed"
    ));
    let allowed = ALLOWED + usize::try_from(took.as_secs()).unwrap() + 1;
    assert!(slowed + allowed >= MANY, "{slowed} slowed in {took:?}");
    let counted = slowed + 1;
    assert!(stage.metrics().await.contains(&format!("passerelle_limited_total {counted}\n")));
}

fn addresses(stage: &Stage) -> Addresses {
    Addresses { ent: stage.ent.url().to_owned(), broker: stage.broker.url.clone() }
}

/// One of the things that a scanner tries, each new to the broker.
fn scan(broker: String, n: usize) -> JoinHandle<Hop> {
    tokio::spawn(async move {
        let mut browser = Browser::new().unwrap();
        let hop = match n % 4 {
            0 => {
                let login =
                    format!("iss=https://scan-{n}.example&login_hint=x&target_link_uri={broker}/lti/r/x");
                browser.get_once(&format!("{broker}/lti/login?{login}")).await
            }
            1 => {
                let fields = [("state", format!("state-{n}")), ("id_token", format!("a.b.{n}"))];
                let fields = fields.map(|(name, value)| (name.to_owned(), value));
                browser.post_once(&format!("{broker}/lti/launch"), &fields).await
            }
            2 => browser.get_once(&format!("{broker}/lti/authorize?client_id=scan-{n}")).await,
            _ => browser.get_once(&format!("{broker}/wp-admin/{n}.php")).await,
        };
        hop.unwrap()
    })
}

on_both_engines!(every_launch_of_a_crowd_passes_while_a_scanner_is_slowed);
