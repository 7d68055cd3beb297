//! Versions: which topics changed, in this process or in any other, so that caches know what they may still say.
//!
//! A topic is a kind and a shard, such as the people of one ENT. Each transaction that changes something cacheable
//! [bumps](bump) its topics. All versions come from one counter, whose row stays locked until that transaction ends: so
//! they become visible in their order, and asking for what is newer than the last one seen misses none.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::db::{Db, Tx, both, rows};
use super::error::StoreError;

const EVERY: Duration = Duration::from_millis(500);
/// How long after the start of the last successful poll a cache may be believed.
const BELIEVED: Duration = Duration::from_millis(1500);

const COUNT: &str = "UPDATE change_counter SET version = version + 1 WHERE id = 1 RETURNING version";
const MARK: &str = "INSERT INTO change (topic, version) VALUES ($1, $2) \
                    ON CONFLICT (topic) DO UPDATE SET version = excluded.version";
const NEWER: &str = "SELECT topic, version FROM change WHERE version > $1";
const HIGHEST: &str = "SELECT version FROM change_counter WHERE id = 1";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[COUNT, MARK, NEWER, HIGHEST];

/// Gives topics a new version and returns it. Call it last, right before the commit: it locks the counter, and who
/// waits for another row while holding it waits for those who wait for the counter. After the commit, tell
/// [`Versions::note`].
pub(in crate::store) async fn bump<T: AsRef<str>>(tx: &mut Tx, topics: &[T]) -> Result<u64, StoreError> {
    let version: i64 = both!("counting a change", tx.on(), c => sqlx::query_scalar(COUNT).fetch_one(c))?;
    for topic in topics {
        let topic = topic.as_ref();
        rows!("marking a change", tx.on(), c => sqlx::query(MARK).bind(topic).bind(version).execute(c))?;
    }
    Ok(version.unsigned_abs())
}

#[derive(Debug, Default)]
struct Seen {
    topics: HashMap<String, u64>,
    /// Added to every version of the database. It grows where the database's own counter went back.
    base: u64,
    /// The highest version that a poll has seen; none before the first poll.
    highest: Option<i64>,
    /// When the last successful poll began.
    as_of: Option<Instant>,
}

/// The versions of all topics as this process knows them.
#[derive(Debug, Default)]
pub struct Versions {
    seen: RwLock<Seen>,
}

impl Versions {
    /// The version of a topic; `None` when it is not known well enough, and caches must be bypassed. A topic that has
    /// not changed since this process began has version 0, or one higher than any before where the database became
    /// another one.
    #[must_use]
    pub fn current(&self, topic: &str) -> Option<u64> {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = seen.as_of.is_some_and(|as_of| as_of.elapsed() <= BELIEVED);
        fresh.then(|| seen.topics.get(topic).copied().unwrap_or_default().max(seen.base))
    }

    /// Takes note of a change that this process has just committed, so that it sees it at once.
    pub fn note<T: AsRef<str>>(&self, topics: &[T], version: u64) {
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        for topic in topics {
            seen.raise(topic.as_ref().to_owned(), version);
        }
    }

    /// Asks the database once.
    pub(in crate::store) async fn poll(&self, db: &Db) -> Result<(), StoreError> {
        let began = Instant::now();
        let before = self.seen.read().unwrap_or_else(PoisonError::into_inner).highest;
        let highest = highest_of(db).await?;
        let changed = match before {
            // No cache holds anything yet, so what changed before does not matter.
            None => Vec::new(),
            Some(before) if highest > before => newer(db, before).await?,
            Some(_) => Vec::new(),
        };
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if before.is_some_and(|before| highest < before) {
            tracing::warn!("the database went back in time: whatever was kept of it is read again");
            seen.start_over();
        }
        for (topic, version) in changed {
            seen.raise(topic, version.unsigned_abs());
        }
        seen.highest = Some(highest);
        seen.as_of = Some(began);
        Ok(())
    }

    /// Asks again and again until it is aborted. An outage shows as caches being bypassed, and is logged once.
    pub(in crate::store) fn follow(self: &Arc<Self>, db: Db) -> JoinHandle<()> {
        let versions = Arc::clone(self);
        tokio::spawn(async move {
            let mut ticks = interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut failing = false;
            loop {
                ticks.tick().await;
                match versions.poll(&db).await {
                    Ok(()) => failing = false,
                    Err(error) if !failing => {
                        failing = true;
                        tracing::warn!(%error, "caches are bypassed until the database answers again");
                    }
                    Err(_) => {}
                }
            }
        })
    }
}

/// The newest version of all.
pub(in crate::store) async fn highest_of(db: &Db) -> Result<i64, StoreError> {
    both!("reading the change counter", db.watch(), c => sqlx::query_scalar(HIGHEST).fetch_one(c))
}

async fn newer(db: &Db, than: i64) -> Result<Vec<(String, i64)>, StoreError> {
    both!("reading changes", db.watch(), c => sqlx::query_as(NEWER).bind(than).fetch_all(c))
}

impl Seen {
    fn raise(&mut self, topic: String, version: u64) {
        let version = self.base.saturating_add(version);
        let known = self.topics.entry(topic).or_default();
        *known = version.max(*known);
    }

    /// After a failover that lost changes, or on a database that was restored, versions are given a second time. All
    /// that this process knows or keeps is older than what comes now.
    fn start_over(&mut self) {
        let highest = self.topics.values().copied().max().unwrap_or_default();
        self.base = self.base.max(highest).saturating_add(1);
        self.topics.clear();
    }
}
