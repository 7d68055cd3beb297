//! Ledger: where erasures stand outside the database and its backups. Lines are added and never changed.

use std::io;

use async_trait::async_trait;
use thiserror::Error;

/// The ledger cannot be used.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// It cannot be read or written.
    #[error("the erasure ledger {0}: {1}")]
    File(String, io::Error),
    /// The second database does not answer.
    #[error("the erasure ledger: {0}")]
    Database(String),
    /// A line is not what was written.
    #[error(
        "the erasure ledger {place} is damaged in line {line}: {why}; put a copy of it back that is whole (docs/erasure.md)"
    )]
    Damaged {
        /// Where it is.
        place: String,
        /// Which line.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The master key does not fit.
    #[error("{0}")]
    Key(String),
    /// Nothing may be begun anew where a ledger is.
    #[error("the erasure ledger {0} is there: nothing is lost, and nothing was changed")]
    There(String),
}

impl LedgerError {
    /// Whether a line may have been written all the same.
    #[must_use]
    pub fn is_unsure(&self) -> bool {
        match self {
            Self::File(_, error) => error.kind() == io::ErrorKind::TimedOut,
            Self::Database(_) => true,
            _ => false,
        }
    }
}

/// A ledger.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Its whole lines, in their order; none where it was never begun. A last line that was not written to its end never
    /// counted.
    ///
    /// # Errors
    /// [`LedgerError`], where it cannot be read.
    async fn lines(&self) -> Result<Vec<String>, LedgerError>;

    /// Adds a line, durably, where there are just so many; false where there are more by now.
    ///
    /// # Errors
    /// [`LedgerError`], where it cannot be written.
    async fn append(&self, after: usize, line: &str) -> Result<bool, LedgerError>;

    /// Where it is, for the operator.
    fn place(&self) -> String;
}
