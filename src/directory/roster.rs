//! What rosters say, as those read it who look after schools: who is there, and in which groups.

use async_trait::async_trait;
use boundary::{Attributes, EntId, Fault, Group, GroupStatus, PersonId, Uai};

use super::{Affiliation, SealedAttributes};

/// Somebody at a school, whoever says so: a roster, an operator's file or a first launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Our id.
    pub person: PersonId,
    /// The ENT that they come from.
    pub ent: EntId,
    /// What they are there.
    pub affiliation: Affiliation,
    /// Their groups there.
    pub groups: Vec<Group>,
    /// What the roster says of them there.
    pub sealed: Option<SealedAttributes>,
}

/// A division or a group of a school, as the roster calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupListed {
    /// Division or group.
    pub status: GroupStatus,
    /// The school's own code.
    pub code: String,
    /// Its name, for people.
    pub label: String,
    /// How many people are in it, staff among them.
    pub members: u64,
}

/// Opens what rosters say of people, where it is released or shown.
pub trait RosterOpening: Send + Sync {
    /// The attributes of somebody whom an ENT lists; `None` where they were not sealed for this ENT and school, or under a
    /// key that is lost.
    fn open(&self, ent: &EntId, sealed: &SealedAttributes) -> Option<Attributes>;
}

/// What the attributes of a school's people are sealed for: those of one ENT and school open for no other.
#[must_use]
pub fn sealed_for(ent: &EntId, school: &Uai) -> String {
    format!("{ent} {school}")
}

/// What rosters say. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait RosterReading: Send + Sync {
    /// Everybody at a school, each once for each ENT, year and profile; those who leave are there until they have left.
    async fn members(&self, school: &Uai) -> Result<Vec<Member>, Fault>;
    /// The groups of a school as the roster of an ENT lists them, divisions first.
    async fn groups(&self, ent: &EntId, school: &Uai) -> Result<Vec<GroupListed>, Fault>;
}
