//! Epochs: one sector calls everybody anew, from one moment on, and its publisher is given once what replaces what (P11).
//!
//! The key of the new epoch is written first; from then on a launch replaces the person's value where it is of an epoch that
//! is over. Those who do not launch are replaced by [`rotate`], a few at a time; whatever stops it, calling it again goes on.
//! Other sectors have other keys and are not touched. Values of epochs that are over stay, so that they are understood where
//! somebody sends one, and are never given to anybody else.

mod error;
mod map;
mod store;

use boundary::{Clock, Fault, Pseudonym, Scope, SectorId, derive_for_person};
use tokio::time::{Instant, sleep};

pub use error::EpochError;
pub use map::{MAP_TYPE, MapEnd, Told, tell};
pub use store::{EpochStore, Replaced, Rotation, Stale};

pub use crate::journal::Signer;
use crate::journal::{Actor, Change};
use crate::keys::StoredSectorKey;
use crate::pseudonyms::SectorKeys;

/// How many people one transaction replaces: few, because launches wait behind it on SQLite.
const AT_ONCE: u32 = 200;

/// What makes the key of a new epoch.
pub trait NewEpochs: Send + Sync {
    /// A new key, sealed, of an epoch of a sector.
    ///
    /// # Errors
    /// A [`Fault`] when the master key cannot seal it.
    fn new_epoch(&self, sector: &SectorId, epoch: u32) -> Result<StoredSectorKey, Fault>;
}

/// Who is told how far a change of epoch is.
pub trait Watching: Send + Sync {
    /// So many of so many people have their new values.
    fn replaced(&self, done: u64, of: u64);
}

/// What changes of epoch work with.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Where pseudonyms are.
    pub store: &'a dyn EpochStore,
    /// What makes keys.
    pub new: &'a dyn NewEpochs,
    /// The keys that there are.
    pub keys: &'a dyn SectorKeys,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Who is told how far it is.
    pub watching: &'a dyn Watching,
}

/// What a change of epoch came to, or would.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rotated {
    /// The new epoch.
    pub epoch: u32,
    /// How many values it replaces: people, and in a sector with values a school people at schools.
    pub people: u64,
    /// Whether it was begun before and is finished now.
    pub continued: bool,
    /// Whether anything was changed.
    pub done: bool,
}

/// Begins the next epoch of a sector and replaces the value of everybody, or finishes what was broken off.
///
/// # Errors
/// [`EpochError`]; what was replaced until then counts.
pub async fn rotate(
    means: &Means<'_>,
    actor: &Actor,
    sector: &SectorId,
    dry_run: bool,
) -> Result<Rotated, EpochError> {
    let epoch = means.store.epoch_of(sector).await?.ok_or(EpochError::NoSector)?;
    let last = means.store.rotations(sector).await?.into_iter().next_back();
    let open = last.filter(|rotation| rotation.filled.is_none()).map(|rotation| rotation.epoch);
    let (epoch, continued) = (open.unwrap_or(epoch + 1), open.is_some());
    let people = means.store.count_stale(sector, epoch).await?;
    if dry_run {
        return Ok(Rotated { epoch, people, continued, done: false });
    }
    if !continued {
        let key = means.new.new_epoch(sector, epoch)?;
        let at = means.clock.now();
        let told = Change::new(at, actor, "rotate", "sector", sector.as_str());
        means.store.begin(&key, at, &told).await??;
    }
    replace_all(means, sector, epoch, people).await?;
    let people = means.store.end(sector, epoch, means.clock.now()).await?;
    Ok(Rotated { epoch, people, continued, done: true })
}

async fn replace_all(
    means: &Means<'_>,
    sector: &SectorId,
    epoch: u32,
    people: u64,
) -> Result<(), EpochError> {
    let key = means.keys.sector_key(sector, epoch).await?;
    let (mut after, mut done) = (String::new(), 0);
    loop {
        let began = Instant::now();
        let stale = means.store.stale(sector, epoch, &after, AT_ONCE).await?;
        let Some(last) = stale.last() else { return Ok(()) };
        after = last.value.as_str().to_owned();
        let replaced: Vec<Replaced> = stale.into_iter().filter_map(|one| replacement(&key, one)).collect();
        means.store.replace(sector, epoch, &replaced, means.clock.now()).await?;
        done += replaced.len() as u64;
        means.watching.replaced(done, people.max(done));
        // Launches come first.
        sleep(began.elapsed()).await;
    }
}

/// Somebody whose root was erased a moment ago has none.
fn replacement(key: &boundary::SectorKey, stale: Stale) -> Option<Replaced> {
    let scope = Scope::parse(&stale.scope)?;
    let new: Pseudonym = derive_for_person(key, &scope, &stale.root);
    Some(Replaced { old: stale.value, new })
}
