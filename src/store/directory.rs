//! What the directory needs of a store.

use std::sync::Arc;

use async_trait::async_trait;
use boundary::registration::{LtiPlatform, LtiTool};
use boundary::{ConnectionId, EntId, Fault, PersonId, SectorId, ToolId, Uai};

use super::db::both;
use super::error::StoreError;
use super::kept::IdentityKey;
use super::time::moment;
use super::{Store, objects, people};
use crate::directory::{
    Affiliation, DirectoryStore, Ent, InactiveDeployment, Known, Newcomer, Registered, School, Sector, Tool,
};
use crate::operate::apply::RecordKind;

const NOTED: &str = "SELECT first_seen FROM inactive_deployment WHERE connection = $1 AND deployment = $2";
const DEPLOYMENTS: &str = "SELECT connection, deployment, first_seen FROM inactive_deployment";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[DEPLOYMENTS, NOTED];

#[async_trait]
impl DirectoryStore for Store {
    async fn ent(&self, id: &EntId) -> Result<Option<Arc<Ent>>, Fault> {
        const KIND: RecordKind = RecordKind::Ent;
        let load = || objects::live(&self.db, KIND, id.as_str());
        self.kept.ents.get(KIND.as_str(), id, load).await
    }

    async fn school(&self, uai: &Uai) -> Result<Option<Arc<School>>, Fault> {
        const KIND: RecordKind = RecordKind::School;
        let load = || objects::live(&self.db, KIND, uai.as_str());
        self.kept.schools.get(KIND.as_str(), uai, load).await
    }

    async fn sector(&self, id: &SectorId) -> Result<Option<Arc<Sector>>, Fault> {
        const KIND: RecordKind = RecordKind::Sector;
        let load = || objects::live(&self.db, KIND, id.as_str());
        self.kept.sectors.get(KIND.as_str(), id, load).await
    }

    async fn tool(&self, id: &ToolId) -> Result<Option<Arc<Registered<Tool>>>, Fault> {
        const KIND: RecordKind = RecordKind::Tool;
        let load = || async { Ok(objects::by_id(&self.db, KIND, id.as_str()).await?.map(Arc::new)) };
        self.kept.tools.get(KIND.as_str(), id, load).await
    }

    async fn lti_platforms(&self, issuer: &str) -> Result<Vec<Arc<LtiPlatform>>, Fault> {
        const KIND: RecordKind = RecordKind::LtiPlatform;
        let name = objects::issuer_name(issuer);
        if self.kept.issuers.lacks(KIND.as_str(), &name, || objects::names(&self.db, KIND)).await? {
            return Ok(Vec::new());
        }
        let load = || async {
            let found = objects::by_name(&self.db, KIND, &name).await?;
            let live: Arc<[_]> =
                found.into_iter().filter(|o| !o.withdrawn).map(|o| Arc::new(o.value)).collect();
            Ok((!live.is_empty()).then_some(live))
        };
        let cache = &self.kept.platforms_by_issuer;
        let found = cache.get(KIND.as_str(), issuer, load).await?;
        Ok(found.map(|platforms| platforms.to_vec()).unwrap_or_default())
    }

    async fn lti_platform(&self, id: &ConnectionId) -> Result<Option<Arc<LtiPlatform>>, Fault> {
        const KIND: RecordKind = RecordKind::LtiPlatform;
        if self.kept.connections.lacks(KIND.as_str(), id.as_str(), || objects::ids(&self.db, KIND)).await? {
            return Ok(None);
        }
        let load = || objects::live(&self.db, KIND, id.as_str());
        self.kept.platforms.get(KIND.as_str(), id, load).await
    }

    async fn lti_tool(&self, client_id: &str) -> Result<Option<Arc<LtiTool>>, Fault> {
        const KIND: RecordKind = RecordKind::Tool;
        if self.kept.clients.lacks(KIND.as_str(), client_id, || objects::names(&self.db, KIND)).await? {
            return Ok(None);
        }
        let load = || async {
            let found = objects::by_name::<Tool>(&self.db, KIND, client_id).await?;
            Ok(found.into_iter().next().map(|tool| Arc::new(tool.value.lti)))
        };
        self.kept.tools_by_client.get(KIND.as_str(), client_id, load).await
    }

    async fn known(&self, ent: &EntId, namespace: &str, subject: &str) -> Result<Option<Arc<Known>>, Fault> {
        let topic = people_of(ent);
        let identity = (ent.clone(), namespace.to_owned(), subject.to_owned());
        let Some(person) = self.kept.identities.get(&topic, &identity, || self.identified(&identity)).await?
        else {
            return Ok(None);
        };
        let load = || async { Ok(Some(Arc::new(people::known(&self.db, ent, person).await?))) };
        self.kept.people.get(&topic, &(ent.clone(), person), load).await
    }

    async fn provision(&self, newcomer: Newcomer) -> Result<(), Fault> {
        self.writer.provision(newcomer).await
    }

    async fn affiliate(&self, ent: &EntId, person: PersonId, affiliation: Affiliation) -> Result<(), Fault> {
        self.writer.affiliate(ent, person, affiliation).await?;
        self.kept.people.forget(&(ent.clone(), person)).await;
        Ok(())
    }

    async fn note_deployment(&self, seen: InactiveDeployment) -> Result<(), Fault> {
        let (connection, deployment) = (seen.connection.as_str(), seen.deployment.as_str());
        let noted: Option<i64> = both!("reading a deployment", self.db.read(), c =>
            sqlx::query_scalar(NOTED).bind(connection).bind(deployment).fetch_optional(c))?;
        if noted.is_some() { Ok(()) } else { self.writer.note_deployment(seen).await }
    }

    async fn inactive_deployments(&self) -> Result<Vec<InactiveDeployment>, Fault> {
        let rows: Vec<(String, String, i64)> = both!("reading deployments", self.db.read(), c =>
            sqlx::query_as(DEPLOYMENTS).fetch_all(c))?;
        let platforms: Vec<LtiPlatform> = objects::all_live(&self.db, RecordKind::LtiPlatform).await?;
        let found: Result<Vec<_>, StoreError> =
            rows.into_iter().map(|row| waiting(row, &platforms)).collect();
        let mut waiting: Vec<_> = found?.into_iter().flatten().collect();
        waiting.sort_by(|a, b| {
            let key = |d: &InactiveDeployment| (d.first_seen, d.connection.clone(), d.deployment.clone());
            key(a).cmp(&key(b))
        });
        Ok(waiting)
    }
}

impl Store {
    /// Who has an identity. What the same look shows of them is kept too: a launch needs all of it.
    async fn identified(&self, identity: &IdentityKey) -> Result<Option<PersonId>, Fault> {
        let (ent, namespace, subject) = identity;
        let version = self.versions.current(&people_of(ent));
        let Some(known) = people::identified(&self.db, ent, namespace, subject).await? else {
            return Ok(None);
        };
        let person = known.person;
        self.kept.people.keep(version, (ent.clone(), person), Arc::new(known)).await;
        Ok(Some(person))
    }
}

/// The topic of the people of an ENT.
pub(super) fn people_of(ent: &EntId) -> String {
    format!("people {ent}")
}

/// A recorded deployment, unless its connection lists it by now or is gone: then nobody has anything to activate.
fn waiting(
    row: (String, String, i64),
    platforms: &[LtiPlatform],
) -> Result<Option<InactiveDeployment>, StoreError> {
    let (connection, deployment, first_seen) = row;
    let platform = platforms.iter().find(|platform| platform.id.as_str() == connection);
    let listed = |platform: &&LtiPlatform| platform.deployments.iter().any(|known| known.id == deployment);
    let Some(platform) = platform.filter(|platform| !listed(platform)) else { return Ok(None) };
    let first_seen = moment(first_seen)?;
    Ok(Some(InactiveDeployment { connection: platform.id.clone(), deployment, first_seen }))
}
