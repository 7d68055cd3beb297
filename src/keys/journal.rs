//! The journal's public keys: all that anybody needs to verify what the journal signed.

use jose::ed25519::{self, Ed25519Key};
use serde_json::Value;
use thiserror::Error;

/// The longest key set that is read, in bytes.
const LONGEST: usize = 256 * 1024;

/// The text is not signed by the journal.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct NotSigned(String);

/// Something that the journal signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signed {
    /// The key that signed it.
    pub kid: String,
    /// The compact JWS.
    pub token: String,
}

/// The public keys of a journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JournalKeys(Vec<Ed25519Key>);

impl JournalKeys {
    /// Reads a published key set (RFC 7517 section 5). Keys of other kinds are passed over.
    ///
    /// # Errors
    /// [`NotSigned`] when the text is no key set or has no Ed25519 key.
    pub fn parse(jwks: &[u8]) -> Result<Self, NotSigned> {
        let wrong = |words: &str| NotSigned(words.to_owned());
        if jwks.len() > LONGEST {
            return Err(wrong("the key set is too long"));
        }
        let set: Value = serde_json::from_slice(jwks).map_err(|_| wrong("the key set is not JSON"))?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or_else(|| wrong("not a key set"))?;
        let keys: Vec<_> = keys.iter().filter_map(|jwk| Ed25519Key::from_jwk(jwk).ok()).collect();
        if keys.is_empty() { Err(wrong("the key set has no Ed25519 key")) } else { Ok(Self(keys)) }
    }

    /// Opens a token of this type: the bytes of its claims, if one of the keys signed them.
    ///
    /// # Errors
    /// [`NotSigned`] says why not.
    pub fn open(&self, typ: &str, token: &str) -> Result<Vec<u8>, NotSigned> {
        ed25519::verify(token, typ, &self.0).map_err(|e| NotSigned(e.to_string()))
    }

    /// Puts a token together again from its parts.
    #[must_use]
    pub fn rebuild(typ: &str, kid: &str, claims: &[u8], signature: &str) -> String {
        format!("{}.{signature}", ed25519::signing_input(typ, kid, claims))
    }
}
