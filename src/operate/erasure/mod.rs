//! Erasure: takes a person away for ever, tells each publisher its own value only, and sees to it that no old backup
//! brings them back.
//!
//! What makes it final is the [`Ledger`], which lives outside the database and its backups. An erasure is durable there
//! before it is committed here, and a database that does not know every erasure of its ledger serves nobody until they
//! are [replayed](Erasures::replay).

mod entry;
mod error;
mod file;
mod history;
mod ledger;
mod notices;
mod standing;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use boundary::{Chance, Clock, Fault, PersonId, Pseudonym, SectorId};
use data_encoding::BASE32_NOPAD;
use time::{Duration, OffsetDateTime};

pub use entry::{Entry, Erased};
pub use error::ErasureError;
pub use file::FileLedger;
pub use history::History;
pub use ledger::{Ledger, LedgerError};
pub use notices::{AskedNotices, Notice, NoticesOfSector};
pub use standing::{Applied, Standing};
pub use store::{Erasing, ErasureStore, Record, Taken};

use crate::journal::{Actor, Change};
use crate::keys::{KeyError, MasterKeys};
use crate::operate::identity::Identity;

/// How often an erasure is tried again because another one came first.
const ATTEMPTS: usize = 5;
/// How long after it was begun an erasure that stands nowhere was given up.
const GIVEN_UP: Duration = Duration::HOUR;

/// The master key as it is now: whoever runs for months must not seal under a line that is gone.
pub trait Masters: Send + Sync {
    /// Reads it.
    ///
    /// # Errors
    /// [`KeyError`] where there is none.
    fn master(&self) -> Result<MasterKeys, KeyError>;
}

/// Erasures over a store and its ledger.
pub struct Erasures {
    store: Arc<dyn ErasureStore>,
    ledger: Arc<dyn Ledger>,
    masters: Arc<dyn Masters>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

/// What an erasure did.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Done {
    /// Its place in the ledger.
    pub sequence: i64,
    /// How many seats went back to their pools.
    pub seats: u64,
    /// How many values publishers are told of.
    pub notices: u64,
}

impl Erasures {
    /// Erasures of a store, with the ledger that goes with it.
    #[must_use]
    pub fn new(
        store: Arc<dyn ErasureStore>,
        ledger: Arc<dyn Ledger>,
        masters: Arc<dyn Masters>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Self {
        Self { store, ledger, masters, clock, chance }
    }

    /// Finishes what was broken off, and refuses where the database does not know every erasure of its ledger.
    ///
    /// # Errors
    /// [`ErasureError::Standing`] says which of both is behind and what to do.
    pub async fn require_current(&self) -> Result<(), ErasureError> {
        match self.standing().await? {
            Standing::Current => Ok(()),
            other => Err(self.standing_error(other)),
        }
    }

    /// The same, and ties the database to its ledger, which is made where there is none: from then on it does not start
    /// without it.
    ///
    /// # Errors
    /// As [`require_current`](Self::require_current).
    pub async fn require_and_bind(&self) -> Result<(), ErasureError> {
        self.require_current().await?;
        self.bind().await.map(drop)
    }

    /// Erases a person for ever.
    ///
    /// # Errors
    /// [`ErasureError`]; unless it says otherwise, nothing was erased.
    pub async fn erase(&self, who: &Identity, actor: &Actor) -> Result<Done, ErasureError> {
        let person = self.store.person(who).await?.ok_or_else(|| ErasureError::Unknown(who.clone()))?;
        self.require_current().await?;
        self.store.begin_erasure(person, self.clock.now()).await?;
        for _ in 0..ATTEMPTS {
            let history = self.bind().await?;
            let at = self.clock.now();
            let sequence = history.end() + 1;
            let change = Change::new(at, actor, "erase", "person", sequence.to_string()).ent(&who.ent);
            let record = InLedger { erasures: self, history: &history, at, person };
            let told = [change];
            let what = Erasing { sequence, at, person, former: &[], values: &[], told: &told };
            match self.once(&what, &record).await {
                Ok(Some(done)) => return Ok(done),
                Ok(None) => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErasureError::Crowded)
    }

    /// Brings a restored database up to its ledger; answers how many erasures that were.
    ///
    /// # Errors
    /// [`ErasureError`]; what was replayed until then stays so.
    pub async fn replay(&self, actor: &Actor) -> Result<u64, ErasureError> {
        let applied = self.store.applied().await?;
        let Some(history) = self.history().await? else {
            return match applied.ledger {
                None => Ok(0),
                Some(_) => Err(self.standing_error(Standing::Missing)),
            };
        };
        match history.standing(&applied) {
            Standing::Current | Standing::Behind { .. } => {}
            other => return Err(self.standing_error(other)),
        }
        let entries = history.behind(applied.sequence, &self.masters.master()?, &self.ledger.place())?;
        let mut replayed = 0;
        for (sequence, erased) in entries {
            let change = Change::new(self.clock.now(), actor, "replay", "erasure", sequence.to_string());
            self.apply(sequence, &erased, &[change]).await?;
            replayed += 1;
        }
        self.store.bind_ledger(history.ledger()).await?;
        Ok(replayed)
    }

    /// Begins a new ledger where the old one is lost. Backups from before it can never be served again, because nobody
    /// knows whom they would bring back.
    ///
    /// # Errors
    /// [`ErasureError::Ledger`] where a ledger is there.
    pub async fn renew(&self, actor: &Actor) -> Result<i64, ErasureError> {
        if self.history().await?.is_some() {
            return Err(ErasureError::Ledger(LedgerError::There(self.ledger.place())));
        }
        let applied = self.store.applied().await?;
        let history = self.begin_ledger(applied.sequence).await?;
        let change = Change::new(self.clock.now(), actor, "renew", "erasure-ledger", history.ledger());
        self.store.rebind_ledger(history.ledger(), &[change]).await?;
        Ok(applied.sequence)
    }

    /// Seals the end of the ledger under the first line of the master key, so that older lines may go.
    ///
    /// # Errors
    /// [`ErasureError`]; the ledger stays as it is.
    pub async fn seal_anew(&self) -> Result<bool, ErasureError> {
        let Some(history) = self.history().await? else { return Ok(false) };
        let master = self.masters.master()?;
        if history.is_sealed_like(&master) {
            return Ok(false);
        }
        let line = history.next(history.end(), Entry::SealedAnew { at: self.clock.now() }, &master)?;
        Ok(self.ledger.append(history.lines(), &line).await?)
    }

    /// Finishes what was broken off, and takes away what launches that were under way wrote about people who were erased
    /// meanwhile. Answers how many rows those were.
    ///
    /// # Errors
    /// [`ErasureError`]; it can be tried again.
    pub async fn tidy(&self) -> Result<u64, ErasureError> {
        if !self.store.begun().await?.is_empty() {
            self.standing().await?;
        }
        Ok(self.store.sweep(self.clock.now(), &*self.chance).await?)
    }

    /// How the database stands to its ledger, after what was broken off is finished.
    ///
    /// # Errors
    /// [`ErasureError`], where neither can be read.
    pub async fn standing(&self) -> Result<Standing, ErasureError> {
        let begun = self.store.begun().await?;
        let history = self.history().await?;
        if let (Some(history), false) = (&history, begun.is_empty()) {
            self.finish(history, &begun).await?;
        }
        let now = self.clock.now();
        let applied = self.store.applied().await?;
        let standing = match &history {
            Some(history) => history.standing(&applied),
            None => Standing::without(&applied),
        };
        for (person, at) in begun {
            if now - at > GIVEN_UP {
                self.store.drop_begun(person).await?;
            }
        }
        Ok(standing)
    }

    /// Does what the ledger says and the database does not, where all of it was begun here.
    async fn finish(
        &self,
        history: &History,
        begun: &[(PersonId, OffsetDateTime)],
    ) -> Result<(), ErasureError> {
        let applied = self.store.applied().await?;
        if !matches!(history.standing(&applied), Standing::Behind { .. }) {
            return Ok(());
        }
        let behind = history.behind(applied.sequence, &self.masters.master()?, &self.ledger.place())?;
        let ours = |erased: &Erased| begun.iter().any(|(person, _)| *person == erased.person());
        if !behind.iter().all(|(_, erased)| ours(erased)) {
            return Ok(());
        }
        for (sequence, erased) in behind {
            let change = Change::new(erased.at, &Actor::broker(), "erase", "person", sequence.to_string());
            self.apply(sequence, &erased, &[change]).await?;
        }
        Ok(())
    }

    async fn apply(&self, sequence: i64, erased: &Erased, told: &[Change]) -> Result<(), ErasureError> {
        for _ in 0..ATTEMPTS {
            let (person, former, values) = (erased.person(), &erased.former(), &erased.values);
            let what = Erasing { sequence, at: erased.at, person, former, values, told };
            if self.once(&what, &Recorded).await?.is_some()
                || self.store.applied().await?.sequence >= sequence
            {
                return Ok(());
            }
        }
        Err(ErasureError::Crowded)
    }

    /// Erases once; `None` where another erasure came first.
    async fn once(&self, what: &Erasing<'_>, record: &dyn Record) -> Result<Option<Done>, ErasureError> {
        let taken = self.store.erase(what, record, &*self.chance).await??;
        Ok(taken.map(|Taken { seats, notices }| Done { sequence: what.sequence, seats, notices }))
    }

    async fn history(&self) -> Result<Option<History>, ErasureError> {
        let lines = self.ledger.lines().await?;
        if lines.is_empty() {
            return Ok(None);
        }
        Ok(Some(History::read(&lines, &self.ledger.place(), &self.masters.master()?)?))
    }

    /// The ledger, made where there is none, with the database tied to it.
    async fn bind(&self) -> Result<History, ErasureError> {
        let history = match self.history().await? {
            Some(history) => history,
            None => self.begin_ledger(0).await?,
        };
        self.store.bind_ledger(history.ledger()).await?;
        Ok(history)
    }

    async fn begin_ledger(&self, base: i64) -> Result<History, ErasureError> {
        let mut bits = [0; 10];
        self.chance.fill(&mut bits);
        let id = BASE32_NOPAD.encode(&bits).to_ascii_lowercase();
        let line = History::begin(&id, base, self.clock.now(), &self.masters.master()?)?;
        self.ledger.append(0, &line).await?;
        // Of two who begin it at once, the first did.
        self.history().await?.ok_or_else(|| Fault::new("the ledger that was begun is gone").into())
    }

    fn standing_error(&self, standing: Standing) -> ErasureError {
        ErasureError::Standing { ledger: self.ledger.place(), standing }
    }
}

/// Writes an erasure into the ledger, right before the database commits it.
struct InLedger<'a> {
    erasures: &'a Erasures,
    history: &'a History,
    at: OffsetDateTime,
    person: PersonId,
}

#[async_trait::async_trait]
impl Record for InLedger<'_> {
    async fn record(
        &self,
        former: &[PersonId],
        values: &[(SectorId, Pseudonym)],
    ) -> Result<bool, LedgerError> {
        let erasures = self.erasures;
        let master = erasures.masters.master().map_err(|e| LedgerError::Key(e.to_string()))?;
        let erased = Erased::new(self.at, self.person, values.to_vec()).once(former);
        let line = self.history.next(self.history.end() + 1, Entry::Erased(erased), &master)?;
        erasures.ledger.append(self.history.lines(), &line).await
    }
}

/// For what stands in the ledger already.
struct Recorded;

#[async_trait::async_trait]
impl Record for Recorded {
    async fn record(&self, _: &[PersonId], _: &[(SectorId, Pseudonym)]) -> Result<bool, LedgerError> {
        Ok(true)
    }
}
