//! The erasures' job: what was broken off is finished, and what launches wrote meanwhile about whoever was erased goes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{next, ticks};
use crate::operate::erasure::Erasures;

/// How often to look. What a launch that was under way has written can lead nowhere: its person has no root any more.
const EVERY: Duration = Duration::from_secs(30);

/// Tidies up until told to stop. Several processes may do so at once: what one took, the other does not find.
pub async fn tidy_erasures(erasures: Arc<Erasures>, mut stopped: watch::Receiver<bool>) {
    let mut ticks = ticks(EVERY);
    while next(&mut ticks, &mut stopped).await {
        match erasures.tidy().await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "what was written about people who were erased is gone"),
            Err(error) => tracing::warn!(%error, "erasures are not tidied up for now"),
        }
    }
}
