//! The command `directory rotate`: a sector begins its next epoch.

use super::cli::Epoch;
use super::exit::Failure;
use super::operator::{print, print_json};
use super::progress;
use super::rooms::Rooms;
use super::sector_keys::NewKeys;
use super::world::RingSectorKeys;
use crate::config::Config;
use crate::journal::Actor;
use crate::operate::epochs::{self, EpochError, Means, Rotated, Watching};

/// Shows how far it is, where somebody watches.
struct Line;

impl Watching for Line {
    fn replaced(&self, done: u64, of: u64) {
        progress::show(&format!("replacing: {done} of {of}"));
    }
}

/// `directory rotate`
pub async fn rotate(config: &Config, options: &Epoch) -> Result<(), Failure> {
    let Epoch { sector, dry_run, json } = options;
    let rooms = Rooms::open(config).await?;
    let ring = rooms.keys(config).await?;
    let (clock, chance) = (rooms.clock.clone(), rooms.chance.clone());
    let new = NewKeys { ring: ring.clone(), clock, chance };
    let keys = RingSectorKeys { keys: ring, store: rooms.store.clone() };
    let (store, clock, watching) = (&*rooms.store, &*rooms.clock, &Line);
    let means = Means { store, new: &new, keys: &keys, clock, watching };
    let done = epochs::rotate(&means, &Actor::command(), sector, *dry_run).await;
    progress::clear();
    rooms.store.close().await;
    let rotated = done?;
    if *json { print_json(&rotated) } else { print(&shown(&rotated)) }
}

fn shown(rotated: &Rotated) -> String {
    let Rotated { epoch, people, continued, done } = rotated;
    if !done {
        return format!("{people} values would be replaced: epoch {epoch}");
    }
    let how = if *continued { "finished" } else { "begun" };
    format!("epoch {epoch} {how}: {people} values replaced; the publisher can be given what replaces what")
}

impl From<EpochError> for Failure {
    fn from(error: EpochError) -> Self {
        match error {
            EpochError::Fault(fault) => fault.into(),
            refused => Self::Refused(refused.to_string()),
        }
    }
}
