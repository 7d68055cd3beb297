//! What a report about a person, and their erasure, need of a store.

use async_trait::async_trait;
use boundary::{Ark, EntId, Fault, Group, PersonId, Pseudonym, Root, SectorId, SubscriptionId, Uai};
use time::OffsetDateTime;

use super::{Identity, IdentityHeld, Publisher};
use crate::directory::Affiliation;
use crate::journal::JournalStore;

/// A pseudonym of a person, in use or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptName {
    /// The sector.
    pub sector: SectorId,
    /// The value.
    pub value: Pseudonym,
    /// Where it is the same, as text.
    pub scope: String,
    /// When it was first released.
    pub since: OffsetDateTime,
}

/// A seat of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSeat {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Whether it was assigned by name.
    pub by_name: bool,
    /// Since when.
    pub since: OffsetDateTime,
}

/// Everything that is kept of a person, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// When they were first known.
    pub created: Option<OffsetDateTime>,
    /// Their identities.
    pub identities: Vec<IdentityHeld>,
    /// What they are, where, and which ENT says so.
    pub affiliations: Vec<(EntId, Affiliation)>,
    /// Their groups, and which ENT says so.
    pub groups: Vec<(EntId, Group)>,
    /// The schools whose licences they manage, and which ENT says so.
    pub manages: Vec<(EntId, Uai)>,
    /// Their seats.
    pub seats: Vec<KeptSeat>,
    /// Their pseudonyms.
    pub names: Vec<KeptName>,
    /// Their pseudonym root, and those of people who turned out to be them.
    pub roots: Vec<Root>,
}

/// What a report about a person needs of a store. Whatever was withdrawn still has its name here. Every method's error
/// is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait SubjectStore: JournalStore {
    /// The person with an identity, as the database has it now.
    async fn person(&self, who: &Identity) -> Result<Option<PersonId>, Fault>;
    /// Everything that is kept of a person, each list in an order of its own.
    async fn kept(&self, person: PersonId) -> Result<Kept, Fault>;
    /// The publisher with a sector.
    async fn publisher_of(&self, sector: &SectorId) -> Result<Publisher, Fault>;
    /// The name of a school.
    async fn school_name(&self, uai: &Uai) -> Result<Option<String>, Fault>;
    /// The title of a resource.
    async fn title(&self, resource: &Ark) -> Result<Option<String>, Fault>;
    /// The resource that a subscription is for.
    async fn resource_of(&self, subscription: &SubscriptionId) -> Result<Option<Ark>, Fault>;
}
