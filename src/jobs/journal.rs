//! The journal's job: a checkpoint an hour, and what it lets go.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::sleep;

/// How long after one checkpoint the next is due.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// How soon it is looked at again where it was not due yet, another process was at it, or the store did not answer. So
/// whoever comes between two checkpoints of others makes the next one on time.
const AGAIN: Duration = Duration::from_secs(60);

/// What keeps the journal. It says in the log what it did.
#[async_trait]
pub trait JournalKeeping: Send + Sync {
    /// Makes the checkpoint of the hour where it is due; false when it must soon be looked at again.
    async fn hourly(&self) -> bool;
    /// Makes a checkpoint before this process ends, so that its chains are covered to their last event.
    async fn last(&self);
}

/// Keeps the journal until told to stop. The first time is at once: what a process that died left behind is covered.
pub async fn keep_journal(keeping: Arc<dyn JournalKeeping>, mut stopped: watch::Receiver<bool>) {
    loop {
        let pause = if keeping.hourly().await { EVERY } else { AGAIN };
        tokio::select! {
            () = sleep(pause) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}
