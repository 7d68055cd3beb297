//! The catalogue: which resources there are, and which one a launch means.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use boundary::{Ark, Fault, RefusalCode, ResourceKey, Stop, ToolId, Wanted};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::directory::Registered;

/// A resource that a publisher offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its permanent name.
    pub ark: Ark,
    /// Its short name in target links.
    pub key: ResourceKey,
    /// Its title, for people.
    pub title: String,
    /// The tool that opens it.
    pub tool: ToolId,
    /// Where it opens, when that is not where all of the tool's launches end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_url: Option<Url>,
    /// The mother resource of its family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Ark>,
    /// Custom parameters of its launches.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom: BTreeMap<String, String>,
}

/// What the catalogue needs of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait CatalogueStore: Send + Sync {
    /// A resource by its permanent name, withdrawn or not.
    async fn resource(&self, ark: &Ark) -> Result<Option<Arc<Registered<Resource>>>, Fault>;
    /// A resource by its short name, withdrawn or not.
    async fn resource_by_key(&self, key: &ResourceKey) -> Result<Option<Arc<Registered<Resource>>>, Fault>;
}

/// The resource that a launch means.
///
/// # Errors
/// [`RefusalCode::ResourceUnknown`] where none is named or none has that name; a fault where the store is silent.
pub async fn find(store: &dyn CatalogueStore, wanted: &Wanted) -> Result<Arc<Registered<Resource>>, Stop> {
    let (found, name) = match wanted {
        Wanted::Ark(ark) => (store.resource(ark).await?, ark.to_string()),
        Wanted::Key(key) => (store.resource_by_key(key).await?, format!("/lti/r/{key}")),
        Wanted::Unnamed => (None, "nothing that names a resource".to_owned()),
    };
    found.ok_or_else(|| RefusalCode::ResourceUnknown.about(format!("the launch names {name}")).into())
}
