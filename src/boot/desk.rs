//! The pages inside the console, wired over the rooms.

use std::sync::Arc;

use async_trait::async_trait;
use boundary::{Chance, Clock, Fault, LaunchId};

use super::exit::Failure;
use super::looking::{meaning, settings};
use super::rooms::{Rooms, environment};
use super::sector_keys::NewKeys;
use super::world::RingPeople;
use crate::config::Config;
use crate::http::desk::{Desk, Health};
use crate::keys::KeyRing;
use crate::operate::doctor::{self, Finding};
use crate::operate::erasure::Erasures;
use crate::operate::trace::{self, Trace};
use crate::pages::{Pages, Registry};
use crate::store::Store;
use crate::trust::KeySets;

/// What the pages inside the console read and do.
pub fn desk(
    config: &Config,
    rooms: &Rooms,
    ring: Arc<KeyRing>,
    key_sets: Arc<KeySets>,
    erasures: Arc<Erasures>,
) -> Result<Desk, Failure> {
    let pages = Pages::load().map_err(environment)?;
    let (clock, chance): (Arc<dyn Clock>, Arc<dyn Chance>) = (rooms.clock.clone(), rooms.chance.clone());
    let store = rooms.store.clone();
    let examined = Examined { store, key_sets, clock: clock.clone(), settings: settings(config) };
    let rosters = Arc::new(RingPeople(ring.clone()));
    let keys = Arc::new(NewKeys { ring, clock: clock.clone(), chance: chance.clone() });
    let kept_days = config.journal.retention_days;
    let (store, health) = (rooms.store.clone(), Arc::new(examined));
    Ok(Desk { pages, kept_days, store, clock, chance, keys, erasures, rosters, health })
}

/// The checks of `doctor` and `trace`, asked by a page.
struct Examined {
    store: Arc<Store>,
    key_sets: Arc<KeySets>,
    clock: Arc<dyn Clock>,
    settings: doctor::Settings,
}

#[async_trait]
impl Health for Examined {
    async fn examine(&self) -> Result<Vec<Finding>, Fault> {
        let (store, key_sets, clock, settings) =
            (&*self.store, &*self.key_sets, &*self.clock, &self.settings);
        doctor::examine(&doctor::Means { store, key_sets, clock, settings }).await
    }

    async fn trace(&self, launch: &LaunchId, registry: &Registry) -> Result<Option<Trace>, Fault> {
        trace::find(&*self.store, &*self.clock, &|code| meaning(registry, code), launch).await
    }
}
