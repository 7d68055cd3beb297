//! The commands about one person: what is held and was sent, and erasure.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::cli;
use super::erasures;
use super::exit::Failure;
use super::operator::{print, print_json};
use super::rooms::{Rooms, environment};
use crate::config::Config;
use crate::operate::erasure::ErasureError;
use crate::operate::subject::{self, Identity, Means, Report};
use crate::pages::{Language, Pages};

/// `person`
pub async fn person(config: &Config, command: &cli::Person) -> Result<(), Failure> {
    match command {
        cli::Person::Show { who, json } => {
            let report = report(config, who).await?;
            if *json { print_json(&report) } else { print(&report.to_string()) }
        }
        cli::Person::Export(options) => export(config, options).await,
        cli::Person::Erase { who, yes: true } => erasures::erase(config, who).await,
        cli::Person::Erase { who, yes: false } => {
            print(&report(config, who).await?.to_string())?;
            Err(Failure::Refused("nothing was erased: to erase all of this for ever, add --yes".to_owned()))
        }
    }
}

async fn export(config: &Config, options: &cli::ExportPerson) -> Result<(), Failure> {
    let report = report(config, &options.who).await?;
    let text = if options.json {
        serde_json::to_string_pretty(&report).map_err(environment)?
    } else {
        let language = if options.english { Language::En } else { Language::Fr };
        Pages::load().map_err(environment)?.subject(language, &report).html
    };
    match &options.out {
        None => print(&text),
        Some(file) => {
            write(file, &text)?;
            print(&format!("{}: {} launches", file.display(), report.disclosed.len()))
        }
    }
}

async fn report(config: &Config, who: &Identity) -> Result<Report, Failure> {
    let rooms = Rooms::look(config).await?;
    let kept_days = config.journal.retention_days;
    let means = Means { store: &*rooms.store, clock: &*rooms.clock, kept_days };
    let found = subject::report(&means, who).await;
    rooms.store.close().await;
    found?.ok_or_else(|| ErasureError::Unknown(who.clone()).into())
}

/// Readable by its owner only; a file that is there is not overwritten.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let refused = |e: std::io::Error| Failure::Refused(format!("{}: {e}", file.display()));
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(refused)?;
    out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(refused)
}
