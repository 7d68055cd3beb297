//! Why nothing was erased, or nobody is served.

use boundary::Fault;
use thiserror::Error;

use super::{LedgerError, Standing};
use crate::keys::KeyError;
use crate::operate::identity::Identity;

/// Why an erasure did not come about, or why a database may not be used.
#[derive(Debug, Error)]
pub enum ErasureError {
    /// Nobody has this identity.
    #[error(
        "nobody is known as {0}: check the ENT, the namespace of its connection, and the key; whoever was erased is not \
         known any more"
    )]
    Unknown(Identity),
    /// Database and ledger do not stand as they should.
    #[error("{}", standing.told(ledger))]
    Standing {
        /// Where the ledger is.
        ledger: String,
        /// How they stand.
        standing: Standing,
    },
    /// The ledger took nothing.
    #[error("nothing was erased: {0}")]
    NotRecorded(LedgerError),
    /// The ledger did not say whether it took it.
    #[error(
        "nobody knows yet whether the erasure stands in the ledger: {0}; if it does, it is finished by itself. Try again"
    )]
    Unsure(LedgerError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Others kept coming first.
    #[error("nothing was erased: other erasures kept coming first; try again")]
    Crowded,
    /// No master key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] Fault),
}

impl ErasureError {
    /// Whether what was asked is refused, rather than the environment at fault.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Unknown(_) | Self::Ledger(LedgerError::There(_)))
    }
}
