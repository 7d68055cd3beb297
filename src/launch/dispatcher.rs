//! The dispatcher and the rooms that it walks through.

use std::sync::Arc;
use std::time::Duration;

use boundary::{Back, EntId, Fault, Inbound, LaunchId, Outbound, Refusal, Reply, Request, Stop, World};

use super::answer::{Answer, Labels, Outcome};
use super::failed::{FailedSignOn, FailedSignOns};
use super::store::LaunchStore;
use crate::agreements::AgreementStore;
use crate::catalogue::CatalogueStore;
use crate::directory::{Directory, ManagerStore, RosterOpening};
use crate::journal::Signer;
use crate::licensing::Licensing;
use crate::pseudonyms::Names;

/// The rooms that a launch walks through, in their order.
pub struct Rooms {
    /// Who is this, of which school?
    pub directory: Directory,
    /// Who looks after a school?
    pub managers: Arc<dyn ManagerStore>,
    /// What do they want?
    pub catalogue: Arc<dyn CatalogueStore>,
    /// May they open it now?
    pub licensing: Licensing,
    /// What does this publisher call them?
    pub names: Names,
    /// What may this publisher know?
    pub agreements: Arc<dyn AgreementStore>,
    /// What does their roster say of them?
    pub rosters: Arc<dyn RosterOpening>,
    /// Who signs what it was told?
    pub receipts: Arc<dyn Signer>,
    /// Where the launch waits, and where it is written down.
    pub launches: Arc<dyn LaunchStore>,
    /// Where it is noted that it ended before it could be written down.
    pub failed: Arc<dyn FailedSignOns>,
}

/// Sends each launch through the rooms.
pub struct Dispatcher {
    pub(super) world: Arc<dyn World>,
    pub(super) inbound: Arc<dyn Inbound>,
    pub(super) outbound: Arc<dyn Outbound>,
    pub(super) rooms: Rooms,
    /// How long a launch may wait between its hops.
    pub(super) parked_for: Duration,
}

impl Dispatcher {
    /// A dispatcher between two connectors.
    #[must_use]
    pub fn new(
        world: Arc<dyn World>,
        inbound: Arc<dyn Inbound>,
        outbound: Arc<dyn Outbound>,
        rooms: Rooms,
        parked_for: Duration,
    ) -> Self {
        Self { world, inbound, outbound, rooms, parked_for }
    }

    /// The connector towards ENTs.
    #[must_use]
    pub fn inbound(&self) -> &dyn Inbound {
        &*self.inbound
    }

    /// The connector towards publishers.
    #[must_use]
    pub fn outbound(&self) -> &dyn Outbound {
        &*self.outbound
    }

    /// Answers a request at a door of the inbound connector: a step of a sign-on, or hop A.
    pub async fn arrive(&self, request: Request) -> Answer {
        let labels = Labels { via: Some(self.inbound.protocol().as_str()), to: None };
        let outcome = self.arrived(&request).await.unwrap_or_else(Outcome::from);
        self.answer(request.launch, outcome, labels).await
    }

    /// Answers the choice of a school: hop A goes on.
    pub async fn choose(&self, request: Request) -> Answer {
        let labels = Labels { via: Some(self.inbound.protocol().as_str()), to: None };
        let mut launch = request.launch.clone();
        let outcome = self.chosen(&request, &mut launch).await.unwrap_or_else(Outcome::from);
        self.answer(launch, outcome, labels).await
    }

    /// Answers a request at a door of the outbound connector: hop B, or a document.
    pub async fn depart(&self, request: Request) -> Answer {
        let to = self.outbound.protocol().as_str();
        let mut launch = request.launch.clone();
        let mut labels = Labels { via: None, to: Some(to) };
        let outcome = self.departed(&request, &mut launch, &mut labels).await.unwrap_or_else(Outcome::from);
        self.answer(launch, outcome, labels).await
    }

    async fn answer(&self, launch: LaunchId, outcome: Outcome, labels: Labels) -> Answer {
        self.note_failed(&launch, &outcome);
        let embedders = match outcome.embedder() {
            // A page that cannot say who may frame it shows nowhere but on its own: never a reason to fail.
            Some(ent) => self.rooms.directory.store().ent(ent).await.ok().flatten(),
            None => None,
        };
        let embedders = embedders.map(|ent| ent.origins.clone()).unwrap_or_default();
        Answer { launch, outcome, embedders, labels }
    }

    fn note_failed(&self, launch: &LaunchId, outcome: &Outcome) {
        let (sign_on, code) = match outcome {
            Outcome::Refused { refusal, .. } => (refusal.sign_on(), Some(refusal.code())),
            Outcome::Fault(fault) => (fault.sign_on.as_deref(), None),
            Outcome::Step(_) | Outcome::Choose(_) | Outcome::Console(_) | Outcome::Delivered(_) => return,
        };
        if let Some(sign_on) = sign_on.cloned() {
            let (launch, at) = (launch.clone(), self.world.now());
            self.rooms.failed.note(FailedSignOn { launch, at, code, sign_on });
        }
    }
}

impl Outcome {
    fn embedder(&self) -> Option<&EntId> {
        match self {
            Self::Step(reply) | Self::Delivered(reply) => reply.embedder.as_ref(),
            Self::Refused { told: Some(reply), .. } => reply.embedder.as_ref(),
            Self::Refused { refusal, told: None } => refusal.back().ent.as_ref(),
            Self::Fault(fault) => fault.back.ent.as_ref(),
            Self::Choose(choice) => choice.ent.as_ref(),
            Self::Console(entry) => Some(&entry.ent),
        }
    }

    pub(super) const fn refused(refusal: Refusal) -> Self {
        Self::Refused { refusal, told: None }
    }
}

impl From<Stop> for Outcome {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(refusal) => Self::refused(refusal),
            Stop::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<Reply> for Outcome {
    fn from(reply: Reply) -> Self {
        Self::Step(reply)
    }
}

impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The way back of a launch whose sign-on is complete.
pub(super) fn back_of(arrival: &boundary::Arrival) -> Back {
    Back {
        ent: Some(arrival.via.ent.clone()),
        return_url: arrival.return_url.clone(),
        locale: arrival.locale.clone(),
    }
}
