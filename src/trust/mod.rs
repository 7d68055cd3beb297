//! Trust: the keys that peers publish, fetched, kept and refreshed.
//!
//! A set is kept under its connection and source together, never under a key id or an address alone. An unknown key id
//! fetches the set once more, within a limit; a set that cannot be fetched serves on for a day.

mod key_set;
mod look;
#[cfg(test)]
mod tests;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use boundary::registration::{KeySource, LtiPlatform};
use boundary::{Clock, Fault};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use moka::sync::Cache;
use time::OffsetDateTime;
use tokio::sync::Mutex;
use url::Url;

use crate::transport::Transport;
pub use key_set::KeySet;
pub use look::{Look, LookError};

/// How long a set is fresh.
const FRESH: time::Duration = time::Duration::HOUR;
/// How long a set serves on when its source does not answer.
const LASTING: time::Duration = time::Duration::DAY;
/// How long a failed fetch is remembered, so that launches do not storm a peer that is down.
const FAILED: time::Duration = time::Duration::seconds(5);
/// Extra fetches for unknown key ids: this many at once, then one every ten seconds.
const BURST: NonZeroU32 = NonZeroU32::new(3).unwrap();
const REFILL: Duration = Duration::from_secs(10);
/// What is asked for.
const ACCEPT: &str = "application/jwk-set+json, application/json";
/// How many connections are remembered.
const CONNECTIONS: u64 = 20_000;

/// The key sets of all connections.
pub struct KeySets {
    transport: Transport,
    clock: Arc<dyn Clock>,
    shelves: Cache<(String, String), Arc<Shelf>>,
    fetched: AtomicU64,
    failed: AtomicU64,
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

/// What is known of one connection's source. The lock makes concurrent launches share one fetch.
struct Shelf {
    held: Mutex<Held>,
    extra: DefaultDirectRateLimiter,
}

#[derive(Default)]
struct Held {
    set: Option<(Arc<KeySet>, OffsetDateTime)>,
    failed: Option<(String, OffsetDateTime)>,
    /// How far the peer's clock was ahead of ours.
    skew: Option<time::Duration>,
}

impl KeySets {
    /// No sets yet.
    #[must_use]
    pub fn new(transport: Transport, clock: Arc<dyn Clock>) -> Self {
        let (fetched, failed) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { transport, clock, shelves: Cache::new(CONNECTIONS), fetched, failed }
    }

    /// What fetching came to so far.
    #[must_use]
    pub fn fetches(&self) -> Fetches {
        // A set that is being fetched just now is told next time.
        let skew = |shelf: Arc<Shelf>| shelf.held.try_lock().ok()?.skew;
        let skews = self.shelves.iter().filter_map(|(_, shelf)| skew(shelf));
        Fetches {
            fetched: self.fetched.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            skew: skews.max_by_key(|skew| skew.abs()).unwrap_or_default(),
        }
    }

    /// The key of an ENT with this id, as JWK or PEM text; `None` when its source does not have it.
    ///
    /// # Errors
    /// A [`Fault`] where the source cannot be read and nothing is known of it.
    pub async fn key_of(&self, platform: &LtiPlatform, kid: &str) -> Result<Option<Arc<str>>, Fault> {
        let url = match &platform.keys {
            KeySource::Pem(pem) => return Ok(Some(Arc::from(pem.as_str()))),
            KeySource::Jwks(text) => {
                let unreadable =
                    || Fault::new(format!("connection {}: its key set cannot be read", platform.id));
                return Ok(KeySet::read(text.as_bytes()).ok_or_else(unreadable)?.key(kid));
            }
            KeySource::JwksUri(url) => url,
        };
        let shelf = self.shelf(platform, url);
        let mut held = shelf.held.lock().await;
        let set = self.current(&mut held, platform, url).await?;
        if let Some(key) = set.key(kid) {
            return Ok(Some(key));
        }
        if shelf.extra.check().is_err() {
            tracing::warn!(connection = %platform.id, "unknown key id; the key set was fetched too often for it");
            return Ok(None);
        }
        match self.fetch(&mut held, platform, url).await {
            Ok(set) => Ok(set.key(kid)),
            Err(_) => Ok(None),
        }
    }

    fn shelf(&self, platform: &LtiPlatform, url: &Url) -> Arc<Shelf> {
        let quota = Quota::with_period(REFILL).unwrap_or_else(|| Quota::per_minute(BURST)).allow_burst(BURST);
        let fresh = || Arc::new(Shelf { held: Mutex::default(), extra: RateLimiter::direct(quota) });
        self.shelves.get_with((platform.id.to_string(), url.to_string()), fresh)
    }

    async fn current(
        &self,
        held: &mut Held,
        platform: &LtiPlatform,
        url: &Url,
    ) -> Result<Arc<KeySet>, Fault> {
        let now = self.clock.now();
        let known = held.set.clone();
        if let Some((set, at)) = &known
            && now - *at < FRESH
        {
            return Ok(Arc::clone(set));
        }
        let why = match &held.failed {
            Some((why, at)) if now - *at < FAILED => why.clone(),
            _ => match self.fetch(held, platform, url).await {
                Ok(set) => return Ok(set),
                Err(why) => why,
            },
        };
        match known {
            Some((set, at)) if now - at < LASTING => Ok(set),
            _ => Err(Fault::new(format!(
                "connection {}: the key set at {} cannot be fetched: {why}",
                platform.id,
                url.host_str().unwrap_or_default()
            ))),
        }
    }

    async fn fetch(&self, held: &mut Held, platform: &LtiPlatform, url: &Url) -> Result<Arc<KeySet>, String> {
        let answer = self.transport.get(url, ACCEPT).await.map_err(|e| e.to_string());
        let read = answer.and_then(|answer| {
            let set = KeySet::read(&answer.body).ok_or_else(|| "the answer is not a key set".to_owned())?;
            Ok((set, answer.date))
        });
        let now = self.clock.now();
        match read {
            Ok((set, date)) => {
                let set = Arc::new(set);
                let skew = date.map(|theirs| theirs - now);
                *held = Held { set: Some((Arc::clone(&set), now)), failed: None, skew };
                self.fetched.fetch_add(1, Ordering::Relaxed);
                Ok(set)
            }
            Err(why) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(connection = %platform.id, why, "a key set cannot be fetched");
                held.failed = Some((why.clone(), now));
                Err(why)
            }
        }
    }
}
