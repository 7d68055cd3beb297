//! A look at a peer's keys as they are published now, for whoever asks what is wrong. Nothing of it is kept.

use boundary::registration::KeySource;
use jose::jws::VerifyingKey;
use thiserror::Error;
use time::Duration;

use super::key_set::KeySet;
use super::{ACCEPT, KeySets};
use crate::transport::TransportError;

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// How many keys can be used.
    pub usable: usize,
    /// Why each of the others cannot.
    pub unusable: Vec<String>,
    /// How far the peer's clock is ahead of ours, where it says its time.
    pub skew: Option<Duration>,
}

/// Why there was nothing to see.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LookError {
    /// It could not be fetched.
    #[error("{0}")]
    Fetch(String),
    /// The guard does not let us go there.
    #[error("{0}")]
    Forbidden(String),
    /// It is something else.
    #[error("it is not a key set")]
    NotASet,
}

impl KeySets {
    /// Looks at keys where they come from.
    ///
    /// # Errors
    /// [`LookError`] says why they cannot be seen.
    pub async fn look(&self, keys: &KeySource) -> Result<Look, LookError> {
        match keys {
            KeySource::Pem(pem) => Ok(sorted([VerifyingKey::from_pem(pem)], None)),
            KeySource::Jwks(text) => {
                Ok(in_set(&KeySet::read(text.as_bytes()).ok_or(LookError::NotASet)?, None))
            }
            KeySource::JwksUri(url) => {
                let answer = self.peers.transport.get(url, ACCEPT).await.map_err(|error| match error {
                    TransportError::Forbidden(_) => LookError::Forbidden(error.to_string()),
                    _ => LookError::Fetch(error.to_string()),
                })?;
                let skew = answer.date.map(|theirs| theirs - self.peers.clock.now());
                Ok(in_set(&KeySet::read(&answer.body).ok_or(LookError::NotASet)?, skew))
            }
        }
    }
}

fn in_set(set: &KeySet, skew: Option<Duration>) -> Look {
    sorted(set.keys().map(VerifyingKey::from_jwk), skew)
}

fn sorted<E: ToString>(
    keys: impl IntoIterator<Item = Result<VerifyingKey, E>>,
    skew: Option<Duration>,
) -> Look {
    let mut look = Look { usable: 0, unusable: Vec::new(), skew };
    for key in keys {
        match key {
            Ok(_) => look.usable += 1,
            Err(error) => look.unusable.push(error.to_string()),
        }
    }
    look
}
