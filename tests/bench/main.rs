//! `make bench`: what a launch costs the broker, on SQLite and PostgreSQL, and whether it stays flat.
//!
//! It prints one JSON line a case and ends with `cpu ratio: sqlite X postgres Y`. `docs/performance.md` says what is
//! measured and how. The environment makes it shorter:
//!
//! | variable | default | |
//! |---|---|---|
//! | `BENCH_ENGINES` | `sqlite,postgres` | which databases |
//! | `BENCH_CASES` | `known,first,indiv,open,rest,size,assign,roster` | which cases |
//! | `BENCH_LAUNCHES` | `6000` | launches a run at concurrency 32 |
//! | `BENCH_RUNS` | `3` | runs at concurrency 32, of which the median counts |
//! | `BENCH_PEOPLE` | `1000000` | how many people the largest population has |
//! | `OPENSSL_ia32cap` | | hides instructions of the processor from `openssl speed` and the broker alike |
//! | `BENCH_BROKER` | the one built with the bench | another broker binary, to compare with |
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench may stop where it stands, and prints what it measures"
)]

mod assigning;
mod broker;
mod database;
mod federation;
mod processor;
mod report;
mod rosters;
mod rows;
mod run;
mod settings;
mod size;

use database::Engine;
use run::Stand;
use settings::Settings;

#[tokio::main]
async fn main() {
    let settings = Settings::read();
    let work = async {
        let mut ratios = Vec::new();
        for engine in &settings.engines {
            ratios.push((*engine, of_engine(&settings, *engine).await));
        }
        ratios
    };
    tokio::select! {
        ratios = work => report::last_line(&ratios),
        // What was started is ended as it is dropped.
        _ = tokio::signal::ctrl_c() => std::process::exit(130),
    }
}

/// All cases of one engine; the median ratio at concurrency 32.
async fn of_engine(settings: &Settings, engine: Engine) -> Option<f64> {
    let server = database::Server::start(engine);
    let ratio = run::cases(settings, &Stand::new(&server, &federation::Size::default()).await).await;
    if settings.wants("assign") {
        assigning::cases(&server).await;
    }
    if settings.wants("size") {
        size::cases(settings, &server).await;
    }
    if settings.wants("roster") {
        rosters::cases(settings, &server).await;
    }
    ratio
}
