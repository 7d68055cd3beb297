//! Why a sector stays in its epoch, or a map is not told.

use boundary::Fault;
use thiserror::Error;

/// Why nothing was done.
#[derive(Debug, Error)]
pub enum EpochError {
    /// There is no such sector.
    #[error("no sector of this id is registered, or it has no key")]
    NoSector,
    /// The publisher has not been given the last map.
    #[error(
        "the publisher has not acknowledged the map of epoch {0}: until it has, a further change would leave it without a way \
         back to its own records"
    )]
    NotDelivered(u32),
    /// Somebody else has begun it.
    #[error("somebody else has just begun this epoch: try again")]
    Begun,
    /// The store did not answer.
    #[error(transparent)]
    Fault(#[from] Fault),
}
