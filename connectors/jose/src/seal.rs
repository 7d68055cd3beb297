//! Sealing: JWE compact serialisation, `dir` with `A256GCM` (RFC 7516, RFC 7518 sections 4.5 and 5.3). The purpose
//! stands in the protected header, so that what was sealed for one purpose opens for no other.

use std::borrow::Cow;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest;
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;
use zeroize::Zeroizing;

/// The longest sealed text that is opened, in bytes.
const LONGEST: usize = 64 * 1024;

/// Sealing failed; the words hold nothing of what was to be sealed.
#[derive(Debug, Error)]
#[error("sealing failed: {0}")]
pub struct SealError(&'static str);

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
    let header = BASE64URL_NOPAD.decode(sealed.split('.').next()?.as_bytes()).ok()?;
    serde_json::from_slice::<Header<'_>>(&header).ok().map(|header| header.kid.into_owned())
}

/// Keys, newest first: the first seals, all open.
#[derive(Debug)]
pub struct Seal(Vec<(SealingKey, LessSafeKey)>);

/// The protected header: exactly these members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    enc: Cow<'a, str>,
    #[serde(borrow)]
    kid: Cow<'a, str>,
    /// The purpose.
    #[serde(borrow, rename = "use")]
    purpose: Cow<'a, str>,
}

impl Seal {
    /// A seal over keys, newest first.
    #[must_use]
    pub fn new(keys: Vec<SealingKey>) -> Self {
        // 256 bits are always a key, so nothing is ever left out.
        let ready = |key: SealingKey| {
            let unbound = UnboundKey::new(&AES_256_GCM, key.bits.as_slice()).ok()?;
            Some((key, LessSafeKey::new(unbound)))
        };
        Self(keys.into_iter().filter_map(ready).collect())
    }

    /// The ids of its keys, newest first.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.key_id())
    }

    /// Seals bytes for a purpose.
    ///
    /// # Errors
    /// [`SealError`] when there is no key.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<String, SealError> {
        let (own, key) = self.0.first().ok_or(SealError("there is no key"))?;
        let purpose = Value::from(purpose);
        let header = format!(r#"{{"alg":"dir","enc":"A256GCM","kid":"{}","use":{purpose}}}"#, own.id);
        let mut sealed = BASE64URL_NOPAD.encode(header.as_bytes());
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| SealError("there is no randomness"))?;
        let mut text = plain.to_vec();
        let tag = key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(sealed.as_bytes()),
                &mut text,
            )
            .map_err(|_| SealError("the cipher failed"))?;
        sealed.reserve((nonce.len() + text.len() + tag.as_ref().len()) * 4 / 3 + 8);
        sealed.push('.');
        for part in [nonce.as_slice(), &text, tag.as_ref()] {
            sealed.push('.');
            BASE64URL_NOPAD.encode_append(part, &mut sealed);
        }
        Ok(sealed)
    }

    /// Opens what was sealed for this purpose under one of the keys; `None` for anything else.
    #[must_use]
    pub fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        if sealed.len() > LONGEST {
            return None;
        }
        let mut parts = sealed.split('.');
        let (header, encrypted_key) = (parts.next()?, parts.next()?);
        let key = self.key_of(purpose, header).filter(|_| encrypted_key.is_empty())?;
        let mut bytes = || BASE64URL_NOPAD.decode(parts.next()?.as_bytes()).ok();
        let (nonce, mut text, tag) = (bytes()?, bytes()?, bytes()?);
        // The tag is whole: a tag of one byte is guessed in 256 attempts.
        if parts.next().is_some() || tag.len() != AES_256_GCM.tag_len() {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(&nonce).ok()?;
        let length = text.len();
        text.extend_from_slice(&tag);
        key.open_in_place(nonce, Aad::from(header.as_bytes()), &mut text).ok()?;
        text.truncate(length);
        Some(text)
    }

    /// The header is read before anything is decrypted: exactly our algorithms, our purpose, and a key of ours.
    fn key_of(&self, purpose: &str, header: &str) -> Option<&LessSafeKey> {
        let header = BASE64URL_NOPAD.decode(header.as_bytes()).ok()?;
        let header: Header<'_> = serde_json::from_slice(&header).ok()?;
        let ours = header.alg == "dir" && header.enc == "A256GCM" && header.purpose == purpose;
        self.0.iter().find(|(key, _)| ours && key.id == header.kid).map(|(_, key)| key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use josekit::jwe::{Dir, JweHeader};
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
    fn another_implementation_opens_what_we_seal_and_seals_what_we_open() {
        let seal = seal_of(&[1]);
        let sealed = seal.seal("a", b"something to keep").unwrap();
        let decrypter = Dir.decrypter_from_bytes([1; 32]).unwrap();
        let (plain, mut header) = josekit::jwe::deserialize_compact(&sealed, &decrypter).unwrap();
        assert_eq!(plain, b"something to keep");
        assert_eq!(header.claim("use").and_then(Value::as_str), Some("a"));
        header.set_claim("use", Some(Value::from("é\"\\"))).unwrap();
        let encrypter = Dir.encrypter_from_bytes([1; 32]).unwrap();
        let theirs = josekit::jwe::serialize_compact(b"theirs", &header, &encrypter).unwrap();
        assert_eq!(seal.open("é\"\\", &theirs), Some(b"theirs".to_vec()));
        assert_eq!(seal.open("a", &theirs), None);
    }

    #[test]
    fn compressed_and_foreign_forms_open_nothing() {
        let key = SealingKey::from_bits([1; 32]);
        let mut header = JweHeader::new();
        header.set_content_encryption("A256GCM");
        header.set_key_id(&key.id);
        header.set_compression("DEF");
        header.set_claim("use", Some(Value::from("a"))).unwrap();
        let encrypter = Dir.encrypter_from_bytes([1; 32]).unwrap();
        let bomb = josekit::jwe::serialize_compact(&[0; 10_000], &header, &encrypter).unwrap();
        assert_eq!(seal_of(&[1]).open("a", &bomb), None);
    }
}
