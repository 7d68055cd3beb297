//! What identity care needs of a store.

use async_trait::async_trait;
use boundary::{EntId, Fault, PersonId, Pseudonym, Root, SectorId, SubscriptionId};
use serde::Serialize;

use super::{Act, Identity, Refused};
use crate::directory::SectorScope;

/// What became of two people who are one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Merged {
    /// How many identities the person has now.
    pub identities: usize,
    /// The sectors in which both had a value: one goes on, the other is understood when a publisher sends it.
    pub settled: Vec<SectorId>,
    /// The subscriptions in which both had a seat: one was given back.
    pub seats_back: Vec<SubscriptionId>,
}

/// Who leaves a person.
pub struct Leaving<'a> {
    /// By which identities.
    pub identities: &'a [Identity],
    /// As somebody of whom no publisher knows anything, whatever was before.
    pub fresh: bool,
    /// Drawn for them.
    pub person: PersonId,
    /// Drawn for them, should no value of theirs be known.
    pub root: Root,
}

/// What became of a person who is two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parted {
    /// How many identities left.
    pub identities: usize,
    /// The sectors to which those who left are again whom they were before they were joined.
    pub sectors: Vec<SectorId>,
    /// Whether schools and groups at an ENT that names both were left to both, until it says otherwise.
    pub shared: bool,
}

/// The people of an ENT whom it names anew.
pub struct Moving<'a> {
    /// The ENT.
    pub ent: &'a EntId,
    /// Their namespace.
    pub from: &'a str,
    /// Their namespace from now on; it may be the same.
    pub to: &'a str,
}

/// Values that a publisher holds already.
pub struct Importing<'a> {
    /// Its sector.
    pub sector: &'a SectorId,
    /// Where they are the same, as text.
    pub scope: &'a str,
    /// Of whom, and which.
    pub values: &'a [(Identity, Pseudonym)],
}

/// What identity care needs of a store. Every method's error is a [`Fault`]: the store did not answer, and nothing was
/// changed.
#[async_trait]
pub trait IdentityStore: Send + Sync {
    /// Makes one person of the two behind each pair, in their order. Where one pair is refused nothing is changed.
    async fn join(
        &self,
        pairs: &[(Identity, Identity)],
        act: Act<'_>,
    ) -> Result<Vec<Result<Merged, Refused>>, Fault>;

    /// Takes identities out of a person.
    async fn part(&self, leaving: &Leaving<'_>, act: Act<'_>) -> Result<Result<Parted, Refused>, Fault>;

    /// Moves everybody of a namespace into another; how many.
    async fn move_all(&self, moving: &Moving<'_>, act: Act<'_>) -> Result<Result<u64, Refused>, Fault>;

    /// Gives single keys in a namespace others in another. Where one is refused nothing is changed.
    async fn move_some(
        &self,
        moving: &Moving<'_>,
        keys: &[(String, String)],
        act: Act<'_>,
    ) -> Result<Vec<Result<(), Refused>>, Fault>;

    /// The scope of a sector that is registered.
    async fn scope_of(&self, sector: &SectorId) -> Result<Option<SectorScope>, Fault>;

    /// Writes values down that a publisher holds already. Where one is refused nothing is changed.
    async fn import(
        &self,
        importing: &Importing<'_>,
        act: Act<'_>,
    ) -> Result<Vec<Result<(), Refused>>, Fault>;
}
