//! Managers: who looks after a school's subscriptions, as an ENT's roster or an operator's file says.

use std::collections::BTreeSet;
use std::fmt;

use async_trait::async_trait;
use boundary::{EntId, Fault, PersonId, Root, Uai};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Somebody who is named as a manager of schools.
#[derive(Clone)]
pub struct Manager {
    /// What their name in the journal is derived from; erased with them.
    pub root: Root,
    /// Their schools.
    pub schools: BTreeSet<Uai>,
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager").field("schools", &self.schools).finish_non_exhaustive()
    }
}

/// Who is named as a manager. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait ManagerStore: Send + Sync {
    /// Which schools somebody manages, as their ENT or an operator says now; `None` where there are none. It is never
    /// cached: whoever is taken off does nothing more.
    async fn manager(&self, ent: &EntId, person: PersonId) -> Result<Option<Manager>, Fault>;
}

/// Somebody whom a sign-on at an ENT brought to the console, between the launch and their session. It is personal data,
/// and lives sealed only.
#[derive(Clone, Serialize, Deserialize)]
pub struct Entry {
    /// The ENT.
    pub ent: EntId,
    person: Uuid,
    /// The schools that they manage, of those that the connection may speak for.
    pub schools: BTreeSet<Uai>,
    /// How the sign-on calls them, for "signed in as".
    pub shown: Option<String>,
}

impl Entry {
    /// Somebody who may enter.
    #[must_use]
    pub const fn new(ent: EntId, person: PersonId, schools: BTreeSet<Uai>, shown: Option<String>) -> Self {
        Self { ent, person: person.uuid(), schools, shown }
    }

    /// Who.
    #[must_use]
    pub const fn person(&self) -> PersonId {
        PersonId::stored(self.person)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("ent", &self.ent).finish_non_exhaustive()
    }
}
