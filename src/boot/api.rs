//! The API wired over the rooms.

use std::sync::Arc;

use boundary::{Chance, Clock, Fault, SectorId};

use super::rooms::Rooms;
use crate::http::api::Behind;
use crate::keys::{KeyRing, StoredSectorKey};
use crate::operate::apply::NewSectorKeys;

/// What stands behind the API.
pub fn api(rooms: &Rooms, ring: Arc<KeyRing>) -> Behind {
    let (clock, chance) = (rooms.clock.clone(), rooms.chance.clone());
    Behind {
        records: rooms.store.clone(),
        keys: Arc::new(RingNewKeys { ring, clock: clock.clone(), chance }),
        answers: rooms.store.clone(),
        people: rooms.store.clone(),
        journal: rooms.store.clone(),
        clock,
    }
}

/// The keys of new sectors, drawn and sealed by the key ring.
pub(super) struct RingNewKeys {
    pub ring: Arc<KeyRing>,
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<dyn Chance>,
}

impl NewSectorKeys for RingNewKeys {
    fn new_sector_key(&self, sector: &SectorId) -> Result<StoredSectorKey, Fault> {
        self.ring.new_sector_key(sector, &*self.chance, &*self.clock).map_err(|e| Fault::new(e.to_string()))
    }
}
