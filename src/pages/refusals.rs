//! Refusals: the registry of refusal codes, `specs/refusals.toml`, read once. Registry and code hold the same codes.

use std::collections::BTreeMap;

use boundary::RefusalCode;
use serde::Deserialize;
use thiserror::Error;

use super::Language;

const FILE: &str = include_str!("../../specs/refusals.toml");

/// Who can put right what a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mender {
    /// The reader, by trying otherwise.
    Person,
    /// The school.
    School,
    /// The publisher.
    Publisher,
    /// The ENT.
    Ent,
    /// Whoever runs this broker.
    Operator,
}

/// What a refusal says to its reader.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// A headline.
    pub title: String,
    /// What happened.
    pub words: String,
    /// Who can mend it, and what to say to them.
    pub mend: String,
}

/// One code of the registry.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    code: RefusalCode,
    /// HTTP status of its page.
    #[serde(default = "forbidden")]
    pub status: u16,
    /// Who can mend it.
    pub mends: Mender,
    /// Its meaning, for operators.
    pub meaning: String,
    fr: Told,
    en: Told,
}

impl Entry {
    /// The words in a language.
    #[must_use]
    pub const fn told(&self, language: Language) -> &Told {
        match language {
            Language::Fr => &self.fr,
            Language::En => &self.en,
        }
    }
}

const fn forbidden() -> u16 {
    403
}

/// The registry cannot be used.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// It cannot be read.
    #[error("specs/refusals.toml: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// A code has no entry.
    #[error("specs/refusals.toml has no entry for {0}")]
    Missing(&'static str),
    /// A code has two entries.
    #[error("specs/refusals.toml has two entries for {0}")]
    Doubled(&'static str),
    /// A status is no refusal's.
    #[error("specs/refusals.toml: {0} has status {1}, which is not in 400 to 499")]
    NotARefusal(&'static str, u16),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    refusal: Vec<Entry>,
}

/// Every refusal code with its words.
#[derive(Debug)]
pub struct Registry(BTreeMap<RefusalCode, Entry>);

impl Registry {
    /// Reads the registry.
    ///
    /// # Errors
    /// [`RegistryError`] when it cannot be read, or when registry and code differ.
    pub fn load() -> Result<Self, RegistryError> {
        Self::read(FILE)
    }

    fn read(text: &str) -> Result<Self, RegistryError> {
        let mut entries = BTreeMap::new();
        for entry in toml::from_str::<File>(text)?.refusal {
            let name = entry.code.as_str();
            if !(400..500).contains(&entry.status) {
                return Err(RegistryError::NotARefusal(name, entry.status));
            }
            if entries.insert(entry.code, entry).is_some() {
                return Err(RegistryError::Doubled(name));
            }
        }
        match RefusalCode::ALL.iter().find(|code| !entries.contains_key(code)) {
            Some(code) => Err(RegistryError::Missing(code.as_str())),
            None => Ok(Self(entries)),
        }
    }

    /// The entry of a code; there is one for each, since [`Registry::load`] looked.
    #[must_use]
    pub fn entry(&self, code: RefusalCode) -> Option<&Entry> {
        self.0.get(&code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_entry_with_words_in_both_languages() {
        let registry = Registry::load().unwrap();
        for code in RefusalCode::ALL {
            let entry = registry.entry(*code).unwrap();
            for language in Language::ALL {
                let told = entry.told(language);
                assert!(!told.title.is_empty() && !told.words.is_empty() && !told.mend.is_empty());
            }
        }
    }

    #[test]
    fn a_missing_a_doubled_and_an_unknown_code_stop_the_start() {
        let second = FILE.match_indices("[[refusal]]").nth(1).unwrap().0;
        let first = FILE.find("[[refusal]]").unwrap();
        let without = format!("{}{}", &FILE[..first], &FILE[second..]);
        assert!(matches!(Registry::read(&without), Err(RegistryError::Missing(_))));
        let doubled = format!("{FILE}\n{}", &FILE[first..second]);
        assert!(matches!(Registry::read(&doubled), Err(RegistryError::Doubled(_))));
        let unknown = FILE.replacen("code = \"", "code = \"x_", 1);
        assert!(matches!(Registry::read(&unknown), Err(RegistryError::Unreadable(_))));
    }
}
