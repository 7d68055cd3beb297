//! Agreements: which attributes a resource may see. The evaluator is [`boundary::release`]; here is where it reads.

use std::sync::Arc;

use async_trait::async_trait;
use boundary::{Agreement, Ark, Fault};

/// What the release needs of a store.
#[async_trait]
pub trait AgreementStore: Send + Sync {
    /// The agreement about a resource, if there is one that was not withdrawn.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    async fn agreement(&self, resource: &Ark) -> Result<Option<Arc<Agreement>>, Fault>;
}
