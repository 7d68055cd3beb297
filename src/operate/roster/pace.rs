//! Pace: how much an import writes at once, and how long it pauses. Launches come first: while there are any it writes a
//! few rows and pauses for as long as that took.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use boundary::Fault;
use tokio::time::{Instant, sleep};

use super::store::RosterStore;

/// How long a transaction may take, and how long it is to take when nobody launches.
const AT_MOST: Duration = Duration::from_millis(20);
const QUIET: Duration = Duration::from_millis(14);
/// How long it is to take under launches.
const BUSY: Duration = Duration::from_millis(3);
/// How many rows a transaction has at least and at most, whatever time it takes.
pub(super) const FEWEST: usize = 32;
pub(super) const MOST: usize = 4096;
/// How often it is looked whether somebody launches, and for how long they count as under way then.
const LOOK: Duration = Duration::from_millis(250);
const LASTS: Duration = Duration::from_secs(2);
/// SQLite lets another process write only if it asks while nobody writes, and it asks every few milliseconds: so after so
/// much writing nobody writes for so long.
const WITHOUT_A_BREATH: Duration = Duration::from_millis(150);
const BREATH: Duration = Duration::from_millis(26);

/// The pace of one import.
pub(super) struct Pace {
    rows: usize,
    mark: Option<i64>,
    looked: Option<Instant>,
    busy_until: Option<Instant>,
    since_breath: Duration,
    /// Told to the thread that reads the archive.
    pub busy: Arc<AtomicBool>,
}

impl Pace {
    pub fn new() -> Self {
        let busy = Arc::new(AtomicBool::new(false));
        Self {
            rows: FEWEST * 8,
            mark: None,
            looked: None,
            busy_until: None,
            since_breath: Duration::ZERO,
            busy,
        }
    }

    /// How many rows the next transaction may have.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Looks whether somebody launches, from time to time.
    pub async fn look(&mut self, store: &dyn RosterStore) -> Result<(), Fault> {
        let now = Instant::now();
        if self.looked.is_none_or(|looked| now - looked >= LOOK) {
            let mark = store.launch_mark().await?;
            if self.mark.replace(mark).is_some_and(|before| before != mark) {
                self.busy_until = Some(now + LASTS);
            }
            self.looked = Some(now);
        }
        if store.launches_waiting() > 0 {
            self.busy_until = Some(now + LASTS);
        }
        self.busy.store(self.is_busy(), Ordering::Relaxed);
        Ok(())
    }

    fn is_busy(&self) -> bool {
        self.busy_until.is_some_and(|until| Instant::now() < until)
    }

    /// After a transaction: how many rows the next one has, and a pause.
    pub async fn after(&mut self, took: Duration, store: &dyn RosterStore) -> Result<(), Fault> {
        self.look(store).await?;
        let busy = self.is_busy();
        self.rows = next(self.rows, took, if busy { BUSY } else { QUIET });
        self.since_breath += took;
        if busy {
            self.since_breath = Duration::ZERO;
            sleep(took).await;
        } else if store.has_one_writer() && self.since_breath >= WITHOUT_A_BREATH {
            self.since_breath = Duration::ZERO;
            sleep(BREATH).await;
        }
        Ok(())
    }
}

/// How many rows take about as long as they are to take; far fewer after one that took too long.
fn next(rows: usize, took: Duration, wanted: Duration) -> usize {
    let next = if took > AT_MOST || took > wanted * 2 {
        rows / 2
    } else if took < wanted / 2 {
        rows * 2
    } else if took < wanted * 4 / 5 {
        rows + rows / 8
    } else if took > wanted {
        rows - rows / 8
    } else {
        rows
    };
    next.clamp(FEWEST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_settle_at_the_time_that_they_are_to_take_and_never_grow_beyond_their_bounds() {
        for (a_row, wanted) in [(50_u32, BUSY), (50, QUIET), (5, QUIET), (400, BUSY)] {
            let mut rows = FEWEST * 8;
            for _ in 0..100 {
                rows = next(
                    rows,
                    Duration::from_micros(u64::from(a_row)) * u32::try_from(rows).unwrap(),
                    wanted,
                );
                assert!((FEWEST..=MOST).contains(&rows));
            }
            let took = Duration::from_micros(u64::from(a_row)) * u32::try_from(rows).unwrap();
            assert!(took <= AT_MOST, "{took:?}");
            assert!(took >= wanted / 2 || rows == MOST, "{took:?} with {rows} rows");
        }
    }
}
