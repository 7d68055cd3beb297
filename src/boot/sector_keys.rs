//! The keys of new sectors and new epochs, drawn and sealed by the key ring.

use std::sync::Arc;

use boundary::{Chance, Clock, Fault, SectorId};

use crate::keys::{KeyRing, StoredSectorKey};
use crate::operate::apply::NewSectorKeys;
use crate::operate::epochs::NewEpochs;
use crate::pseudonyms::FIRST_EPOCH;

/// Makes them.
pub(super) struct NewKeys {
    pub ring: Arc<KeyRing>,
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<dyn Chance>,
}

impl NewSectorKeys for NewKeys {
    fn new_sector_key(&self, sector: &SectorId) -> Result<StoredSectorKey, Fault> {
        self.ring
            .new_sector_key(sector, FIRST_EPOCH, &*self.chance, &*self.clock)
            .map_err(|e| Fault::new(e.to_string()))
    }
}

impl NewEpochs for NewKeys {
    fn new_epoch(&self, sector: &SectorId, epoch: u32) -> Result<StoredSectorKey, Fault> {
        let made = self.ring.new_sector_key(sector, epoch, &*self.chance, &*self.clock);
        made.map_err(|e| Fault::new(e.to_string()))
    }
}
