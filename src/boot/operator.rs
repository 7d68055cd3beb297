//! The operator's commands: open what they need, do it, print it.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::cli::Apply;
use super::exit::Failure;
use super::rooms::{Rooms, environment};
use super::sector_keys::NewKeys;
use crate::config::Config;
use crate::journal::Actor;
use crate::operate::apply::{self, ApplyError, Means, Options, Plan};

/// Prints text as it is.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let text = text.trim_end();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(environment)
}

/// Prints a value as JSON.
pub fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    print(&serde_json::to_string_pretty(value).map_err(environment)?)
}

/// `apply`
pub async fn apply(config: &Config, options: &Apply) -> Result<(), Failure> {
    let text = read(&options.file)?;
    let name = options.file.display().to_string();
    let wanted = Options { dry_run: options.dry_run, prune: options.prune };
    let plan = apply_file(config, (&name, &text), wanted).await?;
    if options.json { print(&plan.to_json()) } else { print(&plan.to_string()) }
}

/// Makes the registrations what a text says; nobody else's are touched.
pub async fn apply_text(config: &Config, name: &str, text: &str) -> Result<(), Failure> {
    apply_file(config, (name, text), Options { dry_run: false, prune: true }).await.map(|_plan| ())
}

async fn apply_file(config: &Config, file: (&str, &str), options: Options) -> Result<Plan, Failure> {
    let rooms = Rooms::open(config).await?;
    let ring = rooms.keys(config).await?;
    let keys = NewKeys { ring, clock: rooms.clock.clone(), chance: rooms.chance.clone() };
    let (clock, chance, actor) = (&*rooms.clock, &*rooms.chance, &Actor::command());
    let means = Means { store: &*rooms.store, keys: &keys, clock, chance, actor };
    let plan = apply::apply(&means, file.0, file.1, options).await;
    rooms.store.close().await;
    plan.map_err(|error| match error {
        ApplyError::Mistakes(mistakes) => {
            let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
            Failure::Refused(format!("nothing changed\n{}", lines.join("\n")))
        }
        ApplyError::Fault(fault) => fault.into(),
    })
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|e| Failure::Refused(format!("{}: {e}", file.display())))
}
