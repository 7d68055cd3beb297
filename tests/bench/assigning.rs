//! Assignments by name: how long ten thousand people take, in one request, while the broker serves.

use std::time::Instant;

use serde_json::json;

use crate::database::Server;
use crate::federation::{self, Size};
use crate::report::{median, other, round};
use crate::run::Stand;

/// People of one request: as many as one may name.
const PEOPLE: u64 = 10_000;
/// Requests, each for a subscription of its own.
const TIMES: usize = 5;

/// Measures on this server.
pub async fn cases(server: &Server) {
    let size = Size { people: PEOPLE * 2, ..Size::default() };
    let stand = Stand::new(server, &size).await;
    let people = stand.database.folder().join("people.txt");
    let lines: String = (0..PEOPLE).map(|n| format!("ent/ent/eleve-{n}\n")).collect();
    std::fs::write(&people, lines).unwrap();
    subscribe(&stand);
    let mut took = Vec::new();
    for n in 0..TIMES {
        let since = Instant::now();
        stand.place.command(&["assign", &named(n), "--people-from", people.to_str().unwrap()]);
        took.push(since.elapsed().as_secs_f64());
    }
    other(&json!({
        "bench": "assign-by-name",
        "engine": stand.database.engine.to_string(),
        "people": PEOPLE,
        "seconds": round(median(took.clone()).unwrap(), 2),
        "slowest_s": round(took.into_iter().fold(0.0, f64::max), 2),
    }));
}

fn named(n: usize) -> String {
    format!("classe-{n}")
}

/// Subscriptions with a seat for everybody of one request, and no more.
fn subscribe(stand: &Stand<'_>) {
    let file = stand.database.folder().join("federation.toml");
    let known = std::fs::read_to_string(&file).unwrap();
    let more: String = (0..TIMES).map(|n| federation::seats(&named(n), PEOPLE)).collect();
    std::fs::write(&file, known + &more).unwrap();
    stand.place.command(&["apply", file.to_str().unwrap()]);
}
