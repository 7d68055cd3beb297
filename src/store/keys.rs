//! What keys need of a store. Everything is sealed by the time it comes here.

use async_trait::async_trait;
use boundary::{Fault, SectorId};

use super::Store;
use super::db::{Tx, both, rows};
use super::error::StoreError;
use super::people::form;
use super::time::{millis, moment};
use crate::keys::{KeyState, KeyStore, Purpose, StoredKey, StoredSectorKey};

/// Told to every process that keeps a key ring.
const TOPIC: &str = "keys";

const KEYS: &str = "SELECT kid, purpose, state, sealed, created FROM sealed_key";
const ADD: &str = "INSERT INTO sealed_key (kid, purpose, state, sealed, created) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT DO NOTHING";
const CHECK: &str = "SELECT value FROM fact WHERE name = 'master-check'";
const SET_CHECK: &str = "INSERT INTO fact (name, value) VALUES ('master-check', $1) ON CONFLICT DO NOTHING";
const SECTOR_KEY: &str = "SELECT epoch, sealed, created FROM sector_key \
                          WHERE sector = $1 ORDER BY epoch DESC LIMIT 1";
const ADD_SECTOR_KEY: &str = "INSERT INTO sector_key (sector, epoch, sealed, created) VALUES ($1, $2, $3, $4) \
                              ON CONFLICT DO NOTHING";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[KEYS, ADD, CHECK, SET_CHECK, SECTOR_KEY, ADD_SECTOR_KEY];

#[async_trait]
impl KeyStore for Store {
    async fn keys(&self) -> Result<Vec<StoredKey>, Fault> {
        let rows: Vec<KeyRow> =
            both!("reading keys", self.db.read(), c => sqlx::query_as(KEYS).fetch_all(c))?;
        let mut keys: Vec<_> = rows.into_iter().map(stored).collect::<Result<_, _>>()?;
        keys.sort_by(|a, b| (a.created, &a.kid).cmp(&(b.created, &b.kid)));
        Ok(keys)
    }

    async fn add_keys(&self, keys: &[StoredKey]) -> Result<(), Fault> {
        let mut tx = self.db.begin().await?;
        for key in keys {
            let (purpose, state, created) = (key.purpose.as_str(), key.state.as_str(), millis(key.created));
            rows!("writing a key", tx.on(), c =>
                sqlx::query(ADD).bind(&key.kid).bind(purpose).bind(state).bind(&key.sealed).bind(created).execute(c))?;
        }
        Ok(self.commit_and_tell(tx, &[TOPIC]).await?)
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

    async fn sector_key(&self, sector: &SectorId) -> Result<Option<StoredSectorKey>, Fault> {
        let row: Option<(i64, String, i64)> = both!("reading a sector key", self.db.read(), c =>
            sqlx::query_as(SECTOR_KEY).bind(sector.as_str()).fetch_optional(c))?;
        let key = |(epoch, sealed, created): (i64, String, i64)| {
            Ok(StoredSectorKey {
                sector: sector.clone(),
                epoch: u32::try_from(epoch).map_err(|_| form("sector_key.epoch"))?,
                sealed,
                created: moment(created)?,
            })
        };
        row.map(key).transpose().map_err(|e: StoreError| e.into())
    }

    async fn add_sector_key(&self, key: &StoredSectorKey) -> Result<bool, Fault> {
        let mut tx = self.db.begin().await?;
        let added = add_sector_key(&mut tx, key).await?;
        tx.commit().await?;
        Ok(added)
    }
}

/// Adds a sector key unless its epoch has one; whether it did.
pub(super) async fn add_sector_key(tx: &mut Tx, key: &StoredSectorKey) -> Result<bool, StoreError> {
    let (sector, epoch, created) = (key.sector.as_str(), i64::from(key.epoch), millis(key.created));
    let added = rows!("writing a sector key", tx.on(), c =>
        sqlx::query(ADD_SECTOR_KEY).bind(sector).bind(epoch).bind(&key.sealed).bind(created).execute(c))?;
    Ok(added == 1)
}

/// kid, purpose, state, sealed, created.
type KeyRow = (String, String, String, String, i64);

fn stored(row: KeyRow) -> Result<StoredKey, StoreError> {
    let (kid, purpose, state, sealed, created) = row;
    Ok(StoredKey {
        kid,
        purpose: Purpose::named(&purpose).ok_or_else(|| form("sealed_key.purpose"))?,
        state: KeyState::named(&state).ok_or_else(|| form("sealed_key.state"))?,
        sealed,
        created: moment(created)?,
    })
}
