//! Shelf: what is known of one connection's key source.
//!
//! A key that is known is handed out at once, also while a fetch is under way. At most one fetch is: a task of its own,
//! which no caller takes along by leaving, and whoever needs its outcome waits for it.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use boundary::{ConnectionId, Fault};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use time::OffsetDateTime;
use tokio::sync::watch;
use url::Url;

use super::Peers;
use super::key_set::KeySet;

/// How long a set is fresh. One that is older is served on, and refreshed behind.
const FRESH: time::Duration = time::Duration::HOUR;
/// How long a set serves on when its source does not answer.
const LASTING: time::Duration = time::Duration::DAY;
/// How long a failed fetch is remembered, so that launches do not storm a peer that is down.
pub(super) const FAILED: time::Duration = time::Duration::seconds(5);
/// Extra fetches for unknown key ids: this many at once, then one every ten seconds. Strangers may use them up; each
/// brings the newest set for everybody, so a key that was rotated is known within ten seconds all the same.
const BURST: NonZeroU32 = NonZeroU32::new(3).unwrap();
const REFILL: Duration = Duration::from_secs(10);

/// What a fetch came to, or words for the operator.
type Outcome = Result<Arc<KeySet>, Arc<str>>;
/// A fetch under way. It has landed when its sender is gone.
type Flight = watch::Receiver<Option<Outcome>>;

pub(super) struct Shelf {
    connection: ConnectionId,
    url: Url,
    /// Held for moments only, never while anything is awaited.
    held: Mutex<Held>,
    extra: DefaultDirectRateLimiter,
}

#[derive(Default)]
struct Held {
    set: Option<(Arc<KeySet>, OffsetDateTime)>,
    failed: Option<(Arc<str>, OffsetDateTime)>,
    /// How far the peer's clock was ahead of ours.
    skew: Option<time::Duration>,
    flight: Option<Flight>,
}

/// How a set can be had.
enum Standing {
    Known(Arc<KeySet>),
    Coming(Flight),
    Failed(Arc<str>),
}

impl Shelf {
    pub fn new(connection: ConnectionId, url: Url) -> Self {
        let quota = Quota::with_period(REFILL).unwrap_or_else(|| Quota::per_minute(BURST)).allow_burst(BURST);
        Self { connection, url, held: Mutex::default(), extra: RateLimiter::direct(quota) }
    }

    /// The key with this id; `None` when the newest set that may be had does not hold it.
    pub async fn key(self: &Arc<Self>, peers: &Arc<Peers>, kid: &str) -> Result<Option<Arc<str>>, Fault> {
        let set = match self.standing(peers) {
            Standing::Known(set) => set,
            Standing::Coming(flight) => landed(flight).await.map_err(|why| self.fault(&why))?,
            Standing::Failed(why) => return Err(self.fault(&why)),
        };
        if let Some(key) = set.key(kid) {
            return Ok(Some(key));
        }
        match self.again(peers) {
            Some(flight) => Ok(landed(flight).await.ok().and_then(|set| set.key(kid))),
            None => {
                tracing::warn!(connection = %self.connection, "unknown key id; the key set was fetched too often for it");
                Ok(None)
            }
        }
    }

    fn standing(self: &Arc<Self>, peers: &Arc<Peers>) -> Standing {
        let now = peers.clock.now();
        let mut held = self.held();
        let failed = held.failed.clone().filter(|(_, at)| now - *at < FAILED);
        match (held.set.clone(), failed) {
            (Some((set, at)), failed) if now - at < LASTING => {
                if now - at >= FRESH && failed.is_none() {
                    self.fly(&mut held, peers);
                }
                Standing::Known(set)
            }
            (_, Some((why, _))) => Standing::Failed(why),
            (_, None) => Standing::Coming(self.fly(&mut held, peers)),
        }
    }

    /// One more fetch, or the one that is under way; `None` where there were too many.
    fn again(self: &Arc<Self>, peers: &Arc<Peers>) -> Option<Flight> {
        let mut held = self.held();
        let may = held.flying().is_some() || self.extra.check().is_ok();
        may.then(|| self.fly(&mut held, peers))
    }

    /// The fetch under way, or a new one.
    fn fly(self: &Arc<Self>, held: &mut Held, peers: &Arc<Peers>) -> Flight {
        if let Some(flight) = held.flying() {
            return flight.clone();
        }
        let (land, flight) = watch::channel(None);
        held.flight = Some(flight.clone());
        let (shelf, peers) = (Arc::clone(self), Arc::clone(peers));
        tokio::spawn(async move {
            let fetched = peers.fetch(&shelf.url).await;
            land.send_replace(Some(shelf.note(fetched, peers.clock.now())));
        });
        flight
    }

    fn note(
        &self,
        fetched: Result<(KeySet, Option<OffsetDateTime>), String>,
        now: OffsetDateTime,
    ) -> Outcome {
        let mut held = self.held();
        match fetched {
            Ok((set, date)) => {
                let set = Arc::new(set);
                held.set = Some((Arc::clone(&set), now));
                held.failed = None;
                held.skew = date.map(|theirs| theirs - now);
                Ok(set)
            }
            Err(why) => {
                tracing::warn!(connection = %self.connection, why, "a key set cannot be fetched");
                let why = Arc::from(why);
                held.failed = Some((Arc::clone(&why), now));
                Err(why)
            }
        }
    }

    /// How far the peer's clock was ahead of ours when its set was fetched last.
    pub fn skew(&self) -> Option<time::Duration> {
        self.held().skew
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last fetch failed.
    #[cfg(test)]
    pub fn has_failed(&self) -> bool {
        self.held().failed.is_some()
    }

    fn fault(&self, why: &str) -> Fault {
        let host = self.url.host_str().unwrap_or_default();
        Fault::new(format!("connection {}: the key set at {host} cannot be fetched: {why}", self.connection))
    }
}

impl Held {
    fn flying(&self) -> Option<&Flight> {
        self.flight.as_ref().filter(|flight| flight.has_changed().is_ok())
    }
}

async fn landed(mut flight: Flight) -> Outcome {
    let outcome = flight.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
    outcome.unwrap_or_else(|| Err(Arc::from("the fetch broke off")))
}
