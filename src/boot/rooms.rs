//! Opens the rooms that every command needs: the store, and the keys under their master key.

use std::sync::Arc;

use boundary::{Chance, Clock};
use data_encoding::BASE32_NOPAD;
use time::Duration;

use super::erasures::erasures;
use super::exit::Failure;
use super::system::{SystemChance, SystemClock};
use crate::config::Config;
use crate::keys::{KeyError, KeyRing, KeyStore, MasterKeys, Periods};
use crate::store::{Db, Store, migrate, require_schema};

/// The rooms that every command needs.
pub struct Rooms {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
    /// The store, migrated.
    pub store: Arc<Store>,
}

impl Rooms {
    /// Opens and migrates the database; an SQLite file that is not there is made. One that does not know every erasure of
    /// its ledger is refused.
    ///
    /// # Errors
    /// A failure of the environment: the database is out of reach, not writable, of a newer version, or an older backup.
    pub async fn open(config: &Config) -> Result<Self, Failure> {
        let rooms = Self::open_as_it_is(config).await?;
        if let Err(failure) = rooms.require_current(config).await {
            rooms.store.close().await;
            return Err(failure);
        }
        Ok(rooms)
    }

    /// A wrong master key is said first: under it nobody could read the ledger either.
    async fn require_current(&self, config: &Config) -> Result<(), Failure> {
        if let (Ok(master), Some(sealed)) = (master(config), self.store.check_value().await?)
            && !master.opens_check(&sealed)
        {
            return Err(environment(KeyError::WrongMasterKey));
        }
        Ok(erasures(config, self).await?.require_current().await?)
    }

    /// The same for whoever is about to mend that, and for keys, which are nobody's.
    ///
    /// # Errors
    /// A failure of the environment: the database is out of reach, not writable, or of a newer version.
    pub async fn open_as_it_is(config: &Config) -> Result<Self, Failure> {
        let db = Db::open(&config.database.url, true).await.map_err(environment)?;
        migrate(&db).await.map_err(environment)?;
        Ok(Self::over(db))
    }

    /// Opens a database that must be there with the schema of this version: whoever only looks makes none and migrates
    /// none, under brokers that may still be of the version before.
    ///
    /// # Errors
    /// A failure of the environment: the database is out of reach, or of another version.
    pub async fn look(config: &Config) -> Result<Self, Failure> {
        let db = Db::open(&config.database.url, false).await.map_err(environment)?;
        require_schema(&db).await.map_err(environment)?;
        Ok(Self::over(db))
    }

    fn over(db: Db) -> Self {
        let (clock, chance): (Arc<dyn Clock>, Arc<dyn Chance>) =
            (Arc::new(SystemClock), Arc::new(SystemChance));
        let store = Store::open(db, draw_boot(&*chance));
        Self { clock, chance, store: Arc::new(store) }
    }

    /// Opens the keys.
    ///
    /// # Errors
    /// A failure of the environment: no master key, a wrong one, or keys that are missing.
    pub async fn keys(&self, config: &Config) -> Result<Arc<KeyRing>, Failure> {
        let ring =
            KeyRing::open(master(config).map_err(environment)?, &*self.store).await.map_err(environment)?;
        Ok(Arc::new(ring))
    }
}

/// Reads the master key from where the configuration names it.
pub(super) fn master(config: &Config) -> Result<MasterKeys, KeyError> {
    MasterKeys::read(config.keys.master_key_file.as_deref(), config.keys.master_key.as_ref())
}

/// How long keys are in use.
pub(super) fn periods(config: &Config) -> Periods {
    let some = |number: u32, unit: Duration| (number > 0).then(|| unit * number);
    Periods {
        signing: some(config.keys.signing_days, Duration::DAY),
        carrier: some(config.keys.carrier_hours, Duration::HOUR),
    }
}

/// The name of this process' life, by which the journal tells its chains from those of others.
fn draw_boot(chance: &dyn Chance) -> String {
    let mut bits = [0; 10];
    chance.fill(&mut bits);
    BASE32_NOPAD.encode(&bits).to_ascii_lowercase()
}

pub(super) fn environment(error: impl std::fmt::Display) -> Failure {
    Failure::Environment(error.to_string())
}
