//! Hash: SHA-256, each use behind a line of its own, so that what was hashed for one purpose means nothing for another.

use std::fmt;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// A SHA-256 value; as text, 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

/// The bytes or the text are not a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a SHA-256 value: 32 bytes, or 64 lower-case hexadecimal digits")]
pub struct NotAHash;

impl Hash {
    /// Where there is nothing to point at.
    pub const ZERO: Self = Self([0; 32]);

    /// The hash of these parts, one behind the other.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = Hasher::default();
        parts.iter().for_each(|part| hasher.update(part));
        hasher.finish()
    }

    /// A hash that was stored.
    ///
    /// # Errors
    /// [`NotAHash`] when it has not 32 bytes.
    pub fn stored(bytes: &[u8]) -> Result<Self, NotAHash> {
        bytes.try_into().map(Self).map_err(|_| NotAHash)
    }

    /// Reads the text of a hash.
    ///
    /// # Errors
    /// [`NotAHash`] when it has another form.
    pub fn parse(text: &str) -> Result<Self, NotAHash> {
        HEXLOWER.decode(text.as_bytes()).map_err(|_| NotAHash).and_then(|bytes| Self::stored(&bytes))
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A hash in the making.
pub struct Hasher(digest::Context);

impl Default for Hasher {
    fn default() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }
}

impl Hasher {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of everything that was added until now.
    #[must_use]
    pub fn so_far(&self) -> Hash {
        Self(self.0.clone()).finish()
    }

    /// The hash of everything that was added.
    #[must_use]
    pub fn finish(self) -> Hash {
        // SHA-256 always gives 32 bytes.
        Hash(self.0.finish().as_ref().try_into().unwrap_or_default())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
