//! The federation file: from text to records, with every mistake and its line.

mod at;
mod dates;
mod entries;
mod ents;
mod forms;
mod licences;
mod notes;
mod one;
mod people;
mod publishers;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use time::OffsetDateTime;

use self::notes::Notes;
pub use self::one::{TableOf, one, table_schema};
pub use self::tables::FederationFile;
use super::mistake::{Located, Mistake, Mistakes};
use super::record::{Record, RecordKind};
use super::references;

/// The largest file that is read, in bytes.
const MAX_BYTES: usize = 64 << 20;

/// A file as far as it could be read.
pub struct Reading<'t> {
    /// The records that could be read, in the order in which they were read.
    pub records: Vec<Located<Record>>,
    /// What tables are named, including those that could not be read.
    pub mentioned: BTreeSet<(RecordKind, String)>,
    /// What is wrong so far.
    pub mistakes: Mistakes<'t>,
}

/// Reads a file that stands alone: everything that it refers to is in it. `now` bounds how far ahead a subscription
/// may end.
///
/// # Errors
/// All mistakes, in the order of their lines.
pub fn parse(name: &str, text: &str, now: OffsetDateTime) -> Result<Vec<Located<Record>>, Vec<Mistake>> {
    let mut reading = read(name, text, now);
    references::check(&mut reading, &[], false);
    reading.mistakes.or_else(reading.records)
}

/// Reads what a file says, without asking whether what it refers to exists.
pub fn read<'t>(name: &'t str, text: &str, now: OffsetDateTime) -> Reading<'t> {
    if text.len() > MAX_BYTES {
        return too_large(name);
    }
    let mut notes = Notes::of(name, text);
    let file = entries::read(text, &mut notes);
    let mut records = Records::default();
    directory(&file, &mut records, &mut notes);
    publishers(&file, &mut records, &mut notes);
    licences(&file, now, &mut records, &mut notes);
    let (mistakes, mentioned) = notes.close();
    Reading { records: records.all, mentioned, mistakes }
}

fn too_large(name: &str) -> Reading<'_> {
    let mut mistakes = Mistakes::of(name);
    mistakes.add(1, "the file has more than 64 MiB: bring people by roster, or split it into several files");
    let (records, mentioned) = (Vec::new(), BTreeSet::new());
    Reading { records, mentioned, mistakes }
}

/// The records of a file, each once.
#[derive(Default)]
struct Records {
    all: Vec<Located<Record>>,
    lines: BTreeMap<(RecordKind, String), usize>,
}

impl Records {
    fn add(&mut self, start: usize, record: Option<Record>, notes: &mut Notes<'_>) {
        let Some(value) = record else { return };
        let line = notes.line(start);
        let name = (value.kind(), value.id());
        if let Some(first) = self.lines.get(&name) {
            let kind = value.kind().as_str();
            notes.at(start, format!("this {kind} is already at line {first}: keep one of them"));
        } else {
            self.lines.insert(name, line);
            self.all.push(Located { line, value });
        }
    }
}

fn directory(file: &FederationFile, records: &mut Records, notes: &mut Notes<'_>) {
    for table in &file.ent {
        let ent = ents::ent(&table.value, notes).map(Record::Ent);
        records.add(table.start, ent, notes);
        for inner in &table.value.lti {
            let platform = ents::platform(inner, &table.value.id.value, notes).map(Record::LtiPlatform);
            records.add(inner.start, platform, notes);
        }
    }
    for table in &file.school {
        let school = ents::school(&table.value, notes).map(Record::School);
        records.add(table.start, school, notes);
    }
    for table in &file.person {
        let person = people::person(table, notes).map(Record::Person);
        records.add(table.start, person, notes);
    }
}

fn publishers(file: &FederationFile, records: &mut Records, notes: &mut Notes<'_>) {
    for table in &file.organisation {
        let organisation = publishers::organisation(&table.value, notes).map(Record::Organisation);
        records.add(table.start, organisation, notes);
    }
    for table in &file.sector {
        let sector = publishers::sector(&table.value, notes).map(Record::Sector);
        records.add(table.start, sector, notes);
    }
    for table in &file.tool {
        let tool = publishers::tool(&table.value, notes).map(Record::Tool);
        records.add(table.start, tool, notes);
    }
    for table in &file.resource {
        let resource = publishers::resource(table, notes).map(Record::Resource);
        records.add(table.start, resource, notes);
    }
    for table in &file.agreement {
        let agreement = publishers::agreement(&table.value, notes).map(Record::Agreement);
        records.add(table.start, agreement, notes);
    }
}

fn licences(file: &FederationFile, now: OffsetDateTime, records: &mut Records, notes: &mut Notes<'_>) {
    for table in &file.subscription {
        let subscription = licences::subscription(table, now, notes).map(Record::Subscription);
        records.add(table.start, subscription, notes);
    }
    for table in &file.assignment {
        let assignment = licences::assignment(table, notes).map(Record::Assignment);
        records.add(table.start, assignment, notes);
    }
}

#[cfg(test)]
mod tests;
