//! Jobs: what the broker does by itself. So far it forgets what has expired.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use boundary::{Clock, Fault};
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// How often expired rows are taken away. They no longer count from the moment they expire; this is housekeeping.
const EVERY: Duration = Duration::from_secs(60);

/// What the purge needs of a store.
#[async_trait]
pub trait Purge: Send + Sync {
    /// Takes away expired parked launches and first uses, in small transactions; returns how many.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    async fn purge(&self, now: OffsetDateTime) -> Result<u64, Fault>;
}

/// Purges until told to stop. Several processes may do so at once: what one took, the other does not find.
pub async fn purge(store: Arc<dyn Purge>, clock: Arc<dyn Clock>, mut stopped: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
        match store.purge(clock.now()).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "expired rows are gone"),
            Err(fault) => tracing::warn!(%fault, "expired rows stay for now"),
        }
    }
}
