//! The stores of a rehearsal: they read what is there, and what a launch would write stays in memory. So the rooms
//! decide as they always do, and nobody is provisioned, seated or noted.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use boundary::registration::{LtiPlatform, LtiTool};
use boundary::{
    Ark, ConnectionId, EntId, Fault, Handle, PersonId, Pool, Pseudonym, SeatOffer, SectorId, SubscriptionId,
    ToolId, Uai,
};
use time::OffsetDateTime;

use super::Stores;
use crate::directory::{
    Affiliation, DirectoryStore, Ent, InactiveDeployment, Known, Newcomer, Registered, School, Sector, Tool,
};
use crate::journal::Signer;
use crate::keys::{JournalKeys, Signed};
use crate::launch::{Committed, FailedSignOn, FailedSignOns, Item, LaunchStore, ParkedRow};
use crate::licensing::{Licence, LicenceStore, Seat};
use crate::pseudonyms::{KnownPerson, PseudonymStore};

/// Stores that are only read.
pub struct Rehearsal {
    stores: Arc<dyn Stores>,
    would: Mutex<Would>,
}

/// What would be written.
#[derive(Default)]
struct Would {
    newcomer: Option<Newcomer>,
    seats: BTreeSet<SubscriptionId>,
}

impl Rehearsal {
    /// A rehearsal over stores.
    #[must_use]
    pub fn over(stores: Arc<dyn Stores>) -> Self {
        Self { stores, would: Mutex::default() }
    }

    /// Whether the person would be written down.
    #[must_use]
    pub fn provisions(&self) -> bool {
        self.would().newcomer.is_some()
    }

    /// Whether a seat would be taken.
    #[must_use]
    pub fn takes_a_seat(&self) -> bool {
        !self.would().seats.is_empty()
    }

    fn would(&self) -> MutexGuard<'_, Would> {
        self.would.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl DirectoryStore for Rehearsal {
    async fn ent(&self, id: &EntId) -> Result<Option<Arc<Ent>>, Fault> {
        self.stores.ent(id).await
    }

    async fn school(&self, uai: &Uai) -> Result<Option<Arc<School>>, Fault> {
        self.stores.school(uai).await
    }

    async fn sector(&self, id: &SectorId) -> Result<Option<Arc<Sector>>, Fault> {
        self.stores.sector(id).await
    }

    async fn tool(&self, id: &ToolId) -> Result<Option<Arc<Registered<Tool>>>, Fault> {
        self.stores.tool(id).await
    }

    async fn lti_platforms(&self, issuer: &str) -> Result<Vec<Arc<LtiPlatform>>, Fault> {
        self.stores.lti_platforms(issuer).await
    }

    async fn lti_platform(&self, id: &ConnectionId) -> Result<Option<Arc<LtiPlatform>>, Fault> {
        self.stores.lti_platform(id).await
    }

    async fn lti_tool(&self, client_id: &str) -> Result<Option<Arc<LtiTool>>, Fault> {
        self.stores.lti_tool(client_id).await
    }

    async fn known(&self, ent: &EntId, namespace: &str, subject: &str) -> Result<Option<Arc<Known>>, Fault> {
        if let Some(known) = self.stores.known(ent, namespace, subject).await? {
            return Ok(Some(known));
        }
        let known = |newcomer: &Newcomer| Known {
            person: newcomer.person,
            affiliations: vec![newcomer.affiliation.clone()],
            groups: Vec::new(),
            sealed: Vec::new(),
        };
        Ok(self.would().newcomer.as_ref().map(known).map(Arc::new))
    }

    async fn provision(&self, newcomer: Newcomer) -> Result<(), Fault> {
        self.would().newcomer = Some(newcomer);
        Ok(())
    }

    async fn affiliate(&self, _: &EntId, _: PersonId, _: Affiliation) -> Result<(), Fault> {
        Ok(())
    }

    async fn note_deployment(&self, _: InactiveDeployment) -> Result<(), Fault> {
        Ok(())
    }

    async fn inactive_deployments(&self) -> Result<Vec<InactiveDeployment>, Fault> {
        self.stores.inactive_deployments().await
    }
}

#[async_trait]
impl LicenceStore for Rehearsal {
    async fn licences(&self, resource: &Ark, school: &School) -> Result<Arc<[Licence]>, Fault> {
        self.stores.licences(resource, school).await
    }

    async fn seat(&self, subscription: &SubscriptionId, person: PersonId) -> Result<Option<Seat>, Fault> {
        if self.would().seats.contains(subscription) {
            return Ok(Some(Seat { by_name: false, opened: None }));
        }
        self.stores.seat(subscription, person).await
    }

    async fn has_room(&self, subscription: &SubscriptionId, pool: Pool) -> Result<bool, Fault> {
        self.stores.has_room(subscription, pool).await
    }

    async fn take_seat(
        &self,
        offer: &SeatOffer,
        _: PersonId,
        _: &Uai,
        _: OffsetDateTime,
    ) -> Result<bool, Fault> {
        let room = self.stores.has_room(&offer.subscription, offer.pool).await?;
        if room {
            self.would().seats.insert(offer.subscription.clone());
        }
        Ok(room)
    }
}

#[async_trait]
impl PseudonymStore for Rehearsal {
    async fn person(
        &self,
        sector: &SectorId,
        scope: &str,
        person: PersonId,
    ) -> Result<Option<KnownPerson>, Fault> {
        let new =
            self.would().newcomer.as_ref().filter(|new| new.person == person).map(|new| new.root.clone());
        match new {
            Some(root) => Ok(Some(KnownPerson { root, epoch: self.epoch(sector).await?, name: None })),
            None => self.stores.person(sector, scope, person).await,
        }
    }

    async fn epoch(&self, sector: &SectorId) -> Result<u32, Fault> {
        self.stores.epoch(sector).await
    }

    async fn current(
        &self,
        sector: &SectorId,
        scope: &str,
        kind: &'static str,
        subject: &str,
    ) -> Result<Option<Pseudonym>, Fault> {
        self.stores.current(sector, scope, kind, subject).await
    }
}

#[async_trait]
impl LaunchStore for Rehearsal {
    async fn commit(&self, _: Item) -> Result<Committed, Fault> {
        Err(Fault::new("a dry run writes nothing"))
    }

    async fn parked(&self, _: &Handle, _: OffsetDateTime) -> Result<Option<ParkedRow>, Fault> {
        Ok(None)
    }
}

impl FailedSignOns for Rehearsal {
    fn note(&self, _: FailedSignOn) {}
}

/// A launch that does not take place has no receipt.
impl Signer for Rehearsal {
    fn sign(&self, _: &str, _: &[u8]) -> Result<Signed, Fault> {
        Ok(Signed::default())
    }

    fn keys(&self) -> JournalKeys {
        JournalKeys::default()
    }
}
