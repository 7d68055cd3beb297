//! Who has a seat.

use askama::Template;

use super::Reader;
use super::frame::Frame;
use super::words::HoldersWords;
use crate::pages::{Page, Pages};

/// Somebody who has a seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderRow {
    /// What the school calls them.
    pub person: String,
    /// What a roster calls them, for whoever may know.
    pub name: Option<String>,
    /// What they are there.
    pub profile: String,
    /// How they come to it.
    pub how: String,
    /// Since when.
    pub since: String,
    /// When they opened the resource last.
    pub opened: String,
    /// What the form says to take their seat back; none where it cannot be.
    pub value: Option<String>,
}

impl HolderRow {
    /// What they are called here: by a roster, else as their ENT names them.
    fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.person)
    }
}

/// A page of them.
#[derive(Debug, Clone)]
pub struct HoldersPage {
    /// The resource.
    pub about: String,
    /// The address of the subscription.
    pub here: String,
    /// They.
    pub rows: Vec<HolderRow>,
    /// Whether seats can be taken back, by this reader.
    pub recovers: bool,
    /// After whom the next page begins; a form brings it, so that it stands in no address.
    pub next: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/holders.html")]
struct ListPage<'a> {
    frame: Frame<'a>,
    words: &'a HoldersWords,
    page: &'a HoldersPage,
}

impl Pages {
    /// Who has a seat of a subscription.
    #[must_use]
    pub fn holders(&self, reader: &Reader<'_>, page: &HoldersPage) -> Page {
        let words = &self.desk_words(reader.language).holders;
        self.desk(200, &ListPage { frame: self.frame(reader), words, page })
    }
}
