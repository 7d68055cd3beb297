//! Desk: the pages inside the console. Each handler says in its signature who may call it; each page is read for one
//! school, and every act is shown before it is done.

mod agreements;
mod assign;
mod erase;
mod oversight;
mod person;
mod publisher;
mod read;
mod recover;
mod register;
mod school;
mod subscription;
mod targets;
mod usage;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use boundary::{Chance, Clock, Fault};

use crate::access::Denied;

use crate::operate::apply::NewSectorKeys;
use crate::operate::desk::{DeskStore, Means, RosterOpening};
use crate::operate::erasure::Erasures;
use crate::operate::{assignments, records};
use crate::pages::{CONSOLE, ERASURES, PERSON, Pages, REGISTER, USAGE};

pub use oversight::Health;

/// What the desk works with.
pub struct Desk {
    /// What people see.
    pub pages: Pages,
    /// Where everything is.
    pub store: Arc<dyn DeskStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What names of seatings are drawn from.
    pub chance: Arc<dyn Chance>,
    /// Erasures, with their ledger.
    pub erasures: Arc<Erasures>,
    /// What makes the keys of new sectors.
    pub keys: Arc<dyn NewSectorKeys>,
    /// Opens what rosters say of people.
    pub rosters: Arc<dyn RosterOpening>,
    /// For how many days the journal keeps events.
    pub kept_days: u32,
    /// What looks after the service itself.
    pub health: Arc<dyn Health>,
}

impl Desk {
    fn means(&self) -> Means<'_> {
        Means { store: &*self.store, clock: &*self.clock, chance: &*self.chance }
    }

    fn recording(&self) -> records::Means<'_> {
        records::Means { store: &*self.store, keys: &*self.keys, clock: &*self.clock }
    }

    fn assigning(&self) -> assignments::Means<'_> {
        assignments::Means { store: &*self.store, clock: &*self.clock, chance: &*self.chance }
    }
}

/// The pages, to be put under the layer of the console.
pub fn router(desk: Desk) -> Router {
    Router::new()
        .route(CONSOLE, get(school::first))
        .route("/console/federation", get(oversight::federation))
        .route("/console/agreements", get(agreements::list).post(agreements::decide))
        .route("/console/health", get(oversight::health))
        .route("/console/launches", get(oversight::launches))
        .route(PERSON, get(person::page).post(person::find))
        .route("/console/privacy/person/report", post(person::report))
        .route("/console/privacy/person/erasure", post(erase::look))
        .route("/console/privacy/person/erase", post(erase::erase))
        .route(ERASURES, get(erase::notices))
        .route(REGISTER, get(register::page))
        .route("/console/privacy/register/table", get(register::whole))
        .route("/console/schools", get(school::list))
        .route("/console/schools/{uai}", get(school::home))
        .route("/console/schools/{uai}/usage", get(usage::page))
        .route("/console/schools/{uai}/usage/table", get(usage::whole))
        .route(USAGE, get(usage::deliveries))
        .route("/console/schools/{uai}/subscriptions/{id}", get(subscription::page))
        .route(
            "/console/schools/{uai}/subscriptions/{id}/holders",
            get(subscription::holders).post(subscription::more_holders),
        )
        .route("/console/schools/{uai}/subscriptions/{id}/assign", get(assign::look).post(assign::assign))
        .route(
            "/console/schools/{uai}/subscriptions/{id}/unassign",
            get(assign::look_back).post(assign::unassign),
        )
        .route("/console/schools/{uai}/subscriptions/{id}/recover", get(recover::look).post(recover::recover))
        .with_state(Arc::new(desk))
}

/// The store did not answer: the reader is told that something is broken, and the operator what.
fn broken(fault: Fault) -> Denied {
    tracing::error!(%fault, "a page of the console could not be shown");
    Denied::Fault
}
