//! Trust: the keys that peers publish, fetched, kept and refreshed.
//!
//! A set is kept under its connection and source together, never under a key id or an address alone. Whoever asks for a
//! key that is known never waits for a fetch ([`shelf`]); an unknown key id fetches the set once more, within a limit.

mod key_set;
mod look;
mod shelf;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use boundary::registration::{KeySource, LtiPlatform};
use boundary::{Clock, ConnectionId, Fault};
use moka::sync::Cache;
use time::OffsetDateTime;
use url::Url;

use crate::transport::Transport;
pub use key_set::KeySet;
pub use look::{Look, LookError};
use shelf::Shelf;

/// What is asked for.
const ACCEPT: &str = "application/jwk-set+json, application/json";
/// How many connections are remembered.
const CONNECTIONS: u64 = 20_000;

/// The key sets of all connections.
pub struct KeySets {
    peers: Arc<Peers>,
    shelves: Cache<(String, String), Arc<Shelf>>,
}

/// What fetching came to, for the metrics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fetches {
    /// Sets that were fetched since the start.
    pub fetched: u64,
    /// Fetches that failed.
    pub failed: u64,
    /// By how much the clock of a peer was ahead of ours when its set was fetched last; of all peers the one that
    /// differs most.
    pub skew: time::Duration,
}

/// The way to the peers, and what came of it.
struct Peers {
    transport: Transport,
    clock: Arc<dyn Clock>,
    fetched: AtomicU64,
    failed: AtomicU64,
}

impl KeySets {
    /// No sets yet.
    #[must_use]
    pub fn new(transport: Transport, clock: Arc<dyn Clock>) -> Self {
        let (fetched, failed) = (AtomicU64::new(0), AtomicU64::new(0));
        let peers = Peers { transport, clock, fetched, failed };
        Self { peers: Arc::new(peers), shelves: Cache::new(CONNECTIONS) }
    }

    /// What fetching came to so far.
    #[must_use]
    pub fn fetches(&self) -> Fetches {
        let skews = self.shelves.iter().filter_map(|(_, shelf)| shelf.skew());
        Fetches {
            fetched: self.peers.fetched.load(Ordering::Relaxed),
            failed: self.peers.failed.load(Ordering::Relaxed),
            skew: skews.max_by_key(|skew| skew.abs()).unwrap_or_default(),
        }
    }

    /// The key of an ENT with this id, as JWK or PEM text; `None` when its source does not have it.
    ///
    /// It must be called within a tokio runtime.
    ///
    /// # Errors
    /// A [`Fault`] where the source cannot be read and nothing is known of it.
    pub async fn key_of(&self, platform: &LtiPlatform, kid: &str) -> Result<Option<Arc<str>>, Fault> {
        self.key_from(&platform.id, &platform.keys, kid).await
    }

    /// The same, of whoever has keys that come from somewhere.
    ///
    /// # Errors
    /// As [`key_of`](Self::key_of).
    pub async fn key_from(
        &self,
        owner: &ConnectionId,
        source: &KeySource,
        kid: &str,
    ) -> Result<Option<Arc<str>>, Fault> {
        match source {
            KeySource::Pem(pem) => Ok(Some(Arc::from(pem.as_str()))),
            KeySource::Jwks(text) => {
                let unreadable = || Fault::new(format!("connection {owner}: its key set cannot be read"));
                Ok(KeySet::read(text.as_bytes()).ok_or_else(unreadable)?.key(kid))
            }
            KeySource::JwksUri(url) => self.shelf(owner, url).key(&self.peers, kid).await,
        }
    }

    fn shelf(&self, owner: &ConnectionId, url: &Url) -> Arc<Shelf> {
        let fresh = || Arc::new(Shelf::new(owner.clone(), url.clone()));
        self.shelves.get_with((owner.to_string(), url.to_string()), fresh)
    }
}

impl Peers {
    /// A set, and the time of the peer's clock where it says it.
    async fn fetch(&self, url: &Url) -> Result<(KeySet, Option<OffsetDateTime>), String> {
        let fetched = self.read(url).await;
        let counter = if fetched.is_ok() { &self.fetched } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
        fetched
    }

    async fn read(&self, url: &Url) -> Result<(KeySet, Option<OffsetDateTime>), String> {
        let answer = self.transport.get(url, ACCEPT).await.map_err(|e| e.to_string())?;
        let set = KeySet::read(&answer.body).ok_or_else(|| "the answer is not a key set".to_owned())?;
        Ok((set, answer.date))
    }
}
