//! The roll-up's job: what launches write is read a minute later, and everything that was missed once a day.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// How often what launches wrote is read.
const EVERY: Duration = Duration::from_secs(60);
/// How often the whole journal is looked through for what was missed.
const WHOLE: Duration = Duration::from_secs(24 * 60 * 60);

/// What rolls the journal up. It says in the log what went wrong.
#[async_trait]
pub trait RollingUp: Send + Sync {
    /// Reads what was not read yet, of the last minutes or of all times; false when it must soon be tried again.
    async fn roll_up(&self, everything: bool) -> bool;
}

/// Rolls up until told to stop. The first look is at everything: what a process that died left behind counts too.
pub async fn roll_up(rolling: Arc<dyn RollingUp>, mut stopped: watch::Receiver<bool>) {
    let mut whole: Option<Instant> = None;
    loop {
        let everything = whole.is_none_or(|last| last.elapsed() >= WHOLE);
        if rolling.roll_up(everything).await && everything {
            whole = Some(Instant::now());
        }
        tokio::select! {
            () = sleep(EVERY) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}
