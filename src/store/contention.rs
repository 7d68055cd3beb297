//! Contention: how often, and how long, a transaction is tried again after another one was in its way.

use std::time::Duration;

use tokio::time::{Instant, sleep};

const ATTEMPTS: u32 = 5;
/// SQLite has waited for seconds already when it says that it is busy.
const PATIENCE: Duration = Duration::from_secs(4);
const PAUSE: Duration = Duration::from_millis(5);

/// The attempts of one transaction.
pub(in crate::store) struct Attempts {
    began: Instant,
    made: u32,
}

impl Attempts {
    /// Before the first attempt.
    pub fn begin() -> Self {
        Self { began: Instant::now(), made: 1 }
    }

    /// Waits a little and answers whether to try once more.
    pub async fn another(&mut self) -> bool {
        if self.made >= ATTEMPTS || self.began.elapsed() >= PATIENCE {
            return false;
        }
        sleep(PAUSE * self.made).await;
        self.made += 1;
        true
    }
}
