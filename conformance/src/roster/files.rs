//! Files of one kind: a new one begins where the last is full.

use std::io::{self, Write};

use super::describe::Set;
use super::pack::Packer;
use super::xml::head;

/// The files of one kind, one after the other.
pub(super) struct Files<'a, W: Write> {
    set: &'a Set,
    kind: &'static str,
    packer: &'a mut Packer<W>,
    text: String,
    records: usize,
    index: usize,
    total: u64,
}

impl<'a, W: Write> Files<'a, W> {
    pub(super) fn new(set: &'a Set, kind: &'static str, packer: &'a mut Packer<W>) -> Self {
        let text = head(&format!("GAR-ENT-{kind}"), set.degree);
        Self { set, kind, packer, text, records: 0, index: 0, total: 0 }
    }

    pub(super) fn add(&mut self, record: &str) -> io::Result<()> {
        if self.records >= self.set.file_records.max(1) {
            self.flush()?;
            self.text = head(&format!("GAR-ENT-{}", self.kind), self.set.degree);
            self.records = 0;
        }
        self.text.push_str(record);
        self.records += 1;
        self.total += 1;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.text.push_str(&format!("</men:GAR-ENT-{}>\n", self.kind));
        let name = format!("{}_{}_{:04}.xml", self.set.base(), self.kind, self.index);
        self.packer.add(&name, self.text.as_bytes())?;
        self.index += 1;
        Ok(())
    }

    /// Ends the last file, also an empty one; says how many records and files there are.
    pub(super) fn end(mut self) -> io::Result<(u64, usize)> {
        self.flush()?;
        Ok((self.total, self.index))
    }
}
