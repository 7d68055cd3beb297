//! `dry-run`: how the launch of a resource by a person would end now, through the rooms of a launch, writing nothing.

mod rehearsal;
mod report;

use std::sync::Arc;

use async_trait::async_trait;
use boundary::registration::{Deployment, LtiPlatform, Protocol};
use boundary::{
    Arrival, Attribute, Attributes, Chance, Clock, EntId, Fault, FirstUse, LaunchId, Profile, RoleClaims,
    SchoolClaim, SchoolYear, Stop, Uai, Via, Wanted,
};
use thiserror::Error;
use time::OffsetDateTime;

use crate::agreements::AgreementStore;
use crate::catalogue::CatalogueStore;
use crate::directory::{Directory, DirectoryStore, Known, ManagerStore, RosterOpening};
use crate::launch::{Dispatcher, Rooms};
use crate::licensing::{LicenceStore, Licensing};
use crate::pseudonyms::{Names, PseudonymStore, SectorKeys};

pub use rehearsal::Rehearsal;
pub use report::{Report, Verdict};

/// Attributes that a sign-on may bring and the directory does not hold.
const OF_SIGN_ON: [Attribute; 3] = [Attribute::Nom, Attribute::Pre, Attribute::PMel];

/// Every store that a launch reads.
pub trait Stores:
    DirectoryStore + LicenceStore + PseudonymStore + CatalogueStore + AgreementStore + ManagerStore
{
}

impl<S> Stores for S where
    S: DirectoryStore + LicenceStore + PseudonymStore + CatalogueStore + AgreementStore + ManagerStore
{
}

/// What a dry run needs of a store beyond what launches read.
#[async_trait]
pub trait Connections: Send + Sync {
    /// All connections that were not withdrawn, in the order of their ids.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    async fn connections(&self) -> Result<Vec<LtiPlatform>, Fault>;
}

/// Who would open what.
#[derive(Clone)]
pub struct Wish {
    /// The ENT.
    pub ent: EntId,
    /// The namespace of its people.
    pub namespace: String,
    /// The person's key in the namespace.
    pub subject: String,
    /// The resource.
    pub wanted: Wanted,
    /// The school that the ENT would name.
    pub school: Option<Uai>,
    /// The deployment that it would use.
    pub deployment: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum DryRunError {
    /// Nobody could launch like this.
    #[error("{0}")]
    Wish(String),
    /// Something did not answer.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The rooms of a rehearsal.
#[must_use]
pub fn rooms(
    stores: Arc<dyn Stores>,
    rehearsal: Arc<Rehearsal>,
    (keys, rosters): (Arc<dyn SectorKeys>, Arc<dyn RosterOpening>),
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
) -> Rooms {
    Rooms {
        directory: Directory::new(rehearsal.clone(), clock.clone(), chance),
        managers: stores.clone(),
        catalogue: stores.clone(),
        licensing: Licensing::new(rehearsal.clone(), clock.clone()),
        names: Names::new(rehearsal.clone(), keys, clock),
        agreements: stores,
        rosters,
        receipts: rehearsal.clone(),
        launches: rehearsal.clone(),
        failed: rehearsal,
    }
}

/// The connection and the deployment that a launch would come over.
///
/// # Errors
/// [`DryRunError::Wish`] where there is none, in words for whoever asked.
pub fn way_of(connections: Vec<LtiPlatform>, wish: &Wish) -> Result<(LtiPlatform, String), DryRunError> {
    let Wish { ent, namespace, .. } = wish;
    let own = |connection: &LtiPlatform| connection.ent == *ent && connection.namespace == *namespace;
    let mut own: Vec<_> = connections.into_iter().filter(own).collect();
    if own.is_empty() {
        return Err(DryRunError::Wish(format!("ENT {ent} has no connection with namespace {namespace}")));
    }
    if let Some(id) = &wish.deployment {
        // One that nobody knows is a launch too: it ends with deployment_inactive.
        let listed = own.iter().position(|c| c.deployments.iter().any(|deployment| deployment.id == *id));
        return Ok((own.swap_remove(listed.unwrap_or(0)), id.clone()));
    }
    let fits = |deployment: &&Deployment| {
        wish.school
            .as_ref()
            .is_none_or(|uai| deployment.schools.is_empty() || deployment.schools.contains(uai))
    };
    let fitting =
        |c: &LtiPlatform| c.deployments.iter().find(fits).or(c.deployments.first()).map(|d| d.id.clone());
    let found = own.iter().position(|c| c.deployments.iter().any(|deployment| fits(&deployment)));
    let connection = own.swap_remove(found.unwrap_or(0));
    let none = || DryRunError::Wish(format!("connection {} has no deployment: name one", connection.id));
    let deployment = fitting(&connection).ok_or_else(none)?;
    Ok((connection, deployment))
}

/// Rehearses a launch.
///
/// # Errors
/// [`DryRunError`] where nothing could be decided.
pub async fn run(
    dispatcher: &Dispatcher,
    rehearsal: &Rehearsal,
    wish: &Wish,
    (connection, deployment): (LtiPlatform, String),
    (clock, chance): (&dyn Clock, &dyn Chance),
) -> Result<Report, DryRunError> {
    let known = rehearsal.known(&wish.ent, &wish.namespace, &wish.subject).await?;
    let when = (SchoolYear::at(clock.now()), clock.now());
    let roles = earlier_roles(known.as_deref(), wish.school.as_ref(), when);
    let arrival = arrival(wish, &connection, &deployment, roles, clock);
    let (event, rehearsed) = dispatcher.rehearse(&LaunchId::draw(chance), &arrival, None).await;
    let mut report = Report::of(connection.id, deployment, &event);
    match rehearsed {
        Ok(rehearsed) => report.ends(rehearsed),
        Err(Stop::Refused(refusal)) => report.refused(&refusal),
        Err(Stop::Fault(fault)) => return Err(fault.into()),
    }
    report.person(rehearsal, known.as_deref(), when);
    Ok(report)
}

/// What the person was at earlier launches: no roster says it, and nobody signs on who could.
fn earlier_roles(
    known: Option<&Known>,
    school: Option<&Uai>,
    (year, now): (SchoolYear, OffsetDateTime),
) -> Vec<Profile> {
    let affiliations = known.into_iter().flat_map(|known| &known.affiliations);
    let earlier = affiliations.filter(|a| a.jit && a.is_current(year, now));
    earlier.filter(|a| school.is_none_or(|uai| *uai == a.school)).map(|a| a.profile).collect()
}

fn arrival(
    wish: &Wish,
    connection: &LtiPlatform,
    deployment: &str,
    roles: Vec<Profile>,
    clock: &dyn Clock,
) -> Arrival {
    let mut attributes = Attributes::default();
    for attribute in OF_SIGN_ON {
        // Whether it passes depends on its name alone.
        attributes.set(attribute, vec!["?".to_owned()]);
    }
    Arrival {
        via: Via {
            protocol: Protocol::Lti,
            ent: wish.ent.clone(),
            connection: connection.id.clone(),
            deployment: Some(deployment.to_owned()),
        },
        namespace: wish.namespace.clone(),
        subject: wish.subject.clone(),
        school: school(wish, connection),
        roles: RoleClaims { institution: roles, context: Vec::new() },
        wanted: wish.wanted.clone(),
        context: None,
        link: None,
        attributes,
        target: None,
        locale: None,
        return_url: None,
        proof: FirstUse { key: "dry run".to_owned(), until: clock.now() },
    }
}

/// Only a connection whose ENT names the school itself can be believed about it; elsewhere it is a link's word.
fn school(wish: &Wish, connection: &LtiPlatform) -> SchoolClaim {
    match &wish.school {
        None => SchoolClaim::Silent,
        Some(uai) if connection.school_claim.is_some() => SchoolClaim::Signed(uai.clone()),
        Some(uai) => SchoolClaim::Hinted(uai.clone()),
    }
}
