//! Pseudonyms: how a person, a school, a course or a link is called towards one publisher.
//!
//! A value is the first 128 bits of an HMAC-SHA-256 under the key of (sector, epoch), in 26 lower-case characters.
//! For a person the MAC covers a random root that is stored for nothing else, so that erasing the root erases every
//! pseudonym; for things it covers their kind and id. No name, address or login takes part (P6).

use std::fmt;

use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::clock::Chance;
use crate::ids::SectorId;
use crate::uai::Uai;

/// The text cannot be a pseudonym.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a pseudonym: 1 to 255 printable ASCII characters")]
pub struct NotAPseudonym;

/// The text cannot be taken over from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotImportable {
    /// It is no pseudonym at all.
    #[error(transparent)]
    Form(#[from] NotAPseudonym),
    /// It has the form of our own.
    #[error("it has the form of the values that are made here, 26 characters out of a-z 2-7")]
    Ours,
}

/// How long derived values are: 128 bits in base32.
const DERIVED: usize = 26;

/// What one publisher calls somebody or something: 26 characters out of `a-z2-7` when derived, up to 255 printable
/// ASCII characters when imported from another broker.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Pseudonym(String);

impl Pseudonym {
    /// A value that was stored or imported, kept byte for byte.
    ///
    /// # Errors
    /// [`NotAPseudonym`] when it is empty, too long or not printable ASCII.
    pub fn stored(text: &str) -> Result<Self, NotAPseudonym> {
        let printable = text.chars().all(|c| c.is_ascii_graphic());
        if printable && (1..=255).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAPseudonym)
        }
    }

    /// A value that a publisher got from elsewhere, kept byte for byte. One in the form of those that are derived here is
    /// refused, in small letters or capitals, so that it can never be somebody else's.
    ///
    /// # Errors
    /// [`NotImportable`] when it is no pseudonym, or has that form.
    pub fn imported(text: &str) -> Result<Self, NotImportable> {
        let value = Self::stored(text)?;
        if value.is_derived() { Err(NotImportable::Ours) } else { Ok(value) }
    }

    /// Whether it has the form of those that are derived here, whatever the case of its letters.
    #[must_use]
    pub fn is_derived(&self) -> bool {
        let letter = |c: u8| matches!(c.to_ascii_lowercase(), b'a'..=b'z' | b'2'..=b'7');
        self.0.len() == DERIVED && self.0.bytes().all(letter)
    }

    /// The value as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonym(…)")
    }
}

impl<'de> Deserialize<'de> for Pseudonym {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::stored(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A person's pseudonym root: 128 random bits from which all their pseudonyms come. Erased, they are gone.
#[derive(Clone, PartialEq, Eq)]
pub struct Root([u8; 16]);

impl Root {
    /// Draws a new root.
    #[must_use]
    pub fn draw(chance: &dyn Chance) -> Self {
        let mut bits = [0; 16];
        chance.fill(&mut bits);
        Self(bits)
    }

    /// A root that was stored.
    #[must_use]
    pub const fn stored(bits: [u8; 16]) -> Self {
        Self(bits)
    }

    /// The bits for storage.
    #[must_use]
    pub const fn bits(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Root(…)")
    }
}

/// The key of one sector in one epoch.
#[derive(Clone)]
pub struct SectorKey(hmac::Key);

impl SectorKey {
    /// The key with these 256 bits.
    #[must_use]
    pub fn from_bits(bits: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bits))
    }
}

impl fmt::Debug for SectorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SectorKey(…)")
    }
}

/// Where a pseudonym is the same: at every school, or at one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The same at every school.
    Portable,
    /// Its own at each school.
    School(Uai),
}

impl Scope {
    /// The scope as it is stored and fed to the MAC.
    #[must_use]
    pub fn as_text(&self) -> String {
        match self {
            Self::Portable => "portable".to_owned(),
            Self::School(uai) => format!("school {uai}"),
        }
    }

    /// The scope that is stored as this text; `None` where none is.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("school ") {
            Some(uai) => Uai::parse_any_letter(uai).ok().map(Self::School),
            None => (text == "portable").then_some(Self::Portable),
        }
    }
}

/// What is not a person and still needs a pseudonym.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Thing {
    /// A school, LTI's deployment towards publishers.
    School,
    /// A course of an ENT.
    Context,
    /// A link of an ENT.
    Link,
}

impl Thing {
    /// The kind as it is stored and fed to the MAC.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::School => "school",
            Self::Context => "context",
            Self::Link => "link",
        }
    }
}

/// What a sector calls a person.
#[must_use]
pub fn derive_for_person(key: &SectorKey, scope: &Scope, root: &Root) -> Pseudonym {
    derive(key, &[scope.as_text().as_bytes(), &root.0])
}

/// What a sector calls a thing with this id.
#[must_use]
pub fn derive_for_thing(key: &SectorKey, scope: &Scope, thing: Thing, id: &str) -> Pseudonym {
    derive(key, &[scope.as_text().as_bytes(), thing.as_str().as_bytes(), id.as_bytes()])
}

fn derive(key: &SectorKey, fields: &[&[u8]]) -> Pseudonym {
    let tag = hmac::sign(&key.0, &length_prefixed(fields));
    let bits = tag.as_ref().get(..16).unwrap_or_default();
    Pseudonym(BASE32_NOPAD.encode(bits).to_ascii_lowercase())
}

/// Each field behind its length in eight bytes, so that no two lists of fields are the same bytes (P7).
fn length_prefixed(fields: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(fields.iter().map(|f| f.len() + 8).sum());
    for field in fields {
        bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
        bytes.extend_from_slice(field);
    }
    bytes
}

/// What the journal keeps in place of a person: constant for one person in one sector, different in each sector,
/// computable only while their root exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment([u8; 32]);

impl Commitment {
    /// The 32 bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The commitment of a person towards a sector under a value.
#[must_use]
pub fn commitment(root: &Root, sector: &SectorId, value: &Pseudonym) -> Commitment {
    let master = hmac::Key::new(hmac::HMAC_SHA256, &root.0);
    let journal =
        hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&master, b"passerelle journal commitment").as_ref());
    let tag = hmac::sign(&journal, &length_prefixed(&[sector.as_str().as_bytes(), value.0.as_bytes()]));
    Commitment(tag.as_ref().try_into().unwrap_or([0; 32]))
}

/// How the journal calls somebody who comes to the console through an ENT: 16 characters, always the same for one person,
/// unlike what any publisher calls them, and leading to nobody once their root is erased.
#[must_use]
pub fn console_name(root: &Root) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &root.0), b"passerelle console account");
    BASE32_NOPAD.encode(tag.as_ref()).to_ascii_lowercase().chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// P5: the form fits every protocol and survives a case-insensitive column.
        #[test]
        fn p5_the_form_fits_every_protocol(key: [u8; 32], root: [u8; 16]) {
            let value = derive_for_person(&SectorKey::from_bits(&key), &Scope::Portable, &Root(root));
            let text = value.as_str();
            prop_assert_eq!(text.len(), 26);
            let mut chars = text.chars();
            prop_assert!(chars.all(|c| matches!(c, 'a'..='z' | '2'..='7')));
            prop_assert_eq!(text.to_ascii_uppercase().to_ascii_lowercase(), text);
        }

        /// P6: the value depends on key, scope and root, and on nothing else.
        #[test]
        fn p6_equal_inputs_equal_value(key: [u8; 32], root: [u8; 16], other: [u8; 16]) {
            let key = SectorKey::from_bits(&key);
            let value = |root| derive_for_person(&key, &Scope::Portable, &Root(root));
            prop_assert_eq!(value(root), value(root));
            prop_assert_eq!(value(root) == value(other), root == other);
        }

        /// P7: two different lists of fields are never the same bytes.
        #[test]
        fn p7_fields_never_run_together(a: Vec<Vec<u8>>, b: Vec<Vec<u8>>) {
            let joined = |list: &[Vec<u8>]| length_prefixed(&list.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert_eq!(joined(&a) == joined(&b), a == b);
        }

        /// L2: what the journal keeps differs from sector to sector.
        #[test]
        fn l2_commitments_differ_by_sector(root: [u8; 16]) {
            let value = Pseudonym::stored("same").unwrap();
            let of = |sector: &str| commitment(&Root(root), &SectorId::parse(sector).unwrap(), &value);
            prop_assert_ne!(of("one"), of("two"));
            prop_assert_eq!(of("one"), of("one"));
        }
    }

    #[test]
    fn what_is_imported_keeps_its_bytes_and_never_looks_like_ours() {
        let value = "Eleve/042+Durand=~".repeat(14);
        assert_eq!(Pseudonym::imported(&value).unwrap().as_str(), value);
        let ours = "abcdefghijklmnopqrstuvwxyz";
        for taken in [ours, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "234567abcdefghijklmnopqrst"] {
            assert_eq!(Pseudonym::imported(taken), Err(NotImportable::Ours), "{taken}");
        }
        for other in [&ours[1..], "abcdefghijklmnopqrstuvwxy1", "abcdefghijklmnopqrstuvwxyza"] {
            assert!(Pseudonym::imported(other).is_ok(), "{other}");
        }
        for bad in ["", "with space", "é", &"x".repeat(256)] {
            assert!(matches!(Pseudonym::imported(bad), Err(NotImportable::Form(_))), "{bad}");
        }
    }

    #[test]
    fn p7_the_classic_collision_is_gone() {
        assert_ne!(length_prefixed(&[b"ab", b"c"]), length_prefixed(&[b"a", b"bc"]));
    }

    #[test]
    fn p4_scope_decides_whether_schools_share_a_value() {
        let (key, root) = (SectorKey::from_bits(&[7; 32]), Root([9; 16]));
        let at =
            |uai: &str| derive_for_person(&key, &Scope::School(Uai::parse_any_letter(uai).unwrap()), &root);
        assert_ne!(at("0750001U"), at("0440001M"));
        assert_eq!(at("0750001U"), at("0750001U"));
    }
}
