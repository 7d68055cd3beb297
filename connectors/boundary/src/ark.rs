//! ARK: the permanent name of a resource.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

/// The text is not an ARK.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{0}\" is not an ARK: ark:/NAAN/name, at most 1024 characters without spaces")]
pub struct NotAnArk(pub String);

/// The permanent name of a resource, `ark:/NAAN/name`. A resolver in front of it (`http://n2t.net/ark:/…`) is taken
/// off, so that equal resources compare equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Ark(String);

impl Ark {
    /// Reads an ARK, with or without a resolver in front.
    ///
    /// # Errors
    /// [`NotAnArk`] when the text has another form.
    pub fn parse(text: &str) -> Result<Self, NotAnArk> {
        let refused = || NotAnArk(text.chars().take(80).collect());
        let start = text.find("ark:/").ok_or_else(refused)?;
        let (resolver, ark) = text.split_at(start);
        let plain =
            resolver.is_empty() || resolver.starts_with("https://") || resolver.starts_with("http://");
        if plain && text.len() <= 1024 && is_ark(ark) { Ok(Self(ark.to_owned())) } else { Err(refused()) }
    }

    /// The ARK as text, beginning with `ark:/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_ark(ark: &str) -> bool {
    let name = ark.strip_prefix("ark:/").unwrap_or_default();
    let parts = name.split_once('/').is_some_and(|(naan, rest)| !naan.is_empty() && !rest.is_empty());
    parts && name.chars().all(|c| c.is_ascii_graphic())
}

impl fmt::Display for Ark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Ark {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolver_in_front_is_taken_off() {
        assert_eq!(
            Ark::parse("http://n2t.net/ark:/99999/abc").unwrap(),
            Ark::parse("ark:/99999/abc").unwrap()
        );
        for bad in ["", "ark:/", "ark:/99999", "ark:/99999/", "x ark:/1/a", "ark:/1/a b"] {
            assert!(Ark::parse(bad).is_err(), "{bad:?} was taken");
        }
    }
}
