//! Pages: what people see. Templates are checked at compile time, words come from one file a language, and every
//! page is whole in itself: no script but one constant, no font, no picture, nothing fetched.
//!
//! To add a page: a struct of its words in `words.rs`, the words in each file under `locales/`, a template, a
//! function here, and a sample in `tests.rs`.

mod back;
mod console;
mod console_words;
mod desk;
mod language;
mod named;
mod qr;
mod refusals;
mod security;
mod subject;
#[cfg(test)]
mod tests;
mod words;

use askama::Template;
use boundary::{Back, LaunchId, PageName, Refusal, RefusalCode};
use thiserror::Error;
use url::Url;

use crate::launch::SchoolChoice;
use security::{Leads, Security};
use words::{AutoPostWords, ChooseSchoolWords, FaultWords, NoticeWords, RefusalWords, Words};

pub use back::back_url;
pub use console::{CODE, CONSOLE, ENROL, ENTER, PASSWORD, SIGN_IN, SIGN_OUT, Unshown};
pub use desk::{
    Act, Ask, AssignWords, Cell, Choice, DeskWords, Done, ERASURES, EraseWords, Find, Head, HolderRow,
    HoldersPage, HoldersWords, OversightWords, PERSON, PersonWords, Place, REGISTER, Reader, RegisterWords,
    SPANS, SchoolHome, SchoolLine, SchoolList, SetRow, Sheet, SubscriptionPage, Table, USAGE, UsagePage,
    day_of,
};
pub use language::Language;
pub use refusals::{Entry, Mender, Registry, RegistryError, Told};

/// Where the chosen school is posted to.
pub const SCHOOL_PATH: &str = "/lti/school";

/// The pages cannot be shown.
#[derive(Debug, Error)]
pub enum PagesError {
    /// The registry of refusals.
    #[error(transparent)]
    Refusals(#[from] RegistryError),
    /// A file of words.
    #[error("words in \"{0}\": {1}")]
    Words(&'static str, toml::de::Error),
}

/// A page, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// HTTP status.
    pub status: u16,
    /// The document.
    pub html: String,
    /// The headers that belong to this document: its content security policy and its referrer policy.
    pub headers: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage<'a> {
    lang: &'static str,
    words: &'a RefusalWords,
    told: &'a Told,
    mender: &'a str,
    unseen: bool,
    back: Option<String>,
    launch: &'a str,
    code: &'static str,
}

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage<'a> {
    lang: &'static str,
    words: &'a FaultWords,
    back: Option<String>,
    launch: &'a str,
}

#[derive(Template)]
#[template(path = "choose_school.html")]
struct ChooseSchoolPage<'a> {
    lang: &'static str,
    words: &'a ChooseSchoolWords,
    action: &'static str,
    choice: &'a SchoolChoice,
}

#[derive(Template)]
#[template(path = "auto_post.html")]
struct AutoPostPage<'a> {
    lang: &'static str,
    words: &'a AutoPostWords,
    to: &'a str,
    fields: &'a [(&'static str, String)],
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    lang: &'static str,
    title: &'a str,
    words: &'a str,
    next: &'a str,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    lang: &'static str,
    both: [(&'static str, &'a str); 2],
}

/// Everything that pages are made of, read once.
#[derive(Debug)]
pub struct Pages {
    refusals: Registry,
    not_found: Entry,
    fr: Words,
    en: Words,
    desk_fr: DeskWords,
    desk_en: DeskWords,
    security: Security,
}

impl Pages {
    /// Reads the registry and the words.
    ///
    /// # Errors
    /// [`PagesError`] when a word or a refusal is missing.
    pub fn load() -> Result<Self, PagesError> {
        let desk = |language| DeskWords::load(language).map_err(|e| PagesError::Words(language.tag(), e));
        let words = |language| Words::load(language).map_err(|e| PagesError::Words(language.tag(), e));
        let refusals = Registry::load()?;
        let not_found = refusals.entry(RefusalCode::NotFound).cloned();
        Ok(Self {
            refusals,
            not_found: not_found.ok_or(RegistryError::Missing("not_found"))?,
            fr: words(Language::Fr)?,
            en: words(Language::En)?,
            desk_fr: desk(Language::Fr)?,
            desk_en: desk(Language::En)?,
            security: Security::new(),
        })
    }

    /// The registry of refusals.
    #[must_use]
    pub const fn refusals(&self) -> &Registry {
        &self.refusals
    }

    /// A launch may not go on. The language that the ENT named wins over the browser's.
    #[must_use]
    pub fn refusal(
        &self,
        language: Language,
        launch: &LaunchId,
        refusal: &Refusal,
        embedders: &[String],
    ) -> Page {
        let language = named(refusal.back(), language);
        let Some(entry) = self.refusals.entry(refusal.code()) else {
            return self.fault(language, launch, refusal.back(), embedders);
        };
        let told = entry.told(language);
        let words = &self.words(language).refusal;
        let page = RefusalPage {
            lang: language.tag(),
            words,
            told,
            mender: words.mender.of(entry.mends),
            unseen: is_unseen(refusal.code()),
            back: way_back(refusal.back(), &told.title, launch),
            launch: launch.as_str(),
            code: refusal.code().as_str(),
        };
        // Shown in the ENT's frame, whose cookies are blocked, and the ENT is not known: the page holds nothing to guard.
        let leads = if refusal.code() == RefusalCode::BrowserUnbound && refusal.back().ent.is_none() {
            Leads::NowhereForAnybody
        } else {
            Leads::Nowhere
        };
        self.page(entry.status, &page, leads, embedders)
    }

    /// Something is broken, here or at a peer. The language that the ENT named wins over the browser's.
    #[must_use]
    pub fn fault(&self, language: Language, launch: &LaunchId, back: &Back, embedders: &[String]) -> Page {
        let language = named(back, language);
        let words = &self.words(language).fault;
        let page = FaultPage {
            lang: language.tag(),
            words,
            back: way_back(back, &words.errormsg, launch),
            launch: launch.as_str(),
        };
        self.page(503, &page, Leads::Nowhere, embedders)
    }

    /// The person has several schools and chooses one. The form goes to [`SCHOOL_PATH`].
    #[must_use]
    pub fn choose_school(&self, language: Language, choice: &SchoolChoice, embedders: &[String]) -> Page {
        let named = choice.locale.as_deref().and_then(Language::of_tag);
        let language = named.unwrap_or(language);
        let page = ChooseSchoolPage {
            lang: language.tag(),
            words: &self.words(language).choose_school,
            action: SCHOOL_PATH,
            choice,
        };
        self.page(200, &page, Leads::ByForm, embedders)
    }

    /// Posts these fields there by itself, with a button where no script runs (OAuth 2.0 Form Post Response Mode).
    #[must_use]
    pub fn auto_post(
        &self,
        language: Language,
        to: &Url,
        fields: &[(&'static str, String)],
        embedders: &[String],
    ) -> Page {
        let page = AutoPostPage {
            lang: language.tag(),
            words: &self.words(language).auto_post,
            to: to.as_str(),
            fields,
        };
        self.page(200, &page, Leads::ByScript, embedders)
    }

    /// A page that a connector asks for by name.
    #[must_use]
    pub fn named(&self, language: Language, name: PageName, embedders: &[String]) -> Page {
        let words = self.words(language);
        let words = match name {
            PageName::OpenFromEnt => &words.open_from_ent,
            PageName::ComeBack => &words.come_back,
        };
        self.notice(200, language, words, embedders)
    }

    /// A limit is passed.
    #[must_use]
    pub fn too_many(&self, language: Language, embedders: &[String]) -> Page {
        self.notice(429, language, &self.words(language).too_many, embedders)
    }

    /// Somebody speaks to this machine past the proxies in front of it.
    #[must_use]
    pub fn past_proxy(&self, language: Language) -> Page {
        self.notice(421, language, &self.words(language).past_proxy, &[])
    }

    fn notice(&self, status: u16, language: Language, words: &NoticeWords, embedders: &[String]) -> Page {
        let page =
            NoticePage { lang: language.tag(), title: &words.title, words: &words.words, next: &words.next };
        self.page(status, &page, Leads::Nowhere, embedders)
    }

    /// There is no such page.
    #[must_use]
    pub fn not_found(&self, language: Language) -> Page {
        let told = self.not_found.told(language);
        let page =
            NoticePage { lang: language.tag(), title: &told.title, words: &told.words, next: &told.mend };
        self.page(self.not_found.status, &page, Leads::Nowhere, &[])
    }

    /// What this is, in both languages.
    #[must_use]
    pub fn home(&self, language: Language) -> Page {
        let page = HomePage {
            lang: language.tag(),
            both: Language::ALL.map(|each| (each.tag(), self.words(each).home.words.as_str())),
        };
        self.page(200, &page, Leads::Nowhere, &[])
    }

    const fn words(&self, language: Language) -> &Words {
        match language {
            Language::Fr => &self.fr,
            Language::En => &self.en,
        }
    }

    /// Writing to a string does not fail, so neither does a template that is only values.
    fn page(&self, status: u16, template: &impl Template, leads: Leads, embedders: &[String]) -> Page {
        Page {
            status,
            html: template.render().unwrap_or_default(),
            headers: self.security.headers(leads, embedders),
        }
    }
}

fn named(back: &Back, otherwise: Language) -> Language {
    let named = back.locale.as_deref().and_then(Language::of_tag);
    named.unwrap_or(otherwise)
}

/// Whether a blocked cookie is the usual reason, which a window of its own gets around.
const fn is_unseen(code: RefusalCode) -> bool {
    matches!(code, RefusalCode::BrowserUnbound | RefusalCode::LoginRequired)
}

/// The ENT shows the reason with the launch id, so that help can be asked for from there too.
fn way_back(back: &Back, reason: &str, launch: &LaunchId) -> Option<String> {
    back_url(back.return_url.as_ref()?, &format!("{reason} ({launch})"))
}
