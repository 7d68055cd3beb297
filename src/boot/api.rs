//! The API wired over the rooms.

use std::sync::Arc;

use super::rooms::Rooms;
use super::sector_keys::NewKeys;
use super::world::RingJournal;
use crate::config::Config;
use crate::http::api::Behind;
use crate::keys::KeyRing;
use crate::operate::erasure::Erasures;
use crate::operate::roster::Quietly;

/// What stands behind the API.
pub fn api(config: &Config, rooms: &Rooms, ring: Arc<KeyRing>, erasures: Arc<Erasures>) -> Behind {
    let rosters = super::roster::means(config, rooms, Arc::clone(&ring), Arc::new(Quietly));
    let (clock, chance) = (rooms.clock.clone(), rooms.chance.clone());
    Behind {
        records: rooms.store.clone(),
        keys: Arc::new(NewKeys { ring: ring.clone(), clock: clock.clone(), chance: chance.clone() }),
        answers: rooms.store.clone(),
        people: rooms.store.clone(),
        assignments: rooms.store.clone(),
        rosters,
        erasures,
        epochs: rooms.store.clone(),
        signer: Arc::new(RingJournal(ring)),
        issuer: config.server.public_url.as_str().trim_end_matches('/').to_owned(),
        journal: rooms.store.clone(),
        statistics: rooms.store.clone(),
        clock,
        chance,
    }
}
