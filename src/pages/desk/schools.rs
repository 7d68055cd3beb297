//! The schools, and what one of them has.

use askama::Template;

use super::Reader;
use super::frame::Frame;
use super::words::{SchoolWords, SchoolsWords};
use crate::operate::desk::{Offered, State};
use crate::pages::{Page, Pages};

/// A school in a list, or above its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolLine {
    /// Its number.
    pub uai: String,
    /// Its name.
    pub name: String,
    /// Its town.
    pub town: String,
}

/// A list of schools.
#[derive(Debug, Clone, Default)]
pub struct SchoolList {
    /// What was searched for.
    pub query: String,
    /// The schools.
    pub schools: Vec<SchoolLine>,
    /// The address of the next page.
    pub next: Option<String>,
}

/// A school's first page.
#[derive(Debug, Clone)]
pub struct SchoolHome {
    /// The school.
    pub school: SchoolLine,
    /// What was searched for.
    pub query: String,
    /// What it has.
    pub items: Vec<Offered>,
    /// The address of the next page.
    pub next: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/schools.html")]
struct SchoolsPage<'a> {
    frame: Frame<'a>,
    words: &'a SchoolsWords,
    query: &'a str,
    schools: &'a [SchoolLine],
    next: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "desk/school.html")]
struct SchoolPage<'a> {
    frame: Frame<'a>,
    words: &'a SchoolWords,
    home: &'a SchoolHome,
}

impl Pages {
    /// Schools to choose from.
    #[must_use]
    pub fn schools(&self, reader: &Reader<'_>, list: &SchoolList) -> Page {
        let words = &self.desk_words(reader.language).schools;
        let SchoolList { query, schools, next } = list;
        self.desk(
            200,
            &SchoolsPage { frame: self.frame(reader), words, query, schools, next: next.as_deref() },
        )
    }

    /// What a school has.
    #[must_use]
    pub fn school(&self, reader: &Reader<'_>, home: &SchoolHome) -> Page {
        let words = &self.desk_words(reader.language).school;
        self.desk(200, &SchoolPage { frame: self.frame(reader), words, home })
    }
}
