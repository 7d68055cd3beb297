//! Desk: the pages inside the console. They work without script; with it, lists narrow as one types and a box ticks all.
//!
//! Each page stands in a [`Frame`]: who reads, where they can go, and the token that their forms send back.

mod ask;
mod chart;
mod frame;
mod holders;
mod schools;
mod sheet;
mod subscription;
mod usage;
mod words;

use super::security::Leads;
use super::{Language, Page, Pages};
use crate::access::Session;

pub use ask::Ask;
pub use frame::{Done, ERASURES, PERSON, Place, REGISTER, USAGE, day_of};
pub use holders::{HolderRow, HoldersPage};
pub use schools::{SchoolHome, SchoolLine, SchoolList};
pub use sheet::{Act, Cell, Find, Head, Sheet, Table};
pub use subscription::{Choice, SetRow, SubscriptionPage};
pub use usage::{SPANS, UsagePage};
pub use words::{
    AssignWords, DeskWords, EraseWords, HoldersWords, OversightWords, PersonWords, RegisterWords,
};

use frame::Frame;

/// Who reads a page of the console, in which language, and where they are.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// Their session.
    pub session: &'a Session,
    /// Their language.
    pub language: Language,
    /// Where they are.
    pub place: Place<'a>,
    /// What they have just done.
    pub done: Option<Done>,
}

impl Pages {
    /// The words inside the console, for what is put together from them elsewhere.
    #[must_use]
    pub const fn desk_words(&self, language: Language) -> &DeskWords {
        match language {
            Language::Fr => &self.desk_fr,
            Language::En => &self.desk_en,
        }
    }

    fn frame<'a>(&'a self, reader: &Reader<'a>) -> Frame<'a> {
        Frame::new(self.desk_words(reader.language), reader)
    }

    fn desk(&self, status: u16, template: &impl askama::Template) -> Page {
        self.page(status, template, Leads::Desk, &[])
    }
}
