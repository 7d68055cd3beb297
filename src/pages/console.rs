//! The pages at the console's door: signing in, enrolling, changing a password.

use askama::Template;
use boundary::Handle;

use super::console_words::{ConsoleErrors, ConsoleWords};
use super::qr::Qr;
use super::security::Leads;

use super::{Language, Page, Pages};
use crate::access::{Enrolling, NotIn, Session, Weak};

/// Where the forms go.
pub const SIGN_IN: &str = "/console/sign-in";
/// Where the second half of a sign-in goes.
pub const CODE: &str = "/console/sign-in/code";
/// Where a session ends.
pub const SIGN_OUT: &str = "/console/sign-out";
/// Where an account is enrolled.
pub const ENROL: &str = "/console/enrol";
/// Where a password is changed.
pub const PASSWORD: &str = "/console/password";
/// Where a launch from an ENT ends that wants the console.
pub const ENTER: &str = "/console/enter";
/// The console.
pub const CONSOLE: &str = "/console";

#[derive(Template)]
#[template(path = "console_sign_in.html")]
struct SignInPage<'a> {
    lang: &'static str,
    words: &'a ConsoleWords,
    action: &'static str,
    account: &'a str,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "console_code.html")]
struct CodePage<'a> {
    lang: &'static str,
    words: &'a ConsoleWords,
    action: &'static str,
    again: &'static str,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "console_enrol.html")]
struct EnrolPage<'a> {
    lang: &'static str,
    words: &'a ConsoleWords,
    action: &'static str,
    link: &'a str,
    enrolling: &'a Enrolling,
    qr: Option<Qr>,
    error: Option<String>,
    /// Which field the error is about.
    about_code: bool,
}

#[derive(Template)]
#[template(path = "console_ready.html")]
struct ReadyPage<'a> {
    lang: &'static str,
    words: &'a ConsoleWords,
    codes: &'a [&'a str],
    console: &'static str,
}

#[derive(Template)]
#[template(path = "console_password.html")]
struct PasswordPage<'a> {
    lang: &'static str,
    words: &'a ConsoleWords,
    action: &'static str,
    console: &'static str,
    session: &'a Session,
    error: Option<String>,
    /// Whether the error is about the old password.
    about_old: bool,
}

#[derive(Template)]
#[template(path = "console_enter.html")]
struct EnterPage<'a> {
    lang: &'static str,
    words: &'a ConsoleWords,
    action: &'static str,
    handle: &'a str,
}

/// Why a page of the console is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unshown {
    /// The role, or the school, is not the reader's.
    Forbidden,
    /// A form that does not come from a page of the session.
    Forged,
    /// A link that was used or has expired.
    Over,
    /// Something is broken.
    Fault,
}

impl Pages {
    /// Name and password are asked for. What was wrong before is told.
    #[must_use]
    pub fn sign_in(&self, language: Language, account: &str, wrong: Option<&NotIn>) -> Page {
        let words = &self.words(language).console;
        let page = SignInPage {
            lang: language.tag(),
            words,
            action: SIGN_IN,
            account,
            error: wrong.map(|wrong| told(&words.errors, wrong, &words.errors.wrong)),
        };
        self.page(status(wrong), &page, Leads::Ourselves, &[])
    }

    /// A code is asked for.
    #[must_use]
    pub fn sign_in_code(&self, language: Language, wrong: Option<&NotIn>) -> Page {
        let words = &self.words(language).console;
        let page = CodePage {
            lang: language.tag(),
            words,
            action: CODE,
            again: SIGN_IN,
            error: wrong.map(|wrong| told(&words.errors, wrong, &words.errors.code)),
        };
        self.page(status(wrong), &page, Leads::Ourselves, &[])
    }

    /// An account is enrolled: password, and an authenticator that shows codes.
    #[must_use]
    pub fn enrol(
        &self,
        language: Language,
        link: &str,
        enrolling: &Enrolling,
        wrong: Option<&NotIn>,
    ) -> Page {
        let words = &self.words(language).console;
        let page = EnrolPage {
            lang: language.tag(),
            words,
            action: ENROL,
            link,
            enrolling,
            qr: Qr::draw(&enrolling.uri),
            error: wrong.map(|wrong| told(&words.errors, wrong, &words.errors.code)),
            about_code: matches!(wrong, Some(NotIn::Wrong)),
        };
        self.page(status(wrong), &page, Leads::Ourselves, &[])
    }

    /// An account is enrolled; these codes are shown once.
    #[must_use]
    pub fn enrolled(&self, language: Language, codes: &[&str]) -> Page {
        let words = &self.words(language).console;
        let page = ReadyPage { lang: language.tag(), words, codes, console: CONSOLE };
        self.page(200, &page, Leads::Ourselves, &[])
    }

    /// A password is changed.
    #[must_use]
    pub fn change_password(&self, language: Language, session: &Session, wrong: Option<&NotIn>) -> Page {
        let words = &self.words(language).console;
        let page = PasswordPage {
            lang: language.tag(),
            words,
            action: PASSWORD,
            console: CONSOLE,
            session,
            error: wrong.map(|wrong| told(&words.errors, wrong, &words.errors.old)),
            about_old: matches!(wrong, Some(NotIn::Wrong)),
        };
        self.page(status(wrong), &page, Leads::Ourselves, &[])
    }

    /// The console does not open inside a portal's frame: a button opens it in a window of its own.
    #[must_use]
    pub fn console_in_window(&self, language: Language, handle: &Handle, embedders: &[String]) -> Page {
        let words = &self.words(language).console;
        let page = EnterPage { lang: language.tag(), words, action: ENTER, handle: handle.as_str() };
        self.page(200, &page, Leads::ByForm, embedders)
    }

    /// A page of the console is not shown.
    #[must_use]
    pub fn unshown(&self, language: Language, why: Unshown) -> Page {
        let words = &self.words(language).console;
        let (status, words) = match why {
            Unshown::Forbidden => (403, &words.forbidden),
            Unshown::Forged => (403, &words.forged),
            Unshown::Over => (410, &words.over),
            Unshown::Fault => (503, &words.broken),
        };
        self.notice(status, language, words, &[])
    }
}

fn status(wrong: Option<&NotIn>) -> u16 {
    match wrong {
        None => 200,
        Some(NotIn::Wait(_)) => 429,
        Some(NotIn::Over) => 410,
        Some(NotIn::Fault(_)) => 503,
        Some(NotIn::Wrong | NotIn::Weak(_) | NotIn::Differ) => 422,
    }
}

/// `wrong` is what was typed wrong on this page.
fn told(words: &ConsoleErrors, why: &NotIn, wrong: &str) -> String {
    match why {
        NotIn::Wrong => wrong.to_owned(),
        NotIn::Wait(wait) => words.wait.replace("{seconds}", &(wait.whole_seconds() + 1).to_string()),
        NotIn::Over => words.over.clone(),
        NotIn::Differ => words.differ.clone(),
        NotIn::Fault(_) => words.fault.clone(),
        NotIn::Weak(Weak::Short) => words.short.clone(),
        NotIn::Weak(Weak::Long) => words.long.clone(),
        NotIn::Weak(Weak::Worst) => words.worst.clone(),
        NotIn::Weak(Weak::Named) => words.named.clone(),
    }
}
