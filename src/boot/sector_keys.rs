//! The keys of new sectors, drawn and sealed by the key ring.

use std::sync::Arc;

use boundary::{Chance, Clock, Fault, SectorId};

use crate::keys::{KeyRing, StoredSectorKey};
use crate::operate::apply::NewSectorKeys;

/// Makes them.
pub(super) struct NewKeys {
    pub ring: Arc<KeyRing>,
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<dyn Chance>,
}

impl NewSectorKeys for NewKeys {
    fn new_sector_key(&self, sector: &SectorId) -> Result<StoredSectorKey, Fault> {
        self.ring.new_sector_key(sector, &*self.chance, &*self.clock).map_err(|e| Fault::new(e.to_string()))
    }
}
