//! Cache: keeps what was read for as long as its topic has not changed. It holds inputs, never decisions; neither
//! absence nor errors are kept.

use std::borrow::Borrow;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use boundary::Fault;

use super::versions::Versions;

/// Values by key, bounded in number, each with the version of its topic at which it was read. `V` is usually an `Arc`.
pub(in crate::store) struct Cache<K, V> {
    versions: Arc<Versions>,
    entries: moka::future::Cache<K, (u64, V)>,
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
    pub async fn get<Q, L, F>(&self, topic: &str, key: &Q, load: L) -> Result<Option<V>, Fault>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + Sync + ?Sized,
        L: FnOnce() -> F + Send,
        F: Future<Output = Result<Option<V>, Fault>> + Send,
    {
        // Loads are rare and their futures large: nobody carries one about who finds what they look for.
        let Some(version) = self.versions.current(topic) else {
            return Box::pin(load()).await;
        };
        match self.entries.get(key).await {
            Some((at, value)) if at >= version => return Ok(Some(value)),
            Some(_) => self.entries.invalidate(key).await,
            None => {}
        }
        Box::pin(self.load(key.to_owned(), version, load())).await
    }

    async fn load<L>(&self, key: K, version: u64, load: L) -> Result<Option<V>, Fault>
    where
        L: Future<Output = Result<Option<V>, Fault>> + Send,
    {
        let mut load = Some(load);
        let shared = async {
            match load.take() {
                Some(load) => {
                    let value = load.await.map_err(Nothing::Failed)?.ok_or(Nothing::Absent)?;
                    Ok((version, value))
                }
                None => Err(Nothing::Absent),
            }
        };
        let shared = self.entries.try_get_with(key, shared).await;
        // Somebody else's load may have begun earlier, and missed what this caller must see.
        match (shared, load) {
            (Ok((at, value)), load) => match load.filter(|_| at < version) {
                Some(load) => load.await,
                None => Ok(Some(value)),
            },
            (Err(nothing), load) => match (&*nothing, load) {
                (Nothing::Failed(fault), _) => Err(fault.clone()),
                (Nothing::Absent, Some(load)) => load.await,
                (Nothing::Absent, None) => Ok(None),
            },
        }
    }

    /// Keeps what was read together with something else, at a version of its topic from before it was read.
    pub async fn keep(&self, version: Option<u64>, key: K, value: V) {
        if let Some(version) = version {
            self.entries.insert(key, (version, value)).await;
        }
    }

    /// Forgets a key that this process has just written without bumping its topic.
    pub async fn forget(&self, key: &K) {
        self.entries.invalidate(key).await;
    }
}
