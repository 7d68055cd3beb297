//! The commands `backup` and `restore`.

use std::path::Path;

use boundary::Clock;

use super::erasures::standing_after_restore;
use super::exit::Failure;
use super::operator::print;
use super::progress;
use super::rooms::{Rooms, environment, master};
use super::system::SystemClock;
use crate::config::Config;
use crate::keys;
use crate::operate::backup::{self, BackupError, Copied, Progress, Whole};
use crate::store::{Db, known_schema};

/// `backup`
pub async fn backup(config: &Config, file: &Path) -> Result<(), Failure> {
    // Opened as it is: a backup migrates nothing.
    let db = Db::open(&config.database.url, false).await.map_err(environment)?;
    let written = backup::backup(&db, file, SystemClock.now(), told("backup")).await;
    progress::clear();
    db.close().await;
    let Copied { tables, rows } = written?;
    print(&format!("backup: {tables} tables, {rows} rows in {}", file.display()))
}

/// `restore`
pub async fn restore(config: &Config, file: &Path) -> Result<(), Failure> {
    let master = master(config).map_err(environment)?;
    let whole = Whole::examine(file, &master, known_schema(), told("reading"));
    progress::clear();
    let whole = whole?;
    let header = whole.header().clone();
    let db = Db::open(&config.database.url, true).await.map_err(environment)?;
    let restored = whole.restore(&db, told("restore")).await;
    progress::clear();
    db.close().await;
    let Copied { tables, rows } = restored?;
    // The carrier keys that stayed behind, and those of purposes that are newer than the backup.
    let rooms = Rooms::open_as_it_is(config).await?;
    let made = keys::init(&master, &*rooms.store, &*rooms.chance, &*rooms.clock).await;
    let behind = standing_after_restore(config, &rooms).await;
    rooms.store.close().await;
    let mut lines: Vec<_> = made.map_err(environment)?.iter().map(|made| format!("+ {made}")).collect();
    let (from, made) = (header.engine, header.made.date());
    lines.push(format!("restore: {tables} tables, {rows} rows, taken from {from} on {made}"));
    lines.extend(behind.map(|words| format!("! nothing is served yet: {words}")));
    print(&lines.join("\n"))
}

fn told(doing: &'static str) -> Progress {
    Box::new(move |rows| progress::show(&format!("{doing}: {rows} rows")))
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        let words = error.to_string();
        if error.is_refusal() { Self::Refused(words) } else { Self::Environment(words) }
    }
}
