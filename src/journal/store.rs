//! What the journal needs of a store: one consistent look at what is there, and a way to add a checkpoint that no two
//! processes add at once.

use async_trait::async_trait;
use boundary::Fault;
use time::OffsetDateTime;

use super::{Checkpoint, Discrepancy, Hash, Held, JournalKeys, Unread};

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its chain.
    pub chain: String,
    /// Its place, from 1.
    pub seq: i64,
    /// When it happened.
    pub at: OffsetDateTime,
    /// Its text.
    pub body: String,
    /// The hash of the event before.
    pub prev: Hash,
    /// Its hash.
    pub hash: Hash,
}

/// A checkpoint as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// Its number.
    pub number: i64,
    /// When it was made.
    pub at: OffsetDateTime,
    /// The compact JWS.
    pub token: String,
}

impl StoredCheckpoint {
    /// Opens it.
    ///
    /// # Errors
    /// Nobody trusted signed it, or under another number.
    pub fn open(&self, keys: &JournalKeys) -> Result<Checkpoint, Discrepancy> {
        let wrong = |what: String| Discrepancy::at(format!("checkpoint {}", self.number), what);
        let signed = Checkpoint::open(&self.token, keys).map_err(|why| wrong(why.to_string()))?;
        if signed.number == self.number {
            Ok(signed)
        } else {
            Err(wrong(format!("it is signed as checkpoint {}", signed.number)))
        }
    }
}

/// The leaf of one owner in one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLeaf {
    /// The checkpoint.
    pub number: i64,
    /// The owner.
    pub owner: String,
    /// The leaf's hash.
    pub hash: Hash,
    /// Until when retention has taken away.
    pub pruned: Option<OffsetDateTime>,
}

/// What is held of a chain since one checkpoint. Behind `seq` 0 nothing is held any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHeld {
    /// The checkpoint.
    pub number: i64,
    /// When that was made.
    pub at: OffsetDateTime,
    /// What is held.
    pub held: Held,
}

/// Chains from behind one event up to before a name, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The chain of the last event that is known.
    pub chain: String,
    /// The place of that event.
    pub seq: i64,
    /// Names from here on are beyond.
    pub before: String,
}

impl Stretch {
    /// One chain, behind an event.
    #[must_use]
    pub fn of_chain(chain: &str, seq: i64) -> Self {
        // A space comes before every character that a name may go on with.
        Self { chain: chain.to_owned(), seq, before: format!("{chain} ") }
    }

    /// All chains of an owner.
    #[must_use]
    pub fn of_owner(owner: &str) -> Self {
        // In a name the owner ends with "/", and "0" is the character behind that.
        Self { chain: format!("{owner}/"), seq: 0, before: format!("{owner}0") }
    }

    /// What remains behind an event.
    #[must_use]
    pub fn behind(self, event: &StoredEvent) -> Self {
        Self { chain: event.chain.clone(), seq: event.seq, before: self.before }
    }
}

/// What may be taken away after a checkpoint, because it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tidy {
    /// The checkpoint.
    pub number: i64,
    /// Events from before this moment go, as far as the checkpoint lets them.
    pub before: OffsetDateTime,
    /// Leaves of checkpoints up to this number go.
    pub forgotten: i64,
}

/// The journal at one moment: whatever is written meanwhile is not seen. Every method's error is a [`Fault`]: the store
/// did not answer.
#[async_trait]
pub trait JournalView: Send {
    /// The newest checkpoint.
    async fn newest(&mut self) -> Result<Option<StoredCheckpoint>, Fault>;
    /// Some checkpoints behind this number, in their order; none when there are no more.
    async fn checkpoints(&mut self, behind: i64) -> Result<Vec<StoredCheckpoint>, Fault>;
    /// The newest checkpoint from before a moment, as far as the times beside checkpoints tell; 0 where there is none.
    async fn made_before(&mut self, moment: OffsetDateTime) -> Result<i64, Fault>;
    /// The leaves of a checkpoint, in the order of their owners.
    async fn leaves(&mut self, number: i64) -> Result<Vec<StoredLeaf>, Fault>;
    /// The newest leaf of an owner, up to this checkpoint.
    async fn leaf(&mut self, owner: &str, number: i64) -> Result<Option<StoredLeaf>, Fault>;
    /// Owners that have a leaf up to this checkpoint and none behind it.
    async fn owners_until(&mut self, number: i64) -> Result<Vec<String>, Fault>;
    /// What is held of an owner's chains as of this checkpoint, in the order of their names.
    async fn held(&mut self, owner: &str, number: i64) -> Result<Vec<StoredHeld>, Fault>;
    /// Some events, in the order of chain and place; none when there are no more.
    async fn events(&mut self, stretch: &Stretch) -> Result<Vec<StoredEvent>, Fault>;
    /// The first chain that has events and whose name is not before this one.
    async fn chain_from(&mut self, name: &str) -> Result<Option<String>, Fault>;
    /// The chains with events since a moment, as far as the times beside events tell, each with the place of its newest.
    async fn heads(&mut self, since: OffsetDateTime) -> Result<Vec<(String, i64)>, Fault>;
    /// The chains with events from before a moment, as far as those tell.
    async fn aged(&mut self, before: OffsetDateTime) -> Result<Vec<String>, Fault>;
    /// The times of the first event and the last, as far as those tell.
    async fn span(&mut self) -> Result<Option<(OffsetDateTime, OffsetDateTime)>, Fault>;
    /// The chains with an event between two moments, as far as those tell, and some that the roll-up has not read.
    async fn unread(&mut self, from: OffsetDateTime, until: OffsetDateTime) -> Result<Vec<Unread>, Fault>;
    /// The moment at which the roll-up had last read every event that was there.
    async fn read_through(&mut self) -> Result<Option<OffsetDateTime>, Fault>;
    /// The owners in whose chains the roll-up saw one of these commitments, given by their keys.
    async fn owners_of(&mut self, commitments: &[&str]) -> Result<Vec<String>, Fault>;
}

/// What the journal needs of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait JournalStore: Send + Sync {
    /// Looks at the journal as it is now.
    async fn look(&self) -> Result<Box<dyn JournalView>, Fault>;
    /// Takes the right to add a checkpoint, for a few minutes; false when another process has it.
    async fn take_turn(&self, now: OffsetDateTime) -> Result<bool, Fault>;
    /// Gives it back.
    async fn end_turn(&self) -> Result<(), Fault>;
    /// Takes away what was drafted for checkpoints behind this number and never published.
    async fn discard_drafts(&self, behind: i64) -> Result<(), Fault>;
    /// Drafts a part of a checkpoint, which nobody sees until it is published; false when the turn was lost.
    async fn draft(
        &self,
        now: OffsetDateTime,
        leaves: &[StoredLeaf],
        held: &[StoredHeld],
    ) -> Result<bool, Fault>;
    /// Publishes a checkpoint with all its drafts; false when the turn was lost.
    async fn publish(&self, checkpoint: &StoredCheckpoint) -> Result<bool, Fault>;
    /// Takes away, a little at a time, what a checkpoint lets go; answers how many events that were.
    async fn tidy(&self, tidy: Tidy) -> Result<u64, Fault>;
}
