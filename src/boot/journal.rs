//! The journal's commands, and its job in a running broker.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use boundary::Uai;
use tempfile::NamedTempFile;
use time::OffsetDateTime;

use super::cli::{Export, Journal, Verify};
use super::exit::Failure;
use super::operator::print;
use super::rooms::{Rooms, environment};
use super::world::RingJournal;
use crate::config::Config;
use crate::jobs::JournalKeeping;
use crate::journal::{
    Asked, JournalStore, JournalView, Keeper, Kept, Made, Reach, ReadError, Report, export, verify_database,
    verify_export,
};
use crate::keys::{JournalKeys, KeyRing};

/// The keeper of a broker's journal.
pub fn keeper(config: &Config, rooms: &Rooms, keys: Arc<KeyRing>) -> Keeper {
    let issuer = config.server.public_url.as_str().trim_end_matches('/').to_owned();
    let signer = Arc::new(RingJournal(keys));
    Keeper::new(rooms.store.clone(), signer, rooms.clock.clone(), issuer, config.journal.retention_days)
}

/// Keeps the journal of a running broker, and says so in the log: a checkpoint's number and hash, kept elsewhere, tell
/// whether it was ever taken away.
pub struct Keeping(pub Keeper);

#[async_trait]
impl JournalKeeping for Keeping {
    async fn hourly(&self) -> bool {
        match self.0.hourly().await {
            Ok(kept) => {
                log(&kept);
                !kept.look_again()
            }
            Err(fault) => {
                tracing::warn!(%fault, "no checkpoint of the journal for now");
                false
            }
        }
    }

    async fn last(&self) {
        match self.0.checkpoint_in_turn(Reach::Recent).await {
            Ok(kept) => log(&kept),
            Err(fault) => tracing::warn!(%fault, "no checkpoint of the journal at the end"),
        }
    }
}

/// What is said where retention waits.
const WAITS: &str = "retention waits for a day: no checkpoint of the journal was made lately. Where brokers stood still, \
                     there is nothing to do; where the clock of this host is wrong, whoever runs it must set it right \
                     within that day";

fn log(kept: &Kept) {
    let found = match kept {
        Kept::Made(made) => {
            let (number, hash, owners, removed) = (made.number, &made.hash, made.owners, made.removed);
            tracing::info!(number, %hash, owners, removed, "checkpoint of the journal");
            if made.waits {
                tracing::error!("{WAITS}");
            }
            made.found.as_slice()
        }
        Kept::Nothing(found) => found,
        Kept::Refused(found) => {
            tracing::error!("no checkpoint of the journal can be made: the newest one is not genuine");
            std::slice::from_ref(found)
        }
        Kept::Early | Kept::Busy => return,
    };
    for found in found {
        tracing::error!(%found, "the journal does not fit");
    }
}

/// `journal`
pub async fn journal(config: &Config, command: &Journal) -> Result<(), Failure> {
    match command {
        Journal::Checkpoint => checkpoint(config).await,
        Journal::Export(asked) => write_export(config, asked).await,
        Journal::Verify(asked) => verify(config, asked).await,
    }
}

async fn checkpoint(config: &Config) -> Result<(), Failure> {
    let rooms = Rooms::open(config).await?;
    let keys = rooms.keys(config).await?;
    let kept = keeper(config, &rooms, keys).checkpoint_in_turn(Reach::Everything).await;
    rooms.store.close().await;
    match kept? {
        Kept::Made(made) => print(&told(&made)),
        Kept::Nothing(found) if found.is_empty() => print("nothing moved since the newest checkpoint"),
        Kept::Nothing(found) => {
            let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
            Err(Failure::Refused(format!(
                "nothing was signed: the journal does not fit\n{}",
                lines.join("\n")
            )))
        }
        Kept::Refused(found) => Err(Failure::Refused(format!(
            "nothing was signed: the newest checkpoint is not genuine, and none is built on it\n{found}"
        ))),
        // A checkpoint that is asked for is never early.
        Kept::Early | Kept::Busy => {
            Err(Failure::Refused("nothing was signed: another process is making a checkpoint".to_owned()))
        }
    }
}

/// A checkpoint that was made, in words; what does not fit behind `!`, as `journal verify` tells it.
fn told(made: &Made) -> String {
    let mut text = format!(
        "checkpoint {}: owners moved {}, events removed {}\nhash {}",
        made.number, made.owners, made.removed, made.hash
    );
    if made.waits {
        text += &format!("\n{WAITS}");
    }
    if !made.found.is_empty() {
        text += "\nthe journal does not fit:";
    }
    made.found.iter().fold(text, |text, found| format!("{text}\n! {found}"))
}

async fn write_export(config: &Config, asked: &Export) -> Result<(), Failure> {
    let of = Uai::parse_any_letter(&asked.school).map_err(|e| Failure::Refused(e.to_string()))?.to_string();
    let wanted = Asked { of, from: asked.from, until: asked.until };
    let rooms = Rooms::look(config).await?;
    let now = rooms.clock.now();
    let mut view = rooms.store.look().await?;
    let written = match &asked.out {
        Some(path) => export_into(path, &mut *view, &wanted, now).await,
        None => export(&mut *view, &wanted, now, &mut std::io::stdout()).await,
    };
    drop(view);
    rooms.store.close().await;
    let shown = written.map_err(|error| match error {
        ReadError::Fault(fault) => fault.into(),
        ReadError::File(error) => environment(error),
        ReadError::Nothing(_) | ReadError::Unsigned(_) => Failure::Refused(error.to_string()),
    })?;
    match &asked.out {
        Some(path) => print(&format!("{}: {shown} events of {}", path.display(), wanted.of)),
        None => Ok(()),
    }
}

/// Whole, or not there: a part of an export would look like one that was tampered with.
async fn export_into(
    path: &Path,
    view: &mut dyn JournalView,
    wanted: &Asked,
    now: OffsetDateTime,
) -> Result<u64, ReadError> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut file = BufWriter::new(NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?);
    let shown = export(view, wanted, now, &mut file).await?;
    let file = file.into_inner().map_err(std::io::Error::from)?;
    file.persist(path).map_err(std::io::Error::from)?;
    Ok(shown)
}

async fn verify(config: &Config, asked: &Verify) -> Result<(), Failure> {
    let report = match (&asked.file, &asked.keys) {
        (Some(file), Some(keys)) => verify_file(file, &read_keys(keys)?)?,
        (file, keys) => {
            let rooms = Rooms::look(config).await?;
            let keys = match keys {
                Some(keys) => read_keys(keys)?,
                None => rooms.keys(config).await?.journal_keys(),
            };
            let report = match file {
                Some(file) => verify_file(file, &keys)?,
                None => verify_database(&mut *rooms.store.look().await?, &keys, &rooms.store.place()).await?,
            };
            rooms.store.close().await;
            report
        }
    };
    print(&report.to_string())?;
    if report.holds() { Ok(()) } else { Err(Failure::Refused(format!("{} does not verify", report.subject))) }
}

fn verify_file(file: &Path, keys: &JournalKeys) -> Result<Report, Failure> {
    let refused = |e| Failure::Refused(format!("{}: {e}", file.display()));
    let mut reader = BufReader::new(File::open(file).map_err(refused)?);
    verify_export(&mut reader, keys).map_err(refused)
}

fn read_keys(file: &Path) -> Result<JournalKeys, Failure> {
    let refused = |e: &dyn std::fmt::Display| Failure::Refused(format!("{}: {e}", file.display()));
    let text = std::fs::read(file).map_err(|e| refused(&e))?;
    JournalKeys::parse(&text).map_err(|e| refused(&e))
}
