//! Words: what the pages say, one struct a page, read from one file a language. A missing word is a parse error.

use serde::Deserialize;

use super::Language;
use super::console_words::ConsoleWords;
use super::named::{AttributeWords, ProfileWords};
use super::refusals::Mender;
use super::subject::SubjectWords;

/// Everything that the pages say in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) refusal: RefusalWords,
    pub(super) fault: FaultWords,
    pub(super) choose_school: ChooseSchoolWords,
    pub(super) auto_post: AutoPostWords,
    pub(super) open_from_ent: NoticeWords,
    pub(super) come_back: NoticeWords,
    pub(super) too_many: NoticeWords,
    pub(super) past_proxy: NoticeWords,
    pub(super) home: HomeWords,
    pub(super) subject: SubjectWords,
    pub(super) attributes: AttributeWords,
    pub(super) profiles: ProfileWords,
    pub(super) console: ConsoleWords,
}

/// Around the words of a refusal, which stand in its registry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefusalWords {
    pub(super) new_tab: String,
    pub(super) back: String,
    pub(super) back_new_tab: String,
    pub(super) no_back: String,
    pub(super) number: String,
    pub(super) code: String,
    pub(super) mender: MenderWords,
}

/// Who can mend a refusal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MenderWords {
    person: String,
    school: String,
    publisher: String,
    ent: String,
    operator: String,
}

impl MenderWords {
    pub(super) fn of(&self, mender: Mender) -> &str {
        match mender {
            Mender::Person => &self.person,
            Mender::School => &self.school,
            Mender::Publisher => &self.publisher,
            Mender::Ent => &self.ent,
            Mender::Operator => &self.operator,
        }
    }
}

/// The page of a fault.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultWords {
    pub(super) title: String,
    pub(super) words: String,
    pub(super) next_title: String,
    pub(super) next: String,
    pub(super) restart: String,
    pub(super) number: String,
    pub(super) errormsg: String,
}

/// The page where a school is chosen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChooseSchoolWords {
    pub(super) title: String,
    pub(super) words: String,
}

/// The page that posts a form by itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AutoPostWords {
    pub(super) title: String,
    pub(super) words: String,
    pub(super) by_hand: String,
    pub(super) button: String,
}

/// A page that says one thing and what to do next.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoticeWords {
    pub(super) title: String,
    pub(super) words: String,
    pub(super) next: String,
}

/// The page at `/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HomeWords {
    pub(super) words: String,
}

impl Words {
    /// Reads one language.
    pub(super) fn load(language: Language) -> Result<Self, toml::de::Error> {
        toml::from_str(text(language))
    }
}

const fn text(language: Language) -> &'static str {
    match language {
        Language::Fr => include_str!("locales/fr.toml"),
        Language::En => include_str!("locales/en.toml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_needed_and_no_other_is_taken() {
        for language in Language::ALL {
            let text = text(language);
            Words::load(language).unwrap();
            for line in text.lines().filter(|line| line.contains(" = ")) {
                let without = text.replacen(line, "", 1);
                assert!(toml::from_str::<Words>(&without).is_err(), "without {line}");
            }
            let more = format!("{text}\nanother = \"word\"");
            assert!(toml::from_str::<Words>(&more).is_err());
        }
    }

    #[test]
    fn french_is_set_as_french_is_set() {
        let words = text(Language::Fr).lines().filter(|line| line.contains(" = "));
        for line in words {
            assert!(!line.contains('\''), "a straight apostrophe: {line}");
            for mark in [" :", " ;", " ?", " !", "« ", " »"] {
                assert!(!line.contains(mark), "a breaking space: {line}");
            }
        }
    }
}
