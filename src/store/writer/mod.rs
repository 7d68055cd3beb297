//! The writer: one task through which launches write, so that those that come together share one durable commit.
//!
//! It commits at once when it is idle and takes whatever was queued meanwhile. A caller is answered only when what it
//! wrote is durable. People, seats and deployments seen for the first time go through the same task, each in a
//! transaction of its own.

mod alone;
mod batch;
mod changes;
mod rows;
mod task;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use boundary::{EntId, Fault, PersonId, SeatOffer, Uai};
use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot};

use self::alone::Alone;
use self::rows::Entry;
use super::db::Db;
use crate::directory::{Affiliation, InactiveDeployment, Newcomer};
use crate::launch::{Committed, Item};

/// How many writes may wait: a few seconds of the worst hour. Beyond, the database cannot keep up.
const QUEUE: usize = 4096;

type Answer<T> = oneshot::Sender<Result<T, Fault>>;

/// One thing to do.
enum Job {
    Item(Entry, Answer<Committed>),
    Alone(Alone, Answer<bool>),
    /// Changes wait to be linked.
    Changes(Answer<()>),
    Close(oneshot::Sender<()>),
}

impl Job {
    /// Whether nobody waits for its answer any more.
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Item(_, answer) => answer.is_closed(),
            Self::Alone(_, answer) => answer.is_closed(),
            Self::Changes(_) | Self::Close(_) => false,
        }
    }
}

pub(in crate::store) use batch::json;
#[cfg(test)]
pub(in crate::store) use {alone::STATEMENTS as ALONE, changes::STATEMENTS as CHANGES, rows::PAIRS};

/// The way to the task.
pub(in crate::store) struct Writer {
    queue: mpsc::Sender<Job>,
    written: Arc<Written>,
}

/// What was written since the start.
#[derive(Default)]
struct Written {
    batches: AtomicU64,
    items: AtomicU64,
    /// Those who wait for a transaction of their own, now.
    alones: AtomicUsize,
}

impl Writer {
    /// Starts the task. `boot` names this run of the process, and with it the journal's chains: no two are alike.
    pub fn start(db: Db, boot: String) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let written = Arc::new(Written::default());
        tokio::spawn(task::Task::new(db, boot, Arc::clone(&written)).run(waiting));
        Self { queue, written }
    }

    /// How many writes wait; how many transactions of launches were committed, and how many items in them.
    pub fn load(&self) -> (usize, u64, u64) {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let alones = self.written.alones.load(Ordering::Relaxed);
        (QUEUE - self.queue.capacity() + alones, count(&self.written.batches), count(&self.written.items))
    }

    /// Writes the item of one hop.
    pub async fn commit(&self, item: Item) -> Result<Committed, Fault> {
        let entry = Entry::prepare(item)?;
        self.ask(|answer| Job::Item(entry, answer)).await
    }

    /// Writes somebody who was seen for the first time; nothing where their identity is there by now.
    pub async fn provision(&self, newcomer: Newcomer) -> Result<(), Fault> {
        self.alone(Alone::Provision(Box::new(newcomer))).await.map(drop)
    }

    /// Adds an affiliation; one that is there stays. Nothing where the person is gone.
    pub async fn affiliate(
        &self,
        ent: &EntId,
        person: PersonId,
        affiliation: Affiliation,
    ) -> Result<(), Fault> {
        self.alone(Alone::Affiliate(ent.clone(), person, Box::new(affiliation))).await.map(drop)
    }

    /// Records a deployment that nobody has activated, once.
    pub async fn note_deployment(&self, seen: InactiveDeployment) -> Result<(), Fault> {
        self.alone(Alone::NoteDeployment(seen)).await.map(drop)
    }

    /// Takes a seat; true when the person holds one afterwards.
    pub async fn take_seat(
        &self,
        offer: &SeatOffer,
        person: PersonId,
        school: &Uai,
        at: OffsetDateTime,
    ) -> Result<bool, Fault> {
        self.alone(Alone::TakeSeat(offer.clone(), person, school.clone(), at)).await
    }

    /// Links every change that was noted into the journal's chains, whichever process noted it.
    pub async fn link_changes(&self) -> Result<(), Fault> {
        self.ask(Job::Changes).await
    }

    /// Finishes what is queued and takes nothing more.
    pub async fn close(&self) {
        let (answer, closed) = oneshot::channel();
        if self.queue.send(Job::Close(answer)).await.is_ok() {
            // The task may have ended on another call; it is closed either way.
            let _ = closed.await;
        }
    }

    async fn alone(&self, what: Alone) -> Result<bool, Fault> {
        self.ask(|answer| Job::Alone(what, answer)).await
    }

    async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, Fault> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(job(answer)).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => {
                Fault::new(format!("the database cannot keep up: {QUEUE} writes are waiting"))
            }
            mpsc::error::TrySendError::Closed(_) => closed(),
        })?;
        answered.await.unwrap_or_else(|_| Err(closed()))
    }
}

fn closed() -> Fault {
    Fault::new("nothing is written any more: Passerelle is shutting down")
}
