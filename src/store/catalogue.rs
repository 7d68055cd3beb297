//! What the catalogue needs of a store.

use std::sync::Arc;

use async_trait::async_trait;
use boundary::{Ark, Fault, ResourceKey};

use super::{Store, objects};
use crate::catalogue::{CatalogueStore, Resource};
use crate::directory::Registered;
use crate::operate::apply::RecordKind::Resource as RESOURCE;

#[async_trait]
impl CatalogueStore for Store {
    async fn resource(&self, ark: &Ark) -> Result<Option<Arc<Registered<Resource>>>, Fault> {
        let load = || async { Ok(objects::by_id(&self.db, RESOURCE, ark.as_str()).await?.map(Arc::new)) };
        self.kept.resources.get(RESOURCE.as_str(), ark, load).await
    }

    async fn resource_by_key(&self, key: &ResourceKey) -> Result<Option<Arc<Registered<Resource>>>, Fault> {
        let load = || async {
            let found = objects::by_name(&self.db, RESOURCE, key.as_str()).await?;
            Ok(found.into_iter().next().map(Arc::new))
        };
        self.kept.resources_by_key.get(RESOURCE.as_str(), key, load).await
    }
}
