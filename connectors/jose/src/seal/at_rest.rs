//! Sealing of what is stored in bulk: AES-256-GCM (NIST SP 800-38D) without the words of a JWE, which would be longer than
//! what is sealed. The form is the key's id (16 bytes), the nonce (12), the text and its tag (16).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac};

use super::{SealError, SealingKey};

/// How long the id of a key is.
const ID: usize = 16;
/// How long a nonce is.
const NONCE: usize = 12;
/// The longest text that is opened, in bytes.
const LONGEST: usize = 64 * 1024;
/// How long a digest is.
pub const DIGEST: usize = 16;

/// Keys, newest first: the first seals, all open. They are expanded once, for many texts.
pub struct AtRest(Vec<Expanded>);

struct Expanded {
    id: String,
    aead: LessSafeKey,
    hmac: hmac::Key,
}

impl std::fmt::Debug for AtRest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

impl AtRest {
    /// A seal over keys, newest first.
    ///
    /// # Errors
    /// [`SealError`] when the library fails.
    pub fn new(keys: &[SealingKey]) -> Result<Self, SealError> {
        let expand = |key: &SealingKey| {
            let aead = UnboundKey::new(&AES_256_GCM, key.bits.as_slice());
            let aead = aead.map_err(|_| SealError("the key".to_owned()))?;
            // A key of its own for digests, so that none of them tells anything about a text that is sealed.
            let mut context = digest::Context::new(&digest::SHA256);
            context.update(b"passerelle digests at rest");
            context.update(key.bits.as_slice());
            let hmac = hmac::Key::new(hmac::HMAC_SHA256, context.finish().as_ref());
            Ok(Expanded { id: key.id.clone(), aead: LessSafeKey::new(aead), hmac })
        };
        Ok(Self(keys.iter().map(expand).collect::<Result<_, _>>()?))
    }

    /// The id of the key that seals.
    #[must_use]
    pub fn key_id(&self) -> &str {
        self.0.first().map_or("", |key| &key.id)
    }

    /// Seals bytes in a context, such as whose they are: they open in no other. The nonce is random, and never used twice.
    ///
    /// # Errors
    /// [`SealError`] when there is no key.
    pub fn seal(&self, context: &str, nonce: [u8; NONCE], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let key = self.0.first().ok_or_else(|| SealError("no key".to_owned()))?;
        let mut sealed = Vec::with_capacity(ID + NONCE + plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(key.id.as_bytes());
        sealed.extend_from_slice(&nonce);
        let mut text = plain.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let done = key.aead.seal_in_place_append_tag(nonce, Aad::from(context.as_bytes()), &mut text);
        done.map_err(|_| SealError("the text".to_owned()))?;
        sealed.append(&mut text);
        Ok(sealed)
    }

    /// Opens what was sealed in this context under one of the keys; `None` for anything else.
    #[must_use]
    pub fn open(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        if sealed.len() > LONGEST {
            return None;
        }
        let (id, rest) = sealed.split_at_checked(ID)?;
        let (nonce, text) = rest.split_at_checked(NONCE)?;
        let key = self.named(id)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let plain = key.aead.open_in_place(nonce, Aad::from(context.as_bytes()), &mut text).ok()?.len();
        text.truncate(plain);
        Some(text)
    }

    /// A digest of bytes under the key of this id, which tells whether they are the same as before and nothing else.
    /// `None` where there is no such key.
    #[must_use]
    pub fn digest(&self, id: &[u8], bytes: &[u8]) -> Option<[u8; DIGEST]> {
        let tag = hmac::sign(&self.named(id)?.hmac, bytes);
        tag.as_ref().first_chunk().copied()
    }

    fn named(&self, id: &[u8]) -> Option<&Expanded> {
        self.0.iter().find(|key| key.id.as_bytes() == id)
    }
}

/// The id of the key that a text says it is sealed under.
#[must_use]
pub fn id_at_rest(sealed: &[u8]) -> &[u8] {
    sealed.get(..ID).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(bits: &[u8]) -> AtRest {
        let keys: Vec<_> = bits.iter().map(|b| SealingKey::from_bits([*b; 32])).collect();
        AtRest::new(&keys).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_in_its_context_only(plain: Vec<u8>, nonce: [u8; 12]) {
            let sealed = of(&[1]).seal("a", nonce, &plain).unwrap();
            prop_assert_eq!(of(&[1]).open("a", &sealed), Some(plain.clone()));
            prop_assert_eq!(of(&[2, 1]).open("a", &sealed), Some(plain), "an older key opens");
            prop_assert_eq!(of(&[1]).open("b", &sealed), None);
            prop_assert_eq!(of(&[2]).open("a", &sealed), None);
        }

        #[test]
        fn a_changed_or_missing_byte_opens_nothing(at in 0_usize..60, cut in any::<bool>(), bit in 0_u32..8) {
            let seal = of(&[1]);
            let mut sealed = seal.seal("a", [7; 12], b"something to keep").unwrap();
            let at = at % sealed.len();
            if cut { sealed.truncate(at) } else { sealed[at] ^= 1 << bit }
            prop_assert_eq!(seal.open("a", &sealed), None);
        }

        #[test]
        fn strangers_bytes_open_nothing(bytes: Vec<u8>) {
            prop_assert_eq!(of(&[1]).open("a", &bytes), None);
        }
    }

    #[test]
    fn a_digest_is_one_keys_own() {
        let (one, two) = (of(&[1]), of(&[2, 1]));
        let id = one.key_id().as_bytes().to_vec();
        let digest = one.digest(&id, b"a").unwrap();
        assert_eq!(two.digest(&id, b"a"), Some(digest), "whichever key is first");
        assert_ne!(one.digest(&id, b"b"), Some(digest));
        assert_ne!(two.digest(two.key_id().as_bytes(), b"a"), Some(digest));
        assert_eq!(one.digest(two.key_id().as_bytes(), b"a"), None);
        assert_eq!(id_at_rest(&one.seal("a", [0; 12], b"").unwrap()), id);
        assert!(id_at_rest(b"short").is_empty());
    }
}
