//! What keys need of a store: the ring, rotation, rewrap. Everything is sealed by the time it comes here.

use async_trait::async_trait;
use boundary::{Fault, SectorId};
use time::OffsetDateTime;

use super::Store;
use super::contention::Attempts;
use super::db::{Tx, both, rows};
use super::error::StoreError;
use super::people::form;
use super::time::{millis, moment};
use crate::keys::{
    KeyState, KeyStore, Purpose, Resealed, RewrapStore, Sealed, StoredKey, StoredSecret, StoredSectorKey,
};
use crate::operate::rotation::RotationStore;

/// Told to every process that keeps a key ring.
const TOPIC: &str = "keys";

const KEYS: &str = "SELECT kid, purpose, state, sealed, created, since FROM sealed_key ORDER BY created, kid";
const ADD: &str = "INSERT INTO sealed_key (kid, purpose, state, sealed, created, since) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
const RETIRE: &str =
    "UPDATE sealed_key SET state = 'retired', since = $2 WHERE purpose = $1 AND state = 'active'";
const USE: &str = "UPDATE sealed_key SET state = 'active', since = $2 WHERE kid = $1 AND state = 'next'";
const FORGET: &str = "DELETE FROM sealed_key WHERE kid = $1 AND state = 'retired'";
const CLEAR: &str = "DELETE FROM sealed_key WHERE purpose = $1";
pub(super) const CHECK: &str = "SELECT value FROM fact WHERE name = 'master-check'";
const SET_CHECK: &str = "INSERT INTO fact (name, value) VALUES ('master-check', $1) ON CONFLICT DO NOTHING";
const SECTOR_KEY: &str =
    "SELECT sector, epoch, sealed, created FROM sector_key WHERE sector = $1 AND epoch = $2";
const SECTOR_KEYS: &str = "SELECT sector, epoch, sealed, created FROM sector_key ORDER BY sector, epoch";
const ADD_SECTOR_KEY: &str = "INSERT INTO sector_key (sector, epoch, sealed, created) VALUES ($1, $2, $3, $4) \
                              ON CONFLICT DO NOTHING";
const RESEAL: &str = "UPDATE sealed_key SET sealed = $3 WHERE kid = $1 AND sealed = $2";
const RESEAL_SECTOR: &str =
    "UPDATE sector_key SET sealed = $4 WHERE sector = $1 AND epoch = $2 AND sealed = $3";
const SECRETS: &str = "SELECT name, sealed FROM sealed_secret ORDER BY name";
const RESEAL_SECRET: &str = "UPDATE sealed_secret SET sealed = $3 WHERE name = $1 AND sealed = $2";
const RESEAL_CHECK: &str = "UPDATE fact SET value = $2 WHERE name = 'master-check' AND value = $1";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    KEYS,
    ADD,
    RETIRE,
    USE,
    FORGET,
    CLEAR,
    CHECK,
    SET_CHECK,
    SECTOR_KEY,
    SECTOR_KEYS,
    ADD_SECTOR_KEY,
    RESEAL,
    RESEAL_SECTOR,
    SECRETS,
    RESEAL_SECRET,
    RESEAL_CHECK,
];

#[async_trait]
impl KeyStore for Store {
    async fn keys(&self) -> Result<Vec<StoredKey>, Fault> {
        let rows: Vec<KeyRow> =
            both!("reading keys", self.db.read(), c => sqlx::query_as(KEYS).fetch_all(c))?;
        Ok(rows.into_iter().map(stored).collect::<Result<_, _>>()?)
    }

    async fn add_keys(&self, keys: &[StoredKey]) -> Result<u64, Fault> {
        let mut tx = self.db.begin().await?;
        let mut added = 0;
        for key in keys {
            added += add_key(&mut tx, key).await?;
        }
        self.commit_and_tell(tx, &[TOPIC]).await?;
        Ok(added)
    }

    fn version(&self) -> Option<u64> {
        self.versions.current(TOPIC)
    }

    async fn check_value(&self) -> Result<Option<String>, Fault> {
        Ok(
            both!("reading the check value", self.db.read(), c => sqlx::query_scalar(CHECK).fetch_optional(c))?,
        )
    }

    async fn set_check_value(&self, sealed: &str) -> Result<bool, Fault> {
        let mut tx = self.db.begin().await?;
        let set =
            rows!("writing the check value", tx.on(), c => sqlx::query(SET_CHECK).bind(sealed).execute(c))?;
        tx.commit().await?;
        Ok(set == 1)
    }

    async fn sector_key(&self, sector: &SectorId, epoch: u32) -> Result<Option<StoredSectorKey>, Fault> {
        let row: Option<SectorKeyRow> = both!("reading a sector key", self.db.read(), c =>
            sqlx::query_as(SECTOR_KEY).bind(sector.as_str()).bind(i64::from(epoch)).fetch_optional(c))?;
        Ok(row.map(stored_sector_key).transpose()?)
    }

    async fn sector_keys(&self) -> Result<Vec<StoredSectorKey>, Fault> {
        let rows: Vec<SectorKeyRow> =
            both!("reading sector keys", self.db.read(), c => sqlx::query_as(SECTOR_KEYS).fetch_all(c))?;
        Ok(rows.into_iter().map(stored_sector_key).collect::<Result<_, _>>()?)
    }

    async fn secrets(&self) -> Result<Vec<StoredSecret>, Fault> {
        let rows: Vec<(String, String)> =
            both!("reading secrets", self.db.read(), c => sqlx::query_as(SECRETS).fetch_all(c))?;
        Ok(rows.into_iter().map(|(name, sealed)| StoredSecret { name, sealed }).collect())
    }

    async fn add_sector_key(&self, key: &StoredSectorKey) -> Result<bool, Fault> {
        let mut tx = self.db.begin().await?;
        let added = add_sector_key(&mut tx, key).await?;
        tx.commit().await?;
        Ok(added)
    }
}

#[async_trait]
impl RotationStore for Store {
    async fn use_key(&self, key: &StoredKey, at: OffsetDateTime) -> Result<bool, Fault> {
        let (purpose, at) = (key.purpose.as_str(), millis(at));
        let mut tx = self.db.begin().await?;
        rows!("retiring a key", tx.on(), c => sqlx::query(RETIRE).bind(purpose).bind(at).execute(c))?;
        let used = rows!("using a key", tx.on(), c => sqlx::query(USE).bind(&key.kid).bind(at).execute(c))?;
        if used == 0 {
            // Somebody else did, and has retired the other one; or the key is gone, and the other one stays.
            tx.rollback().await?;
            return Ok(false);
        }
        self.commit_and_tell(tx, &[TOPIC]).await?;
        Ok(true)
    }

    async fn forget_key(&self, key: &StoredKey) -> Result<bool, Fault> {
        let mut tx = self.db.begin().await?;
        let gone = rows!("deleting a key", tx.on(), c => sqlx::query(FORGET).bind(&key.kid).execute(c))?;
        self.commit_and_tell(tx, &[TOPIC]).await?;
        Ok(gone > 0)
    }

    async fn replace_keys(&self, key: &StoredKey) -> Result<(), Fault> {
        let mut tx = self.db.begin().await?;
        replace_keys(&mut tx, key).await?;
        self.commit_and_tell(tx, &[TOPIC]).await?;
        Ok(())
    }
}

#[async_trait]
impl RewrapStore for Store {
    async fn tell(&self) -> Result<(), Fault> {
        let tx = self.db.begin().await?;
        Ok(self.commit_and_tell(tx, &[TOPIC]).await?)
    }

    async fn reseal(&self, rows: &[Resealed]) -> Result<u64, Fault> {
        let mut attempts = Attempts::begin();
        loop {
            match self.reseal_once(rows).await {
                Err(error) if error.is_contention() && attempts.another().await => {}
                done => return Ok(done?),
            }
        }
    }
}

impl Store {
    async fn reseal_once(&self, rows: &[Resealed]) -> Result<u64, StoreError> {
        let mut tx = self.db.begin().await?;
        let mut written = 0;
        for row in rows {
            written += reseal(&mut tx, row).await?;
        }
        tx.commit().await?;
        Ok(written)
    }
}

async fn reseal(tx: &mut Tx, Resealed { row, sealed }: &Resealed) -> Result<u64, StoreError> {
    let old = row.text();
    match row {
        Sealed::Key(key) => rows!("sealing a key anew", tx.on(), c =>
            sqlx::query(RESEAL).bind(&key.kid).bind(old).bind(sealed).execute(c)),
        Sealed::Sector(key) => rows!("sealing a sector key anew", tx.on(), c => sqlx::query(RESEAL_SECTOR)
            .bind(key.sector.as_str()).bind(i64::from(key.epoch)).bind(old).bind(sealed).execute(c)),
        Sealed::Secret(secret) => rows!("sealing a secret anew", tx.on(), c =>
            sqlx::query(RESEAL_SECRET).bind(&secret.name).bind(old).bind(sealed).execute(c)),
        Sealed::CheckValue(_) => rows!("sealing the check value anew", tx.on(), c =>
            sqlx::query(RESEAL_CHECK).bind(old).bind(sealed).execute(c)),
    }
}

/// Puts a key in the place of all keys of its purpose.
pub(super) async fn replace_keys(tx: &mut Tx, key: &StoredKey) -> Result<(), StoreError> {
    let purpose = key.purpose.as_str();
    rows!("deleting keys", tx.on(), c => sqlx::query(CLEAR).bind(purpose).execute(c))?;
    add_key(tx, key).await?;
    Ok(())
}

async fn add_key(tx: &mut Tx, key: &StoredKey) -> Result<u64, StoreError> {
    let (purpose, state) = (key.purpose.as_str(), key.state.as_str());
    let (created, since) = (millis(key.created), millis(key.since));
    rows!("writing a key", tx.on(), c => sqlx::query(ADD)
        .bind(&key.kid).bind(purpose).bind(state).bind(&key.sealed).bind(created).bind(since).execute(c))
}

/// Adds a sector key unless its epoch has one; whether it did.
pub(super) async fn add_sector_key(tx: &mut Tx, key: &StoredSectorKey) -> Result<bool, StoreError> {
    let (sector, epoch, created) = (key.sector.as_str(), i64::from(key.epoch), millis(key.created));
    let added = rows!("writing a sector key", tx.on(), c =>
        sqlx::query(ADD_SECTOR_KEY).bind(sector).bind(epoch).bind(&key.sealed).bind(created).execute(c))?;
    Ok(added == 1)
}

/// kid, purpose, state, sealed, created, since.
type KeyRow = (String, String, String, String, i64, i64);

fn stored(row: KeyRow) -> Result<StoredKey, StoreError> {
    let (kid, purpose, state, sealed, created, since) = row;
    Ok(StoredKey {
        kid,
        purpose: Purpose::named(&purpose).ok_or_else(|| form("sealed_key.purpose"))?,
        state: KeyState::named(&state).ok_or_else(|| form("sealed_key.state"))?,
        sealed,
        created: moment(created)?,
        since: moment(since)?,
    })
}

/// sector, epoch, sealed, created.
type SectorKeyRow = (String, i64, String, i64);

fn stored_sector_key((sector, epoch, sealed, created): SectorKeyRow) -> Result<StoredSectorKey, StoreError> {
    Ok(StoredSectorKey {
        sector: SectorId::parse(&sector).map_err(|_| form("sector_key.sector"))?,
        epoch: u32::try_from(epoch).map_err(|_| form("sector_key.epoch"))?,
        sealed,
        created: moment(created)?,
    })
}
