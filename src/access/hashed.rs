//! Hashed: a secret as the database holds it.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

/// The SHA-256 of a secret with at least 128 random bits: it leads back to nothing.
#[derive(Clone)]
pub struct Hashed([u8; 32]);

impl Hashed {
    /// Hashes a secret.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        let hash = digest(&SHA256, secret.as_bytes());
        Self(hash.as_ref().try_into().unwrap_or([0; 32]))
    }

    /// What was stored; `None` where it is something else.
    #[must_use]
    pub fn stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// For storage.
    #[must_use]
    pub const fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<[u8; 32]> for Hashed {
    /// A digest under a key, of what is no secret.
    fn from(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl PartialEq for Hashed {
    /// Takes as long wherever they differ.
    fn eq(&self, other: &Self) -> bool {
        verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl Eq for Hashed {}

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hashed(…)")
    }
}
