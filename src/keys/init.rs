//! `keys init`: makes what is missing.

use std::fmt;

use boundary::{Chance, Clock};

use super::make::make;
use super::master::CHECK;
use super::{KeyError, KeyState, KeyStore, MasterKeys, Purpose};

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
    master.check(store).await?;
    let present = store.keys().await?;
    let has = |purpose| present.iter().any(|key| key.purpose == purpose && key.state == KeyState::Active);
    let mut fresh = Vec::new();
    for purpose in Purpose::ALL.into_iter().filter(|purpose| !has(*purpose)) {
        fresh.push(make((purpose, KeyState::Active), master, chance, clock).await?);
    }
    if fresh.is_empty() {
        return Ok(made);
    }
    store.add_keys(&fresh).await?;
    // Another process may have made some of them in between.
    let added = store.keys().await?.into_iter().filter(|key| fresh.iter().any(|fresh| fresh.kid == key.kid));
    made.extend(added.map(|key| Made::Key(key.purpose, key.kid)));
    Ok(made)
}
