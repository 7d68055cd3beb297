//! One subscription of a school: its seats, to whom it is assigned, and to whom it can be.

use askama::Template;

use super::Reader;
use super::frame::Frame;
use super::words::SubscriptionWords;
use crate::operate::desk::Offered;
use crate::pages::{Page, Pages};

/// A set that it is assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetRow {
    /// What it is called.
    pub name: String,
    /// How many people are in it, where that is known.
    pub people: Option<u64>,
    /// The address where it is taken back; none where a federation file assigned it.
    pub take_back: Option<String>,
}

/// A set that it can be assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What it is called.
    pub name: String,
    /// How many people are in it.
    pub note: String,
    /// The address where it is assigned.
    pub to: String,
}

/// A page about one subscription.
#[derive(Debug, Clone)]
pub struct SubscriptionPage {
    /// The subscription.
    pub one: Offered,
    /// The page's own address.
    pub here: String,
    /// To whom it is assigned.
    pub sets: Vec<SetRow>,
    /// To whom it can be.
    pub choices: Vec<Choice>,
    /// Whether it can be assigned now, by this reader.
    pub open: bool,
}

#[derive(Template)]
#[template(path = "desk/subscription.html")]
struct OnePage<'a> {
    frame: Frame<'a>,
    words: &'a SubscriptionWords,
    page: &'a SubscriptionPage,
}

impl Pages {
    /// One subscription of a school.
    #[must_use]
    pub fn subscription(&self, reader: &Reader<'_>, page: &SubscriptionPage) -> Page {
        let words = &self.desk_words(reader.language).subscription;
        self.desk(200, &OnePage { frame: self.frame(reader), words, page })
    }
}
