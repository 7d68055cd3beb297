//! Keeps the key ring of a running broker true: keys change in the database, and SIGHUP says that the master key did.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::exit::Failure;
use super::rooms::{environment, master};
use crate::config::Config;
use crate::keys::{KeyError, KeyRing};
use crate::store::Store;

/// How often to ask whether keys have changed. The store knows without asking the database.
const EVERY: Duration = Duration::from_millis(250);

/// Whether the ring holds the keys that the database holds, and if not, why.
pub type Health = watch::Receiver<Result<(), String>>;

/// What the ring follows.
pub struct Follow {
    ring: Arc<KeyRing>,
    store: Arc<Store>,
    config: Config,
    hangup: Signal,
    health: watch::Sender<Result<(), String>>,
}

impl Follow {
    /// From now on SIGHUP no longer ends the process.
    pub fn prepare(ring: Arc<KeyRing>, store: Arc<Store>, config: Config) -> Result<(Self, Health), Failure> {
        let hangup = signal(SignalKind::hangup()).map_err(environment)?;
        let (health, told) = watch::channel(Ok(()));
        Ok((Self { ring, store, config, hangup, health }, told))
    }

    /// Follows until told to stop.
    pub async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let hung_up = tokio::select! {
                _ = ticks.tick() => false,
                _ = self.hangup.recv() => true,
                _ = stopped.wait_for(|stop| *stop) => return,
            };
            if hung_up || self.ring.is_behind(&*self.store) {
                self.read_again(hung_up).await;
            }
        }
    }

    /// Reads the master key and all keys again. Where the file is wrong, the lines that the broker has may still do.
    async fn read_again(&self, hung_up: bool) {
        let read = match self.with_master_of_file().await {
            Ok(()) => Ok(()),
            Err(error) => {
                let held = self.ring.read_again(None, &*self.store).await;
                if held.is_ok() {
                    tracing::error!(%error, "the master key stays what it was in this process");
                }
                held.map_err(|_| error)
            }
        };
        if hung_up && read.is_ok() {
            tracing::info!("keys were read again after SIGHUP");
        }
        self.tell(read.map_err(|error| error.to_string()), hung_up);
    }

    async fn with_master_of_file(&self) -> Result<(), KeyError> {
        let master = master(&self.config)?;
        self.ring.read_again(Some(master), &*self.store).await
    }

    /// What goes wrong is said once, not at every attempt.
    fn tell(&self, read: Result<(), String>, again: bool) {
        if let Err(error) = read.as_ref()
            && (again || *self.health.borrow() != read)
        {
            tracing::error!(
                error,
                "keys have changed and cannot be read; this process goes on with the old ones"
            );
        }
        drop(self.health.send_replace(read));
    }
}
