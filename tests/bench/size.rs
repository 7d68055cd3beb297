//! Whether a launch costs the same in a small federation and in a large one, and what a broker at rest takes.

use std::time::Duration;

use serde_json::json;

use crate::database::Server;
use crate::federation::Size;
use crate::processor;
use crate::report::{other, round};
use crate::run::{Pace, Stand, Who};
use crate::settings::Settings;

/// Launches after each start, each by somebody else.
const LAUNCHES: u64 = 1000;
/// How often each broker is started anew. The sizes take turns, so that what slows the machine slows all of them.
const ROUNDS: usize = 5;

/// Measures each size on this server.
pub async fn cases(settings: &Settings, server: &Server) {
    let base = Size { people: 1000, ..Size::default() };
    let sizes = [
        ("people-1000", base.clone()),
        ("people-many", Size { people: settings.people, ..base.clone() }),
        ("registrations-10000", Size { registrations: 10_000, ..base.clone() }),
        ("subscriptions-65000", Size { people: 50_000, subscriptions: 65_000, ..base }),
    ];
    let mut stands = Vec::new();
    for (name, size) in sizes {
        stands.push((name, Stand::new(server, &size).await, Vec::new()));
    }
    for _ in 0..ROUNDS {
        for (_, stand, seen) in &mut stands {
            stand.again().await;
            let started = stand.broker.started_in;
            let (tally, seconds) = stand.run(Who::Known, Pace::Closed(32), stand.draw(LAUNCHES)).await;
            assert_eq!(tally.failed(), 0, "{:?}", tally.errors);
            seen.push((started, seconds, processor::resident(stand.broker.pid())));
        }
    }
    for (name, stand, seen) in &stands {
        report(name, stand, seen);
    }
}

fn report(name: &str, stand: &Stand<'_>, seen: &[(Duration, f64, f64)]) {
    let middle =
        |of: fn(&(Duration, f64, f64)) -> f64| crate::report::median(seen.iter().map(of).collect()).unwrap();
    other(&json!({
        "bench": format!("size-{name}"),
        "engine": stand.database.engine.to_string(),
        "people": stand.size.people,
        "registrations": stand.size.registrations,
        "subscriptions": stand.size.subscriptions,
        "start_ms": round(middle(|(start, ..)| start.as_secs_f64() * 1000.0), 1),
        "resident_mib": round(middle(|(.., resident)| *resident), 1),
        "cpu_ms": round(middle(|(_, seconds, _)| *seconds * 1000.0 / LAUNCHES as f64), 4),
    }));
}
