//! Sight: which records somebody may see. What is out of sight is as if it were not there.

use boundary::{Ark, Fault, OrganisationId, SectorId, ToolId, Uai};

use crate::catalogue::Resource;
use crate::directory::School;
use crate::licensing::Coverage;
use crate::operate::apply::references::Name;
use crate::operate::apply::{Record, RecordKind};

use super::store::RecordStore;

/// How far somebody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Everything: operators, and those who look after them.
    Everything,
    /// These schools, their ENTs, and what they may open.
    Schools(Vec<Uai>),
    /// These organisations, their sectors, tools, resources and agreements, and what they distribute.
    Organisations(Vec<OrganisationId>),
}

impl Sight {
    /// Whether a record is in sight.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    pub async fn sees(&self, store: &dyn RecordStore, record: &Record) -> Result<bool, Fault> {
        match self {
            Self::Everything => Ok(true),
            Self::Schools(own) => schools_see(store, own, record).await,
            Self::Organisations(own) => match record {
                Record::Subscription(subscription) => {
                    Ok(subscription.distributor.as_ref().is_some_and(|id| own.contains(id)))
                }
                record => Ok(owner(store, record).await?.is_some_and(|id| own.contains(&id))),
            },
        }
    }
}

/// The organisation whose a record of a publisher is.
pub async fn owner(store: &dyn RecordStore, record: &Record) -> Result<Option<OrganisationId>, Fault> {
    match record {
        Record::Organisation(organisation) => Ok(Some(organisation.id.clone())),
        Record::Sector(sector) => Ok(Some(sector.organisation.clone())),
        Record::Tool(tool) => owner_of_sector(store, &tool.sector).await,
        Record::Resource(resource) => owner_of_tool(store, &resource.tool).await,
        Record::Agreement(agreement) => owner_of_resource(store, &agreement.resource).await,
        _ => Ok(None),
    }
}

/// The organisation whose a resource is.
pub async fn owner_of_resource(store: &dyn RecordStore, ark: &Ark) -> Result<Option<OrganisationId>, Fault> {
    let found = store.revised(RecordKind::Resource, ark.as_str()).await?;
    match found.map(|found| found.stored.record) {
        Some(Record::Resource(resource)) => owner_of_tool(store, &resource.tool).await,
        _ => Ok(None),
    }
}

async fn owner_of_tool(store: &dyn RecordStore, tool: &ToolId) -> Result<Option<OrganisationId>, Fault> {
    let found = store.revised(RecordKind::Tool, tool.as_str()).await?;
    match found.map(|found| found.stored.record) {
        Some(Record::Tool(tool)) => owner_of_sector(store, &tool.sector).await,
        _ => Ok(None),
    }
}

async fn owner_of_sector(
    store: &dyn RecordStore,
    sector: &SectorId,
) -> Result<Option<OrganisationId>, Fault> {
    let found = store.revised(RecordKind::Sector, sector.as_str()).await?;
    Ok(found.and_then(|found| match found.stored.record {
        Record::Sector(sector) => Some(sector.organisation),
        _ => None,
    }))
}

async fn schools_see(store: &dyn RecordStore, own: &[Uai], record: &Record) -> Result<bool, Fault> {
    match record {
        Record::School(school) => Ok(own.contains(&school.uai)),
        Record::Ent(ent) => Ok(schools(store, own).await?.iter().any(|school| school.ents.contains(&ent.id))),
        Record::Subscription(subscription) => Ok(covers(&subscription.coverage, &schools(store, own).await?)),
        Record::Resource(Resource { ark, .. }) => may_open(store, own, ark).await,
        Record::Agreement(agreement) => may_open(store, own, &agreement.resource).await,
        _ => Ok(false),
    }
}

/// Whether some subscription of these schools is for a resource.
async fn may_open(store: &dyn RecordStore, own: &[Uai], ark: &Ark) -> Result<bool, Fault> {
    for school in schools(store, own).await? {
        let by_nature = school.nature.iter().map(|code| format!("{ark} nature:{code}"));
        for name in by_nature.chain([format!("{ark} {}", school.uai)]) {
            if !store.named(RecordKind::Subscription, &name, 1).await?.is_empty() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Schools that there are.
pub async fn schools(store: &dyn RecordStore, own: &[Uai]) -> Result<Vec<School>, Fault> {
    let names: Vec<Name> = own.iter().map(|uai| (RecordKind::School, uai.to_string())).collect();
    let found = store.some(&names).await?;
    let live = found.into_iter().filter(|found| !found.stored.withdrawn);
    let school = live.filter_map(|found| match found.stored.record {
        Record::School(school) => Some(school),
        _ => None,
    });
    Ok(school.collect())
}

/// Whether a subscription is for one of these schools.
pub fn covers(coverage: &Coverage, schools: &[School]) -> bool {
    schools.iter().any(|school| match coverage {
        Coverage::Schools(named) => named.contains(&school.uai),
        Coverage::Nature(code) => school.nature.as_ref() == Some(code),
    })
}

/// The names of the subscriptions of a school.
pub fn names_of_coverage(school: &School) -> Vec<String> {
    let nature = school.nature.iter().map(|code| format!("nature\n{code}"));
    nature.chain([format!("school\n{}", school.uai)]).collect()
}
