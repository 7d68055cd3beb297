//! French or English: which one the reader wants, and words that exist in both.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use serde::{Deserialize, Serialize};

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    French,
    English,
}

/// One text in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    pub fr: String,
    pub en: String,
}

impl Words {
    pub fn new(fr: &str, en: &str) -> Self {
        Self { fr: fr.to_owned(), en: en.to_owned() }
    }

    pub fn in_language(&self, language: Language) -> &str {
        language.say(&self.fr, &self.en)
    }
}

impl Language {
    /// The tag of BCP 47, for `lang` attributes and locale claims.
    pub fn tag(self) -> &'static str {
        self.say("fr", "en")
    }

    /// Whichever of the two is in this language.
    pub fn say<'a>(self, fr: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::French => fr,
            Self::English => en,
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::French => Self::English,
            Self::English => Self::French,
        }
    }

    /// The language of a tag such as `en-GB`, if it is one of ours.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        match tag.trim().get(..2)?.to_ascii_lowercase().as_str() {
            "fr" => Some(Self::French),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// What was asked for in words, else what the browser prefers, else French.
    pub(crate) fn wanted(asked: Option<&str>, headers: &HeaderMap) -> Self {
        asked
            .and_then(Self::of_tag)
            .or_else(|| headers.get(ACCEPT_LANGUAGE)?.to_str().ok().and_then(preferred))
            .unwrap_or(Self::French)
    }
}

/// The best of our languages in an `Accept-Language` field (RFC 9110 section 12.5.4).
fn preferred(field: &str) -> Option<Language> {
    let mut best: Option<(f32, Language)> = None;
    for item in field.split(',') {
        let (tag, weight) = item.split_once(';').unwrap_or((item, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).unwrap_or(0.0);
        if let Some(language) = Language::of_tag(tag)
            && best.is_none_or(|(most, _)| weight > most)
        {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weightiest_known_language_wins() {
        assert_eq!(preferred("de, en;q=0.5, fr;q=0.9"), Some(Language::French));
        assert_eq!(preferred("en-US,en;q=0.9"), Some(Language::English));
        assert_eq!(preferred("de"), None);
    }

    #[test]
    fn french_is_the_default_and_a_wish_wins() {
        let mut headers = HeaderMap::new();
        assert_eq!(Language::wanted(None, &headers), Language::French);
        headers.insert(ACCEPT_LANGUAGE, "en".parse().unwrap());
        assert_eq!(Language::wanted(None, &headers), Language::English);
        assert_eq!(Language::wanted(Some("fr"), &headers), Language::French);
    }
}
