//! Kept: what this process keeps of what it read, one cache a look-up.

use std::sync::Arc;

use boundary::registration::{LtiPlatform, LtiTool};
use boundary::{
    Agreement, Ark, ConnectionId, EntId, PersonId, Pseudonym, ResourceKey, SectorId, ToolId, Uai,
};

use super::cache::Cache;
use super::rolls::Roll;
use super::versions::Versions;
use crate::catalogue::Resource;
use crate::directory::{Ent, Known, Registered, School, Sector, Tool};
use crate::licensing::Licence;

/// How many objects of a kind are kept: more than a country has schools.
const OBJECTS: u64 = 100_000;
/// How many people: those of the busiest hours on one instance.
const PEOPLE: u64 = 200_000;
/// How many pairs of resource and school.
const LICENCES: u64 = 50_000;
/// How many names of schools, courses and links.
const NAMES: u64 = 400_000;

/// ENT, namespace and key in it.
pub(super) type IdentityKey = (EntId, String, String);
/// Resource, school, and the school's nature as it was asked for.
pub(super) type LicenceKey = (Ark, Uai, Option<String>);
/// Sector, scope, kind, and our id of what is named.
pub(super) type NameKey = (SectorId, String, &'static str, String);

/// The caches of a process.
pub(in crate::store) struct Kept {
    pub(super) ents: Cache<EntId, Arc<Ent>>,
    pub(super) schools: Cache<Uai, Arc<School>>,
    pub(super) sectors: Cache<SectorId, Arc<Sector>>,
    pub(super) tools: Cache<ToolId, Arc<Registered<Tool>>>,
    pub(super) tools_by_client: Cache<String, Arc<LtiTool>>,
    pub(super) platforms: Cache<ConnectionId, Arc<LtiPlatform>>,
    pub(super) platforms_by_issuer: Cache<String, Arc<[Arc<LtiPlatform>]>>,
    pub(super) identities: Cache<IdentityKey, PersonId>,
    pub(super) people: Cache<(EntId, PersonId), Arc<Known>>,
    pub(super) resources: Cache<Ark, Arc<Registered<Resource>>>,
    pub(super) resources_by_key: Cache<ResourceKey, Arc<Registered<Resource>>>,
    pub(super) agreements: Cache<Ark, Arc<Agreement>>,
    pub(super) licences: Cache<LicenceKey, Arc<[Licence]>>,
    pub(super) names: Cache<NameKey, Pseudonym>,
    pub(super) issuers: Roll,
    pub(super) connections: Roll,
    pub(super) clients: Roll,
}

impl Kept {
    /// Empty caches that follow these versions.
    pub(in crate::store) fn new(versions: &Arc<Versions>) -> Self {
        Self {
            ents: Cache::new(versions, OBJECTS),
            schools: Cache::new(versions, OBJECTS),
            sectors: Cache::new(versions, OBJECTS),
            tools: Cache::new(versions, OBJECTS),
            tools_by_client: Cache::new(versions, OBJECTS),
            platforms: Cache::new(versions, OBJECTS),
            platforms_by_issuer: Cache::new(versions, OBJECTS),
            identities: Cache::new(versions, PEOPLE),
            people: Cache::new(versions, PEOPLE),
            resources: Cache::new(versions, OBJECTS),
            resources_by_key: Cache::new(versions, OBJECTS),
            agreements: Cache::new(versions, OBJECTS),
            licences: Cache::new(versions, LICENCES),
            names: Cache::new(versions, NAMES),
            issuers: Roll::new(versions),
            connections: Roll::new(versions),
            clients: Roll::new(versions),
        }
    }
}
