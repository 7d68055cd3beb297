//! Jobs: what the broker does by itself. It forgets what has expired, lets its keys rotate, keeps the journal, rolls it
//! up, and looks for rosters that ENTs have sent.

mod erasures;
mod journal;
mod rollup;
mod roster;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use boundary::{Clock, Fault};
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::operate::rotation::Rotation;

pub use erasures::tidy_erasures;
pub use journal::{JournalKeeping, keep_journal};
pub use rollup::{RollingUp, roll_up};
pub use roster::watch_rosters;

/// How often expired rows are taken away. They no longer count from the moment they expire; this is housekeeping.
const PURGE_EVERY: Duration = Duration::from_secs(60);
/// How often to look whether a key's time has come: a few rows are read.
const ROTATE_EVERY: Duration = Duration::from_secs(5);

/// What the purge needs of a store.
#[async_trait]
pub trait Purge: Send + Sync {
    /// Takes away expired parked launches, first uses and failed sign-ons, in small transactions; returns how many.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    async fn purge(&self, now: OffsetDateTime) -> Result<u64, Fault>;
}

/// Purges until told to stop. Several processes may do so at once: what one took, the other does not find.
pub async fn purge(store: Arc<dyn Purge>, clock: Arc<dyn Clock>, mut stopped: watch::Receiver<bool>) {
    let mut ticks = ticks(PURGE_EVERY);
    while next(&mut ticks, &mut stopped).await {
        match store.purge(clock.now()).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "expired rows are gone"),
            Err(fault) => tracing::warn!(%fault, "expired rows stay for now"),
        }
    }
}

/// Rotates keys until told to stop. Several processes may do so at once: a step is taken once.
pub async fn rotate(rotation: Rotation, mut stopped: watch::Receiver<bool>) {
    let mut ticks = ticks(ROTATE_EVERY);
    while next(&mut ticks, &mut stopped).await {
        match rotation.turn().await {
            Ok(turned) => turned.iter().for_each(|turned| tracing::info!(key = %turned, "a key has turned")),
            Err(fault) => tracing::warn!(%fault, "keys stay as they are for now"),
        }
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Waits for the next tick; false when told to stop.
async fn next(ticks: &mut tokio::time::Interval, stopped: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        _ = ticks.tick() => true,
        _ = stopped.wait_for(|stop| *stop) => false,
    }
}
