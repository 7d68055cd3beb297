//! What the release needs of a store.

use std::sync::Arc;

use async_trait::async_trait;
use boundary::{Agreement, Ark, Fault};

use super::{Store, objects};
use crate::agreements::AgreementStore;
use crate::operate::apply::RecordKind;

#[async_trait]
impl AgreementStore for Store {
    async fn agreement(&self, resource: &Ark) -> Result<Option<Arc<Agreement>>, Fault> {
        const KIND: RecordKind = RecordKind::Agreement;
        let load = || objects::live(&self.db, KIND, resource.as_str());
        self.kept.agreements.get(KIND.as_str(), resource, load).await
    }
}
