//! Notes taken while a file is read: its mistakes, and the names that stand in it.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::at::At;
use crate::operate::apply::mistake::Mistakes;
use crate::operate::apply::record::RecordKind;

/// What is noted while a file is read.
pub struct Notes<'t> {
    line_ends: Vec<usize>,
    mistakes: Mistakes<'t>,
    mentioned: BTreeSet<(RecordKind, String)>,
    /// Places of which something was said already.
    silent: BTreeSet<usize>,
}

impl<'t> Notes<'t> {
    /// Nothing noted yet.
    pub fn of(file: &'t str, text: &str) -> Self {
        let line_ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            line_ends: line_ends.map(|(at, _)| at).collect(),
            mistakes: Mistakes::of(file),
            mentioned: BTreeSet::new(),
            silent: BTreeSet::new(),
        }
    }

    /// Nothing noted yet of a document whose values are numbered from 0: each stands on a line of its own, one higher.
    pub fn of_values(many: usize) -> Self {
        Self {
            line_ends: (0..many).collect(),
            mistakes: Mistakes::of(""),
            mentioned: BTreeSet::new(),
            silent: BTreeSet::new(),
        }
    }

    /// Notes a mistake at a byte, and none there from now on.
    pub fn last_at(&mut self, start: usize, words: impl AsRef<str>) {
        self.at(start, words);
        self.silent.insert(start);
    }

    /// The line of a byte, counted from 1.
    pub fn line(&self, start: usize) -> usize {
        self.line_ends.partition_point(|end| *end < start) + 1
    }

    /// Notes a mistake at a byte.
    pub fn at(&mut self, start: usize, words: impl AsRef<str>) {
        if !self.silent.contains(&start) {
            self.mistakes.add(self.line(start), words);
        }
    }

    /// Notes that a table has this name, whether or not the rest of it can be read.
    pub fn mention(&mut self, kind: RecordKind, name: &str) {
        self.mentioned.insert((kind, name.to_owned()));
    }

    /// Reads a value in its form; a wrong form is a mistake.
    pub fn read<T, E: Display>(
        &mut self,
        key: &str,
        text: &At<String>,
        form: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let read = form(&text.value).map_err(|words| self.at(text.start, format!("{key}: {words}")));
        read.ok()
    }

    /// Reads a value that may be absent.
    pub fn read_option<T, E: Display>(
        &mut self,
        key: &str,
        text: Option<&At<String>>,
        form: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        text.and_then(|text| self.read(key, text, form))
    }

    /// Reads a list.
    pub fn read_all<T, E: Display>(
        &mut self,
        key: &str,
        texts: &[At<String>],
        form: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        texts.iter().filter_map(|text| self.read(key, text, &form)).collect()
    }

    /// The mistakes and the names.
    pub fn close(self) -> (Mistakes<'t>, BTreeSet<(RecordKind, String)>) {
        (self.mistakes, self.mentioned)
    }
}
