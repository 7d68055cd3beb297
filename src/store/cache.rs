//! Cache: keeps what was read for as long as its topic has not changed. It holds inputs, never decisions; neither
//! absence nor errors are kept.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use boundary::Fault;

use super::versions::Versions;

/// Values by key, bounded in number. `V` is usually an `Arc`.
pub(in crate::store) struct Cache<K, V> {
    versions: Arc<Versions>,
    entries: moka::future::Cache<(K, u64), V>,
}

/// Why a load left nothing to keep.
#[derive(Clone)]
enum Nothing {
    Absent,
    Failed(Fault),
}

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// A cache of at most `capacity` entries.
    pub fn new(versions: &Arc<Versions>, capacity: u64) -> Self {
        Self { versions: Arc::clone(versions), entries: moka::future::Cache::new(capacity) }
    }

    /// The value of a key whose changes are told under `topic`; `load` reads it from the database. The version of the
    /// topic is taken before loading, so that what changes meanwhile is read again next time. Loads of one key at the
    /// same time are one.
    pub async fn get<L>(&self, topic: &str, key: K, load: L) -> Result<Option<V>, Fault>
    where
        L: Future<Output = Result<Option<V>, Fault>> + Send,
    {
        let Some(version) = self.versions.current(topic) else {
            return load.await;
        };
        let mut load = Some(load);
        let shared = async {
            match load.take() {
                Some(load) => load.await.map_err(Nothing::Failed)?.ok_or(Nothing::Absent),
                None => Err(Nothing::Absent),
            }
        };
        match self.entries.try_get_with((key, version), shared).await {
            Ok(value) => Ok(Some(value)),
            Err(nothing) => match (&*nothing, load) {
                (Nothing::Failed(fault), _) => Err(fault.clone()),
                // Somebody else's load began earlier and may have missed what this caller has just written.
                (Nothing::Absent, Some(load)) => load.await,
                (Nothing::Absent, None) => Ok(None),
            },
        }
    }

    /// Forgets a key that this process has just written without bumping its topic.
    pub async fn forget(&self, topic: &str, key: K) {
        if let Some(version) = self.versions.current(topic) {
            self.entries.invalidate(&(key, version)).await;
        }
    }
}
