//! What something would come to, before it is done: every act of the console is shown first.

use askama::Template;

use super::Reader;
use super::frame::Frame;
use crate::pages::{Page, Pages};

/// What somebody is about to do.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// What it is.
    pub title: String,
    /// About what.
    pub about: String,
    /// What it comes to.
    pub lines: Vec<String>,
    /// Why it was not done, or cannot be.
    pub error: Option<String>,
    /// Whether it can be done.
    pub possible: bool,
    /// Where the form goes.
    pub action: String,
    /// What the form says.
    pub fields: Vec<(&'static str, String)>,
    /// What the reader must say they understand, before it is done.
    pub understood: Option<String>,
    /// The word on the button.
    pub button: String,
    /// Whether it cannot be undone.
    pub grave: bool,
    /// Where to go instead.
    pub back: String,
}

#[derive(Template)]
#[template(path = "desk/confirm.html")]
struct AskPage<'a> {
    frame: Frame<'a>,
    ask: &'a Ask,
}

impl Pages {
    /// What something would come to; the form does it.
    #[must_use]
    pub fn ask(&self, reader: &Reader<'_>, ask: &Ask) -> Page {
        let status = if ask.error.is_some() { 422 } else { 200 };
        self.desk(status, &AskPage { frame: self.frame(reader), ask })
    }
}
