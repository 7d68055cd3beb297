//! Failed sign-ons: written apart from every launch's commit, a few at a time, into a ring of fixed size.
//!
//! Anybody can make sign-ons fail, so nothing here waits and nothing grows: what waits is bounded, and more than a
//! connection's share is dropped and counted; one short transaction a second writes it; and the table has 200 slots a
//! connection, of which a new row takes the oldest.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use boundary::RefusalCode;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::db::{Db, Tx, rows};
use super::error::StoreError;
use super::time::millis;
use crate::launch::FailedSignOn;

/// How many may wait, and how many of one connection, so that none takes the place of all others.
const WAITING: usize = 256;
const OF_ONE: usize = 64;
/// The pause between two transactions.
const PAUSE: Duration = Duration::from_secs(1);

/// What stands in the place of a refusal code when something was broken.
pub(super) const FAULT: &str = "fault";
/// What stands between the names of checks.
pub(super) const BETWEEN: char = ' ';

const KEEP: &str = "INSERT INTO failed_sign_on (connection, slot, seq, launch, at, code, passed, failed) \
     SELECT $1, n.seq % 200, n.seq, $2, $3, $4, $5, $6 \
     FROM (SELECT COALESCE(MAX(seq), 0) + 1 AS seq FROM failed_sign_on WHERE connection = $1) n WHERE true \
     ON CONFLICT (connection, slot) DO UPDATE SET seq = excluded.seq, launch = excluded.launch, at = excluded.at, \
     code = excluded.code, passed = excluded.passed, failed = excluded.failed";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[KEEP];

/// Failed sign-ons on their way to the table.
pub(super) struct Ring {
    db: Db,
    waiting: Mutex<Vec<FailedSignOn>>,
    came: Notify,
    dropped: AtomicU64,
}

impl Ring {
    pub fn new(db: Db) -> Arc<Self> {
        Arc::new(Self { db, waiting: Mutex::default(), came: Notify::new(), dropped: AtomicU64::new(0) })
    }

    /// Writes what comes until it is aborted.
    pub fn follow(self: &Arc<Self>) -> JoinHandle<()> {
        let ring = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                ring.came.notified().await;
                ring.write().await;
                sleep(PAUSE).await;
            }
        })
    }

    /// Puts one in line, where there is room.
    pub fn note(&self, failed: FailedSignOn) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let own = waiting.iter().filter(|one| one.sign_on.connection == failed.sign_on.connection).count();
        if waiting.len() >= WAITING || own >= OF_ONE {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.push(failed);
        drop(waiting);
        self.came.notify_one();
    }

    /// How many were dropped since the start.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Writes what waits. What cannot be written is dropped: it would only help whoever looks at it.
    pub async fn write(&self) {
        let mut waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if waiting.is_empty() {
            return;
        }
        // In one order in every process, so that none waits for another that waits for it.
        waiting.sort_by(|a, b| a.sign_on.connection.cmp(&b.sign_on.connection));
        if let Err(error) = keep(&self.db, &waiting).await {
            self.dropped.fetch_add(waiting.len() as u64, Ordering::Relaxed);
            tracing::warn!(%error, rows = waiting.len(), "failed sign-ons were not kept");
        }
    }
}

async fn keep(db: &Db, all: &[FailedSignOn]) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    for failed in all {
        keep_one(&mut tx, failed).await?;
    }
    tx.commit().await
}

async fn keep_one(tx: &mut Tx, failed: &FailedSignOn) -> Result<(), StoreError> {
    let FailedSignOn { launch, at, code, sign_on } = failed;
    let passed = sign_on.passed.join(&BETWEEN.to_string());
    rows!("keeping a failed sign-on", tx.on(), c => sqlx::query(KEEP)
        .bind(sign_on.connection.as_str()).bind(launch.as_str()).bind(millis(*at))
        .bind(code.map_or(FAULT, RefusalCode::as_str)).bind(&passed).bind(sign_on.failed).execute(c))
    .map(drop)
}
