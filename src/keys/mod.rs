//! Keys: the master key, and under it every other key, by purpose.
//!
//! The master key seals what the database keeps: signing keys, carrier keys, sector keys. A check value tells a wrong
//! master key at start. Nothing is ever replaced because it is missing or does not open: that would change every
//! pseudonym.

mod init;
mod journal;
mod life;
mod make;
mod master;
mod rewrap;
mod ring;
mod stored;

use thiserror::Error;

pub use init::{Made, init};
pub use journal::{JournalKeys, NotSigned, Signed};
pub use life::{Coming, KNOWN_BEFORE, Periods, Step, coming};
pub use make::make;
pub use master::{MasterKeys, create_master_key_file};
pub use rewrap::{Resealed, RewrapStore, Rewrapped, Sealed, rewrap};
pub use ring::KeyRing;
pub use stored::{KeyState, KeyStore, Purpose, StoredKey, StoredSecret, StoredSectorKey};

use boundary::Fault;

/// Why the keys cannot be opened, in words for the operator.
#[derive(Debug, Error)]
pub enum KeyError {
    /// Nobody says where the master key is.
    #[error(
        "no master key: set PASSERELLE_MASTER_KEY_FILE to its file, or PASSERELLE_MASTER_KEY to the key itself"
    )]
    NoMasterKey,
    /// The file cannot be used.
    #[error("master key file {0}")]
    File(String),
    /// The text is not a master key.
    #[error("{0}: the master key is one or more lines of 32 bytes in base64url, 43 characters each")]
    Unreadable(String),
    /// It is not the key that sealed this database.
    #[error(
        "this is not the master key of this database, nothing was changed: start with the right key, or with the \
         right database; while the master key changes, with the older lines too, until `passerelle keys rewrap` is \
         through"
    )]
    WrongMasterKey,
    /// The keys were never made.
    #[error("the database has no {0} key: run `passerelle keys init`")]
    NotInitialised(&'static str),
    /// A stored key does not open under the master key.
    #[error(
        "{0} does not open under any line of the master key: put the line back that is missing, then run \
         `passerelle keys rewrap`"
    )]
    Sealed(String),
    /// Somebody seals under another line while all are to come under the first.
    #[error(
        "keys keep coming up that are sealed under another line: give every host the same master key file, send SIGHUP \
         to every broker, and run `passerelle keys rewrap` again"
    )]
    Unsettled,
    /// A library failed.
    #[error("a key could not be made")]
    Failed,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] Fault),
}
