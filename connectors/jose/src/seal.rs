//! Sealing: JWE compact serialisation, `dir` with `A256GCM` (RFC 7516, RFC 7518 sections 4.5 and 5.3). The purpose
//! stands in the protected header, so that what was sealed for one purpose opens for no other.

mod at_rest;

use aws_lc_rs::{digest, hmac};
use data_encoding::BASE64URL_NOPAD;
use josekit::jwe::{Dir, JweContext, JweHeader};
use serde_json::Value;
use thiserror::Error;
use zeroize::Zeroizing;

pub use at_rest::{AtRest, DIGEST, id_at_rest};

/// The longest sealed text that is opened, in bytes.
const LONGEST: usize = 64 * 1024;
/// The header member that holds the purpose.
const PURPOSE: &str = "use";

/// Sealing failed; the words hold nothing of what was to be sealed.
#[derive(Debug, Error)]
#[error("sealing failed: {0}")]
pub struct SealError(String);

/// A key that seals: 256 bits.
#[derive(Clone)]
pub struct SealingKey {
    bits: Zeroizing<[u8; 32]>,
    id: String,
}

impl SealingKey {
    /// The key with these bits.
    #[must_use]
    pub fn from_bits(bits: [u8; 32]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"passerelle sealing key id");
        context.update(&bits);
        let id: String = BASE64URL_NOPAD.encode(context.finish().as_ref()).chars().take(16).collect();
        Self { bits: Zeroizing::new(bits), id }
    }

    /// Its id: a digest that tells keys apart and tells nothing about them.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.id
    }

    /// Its bits, to be sealed under another key.
    #[must_use]
    pub fn bits(&self) -> &[u8; 32] {
        &self.bits
    }
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SealingKey").field(&self.id).finish()
    }
}

/// The id of the key that a text says it is sealed under. Nothing is verified: it tells which key to look for.
#[must_use]
pub fn key_id_of(sealed: &str) -> Option<String> {
    header_of(sealed)?.get("kid").and_then(Value::as_str).map(str::to_owned)
}

fn header_of(sealed: &str) -> Option<serde_json::Map<String, Value>> {
    let header = BASE64URL_NOPAD.decode(sealed.split('.').next()?.as_bytes()).ok()?;
    serde_json::from_slice(&header).ok()
}

/// Keys, newest first: the first seals, all open.
#[derive(Debug)]
pub struct Seal {
    keys: Vec<SealingKey>,
    context: JweContext,
}

impl Seal {
    /// A seal over keys, newest first.
    #[must_use]
    pub fn new(keys: Vec<SealingKey>) -> Self {
        let mut context = JweContext::new();
        // Without a limit on what it inflates to, compression is a bomb.
        context.remove_compression("DEF");
        Self { keys, context }
    }

    /// The ids of its keys, newest first.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(SealingKey::key_id)
    }

    /// Seals bytes for a purpose.
    ///
    /// # Errors
    /// [`SealError`] when there is no key.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<String, SealError> {
        let failed = |e: josekit::JoseError| SealError(e.to_string());
        let key = self.keys.first().ok_or_else(|| SealError("no key".to_owned()))?;
        let mut header = JweHeader::new();
        header.set_content_encryption("A256GCM");
        header.set_key_id(&key.id);
        header.set_claim(PURPOSE, Some(Value::from(purpose))).map_err(failed)?;
        let encrypter = Dir.encrypter_from_bytes(key.bits.as_slice()).map_err(failed)?;
        self.context.serialize_compact(plain, &header, &encrypter).map_err(failed)
    }

    /// A digest under the newest key, for one purpose: equal texts have equal digests, and without the key nobody finds a
    /// text that has one. It changes with the key.
    #[must_use]
    pub fn digest(&self, purpose: &str, plain: &[u8]) -> [u8; 32] {
        let bits = self.keys.first().map(|key| key.bits.as_slice()).unwrap_or_default();
        let own =
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bits), format!("digest {purpose}").as_bytes());
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, own.as_ref()), plain);
        tag.as_ref().try_into().unwrap_or([0; 32])
    }

    /// Opens what was sealed for this purpose under one of the keys; `None` for anything else.
    #[must_use]
    pub fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        if sealed.len() > LONGEST || !is_whole(sealed) {
            return None;
        }
        let key = self.key_of(purpose, sealed)?;
        let decrypter = Dir.decrypter_from_bytes(key.bits.as_slice()).ok()?;
        let (plain, header) = self.context.deserialize_compact(sealed, &decrypter).ok()?;
        (header.claim(PURPOSE).and_then(Value::as_str) == Some(purpose)).then_some(plain)
    }

    /// The header is read before anything is decrypted: exactly our algorithms, our purpose, and a key of ours.
    fn key_of(&self, purpose: &str, sealed: &str) -> Option<&SealingKey> {
        let header = header_of(sealed)?;
        let says = |name: &str, value: &str| header.get(name).and_then(Value::as_str) == Some(value);
        let ours =
            says("alg", "dir") && says("enc", "A256GCM") && says(PURPOSE, purpose) && header.len() == 4;
        let kid = header.get("kid").and_then(Value::as_str)?;
        self.keys.iter().find(|key| ours && key.id == kid)
    }
}

/// Whether a sealed text has the five parts of `dir` with `A256GCM`: no encrypted key, a nonce of 96 bits and a tag of
/// 128 (RFC 7518 section 5.3). The library compares as much of the tag as it is given, and a tag of one byte is guessed
/// in 256 attempts.
fn is_whole(sealed: &str) -> bool {
    let parts: Vec<&str> = sealed.split('.').collect();
    let length = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map(|bytes| bytes.len());
    matches!(parts[..], [_, "", nonce, _, tag] if length(nonce) == Ok(12) && length(tag) == Ok(16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seal_of(bits: &[u8]) -> Seal {
        Seal::new(bits.iter().map(|b| SealingKey::from_bits([*b; 32])).collect())
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_for_its_purpose_only(plain: Vec<u8>) {
            let seal = seal_of(&[1]);
            let sealed = seal.seal("a", &plain).unwrap();
            prop_assert_eq!(seal.open("a", &sealed), Some(plain));
            prop_assert_eq!(seal.open("b", &sealed), None);
            prop_assert_eq!(seal_of(&[2]).open("a", &sealed), None);
        }

        #[test]
        fn a_changed_character_opens_nothing(at in 0_usize..1000, with in "[A-Za-z0-9_-]") {
            let seal = seal_of(&[1]);
            let sealed = seal.seal("a", b"something to keep").unwrap();
            let at = at % sealed.len();
            let mut changed = sealed.clone();
            changed.replace_range(at..=at, &with);
            // The last character of a part may carry bits that count for nothing; a strict decoder refuses those too.
            prop_assert!(changed == sealed || seal.open("a", &changed).is_none());
        }

        #[test]
        fn what_is_cut_short_opens_nothing(cut in 1_usize..400) {
            let seal = seal_of(&[1]);
            let sealed = seal.seal("a", b"something to keep").unwrap();
            let at = sealed.len().saturating_sub(cut);
            prop_assert_eq!(seal.open("a", &sealed[..at]), None);
        }

        #[test]
        fn strangers_bytes_open_nothing(text in "\\PC{0,200}") {
            prop_assert_eq!(seal_of(&[1]).open("a", &text), None);
        }
    }

    /// Without the key, whoever may try tags of one byte changes what was sealed in 256 attempts.
    #[test]
    fn s2_no_shortened_tag_is_believed() {
        let seal = seal_of(&[1]);
        let sealed = seal.seal("a", b"https://ent.example/").unwrap();
        let parts: Vec<&str> = sealed.split('.').collect();
        let mut text = BASE64URL_NOPAD.decode(parts[3].as_bytes()).unwrap();
        text[8] ^= 1;
        let changed = BASE64URL_NOPAD.encode(&text);
        for guess in 0..=u8::MAX {
            let tag = BASE64URL_NOPAD.encode(&[guess]);
            let forged = format!("{}..{}.{changed}.{tag}", parts[0], parts[2]);
            assert_eq!(seal.open("a", &forged), None, "the tag {guess} was believed");
        }
        let whole = BASE64URL_NOPAD.decode(parts[4].as_bytes()).unwrap();
        for length in 0..whole.len() {
            let short = BASE64URL_NOPAD.encode(&whole[..length]);
            let forged = format!("{}..{}.{}.{short}", parts[0], parts[2], parts[3]);
            assert_eq!(seal.open("a", &forged), None, "a tag of {length} bytes was believed");
        }
    }

    #[test]
    fn an_older_key_still_opens() {
        let sealed = seal_of(&[1]).seal("a", b"x").unwrap();
        assert_eq!(seal_of(&[2, 1]).open("a", &sealed), Some(b"x".to_vec()));
        assert_eq!(seal_of(&[2]).open("a", &sealed), None);
        let ids = seal_of(&[2, 1]);
        assert_eq!(ids.key_ids().position(|id| Some(id) == key_id_of(&sealed).as_deref()), Some(1));
        assert_eq!(key_id_of("no seal"), None);
    }

    #[test]
    fn a_digest_is_of_one_key_one_purpose_and_one_text() {
        let seal = seal_of(&[1, 2]);
        assert_eq!(seal.digest("a", b"x"), seal_of(&[1]).digest("a", b"x"));
        for other in [seal.digest("b", b"x"), seal.digest("a", b"y"), seal_of(&[2]).digest("a", b"x")] {
            assert_ne!(seal.digest("a", b"x"), other);
        }
    }

    #[test]
    fn compressed_and_foreign_forms_open_nothing() {
        let key = SealingKey::from_bits([1; 32]);
        let mut header = JweHeader::new();
        header.set_content_encryption("A256GCM");
        header.set_key_id(&key.id);
        header.set_compression("DEF");
        header.set_claim(PURPOSE, Some(Value::from("a"))).unwrap();
        let encrypter = Dir.encrypter_from_bytes([1; 32]).unwrap();
        let bomb = josekit::jwe::serialize_compact(&[0; 10_000], &header, &encrypter).unwrap();
        assert_eq!(seal_of(&[1]).open("a", &bomb), None);
    }
}
