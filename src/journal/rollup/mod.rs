//! Roll-up: reads every event of the journal once, behind the launches and never in their way, and writes down what is
//! made of all of them.
//!
//! Each chain has a mark: the place up to which it was read. Marks move in the transaction that writes what the events
//! say, so that each event counts once, whatever process is killed when. One process rolls up at a time.

mod batch;
mod store;

use std::sync::Arc;

use boundary::{Clock, Fault};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

pub use batch::{Batch, Counted, Mark, Opened, commitment_key};
pub use store::{RollupStore, Unread};

use super::{JournalView, Stretch};

/// How much of the journal is looked through at once: at the busiest a hundred thousand events.
const WINDOW: Duration = Duration::hours(6);
/// How many events one transaction takes: few, because launches wait behind it on SQLite.
const AT_ONCE: u64 = 200;
/// Since when events are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// A quarter of an hour ago: what launches write.
    Lately,
    /// Ever: also what a host with a wrong clock wrote, or a broker that never came to roll up.
    Ever,
}

/// Rolls the journal up.
pub struct Rollup {
    store: Arc<dyn RollupStore>,
    clock: Arc<dyn Clock>,
    /// A turn is a process's; within it, one task's.
    turn: Mutex<()>,
    retention_days: u32,
}

impl Rollup {
    /// A roll-up of a journal that keeps events for so many days.
    #[must_use]
    pub fn new(store: Arc<dyn RollupStore>, clock: Arc<dyn Clock>, retention_days: u32) -> Self {
        Self { store, clock, turn: Mutex::new(()), retention_days }
    }

    /// Reads what was not read yet and answers how many events that were; `None` where another process is at it.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer. What was read until then counts.
    pub async fn turn(&self, since: Since) -> Result<Option<u64>, Fault> {
        let _turn = self.turn.lock().await;
        if !self.store.take_rollup_turn(self.clock.now()).await? {
            return Ok(None);
        }
        let read = self.read(since).await;
        let ended = self.store.end_rollup_turn().await;
        let read = read?;
        ended.map(|()| read)
    }

    async fn read(&self, since: Since) -> Result<Option<u64>, Fault> {
        let began = self.clock.now();
        let Some((first, last)) = self.store.look().await?.span().await? else { return Ok(Some(0)) };
        let mut from = match since {
            Since::Lately => began - Duration::minutes(15),
            Since::Ever => first,
        };
        let mut read = 0;
        while from <= last {
            match self.window(from, from + WINDOW).await? {
                Some(some) => read += some,
                None => return Ok(None),
            }
            from += WINDOW;
        }
        if since == Since::Ever {
            self.store.note_read_through(began).await?;
            let kept_since = began - Duration::days(self.retention_days.into());
            let (seen, ended) = (kept_since - Duration::days(40), began - Duration::days(60));
            self.store.forget_read(began, seen, ended).await?;
        }
        Ok(Some(read))
    }

    /// Reads every chain with unread events of a window to its end; `None` where the turn is lost.
    async fn window(&self, from: OffsetDateTime, until: OffsetDateTime) -> Result<Option<u64>, Fault> {
        let mut view = self.store.look().await?;
        let unread = view.unread(from, until).await?;
        let mut batch = Batch::default();
        let mut read = 0;
        for Unread { chain, seq } in unread {
            read += match self.chain(&mut *view, &mut batch, &chain, seq).await? {
                Some(some) => some,
                None => return Ok(None),
            };
        }
        Ok(self.write(&mut batch).await?.then_some(read))
    }

    async fn chain(
        &self,
        view: &mut dyn JournalView,
        batch: &mut Batch,
        chain: &str,
        seq: i64,
    ) -> Result<Option<u64>, Fault> {
        let (mut stretch, mut from, mut read) = (Stretch::of_chain(chain, seq), seq, 0);
        loop {
            let events = view.events(&stretch).await?;
            for event in &events {
                batch.add(event, from);
                (from, read) = (event.seq, read + 1);
                if batch.events() >= AT_ONCE && !self.write(batch).await? {
                    return Ok(None);
                }
            }
            match events.last() {
                Some(last) => stretch = stretch.behind(last),
                None => return Ok(Some(read)),
            }
        }
    }

    /// Writes a batch down and pauses for as long as that took; false where the turn is lost.
    async fn write(&self, batch: &mut Batch) -> Result<bool, Fault> {
        let full = std::mem::take(batch);
        if full.events() == 0 {
            return Ok(true);
        }
        let began = Instant::now();
        let ours = self.store.write_rollup(self.clock.now(), &full).await?;
        sleep(began.elapsed()).await;
        Ok(ours)
    }
}
