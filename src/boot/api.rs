//! The API wired over the rooms.

use std::sync::Arc;

use super::rooms::Rooms;
use super::sector_keys::NewKeys;
use crate::http::api::Behind;
use crate::keys::KeyRing;

/// What stands behind the API.
pub fn api(rooms: &Rooms, ring: Arc<KeyRing>) -> Behind {
    let (clock, chance) = (rooms.clock.clone(), rooms.chance.clone());
    Behind {
        records: rooms.store.clone(),
        keys: Arc::new(NewKeys { ring, clock: clock.clone(), chance: chance.clone() }),
        answers: rooms.store.clone(),
        people: rooms.store.clone(),
        assignments: rooms.store.clone(),
        journal: rooms.store.clone(),
        clock,
        chance,
    }
}
