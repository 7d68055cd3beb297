//! Imports of rosters: how many people a second, in how much memory, how much faster the same set is the second time, and what
//! launches notice of it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use conformance::roster::{Degree, Set, Size as Roster, write_into};
use serde_json::json;

use crate::database::{Database, Engine, Server};
use crate::federation::Size;
use crate::report::{other, round};
use crate::run::{Pace, Stand, Who};
use crate::settings::Settings;

/// How many people a school has.
const OF_SCHOOL: u64 = 800;
/// People of the roster that is imported while people launch.
const MEANWHILE: u64 = 100_000;
/// Launches a second meanwhile, and for how many seconds at least.
const RATE: u32 = 50;
const SECONDS: u64 = 20;

/// Measures imports on this server.
pub async fn cases(settings: &Settings, server: &Server) {
    let mut stand = Stand::new(server, &Size { people: 10_000, ..Size::default() }).await;
    let people = settings.people;
    register(&stand, people.max(MEANWHILE));
    meanwhile(&stand).await;
    stand.broker.stop();
    let base = Roster::new(people, schools(people));
    let archive = archive(&stand.database, 1, base);
    for (case, archive) in [
        ("first", &archive),
        ("again", &archive),
        ("changed", &self::archive(&stand.database, 2, Roster { turnover: 10, ..base })),
    ] {
        let (took, resident) = import(&stand, archive);
        other(&json!({
            "bench": format!("roster-{case}"),
            "engine": engine(&stand),
            "people": people,
            "seconds": round(took.as_secs_f64(), 1),
            "people_s": round(per_second(people, took), 0),
            "resident_mib": round(resident, 1),
        }));
    }
}

fn engine(stand: &Stand<'_>) -> String {
    match stand.database.engine {
        Engine::Sqlite => "sqlite".to_owned(),
        Engine::Postgres => "postgres".to_owned(),
    }
}

fn schools(people: u64) -> u64 {
    people.div_ceil(OF_SCHOOL)
}

/// Registers the schools of a roster beside those of the stand.
fn register(stand: &Stand<'_>, people: u64) {
    let mut text = std::fs::read_to_string(stand.database.folder().join("federation.toml")).unwrap();
    // The drawn numbers of schools do not depend on how many people there are.
    for school in Roster::new(0, schools(people)).draw() {
        let uai = school.uai;
        write!(text, "\n[[school]]\nuai = \"{uai}\"\nname = \"Collège\"\ntown = \"Paris\"\nents = [\"ent\"]\nfictive = true\n").unwrap();
    }
    let file = stand.database.folder().join("schools.toml");
    std::fs::write(&file, text).unwrap();
    stand.place.command(&["apply", file.to_str().unwrap()]);
}

fn archive(database: &Database, day: u32, roster: Roster) -> PathBuf {
    let set = Set::new("M0", &format!("202609{day:02}_210000"), Degree::Second);
    write_into(&set, || roster.draw(), database.folder()).unwrap().0
}

/// Imports an archive with the command, as an operator does: how long it took, and how much memory it had at most.
fn import(stand: &Stand<'_>, archive: &Path) -> (Duration, f64) {
    let began = Instant::now();
    let mut child = begin(stand, archive);
    let mut resident: f64 = 0.0;
    loop {
        resident = resident.max(peak(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "the import failed");
            return (began.elapsed(), resident);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn begin(stand: &Stand<'_>, archive: &Path) -> std::process::Child {
    let mut command: Command = stand.place.prepare(&["import", "roster", archive.to_str().unwrap()]);
    command.stdout(Stdio::null()).spawn().unwrap()
}

/// The most memory that a process has had, in MiB.
fn peak(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|kib| kib.trim().parse().ok());
    kib.unwrap_or(0.0) / 1024.0
}

fn per_second(people: u64, took: Duration) -> f64 {
    f64::from(u32::try_from(people).unwrap()) / took.as_secs_f64()
}

/// Launches at a steady rate without and with an import in another process: what the slowest of a hundred wait.
async fn meanwhile(stand: &Stand<'_>) {
    let archive =
        archive(&stand.database, 3, Roster { seed: 7, ..Roster::new(MEANWHILE, schools(MEANWHILE)) });
    let launches = u64::from(RATE) * SECONDS;
    let (idle, _) = stand.run(Who::Known, Pace::Open(RATE), stand.draw(launches)).await;
    let mut child = begin(stand, &archive);
    let mut during = Vec::new();
    let mut failed = idle.failed();
    loop {
        let (tally, _) = stand.run(Who::Known, Pace::Open(RATE), stand.draw(u64::from(RATE) * 5)).await;
        failed += tally.failed();
        during.push(tally.quantile(0.99).as_secs_f64() * 1000.0);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "the import under launches failed");
            break;
        }
    }
    let idle = idle.quantile(0.99).as_secs_f64() * 1000.0;
    let seconds = during.len() * 5;
    let worst = crate::report::median(during).unwrap();
    other(&json!({
        "bench": "roster-launches",
        "engine": engine(stand),
        "people": MEANWHILE,
        "launches_s": RATE,
        "idle_p99_ms": round(idle, 2),
        "p99_ms": round(worst, 2),
        "ratio": round(worst / idle, 2),
        "seconds": seconds,
        "errors": failed,
    }));
}
