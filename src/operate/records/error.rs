//! Why a record was not read or written.

use boundary::Fault;
use thiserror::Error;

use crate::operate::apply::ManagedBy;
use crate::operate::apply::mistake::Mistake;

use super::document::Document;

/// One thing that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Where, as a JSON pointer in a fragment.
    pub pointer: String,
    /// What, and what to write instead.
    pub words: String,
}

/// Why a record was not read or written. Nothing was written then.
#[derive(Debug, Error)]
pub enum RecordError {
    /// It is not there, or not for these eyes.
    #[error("there is no such record")]
    Unknown,
    /// It was withdrawn.
    #[error("the record was withdrawn")]
    Withdrawn,
    /// It is there, and the write did not say which revision it changes.
    #[error("the write names no revision")]
    Unconditional,
    /// It has another revision than the write thinks.
    #[error("the record has another revision")]
    Stale,
    /// The text is no JSON object.
    #[error("{0}")]
    Malformed(String),
    /// What was sent is wrong, in all these places.
    #[error("the record has {} mistakes", .0.len())]
    Invalid(Vec<Wrong>),
    /// Somebody else looks after it.
    #[error("{} looks after the record", keeper(*.0))]
    Elsewhere(ManagedBy),
    /// Others name it: the first of them, each by kind and id.
    #[error("the record is named by others")]
    InUse(Vec<(&'static str, String)>),
    /// The store or the key ring did not answer.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Who looks after a record, in words.
pub const fn keeper(managed_by: ManagedBy) -> &'static str {
    crate::operate::apply::plan::keeper(managed_by)
}

/// Mistakes of one record in the words of whoever sent JSON.
pub fn wrongs(document: &Document, mistakes: &[Mistake]) -> RecordError {
    let wrong = |mistake: &Mistake| {
        let place = document.place(mistake.line().saturating_sub(1));
        let quoted = (place == "#").then(|| quoted(mistake.words())).flatten();
        let place = quoted.and_then(|text| document.place_of(text)).unwrap_or(place);
        Wrong { pointer: place, words: plain(mistake.words()) }
    };
    RecordError::Invalid(mistakes.iter().map(wrong).collect())
}

/// The first name that words quote: a mistake about the whole record is shown where that name stands.
fn quoted(words: &str) -> Option<&str> {
    words.split('"').nth(1)
}

/// A file's words without what only files have.
fn plain(words: &str) -> String {
    let words = words.replace("[[", "").replace("]]", "");
    let words =
        words.replace("add it to this file, or correct the name", "register it first, or correct the name");
    words.replace(", without quotation marks", "")
}
