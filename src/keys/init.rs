//! `keys init` and `keys list`.

use std::fmt;

use boundary::{Chance, Clock};
use jose::seal::SealingKey;
use jose::sign::RsaSigner;

use super::ring::{CHECK, check};
use super::{KeyError, KeyState, KeyStore, MasterKeys, Purpose, StoredKey};

/// Something that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// The value that tells a wrong master key.
    CheckValue,
    /// A key.
    Key(Purpose, String),
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CheckValue => f.write_str("check value of the master key"),
            Self::Key(purpose, kid) => write!(f, "{} key {kid}", purpose.as_str()),
        }
    }
}

/// Makes what is missing and changes nothing else.
///
/// # Errors
/// [`KeyError::WrongMasterKey`] under another master key; a store that does not answer.
pub async fn init(
    master: &MasterKeys,
    store: &dyn KeyStore,
    chance: &dyn Chance,
    clock: &dyn Clock,
) -> Result<Vec<Made>, KeyError> {
    let mut made = Vec::new();
    if store.check_value().await?.is_none()
        && store.set_check_value(&master.seal(CHECK, CHECK.as_bytes())?).await?
    {
        made.push(Made::CheckValue);
    }
    check(master, store).await?;
    let present = store.keys().await?;
    let has = |purpose| present.iter().any(|key| key.purpose == purpose && key.state == KeyState::Active);
    let mut fresh = Vec::new();
    for purpose in Purpose::ALL.into_iter().filter(|purpose| !has(*purpose)) {
        fresh.push(make(purpose, master, chance, clock)?);
    }
    store.add_keys(&fresh).await?;
    made.extend(fresh.into_iter().map(|key| Made::Key(key.purpose, key.kid)));
    Ok(made)
}

fn make(
    purpose: Purpose,
    master: &MasterKeys,
    chance: &dyn Chance,
    clock: &dyn Clock,
) -> Result<StoredKey, KeyError> {
    let (kid, sealed) = match purpose {
        Purpose::Carrier => {
            let mut bits = [0; 32];
            chance.fill(&mut bits);
            let key = SealingKey::from_bits(bits);
            (key.key_id().to_owned(), master.seal(purpose.as_str(), key.bits())?)
        }
        Purpose::LtiPlatform | Purpose::LtiTool => {
            let signer = RsaSigner::generate().map_err(|_| KeyError::Failed)?;
            let der = signer.pkcs8().map_err(|_| KeyError::Failed)?;
            (signer.kid().to_owned(), master.seal(purpose.as_str(), &der)?)
        }
    };
    Ok(StoredKey { kid, purpose, state: KeyState::Active, sealed, created: clock.now() })
}

/// All keys, by purpose.
///
/// # Errors
/// A store that does not answer.
pub async fn list(store: &dyn KeyStore) -> Result<Vec<StoredKey>, KeyError> {
    let mut keys = store.keys().await?;
    keys.sort_by_key(|key| (key.purpose, key.created));
    Ok(keys)
}
