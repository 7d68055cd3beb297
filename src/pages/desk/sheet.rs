//! Sheets: pages that are a title, perhaps a question, and tables. What operators and the data protection officer read.

use askama::Template;

use super::Reader;
use super::frame::Frame;
use crate::pages::{Page, Pages};

/// A page of tables.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// Its title.
    pub title: String,
    /// Below it.
    pub sub: String,
    /// What can be looked for.
    pub find: Option<Find>,
    /// What is wrong, or absent.
    pub error: Option<String>,
    /// Its tables.
    pub tables: Vec<Table>,
}

/// What can be looked for.
#[derive(Debug, Clone, Default)]
pub struct Find {
    /// Where the question goes.
    pub action: String,
    /// Whether it is posted, because it names somebody who must stand in no address.
    pub posts: bool,
    /// Name, label and value of each field.
    pub fields: Vec<(&'static str, String, String)>,
    /// The word on the button.
    pub button: String,
}

/// One table.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Its title.
    pub title: String,
    /// What it says beside.
    pub words: String,
    /// Its columns.
    pub heads: Vec<Head>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
    /// What can be done about it.
    pub acts: Vec<Act>,
}

/// A column.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// What it is called.
    pub words: String,
}

/// A cell.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// How it stands out.
    pub tag: Option<&'static str>,
    /// Whether it is written for operators, in English.
    pub english: bool,
}

/// Something that can be done, or a way on.
#[derive(Debug, Clone, Default)]
pub struct Act {
    /// Where it goes.
    pub to: String,
    /// The words.
    pub words: String,
    /// Whether it is a form.
    pub posts: bool,
    /// What the form says.
    pub fields: Vec<(&'static str, String)>,
    /// Whether it is not the first choice.
    pub quiet: bool,
}

impl Head {
    /// A column of words.
    #[must_use]
    pub fn of(words: &str) -> Self {
        Self { words: words.to_owned() }
    }
}

impl Cell {
    /// Words.
    #[must_use]
    pub fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Words of the operator's language.
    #[must_use]
    pub fn english(text: impl Into<String>) -> Self {
        Self { text: text.into(), english: true, ..Self::default() }
    }

    /// Words that stand out.
    #[must_use]
    pub fn tag(text: impl Into<String>, tag: &'static str) -> Self {
        Self { text: text.into(), tag: Some(tag), ..Self::default() }
    }
}

#[derive(Template)]
#[template(path = "desk/sheet.html")]
struct SheetPage<'a> {
    frame: Frame<'a>,
    sheet: &'a Sheet,
}

impl Pages {
    /// A page of tables.
    #[must_use]
    pub fn sheet(&self, reader: &Reader<'_>, status: u16, sheet: &Sheet) -> Page {
        self.desk(status, &SheetPage { frame: self.frame(reader), sheet })
    }
}
