//! The task that owns what is written: gathers, commits, answers.

use boundary::Fault;
use tokio::sync::{mpsc, oneshot};

use super::rows::Entry;
use super::{Answer, Job, alone, batch};
use crate::journal::Chains;
use crate::launch::Committed;
use crate::store::db::Db;

/// How many items one transaction takes at most.
const BATCH: usize = 256;

pub(super) struct Task {
    db: Db,
    boot: String,
    /// How often the chains were begun anew in this boot.
    again: u32,
    chains: Chains,
}

impl Task {
    pub fn new(db: Db, boot: String) -> Self {
        let chains = Chains::new(boot.clone());
        Self { db, boot, again: 0, chains }
    }

    pub async fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(BATCH);
        let mut closing: Vec<oneshot::Sender<()>> = Vec::new();
        while waiting.recv_many(&mut jobs, BATCH).await > 0 {
            let mut entries = Vec::with_capacity(jobs.len());
            let mut answers = Vec::with_capacity(jobs.len());
            let mut alones = Vec::new();
            for job in jobs.drain(..) {
                match job {
                    Job::Item(entry, answer) => {
                        entries.push(entry);
                        answers.push(answer);
                    }
                    Job::Alone(what, answer) => alones.push((what, answer)),
                    Job::Close(answer) => {
                        waiting.close();
                        closing.push(answer);
                    }
                }
            }
            self.write(entries, answers).await;
            for (what, answer) in alones {
                // A caller that is gone needs no answer, here and below.
                let _ = answer.send(alone::write(&self.db, &what).await.map_err(Fault::from));
            }
        }
        for answer in closing {
            let _ = answer.send(());
        }
    }

    async fn write(&mut self, entries: Vec<Entry>, answers: Vec<Answer<Committed>>) {
        if entries.is_empty() {
            return;
        }
        match batch::write(&self.db, &mut self.chains, &entries).await {
            Ok(outcomes) => {
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

    /// Nobody knows whether the last commit took place, and so which event is the last of its chain. What is there is
    /// whole either way; what comes goes into new chains.
    fn begin_chains_anew(&mut self) {
        self.again += 1;
        self.chains = Chains::new(format!("{}.{}", self.boot, self.again));
    }
}
