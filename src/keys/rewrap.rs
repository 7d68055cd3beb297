//! `keys rewrap`: seals every key anew under the first line of the master key.
//!
//! Only the envelopes change: no key, and so no pseudonym and no signature. It may be broken off and begun again, and
//! brokers that know both lines serve meanwhile. The check value comes last: while older lines are needed, a process
//! without them does not start.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use boundary::Fault;
use tokio::time::{Instant, sleep};

use super::master::CHECK;
use super::{KeyError, KeyStore, MasterKeys, StoredKey, StoredSecret, StoredSectorKey};

/// How many rows one transaction takes: few, because launches wait behind it on SQLite.
const AT_ONCE: usize = 20;
/// By then every running process has seen a change.
const SEEN: Duration = Duration::from_secs(2);
/// How often to look again for what was sealed under an older line meanwhile.
const PASSES: usize = 5;

/// A sealed row of the database.
pub enum Sealed {
    /// A key.
    Key(StoredKey),
    /// The key of a sector.
    Sector(StoredSectorKey),
    /// A secret that is no key.
    Secret(StoredSecret),
    /// The value that tells a wrong master key.
    CheckValue(String),
}

impl Sealed {
    /// The sealed text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Key(key) => &key.sealed,
            Self::Sector(key) => &key.sealed,
            Self::Secret(secret) => &secret.sealed,
            Self::CheckValue(sealed) => sealed,
        }
    }

    pub(super) fn into_key(self) -> Option<StoredKey> {
        if let Self::Key(key) = self { Some(key) } else { None }
    }

    fn purpose(&self) -> Cow<'_, str> {
        match self {
            Self::Key(key) => key.purpose.as_str().into(),
            Self::Sector(key) => key.purpose().into(),
            Self::Secret(secret) => StoredSecret::purpose_of(&secret.name).into(),
            Self::CheckValue(_) => CHECK.into(),
        }
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "{} key {}", key.purpose.as_str(), key.kid),
            Self::Sector(key) => write!(f, "the key of sector {}", key.sector),
            Self::Secret(secret) => write!(f, "the secret of {}", secret.name),
            Self::CheckValue(_) => f.write_str("the check value"),
        }
    }
}

/// A row, and the text that takes the place of its own.
pub struct Resealed {
    /// The row as it was read.
    pub row: Sealed,
    /// The same, sealed under the first line.
    pub sealed: String,
}

/// What the rewrap needs of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait RewrapStore: KeyStore {
    /// Tells every process to read master key and keys again.
    async fn tell(&self) -> Result<(), Fault>;
    /// Writes rows at once, each only where its text is still the one that was read; answers how many.
    async fn reseal(&self, rows: &[Resealed]) -> Result<u64, Fault>;
}

/// What a rewrap did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewrapped {
    /// Rows that it sealed anew.
    pub resealed: u64,
    /// All sealed rows; they are under the first line now.
    pub all: usize,
}

/// Seals every row anew that is under an older line. `progress` is told how many are done.
///
/// # Errors
/// [`KeyError::Sealed`] where a row opens under no line: nothing is changed then. [`KeyError::Unsettled`] where rows
/// come up under other lines again and again.
pub async fn rewrap(
    master: &MasterKeys,
    store: &dyn RewrapStore,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Rewrapped, KeyError> {
    let mut resealed = 0;
    for pass in 0..PASSES {
        let rows = sealed_rows(master, store).await?;
        let all = rows.len();
        let old: Vec<_> = rows.into_iter().filter(|row| !master.seals_like(row.text())).collect();
        let old = old.into_iter().map(|row| reseal(master, row)).collect::<Result<Vec<_>, _>>()?;
        if old.is_empty() {
            if resealed > 0 {
                // Whoever lacks the new line learns it now, and says so, rather than in the middle of a launch.
                store.tell().await?;
            }
            return Ok(Rewrapped { resealed, all });
        }
        if pass == 0 {
            store.tell().await?;
            sleep(SEEN).await;
        }
        for rows in old.chunks(AT_ONCE) {
            let began = Instant::now();
            resealed += store.reseal(rows).await?;
            progress(resealed);
            sleep(began.elapsed()).await;
        }
    }
    Err(KeyError::Unsettled)
}

/// Every sealed row, in the order in which they are sealed anew.
pub(super) async fn sealed_rows(master: &MasterKeys, store: &dyn KeyStore) -> Result<Vec<Sealed>, KeyError> {
    master.check(store).await?;
    let mut rows: Vec<_> = store.keys().await?.into_iter().map(Sealed::Key).collect();
    rows.extend(store.sector_keys().await?.into_iter().map(Sealed::Sector));
    rows.extend(store.secrets().await?.into_iter().map(Sealed::Secret));
    rows.extend(store.check_value().await?.map(Sealed::CheckValue));
    Ok(rows)
}

fn reseal(master: &MasterKeys, row: Sealed) -> Result<Resealed, KeyError> {
    let purpose = row.purpose();
    let plain = master.open(&purpose, row.text()).ok_or_else(|| KeyError::Sealed(row.to_string()))?;
    let sealed = master.seal(&purpose, &plain)?;
    drop(purpose);
    Ok(Resealed { row, sealed })
}
