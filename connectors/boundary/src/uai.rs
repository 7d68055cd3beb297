//! UAI: the national number of a French school, with its key letter.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

/// Key letters by remainder; I, O and Q are left out.
const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPRSTUVWXYZ";

/// Why a text is not a UAI.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotAUai {
    /// It does not have seven digits and a letter.
    #[error("\"{0}\" is not a UAI: seven digits and a letter, such as 0750001U")]
    Form(String),
    /// The letter does not fit the digits.
    #[error("the letter of UAI {given} is wrong: its digits ask for {wanted}")]
    Letter {
        /// The UAI as given.
        given: String,
        /// The letter that the digits ask for.
        wanted: char,
    },
}

/// The number of a school: seven digits and a letter, with a suffix `-ETn` where one school has several sites.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Uai(String);

impl Uai {
    /// Reads a UAI whose letter must be right. Upper and lower case are the same.
    ///
    /// # Errors
    /// [`NotAUai`] says whether the form or the letter is wrong.
    pub fn parse(text: &str) -> Result<Self, NotAUai> {
        let uai = Self::parse_any_letter(text)?;
        let (wanted, given) = (uai.wanted_letter(), uai.letter());
        if wanted == given {
            Ok(uai)
        } else {
            Err(NotAUai::Letter { given: uai.0, wanted: char::from(wanted) })
        }
    }

    /// Reads a UAI without checking its letter: for invented schools and for what arrives over the wire.
    ///
    /// # Errors
    /// [`NotAUai::Form`] when it has not seven digits and a letter.
    pub fn parse_any_letter(text: &str) -> Result<Self, NotAUai> {
        let upper = text.trim().to_ascii_uppercase();
        if is_uai(&upper) { Ok(Self(upper)) } else { Err(NotAUai::Form(text.chars().take(40).collect())) }
    }

    /// The number as text, upper case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn letter(&self) -> u8 {
        self.0.as_bytes().get(7).copied().unwrap_or_default()
    }

    fn wanted_letter(&self) -> u8 {
        let digits =
            self.0.bytes().take(7).fold(0_usize, |sum, d| sum * 10 + usize::from(d.wrapping_sub(b'0')));
        LETTERS.get(digits % LETTERS.len()).copied().unwrap_or_default()
    }
}

fn is_uai(text: &str) -> bool {
    let (number, suffix) = text.split_at_checked(8).unwrap_or((text, ""));
    let digits = number.len() == 8 && number.bytes().take(7).all(|c| c.is_ascii_digit());
    let letter = number.bytes().last().is_some_and(|c| c.is_ascii_uppercase());
    let site = suffix.strip_prefix("-ET").map_or(suffix.is_empty(), is_site);
    digits && letter && site
}

fn is_site(n: &str) -> bool {
    (1..=2).contains(&n.len()) && n.bytes().all(|c| c.is_ascii_digit())
}

impl fmt::Display for Uai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Uai {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse_any_letter(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letter_is_checked() {
        assert_eq!(Uai::parse("0650499P").unwrap().as_str(), "0650499P");
        assert_eq!(Uai::parse("0650499p-et6").unwrap().as_str(), "0650499P-ET6");
        let error = Uai::parse("0650499A").unwrap_err().to_string();
        assert!(error.ends_with("ask for P"), "{error}");
        assert!(Uai::parse_any_letter("0750001U").is_ok());
    }

    #[test]
    fn other_forms_are_refused() {
        for bad in ["", "065049P", "06504990P", "0650499P-ET", "0650499P-ET123", "0650499P-XX1", "é650499P"]
        {
            assert!(Uai::parse_any_letter(bad).is_err(), "{bad:?} was taken");
        }
    }
}
