//! Rolls: the names that somebody has, so that names which strangers make up cost no read each.
//!
//! Absence is never kept, so each unknown name would be looked for in the database. A roll holds every name of a kind
//! instead: an input like any other, read once for each version of its topic.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use boundary::Fault;
use moka::policy::EvictionPolicy;

use super::versions::Versions;

/// The version in use, and those just before it that a late reader may still hold.
const VERSIONS: u64 = 4;

/// All names of a kind.
pub(in crate::store) struct Roll {
    versions: Arc<Versions>,
    names: moka::future::Cache<u64, Arc<HashSet<String>>>,
}

impl Roll {
    /// A roll that is not read yet.
    pub fn new(versions: &Arc<Versions>) -> Self {
        // The newest version always gets in: a policy that favours what was asked for often would keep it out.
        let names = moka::future::Cache::builder().max_capacity(VERSIONS);
        let names = names.eviction_policy(EvictionPolicy::lru()).build();
        Self { versions: Arc::clone(versions), names }
    }

    /// Whether it is certain that nobody has this name; `read` reads all names from the database. While nobody vouches
    /// for what is kept, nothing is certain, and the database must be asked.
    pub async fn lacks<R, F>(&self, topic: &str, name: &str, read: R) -> Result<bool, Fault>
    where
        R: FnOnce() -> F + Send,
        F: Future<Output = Result<HashSet<String>, Fault>> + Send,
    {
        let Some(version) = self.versions.current(topic) else { return Ok(false) };
        if let Some(names) = self.names.get(&version).await {
            return Ok(!names.contains(name));
        }
        let read = Box::pin(async { read().await.map(Arc::new) });
        let names = self.names.try_get_with(version, read).await;
        Ok(!names.map_err(|fault| Fault::clone(&fault))?.contains(name))
    }
}
