//! Checkpoint: the signed statement of what the journal held at one moment.

use boundary::Fault;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::OffsetDateTime;

use super::{Hash, Signer};
use crate::keys::{JournalKeys, NotSigned};

/// The type in the header of a checkpoint.
const TYPE: &str = "passerelle-checkpoint+jwt";

/// What a checkpoint says, in the order in which it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The broker.
    pub iss: String,
    /// When, in seconds since 1970.
    pub iat: i64,
    /// Its number, from 1.
    pub number: i64,
    /// The hash of the checkpoint before; zeros before the first.
    pub prev: Hash,
    /// The root of the tree over the states of the owners that moved, in the order of their names.
    pub root: Hash,
    /// How many they are.
    pub leaves: u64,
    /// The leaves of the checkpoints up to this number may be gone.
    pub forgotten: i64,
}

/// The text is not a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotACheckpoint {
    /// Nobody trusted signed it.
    #[error(transparent)]
    Signature(#[from] NotSigned),
    /// It was signed and says something else.
    #[error("its claims are not those of a checkpoint")]
    Claims,
}

impl Checkpoint {
    /// Signs it: a compact JWS.
    ///
    /// # Errors
    /// [`Fault`] when no key is at hand.
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, Fault> {
        let claims = serde_json::to_vec(self).map_err(|e| Fault::new(format!("a checkpoint: {e}")))?;
        Ok(signer.sign(TYPE, &claims)?.token)
    }

    /// Opens a checkpoint that one of the keys signed.
    ///
    /// # Errors
    /// [`NotACheckpoint`] says what is wrong with it.
    pub fn open(token: &str, keys: &JournalKeys) -> Result<Self, NotACheckpoint> {
        serde_json::from_slice(&keys.open(TYPE, token)?).map_err(|_| NotACheckpoint::Claims)
    }

    /// The hash that the next checkpoint points back with.
    #[must_use]
    pub fn hash_of(token: &str) -> Hash {
        Hash::of(&[b"passerelle checkpoint\n", token.as_bytes()])
    }

    /// When it was made.
    #[must_use]
    pub fn at(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.iat).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}
