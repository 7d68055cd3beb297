//! What assigning needs of a store.

use async_trait::async_trait;
use boundary::{EntId, Fault, PersonId, Pool, SubscriptionId, Uai};
use time::OffsetDateTime;

use super::Identity;
use super::refused::Shortage;
use crate::directory::{DirectoryStore, Known, Registered};
use crate::journal::Change;
use crate::licensing::{LicenceStore, SetTarget, Subscription};

/// What one ENT says of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownHere {
    /// The ENT.
    pub ent: EntId,
    /// What it says.
    pub known: Known,
}

/// Somebody who gets a seat by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sitter {
    /// Who.
    pub person: PersonId,
    /// The pool that the seat comes from.
    pub pool: Pool,
    /// The school on whose behalf.
    pub school: Uai,
}

/// What is written at once: people who sit by name, and sets.
#[derive(Debug, Clone)]
pub struct Seating {
    /// Its own name, drawn for it.
    pub id: String,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// People, in the order of their ids, each once.
    pub people: Vec<Sitter>,
    /// Sets.
    pub sets: Vec<SetTarget>,
    /// When.
    pub at: OffsetDateTime,
    /// What the journal tells of it.
    pub changes: Vec<Change>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seated {
    /// People who had no seat and got one.
    pub seated: u64,
    /// People who held a seat through a set, and hold it by name now.
    pub named: u64,
    /// Sets that were not assigned before.
    pub sets: u64,
}

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undone {
    /// Pools had too few seats.
    NoSeats(Vec<Shortage>),
    /// Somebody else is seating many people in this subscription.
    Busy,
    /// What was there when it was looked at is not any more.
    Moved,
}

/// A seat that somebody holds, and what is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Who.
    pub person: PersonId,
    /// The pool it came from.
    pub pool: Pool,
    /// The school on whose behalf it was given or taken; none where that was never known.
    pub school: Option<Uai>,
    /// Whether they were assigned by name.
    pub by_name: bool,
    /// Whether a federation file assigned it.
    pub of_file: bool,
    /// Since when.
    pub since: OffsetDateTime,
    /// When they opened the resource last, to within a week before; none where nothing is known.
    pub opened: Option<OffsetDateTime>,
    /// What ENTs say of them.
    pub known: Vec<KnownHere>,
    /// Their identities, in order.
    pub identities: Vec<Identity>,
}

/// A set that a subscription is assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSet {
    /// The set.
    pub set: SetTarget,
    /// Since when; none where that was never known.
    pub since: Option<OffsetDateTime>,
    /// Whether a federation file assigned it.
    pub of_file: bool,
    /// Whether it was assigned here.
    pub ours: bool,
}

/// Seats to free.
#[derive(Debug, Clone)]
pub struct Freeing {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Whose, within [`MOST`](super::MOST).
    pub people: Vec<PersonId>,
    /// Which of their seats.
    pub which: WhichSeats,
    /// Only seats of this school, where one is named.
    pub school: Option<Uai>,
    /// What the journal tells of it; how many is added.
    pub change: Change,
}

/// Which seats are freed. Those that a federation file assigned never are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichSeats {
    /// Any.
    Any,
    /// Those by name.
    ByName,
    /// Those taken through a set.
    ThroughSet,
}

/// A seat that passes from one person to another.
#[derive(Debug, Clone)]
pub struct Move {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Who holds it.
    pub from: PersonId,
    /// Who gets it.
    pub to: Sitter,
    /// When.
    pub at: OffsetDateTime,
    /// What the journal tells of it.
    pub change: Change,
}

/// A pool as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// Which.
    pub pool: Pool,
    /// Its size; unlimited where there is none.
    pub seats: Option<u64>,
    /// How many are used, at all schools.
    pub used: u64,
}

/// How many seats of a pool are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldCount {
    /// Which pool.
    pub pool: Pool,
    /// By name, or through a set.
    pub by_name: bool,
    /// How many.
    pub seats: u64,
}

/// What assigning needs of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait AssignmentStore: DirectoryStore + LicenceStore {
    /// A subscription, withdrawn or not.
    async fn subscription(&self, id: &SubscriptionId) -> Result<Option<Registered<Subscription>>, Fault>;
    /// What their ENTs say of people, in the order in which they are asked for; without their groups.
    async fn known_all(&self, identities: &[Identity]) -> Result<Vec<Option<Known>>, Fault>;
    /// Everybody whom an ENT affiliates to a school, with everything that it says of them.
    async fn people_at(&self, school: &Uai) -> Result<Vec<KnownHere>, Fault>;
    /// The seats of people in a subscription, in the order of their ids.
    async fn held_by(&self, subscription: &SubscriptionId, people: &[PersonId]) -> Result<Vec<Held>, Fault>;
    /// Seats of a subscription, at one school where it is named, in the order of their holders' ids: at most `limit`, after
    /// a person.
    async fn held_after(
        &self,
        subscription: &SubscriptionId,
        school: Option<&Uai>,
        after: Option<PersonId>,
        limit: usize,
    ) -> Result<Vec<Held>, Fault>;
    /// The person with an identity.
    async fn person(&self, identity: &Identity) -> Result<Option<PersonId>, Fault>;
    /// The pools of a subscription.
    async fn pools(&self, subscription: &SubscriptionId) -> Result<Vec<PoolState>, Fault>;
    /// How many seats are held, at one school where it is named.
    async fn held_count(
        &self,
        subscription: &SubscriptionId,
        school: Option<&Uai>,
    ) -> Result<Vec<HeldCount>, Fault>;
    /// The sets of a subscription: all of them, or one school's together with those for every school.
    async fn sets(
        &self,
        subscription: &SubscriptionId,
        school: Option<&Uai>,
    ) -> Result<Vec<StoredSet>, Fault>;
    /// Seats people and assigns sets: all of it or nothing. Launches never wait behind it for long.
    async fn seat_all(&self, seating: Seating) -> Result<Result<Seated, Undone>, Fault>;
    /// Takes sets back that were assigned here; how many there were.
    async fn unset(
        &self,
        subscription: &SubscriptionId,
        sets: &[SetTarget],
        changes: Vec<Change>,
    ) -> Result<u64, Fault>;
    /// Frees seats; how many.
    async fn free(&self, freeing: Freeing) -> Result<u64, Fault>;
    /// Passes a seat on, in one step.
    async fn pass_on(&self, passing: Move) -> Result<Result<(), Undone>, Fault>;
}
