//! Keeping: makes a checkpoint over whatever moved, and lets go of what is past its retention.
//!
//! A checkpoint signs only what was verified: each chain is followed from the head that a genuine checkpoint signed. So
//! every head that is signed is known to go back to the first, and a chain that does not is left out and reported.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use boundary::{Clock, Fault, paris_date, paris_midnight};
use time::{Duration, OffsetDateTime};
use tokio::time::{Instant, sleep};

use super::ground::{APART, Ground};
use super::{
    Checkpoint, Discrepancy, Hash, JournalStore, Signer, StoredCheckpoint, StoredHeld, StoredLeaf, Tidy,
    merkle,
};

/// How long to wait for a turn, and how often to ask.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);
/// How many rows are drafted in one transaction.
const DRAFT: usize = 200;

/// Which chains are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those with an event since the day before the last checkpoint.
    Recent,
    /// All.
    Everything,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// A checkpoint was made.
    Made(Made),
    /// Nothing has moved since the newest checkpoint, or nothing that fits.
    Nothing(Vec<Discrepancy>),
    /// The newest checkpoint is not genuine, and nothing is built on it.
    Refused(Discrepancy),
    /// The newest checkpoint is less than an hour old.
    Early,
    /// Another process is at it.
    Busy,
}

impl Kept {
    /// Whether it is soon worth another look: whoever waits an hour from now would let two hours go by.
    #[must_use]
    pub const fn look_again(&self) -> bool {
        matches!(self, Self::Early | Self::Busy)
    }
}

/// A checkpoint that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its number.
    pub number: i64,
    /// Its hash, by which it can be known again.
    pub hash: Hash,
    /// How many owners moved.
    pub owners: usize,
    /// How many events retention took away.
    pub removed: u64,
    /// Whether retention let nothing go for now, because no checkpoint was made lately.
    pub waits: bool,
    /// Chains that do not fit and were left as they are.
    pub found: Vec<Discrepancy>,
}

/// Makes checkpoints.
pub struct Keeper {
    store: Arc<dyn JournalStore>,
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    issuer: String,
    retention_days: u32,
    /// When the newest checkpoint that is known was made, in seconds since 1970; before the first: when this began.
    newest: AtomicI64,
    /// Whether retention waited the last time that this process looked.
    waits: AtomicBool,
}

impl Keeper {
    /// A keeper that signs as `issuer` and lets go of events after so many days.
    #[must_use]
    pub fn new(
        store: Arc<dyn JournalStore>,
        signer: Arc<dyn Signer>,
        clock: Arc<dyn Clock>,
        issuer: String,
        retention_days: u32,
    ) -> Self {
        let newest = AtomicI64::new(clock.now().unix_timestamp());
        Self { store, signer, clock, issuer, retention_days, newest, waits: AtomicBool::new(false) }
    }

    /// Makes the checkpoint of the hour, unless some process did within the last one. A newest checkpoint that is not
    /// genuine, or lies in the future, is no reason to wait.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    pub async fn hourly(&self) -> Result<Kept, Fault> {
        let newest = self.store.look().await?.newest().await?;
        let signed = newest.and_then(|newest| newest.open(&self.signer.keys()).ok());
        if let Some(signed) = signed {
            self.newest.store(signed.iat, Ordering::Relaxed);
            let age = self.age();
            if -APART <= age && age < Duration::HOUR {
                // Whoever made it says whether retention waits.
                self.waits.store(false, Ordering::Relaxed);
                return Ok(Kept::Early);
            }
        }
        self.checkpoint(Reach::Recent).await
    }

    /// How old the newest checkpoint is that this process knows; before the first: how long it has been waiting for it.
    #[must_use]
    pub fn age(&self) -> Duration {
        Duration::seconds(self.clock.now().unix_timestamp() - self.newest.load(Ordering::Relaxed))
    }

    /// Whether retention lets nothing go for now, because no checkpoint was made lately, as far as this process found out.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// Makes a checkpoint, if anything moved, and waits some seconds for its turn.
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint).
    pub async fn checkpoint_in_turn(&self, reach: Reach) -> Result<Kept, Fault> {
        let began = Instant::now();
        loop {
            match self.checkpoint(reach).await? {
                Kept::Busy if began.elapsed() < PATIENCE => sleep(PAUSE).await,
                kept => return Ok(kept),
            }
        }
    }

    /// Makes a checkpoint now, if anything moved.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer. What was drafted is not seen by anybody.
    pub async fn checkpoint(&self, reach: Reach) -> Result<Kept, Fault> {
        if !self.store.take_turn(self.clock.now()).await? {
            return Ok(Kept::Busy);
        }
        let kept = self.make(reach).await;
        let ended = self.store.end_turn().await;
        let kept = kept?;
        ended.map(|()| kept)
    }

    async fn make(&self, reach: Reach) -> Result<Kept, Fault> {
        let mut view = self.store.look().await?;
        let now = self.clock.now();
        let cutoff = paris_midnight(paris_date(now) - Duration::days(self.retention_days.into()));
        let keys = self.signer.keys();
        let mut ground = match Ground::find(&mut *view, &keys, now, cutoff).await? {
            Ok(ground) => ground,
            Err(found) => return Ok(Kept::Refused(found)),
        };
        self.store.discard_drafts(ground.last).await?;
        let mut leaves = Vec::new();
        let mut draft = Draft::default();
        for (name, moves) in ground.moved(&mut *view, reach).await? {
            let Some(owner) = ground.owner(&mut *view, name, &moves).await? else { continue };
            let (leaf, rows) = owner.rows(ground.last + 1, ground.now);
            leaves.push(leaf.hash);
            draft.leaves.push(leaf);
            draft.held.extend(rows);
            if draft.len() >= DRAFT && !draft.write(&*self.store, self.clock.now()).await? {
                return Ok(Kept::Busy);
            }
        }
        self.waits.store(ground.waits, Ordering::Relaxed);
        if leaves.is_empty() {
            return Ok(Kept::Nothing(ground.found));
        }
        if !draft.write(&*self.store, self.clock.now()).await? {
            return Ok(Kept::Busy);
        }
        self.publish(ground, &leaves).await
    }

    async fn publish(&self, ground: Ground<'_>, leaves: &[Hash]) -> Result<Kept, Fault> {
        let checkpoint = Checkpoint {
            iss: self.issuer.clone(),
            iat: ground.now.unix_timestamp(),
            number: ground.last + 1,
            prev: ground.prev,
            root: merkle::root(leaves),
            leaves: leaves.len() as u64,
            forgotten: ground.forgotten,
        };
        let token = checkpoint.sign(&*self.signer)?;
        let (number, hash) = (checkpoint.number, Checkpoint::hash_of(&token));
        let stored = StoredCheckpoint { number, at: checkpoint.at(), token };
        if !self.store.publish(&stored).await? {
            return Ok(Kept::Busy);
        }
        self.newest.store(checkpoint.iat, Ordering::Relaxed);
        let tidy = Tidy { number, before: ground.cutoff, forgotten: ground.forgotten };
        let removed = self.store.tidy(tidy).await?;
        let (waits, found) = (ground.waits, ground.found);
        Ok(Kept::Made(Made { number, hash, owners: leaves.len(), removed, waits, found }))
    }
}

/// Rows that wait to be drafted.
#[derive(Default)]
struct Draft {
    leaves: Vec<StoredLeaf>,
    held: Vec<StoredHeld>,
}

impl Draft {
    fn len(&self) -> usize {
        self.leaves.len() + self.held.len()
    }

    async fn write(&mut self, store: &dyn JournalStore, now: OffsetDateTime) -> Result<bool, Fault> {
        let (leaves, held) = (std::mem::take(&mut self.leaves), std::mem::take(&mut self.held));
        store.draft(now, &leaves, &held).await
    }
}
