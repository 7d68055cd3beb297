//! The task that owns what is written: gathers, commits, answers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use boundary::Fault;
use tokio::sync::{mpsc, oneshot};

use super::alone::Alone;
use super::rows::Entry;
use super::{Answer, Job, QUEUE, Written, alone, batch, changes};
use crate::journal::Chains;
use crate::launch::Committed;
use crate::store::db::Db;

/// How many items one transaction takes at most.
const BATCH: usize = 256;
/// How many people, seats and deployments are written between two batches: a flood of newcomers delays everybody else's
/// launches by no more than these.
const ALONE: usize = 8;
/// How long chains are written to, in milliseconds; then they are begun anew. So nobody need keep an ended chain for a
/// process that might still add to it.
const CHAIN_LIFE: i64 = 30 * 24 * 60 * 60 * 1000;

pub(super) struct Task {
    db: Db,
    boot: String,
    /// How often the chains were begun anew in this boot.
    again: u32,
    chains: Chains,
    /// Those who wait for a transaction of their own.
    alones: VecDeque<(Alone, Answer<bool>)>,
    /// Those who wait until changes are linked.
    noted: Vec<Answer<()>>,
    written: Arc<Written>,
    /// When the chains were begun: the time of their first hop.
    began: Option<i64>,
}

impl Task {
    pub fn new(db: Db, boot: String, written: Arc<Written>) -> Self {
        let chains = Chains::new(boot.clone());
        Self { db, boot, again: 0, chains, began: None, alones: VecDeque::new(), noted: Vec::new(), written }
    }

    pub async fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(BATCH);
        let mut closing: Vec<oneshot::Sender<()>> = Vec::new();
        loop {
            // With something left over nobody waits for more; else the task sleeps until somebody comes, or all are gone.
            let idle = self.alones.is_empty() && self.noted.is_empty();
            if idle && waiting.recv_many(&mut jobs, BATCH).await == 0 {
                break;
            }
            // Whoever can run now runs first, and what they write joins this commit; where nobody can, no time passes.
            tokio::task::yield_now().await;
            while jobs.len() < BATCH
                && self.alones.len() < QUEUE
                && let Ok(job) = waiting.try_recv()
            {
                jobs.push(job);
            }
            let (entries, answers) = self.sort(&mut jobs, &mut waiting, &mut closing);
            self.write(entries, answers).await;
            for _ in 0..ALONE {
                let Some((what, answer)) = self.alones.pop_front() else { break };
                if !answer.is_closed() {
                    // A caller that is gone by the end needs no answer.
                    let _ = answer.send(alone::write(&self.db, &what).await.map_err(Fault::from));
                }
            }
            self.link_changes().await;
            self.written.alones.store(self.alones.len(), Ordering::Relaxed);
        }
        for answer in closing {
            let _ = answer.send(());
        }
    }

    /// Puts each job where it belongs. Whoever gave up waiting was told that nothing happened: nothing may.
    fn sort(
        &mut self,
        jobs: &mut Vec<Job>,
        waiting: &mut mpsc::Receiver<Job>,
        closing: &mut Vec<oneshot::Sender<()>>,
    ) -> (Vec<Entry>, Vec<Answer<Committed>>) {
        let (mut entries, mut answers) = (Vec::new(), Vec::new());
        for job in jobs.drain(..).filter(|job| !job.is_abandoned()) {
            match job {
                Job::Item(entry, answer) => {
                    entries.push(entry);
                    answers.push(answer);
                }
                Job::Alone(what, answer) => self.alones.push_back((what, answer)),
                Job::Changes(answer) => self.noted.push(answer),
                Job::Close(answer) => {
                    waiting.close();
                    closing.push(answer);
                }
            }
        }
        (entries, answers)
    }

    async fn write(&mut self, entries: Vec<Entry>, answers: Vec<Answer<Committed>>) {
        let Some(now) = entries.iter().map(|entry| entry.at).max() else { return };
        self.keep_chains_until(now);
        match batch::write(&self.db, &mut self.chains, &entries).await {
            Ok(outcomes) => {
                self.written.batches.fetch_add(1, Ordering::Relaxed);
                self.written.items.fetch_add(outcomes.len() as u64, Ordering::Relaxed);
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    let _ = answer.send(Ok(outcome));
                }
            }
            Err(failed) => {
                if failed.heads_unknown {
                    self.begin_chains_anew();
                }
                tracing::error!(error = %failed.error, items = entries.len(), "launches were not written");
                for answer in answers {
                    let _ = answer.send(Err(failed.error.clone().into()));
                }
            }
        }
    }

    /// Links some of the changes that wait, so that launches come in between; those who asked are answered when none is
    /// left.
    async fn link_changes(&mut self) {
        if self.noted.is_empty() {
            return;
        }
        let linked = match changes::link(&self.db, &mut self.chains).await {
            Ok(Some(at)) => return self.keep_chains_until(at),
            Ok(None) => Ok(()),
            Err(failed) => {
                if failed.heads_unknown {
                    self.begin_chains_anew();
                }
                Err(Fault::from(failed.error))
            }
        };
        for answer in self.noted.drain(..) {
            let _ = answer.send(linked.clone());
        }
    }

    fn keep_chains_until(&mut self, now: i64) {
        if now - *self.began.get_or_insert(now) > CHAIN_LIFE {
            self.begin_chains_anew();
        }
    }

    /// What is there is whole; what comes goes into new chains. So it must be where nobody knows whether the last commit
    /// took place, and so which event is the last of its chain.
    fn begin_chains_anew(&mut self) {
        self.began = None;
        self.again += 1;
        self.chains = Chains::new(format!("{}.{}", self.boot, self.again));
    }
}
