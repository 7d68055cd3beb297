//! Words at the console's door, one struct a page.

use serde::Deserialize;

use super::words::NoticeWords;

/// The pages at the console's door.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConsoleWords {
    pub(super) sign_in: SignInWords,
    pub(super) code: CodeWords,
    pub(super) enrol: EnrolWords,
    pub(super) ready: ReadyWords,
    pub(super) change: ChangeWords,
    pub(super) enter: EnterWords,
    pub(super) errors: ConsoleErrors,
    pub(super) forbidden: NoticeWords,
    pub(super) forged: NoticeWords,
    pub(super) over: NoticeWords,
    pub(super) broken: NoticeWords,
}

/// Name and password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInWords {
    pub(super) title: String,
    pub(super) account: String,
    pub(super) password: String,
    pub(super) button: String,
    pub(super) schools: String,
}

/// The code of an authenticator.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeWords {
    pub(super) title: String,
    pub(super) words: String,
    pub(super) code: String,
    pub(super) recovery: String,
    pub(super) button: String,
    pub(super) again: String,
}

/// An account is enrolled.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnrolWords {
    pub(super) title: String,
    pub(super) account: String,
    pub(super) password_title: String,
    pub(super) rules: String,
    pub(super) password: String,
    pub(super) again: String,
    pub(super) device_title: String,
    pub(super) device: String,
    pub(super) picture: String,
    pub(super) by_hand: String,
    pub(super) uri: String,
    pub(super) code: String,
    pub(super) button: String,
}

/// Recovery codes, shown once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadyWords {
    pub(super) title: String,
    pub(super) words: String,
    pub(super) once: String,
    pub(super) button: String,
}

/// A password is changed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeWords {
    pub(super) title: String,
    pub(super) words: String,
    pub(super) old: String,
    pub(super) password: String,
    pub(super) button: String,
    pub(super) back: String,
}

/// The console does not open in a frame.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnterWords {
    pub(super) title: String,
    pub(super) words: String,
    pub(super) button: String,
}

/// What was typed wrong.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConsoleErrors {
    pub(super) wrong: String,
    pub(super) code: String,
    pub(super) old: String,
    pub(super) wait: String,
    pub(super) over: String,
    pub(super) differ: String,
    pub(super) short: String,
    pub(super) long: String,
    pub(super) worst: String,
    pub(super) named: String,
    pub(super) fault: String,
}
