//! The roll-up of the journal in a running broker.

use async_trait::async_trait;

use super::rooms::Rooms;
use crate::config::Config;
use crate::jobs::RollingUp;
use crate::journal::{Rollup, Since};

/// The roll-up of a broker's journal.
pub fn rollup(config: &Config, rooms: &Rooms) -> Rollup {
    Rollup::new(rooms.store.clone(), rooms.clock.clone(), config.journal.retention_days)
}

/// Rolls up, and says in the log where it could not.
pub struct Rolling(pub Rollup);

#[async_trait]
impl RollingUp for Rolling {
    async fn roll_up(&self, everything: bool) -> bool {
        let since = if everything { Since::Ever } else { Since::Lately };
        match self.0.turn(since).await {
            Ok(Some(events)) => {
                tracing::debug!(events, "the journal was rolled up");
                true
            }
            // Another process is at it.
            Ok(None) => false,
            Err(fault) => {
                tracing::warn!(%fault, "the journal is not rolled up for now");
                false
            }
        }
    }
}
