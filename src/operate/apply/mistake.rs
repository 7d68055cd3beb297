//! Mistakes: what is wrong with a federation file, each with its line.

use std::fmt;

/// How many mistakes are shown; a file with more is usually wrong in one way many times.
const SHOWN: usize = 200;

/// How long the words of one mistake may be: they quote what the file says, and a file can say a lot.
const LENGTH: usize = 400;

/// Something of a file together with the line where it begins, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The line.
    pub line: usize,
    /// What stands there.
    pub value: T,
}

/// One thing that is wrong with a file: `FILE:LINE: words`. The words say what is wrong and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    file: String,
    line: usize,
    words: String,
}

impl Mistake {
    /// A mistake at a line; line 1 stands for the whole file. Words become one line of printable text.
    #[must_use]
    pub fn new(file: &str, line: usize, words: &str) -> Self {
        let (file, words) = (one_line(file), one_line(words));
        Self { file, line, words }
    }

    /// The line, counted from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// What is wrong, and what to write instead.
    #[must_use]
    pub fn words(&self) -> &str {
        &self.words
    }
}

/// What a file says must neither break the line nor speak to the terminal.
fn one_line(words: &str) -> String {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    let mut text: String = words.chars().take(LENGTH).map(printable).collect();
    if text.len() < words.len() {
        text.push('…');
    }
    text
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.words)
    }
}

/// Collects the mistakes of one file.
pub struct Mistakes<'t> {
    file: &'t str,
    found: Vec<Mistake>,
    more: usize,
}

impl<'t> Mistakes<'t> {
    /// None yet, of the file with this name.
    #[must_use]
    pub const fn of(file: &'t str) -> Self {
        Self { file, found: Vec::new(), more: 0 }
    }

    /// Adds one.
    pub fn add(&mut self, line: usize, words: impl AsRef<str>) {
        if self.found.len() < SHOWN {
            self.found.push(Mistake::new(self.file, line, words.as_ref()));
        } else {
            self.more += 1;
        }
    }

    /// The value if there was no mistake, and else all mistakes in the order of their lines.
    ///
    /// # Errors
    /// The mistakes.
    pub fn or_else<T>(mut self, value: T) -> Result<T, Vec<Mistake>> {
        if self.found.is_empty() {
            return Ok(value);
        }
        self.found.sort_by_key(|mistake| mistake.line);
        if self.more > 0 {
            let line = self.found.last().map_or(1, Mistake::line);
            let words = format!("and {} more mistakes in this file", self.more);
            self.found.push(Mistake::new(self.file, line, &words));
        }
        Err(self.found)
    }
}
