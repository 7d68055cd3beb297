//! What the directory needs of a store.

use std::sync::Arc;

use async_trait::async_trait;
use boundary::registration::{LtiPlatform, LtiTool};
use boundary::{ConnectionId, EntId, Fault, PersonId, SectorId, ToolId, Uai};
use time::OffsetDateTime;

use super::{Affiliation, Ent, Known, Newcomer, Registered, School, Sector, Tool};

/// A deployment that an ENT used and nobody has activated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InactiveDeployment {
    /// The connection it came over.
    pub connection: ConnectionId,
    /// LTI's `deployment_id`.
    pub deployment: String,
    /// When it was first used.
    pub first_seen: OffsetDateTime,
}

/// What the directory needs of a store. Every method's error is a [`Fault`]: the store did not answer. Withdrawn
/// objects are absent, but for tools, which say so.
#[async_trait]
pub trait DirectoryStore: Send + Sync {
    /// An ENT.
    async fn ent(&self, id: &EntId) -> Result<Option<Arc<Ent>>, Fault>;
    /// A school.
    async fn school(&self, uai: &Uai) -> Result<Option<Arc<School>>, Fault>;
    /// A sector.
    async fn sector(&self, id: &SectorId) -> Result<Option<Arc<Sector>>, Fault>;
    /// A tool.
    async fn tool(&self, id: &ToolId) -> Result<Option<Arc<Registered<Tool>>>, Fault>;
    /// The LTI registrations at ENTs with this issuer.
    async fn lti_platforms(&self, issuer: &str) -> Result<Vec<Arc<LtiPlatform>>, Fault>;
    /// The LTI registration with this id.
    async fn lti_platform(&self, id: &ConnectionId) -> Result<Option<Arc<LtiPlatform>>, Fault>;
    /// The LTI tool with this client id, withdrawn or not: the licence decision tells.
    async fn lti_tool(&self, client_id: &str) -> Result<Option<Arc<LtiTool>>, Fault>;
    /// The person with this identity, and what this ENT says of them.
    async fn known(&self, ent: &EntId, namespace: &str, subject: &str) -> Result<Option<Arc<Known>>, Fault>;
    /// Writes person, root, identity and affiliation at once, or nothing where the identity is there by now.
    async fn provision(&self, newcomer: Newcomer) -> Result<(), Fault>;
    /// Adds an affiliation to somebody who was provisioned; one that is there already stays.
    async fn affiliate(&self, ent: &EntId, person: PersonId, affiliation: Affiliation) -> Result<(), Fault>;
    /// Records a deployment that nobody has activated, once.
    async fn note_deployment(&self, seen: InactiveDeployment) -> Result<(), Fault>;
    /// The deployments recorded so, oldest first, without those activated since.
    async fn inactive_deployments(&self) -> Result<Vec<InactiveDeployment>, Fault>;
}
