//! Verifying: an export, by whoever holds it and the published keys; and a whole database, by its operator.

mod database;
mod file;

pub use database::verify_database;
pub use file::verify_export;

use super::{Checkpoint, Verified};

/// What is told of a checkpoint whose signature was verified.
fn verified(checkpoint: &Checkpoint, token: &str) -> Verified {
    let (issuer, number, at) = (checkpoint.iss.clone(), checkpoint.number, checkpoint.at());
    Verified { issuer, number, at, hash: Checkpoint::hash_of(token) }
}
