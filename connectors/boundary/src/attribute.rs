//! Attributes: what an agreement may name, under GAR's names, and what is known about one person.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// No attribute has this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "\"{0}\" is not an attribute: UAI, NOM, PRE, CIV, DIV, GRO, P_MEL, P_MAT, P_MS4, E_MEF, E_MS1 or idENT"
)]
pub struct UnknownAttribute(pub String);

macro_rules! attributes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// An attribute that an agreement may name. The pseudonym (IDO) and the profile (PRO) are not listed here:
        /// every launch carries them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Attribute {
            $($(#[$doc])* #[serde(rename = $name)] $variant),+
        }

        impl Attribute {
            /// Every attribute.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// GAR's name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

attributes! {
    /// The school's number.
    Uai = "UAI",
    /// Family name.
    Nom = "NOM",
    /// Given name.
    Pre = "PRE",
    /// Civility.
    Civ = "CIV",
    /// Divisions, `code##label`.
    Div = "DIV",
    /// Groups, `code##label`.
    Gro = "GRO",
    /// A staff member's e-mail. Never a pupil's.
    PMel = "P_MEL",
    /// Subjects taught.
    PMat = "P_MAT",
    /// Levels taught.
    PMs4 = "P_MS4",
    /// A pupil's course of study.
    EMef = "E_MEF",
    /// A pupil's level.
    EMs1 = "E_MS1",
    /// The ENT's project code.
    IdEnt = "idENT",
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Attribute {
    type Err = UnknownAttribute;

    fn from_str(text: &str) -> Result<Self, UnknownAttribute> {
        Self::ALL
            .iter()
            .copied()
            .find(|a| a.as_str() == text)
            .ok_or_else(|| UnknownAttribute(text.to_owned()))
    }
}

/// What is known about one person: attribute to values. `Debug` shows the names only, since the values are personal.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attributes(BTreeMap<Attribute, Vec<String>>);

impl Attributes {
    /// Sets the values of an attribute; no values take it away.
    pub fn set(&mut self, attribute: Attribute, values: Vec<String>) {
        if values.is_empty() {
            self.0.remove(&attribute);
        } else {
            self.0.insert(attribute, values);
        }
    }

    /// The values of an attribute; empty when it is not known.
    #[must_use]
    pub fn get(&self, attribute: Attribute) -> &[String] {
        self.0.get(&attribute).map_or(&[], Vec::as_slice)
    }

    /// The first value of an attribute.
    #[must_use]
    pub fn first(&self, attribute: Attribute) -> Option<&str> {
        self.get(attribute).first().map(String::as_str)
    }

    /// All attributes with their values, in the order of [`Attribute::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Attribute, &[String])> {
        self.0.iter().map(|(attribute, values)| (*attribute, values.as_slice()))
    }

    /// The names of the attributes that are known.
    pub fn names(&self) -> impl Iterator<Item = Attribute> {
        self.0.keys().copied()
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys().map(|a| a.as_str())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_names_and_never_values() {
        let mut known = Attributes::default();
        known.set(Attribute::Nom, vec!["Tournesol".into()]);
        assert_eq!(format!("{known:?}"), "{\"NOM\"}");
    }
}
