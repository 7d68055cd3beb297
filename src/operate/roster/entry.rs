//! Entries: what is kept of an archive's records between reading them and putting a school together. Each is a few bytes,
//! and holds only what is needed: no date of birth, no second name.

use boundary::{GroupStatus, Profile};

/// Where a record stands: the number of its file in the order of the archive, and its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    pub file: u32,
    pub line: u64,
}

/// What a record says at one school.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Entry<'a> {
    /// A pupil or somebody who works there.
    Person(Person<'a>),
    /// Somebody who assigns resources there.
    Responsible { id: &'a str, name: Name<'a>, mail: &'a str },
    /// The level of a person.
    Level { person: &'a str, code: &'a str },
    /// A level, with its code in the statistics of the second degree.
    Mef { code: &'a str, stat11: &'a str },
    /// A class or a group.
    Group { code: &'a str, label: &'a str, status: GroupStatus, divisions: Vec<&'a str> },
    /// Somebody is in a class or group.
    Member { person: &'a str, group: &'a str },
    /// Somebody teaches a class or group.
    Taught { person: &'a str, group: &'a str, status: GroupStatus, subjects: Vec<&'a str> },
}

/// A pupil or somebody who works at the school.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Person<'a> {
    pub id: &'a str,
    pub profile: Profile,
    pub name: Name<'a>,
    /// What they teach there.
    pub posts: Vec<&'a str>,
    pub mail: &'a str,
}

/// How somebody is called. What is not known is empty.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Name<'a> {
    pub family: &'a str,
    pub first: &'a str,
    pub civility: &'a str,
}

const PERSON: u8 = 1;
const RESPONSIBLE: u8 = 2;
const LEVEL: u8 = 3;
const MEF: u8 = 4;
const GROUP: u8 = 5;
const MEMBER: u8 = 6;
const TAUGHT: u8 = 7;

/// Writes an entry of the school of this number behind others.
pub(super) fn write(out: &mut Vec<u8>, school: usize, at: At, entry: &Entry<'_>) {
    number(out, school as u64);
    number(out, u64::from(at.file));
    number(out, at.line);
    match entry {
        Entry::Person(person) => {
            out.push(PERSON);
            text(out, person.id);
            number(out, Profile::ALL.iter().position(|p| *p == person.profile).unwrap_or_default() as u64);
            name(out, &person.name);
            texts(out, &person.posts);
            text(out, person.mail);
        }
        Entry::Responsible { id, name: called, mail } => {
            out.push(RESPONSIBLE);
            text(out, id);
            name(out, called);
            text(out, mail);
        }
        Entry::Level { person, code } => pair(out, LEVEL, person, code),
        Entry::Mef { code, stat11 } => pair(out, MEF, code, stat11),
        Entry::Member { person, group } => pair(out, MEMBER, person, group),
        Entry::Group { code, label, status, divisions } => {
            pair(out, GROUP, code, label);
            out.push(u8::from(*status == GroupStatus::Group));
            texts(out, divisions);
        }
        Entry::Taught { person, group, status, subjects } => {
            pair(out, TAUGHT, person, group);
            out.push(u8::from(*status == GroupStatus::Group));
            texts(out, subjects);
        }
    }
}

fn pair(out: &mut Vec<u8>, kind: u8, first: &str, second: &str) {
    out.push(kind);
    text(out, first);
    text(out, second);
}

fn name(out: &mut Vec<u8>, name: &Name<'_>) {
    for part in [name.family, name.first, name.civility] {
        text(out, part);
    }
}

fn texts(out: &mut Vec<u8>, all: &[&str]) {
    number(out, all.len() as u64);
    for one in all {
        text(out, one);
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads entries in the order in which they were written.
pub(super) struct Entries<'a>(&'a [u8]);

impl<'a> Entries<'a> {
    pub fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0_u64, 0);
        loop {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            shift += 7;
        }
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    fn texts(&mut self) -> Option<Vec<&'a str>> {
        let count = self.number()?;
        (0..count).map(|_| self.text()).collect()
    }

    fn name(&mut self) -> Option<Name<'a>> {
        Some(Name { family: self.text()?, first: self.text()?, civility: self.text()? })
    }

    fn status(&mut self) -> Option<GroupStatus> {
        Some(if self.byte()? == 0 { GroupStatus::Division } else { GroupStatus::Group })
    }

    fn person(&mut self) -> Option<Person<'a>> {
        let id = self.text()?;
        let profile = *Profile::ALL.get(usize::try_from(self.number()?).ok()?)?;
        Some(Person { id, profile, name: self.name()?, posts: self.texts()?, mail: self.text()? })
    }

    fn entry(&mut self) -> Option<(usize, At, Entry<'a>)> {
        let school = usize::try_from(self.number()?).ok()?;
        let at = At { file: u32::try_from(self.number()?).ok()?, line: self.number()? };
        let entry = match self.byte()? {
            PERSON => Entry::Person(self.person()?),
            RESPONSIBLE => Entry::Responsible { id: self.text()?, name: self.name()?, mail: self.text()? },
            LEVEL => Entry::Level { person: self.text()?, code: self.text()? },
            MEF => Entry::Mef { code: self.text()?, stat11: self.text()? },
            MEMBER => Entry::Member { person: self.text()?, group: self.text()? },
            GROUP => {
                let (code, label) = (self.text()?, self.text()?);
                Entry::Group { code, label, status: self.status()?, divisions: self.texts()? }
            }
            TAUGHT => {
                let (person, group) = (self.text()?, self.text()?);
                Entry::Taught { person, group, status: self.status()?, subjects: self.texts()? }
            }
            _ => return None,
        };
        Some((school, at, entry))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (usize, At, Entry<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.entry()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_comes_back_as_it_was_written() {
        let name = Name { family: "Tournesol", first: "Zoé « é »", civility: "" };
        let person = |profile| Person { id: "p1", profile, name, posts: vec!["L0202", "é"], mail: "" };
        let long = "x".repeat(500);
        let entries = [
            Entry::Person(person(Profile::Other)),
            Entry::Person(person(Profile::Teacher)),
            Entry::Responsible { id: "r", name, mail: "r@ent.example" },
            Entry::Level { person: "p1", code: &long },
            Entry::Mef { code: "10010012110", stat11: "" },
            Entry::Group { code: "6A", label: "6e A", status: GroupStatus::Division, divisions: vec![] },
            Entry::Group { code: "G", label: "", status: GroupStatus::Group, divisions: vec!["6A", "6B"] },
            Entry::Member { person: "p1", group: "6A" },
            Entry::Taught { person: "p1", group: "G", status: GroupStatus::Group, subjects: vec!["020700"] },
        ];
        let mut bytes = Vec::new();
        for (n, entry) in entries.iter().enumerate() {
            write(&mut bytes, n * 300, At { file: 70_000, line: u64::from(u32::MAX) + n as u64 }, entry);
        }
        let read: Vec<_> = Entries::of(&bytes).collect();
        assert_eq!(read.len(), entries.len());
        for (n, (school, at, entry)) in read.iter().enumerate() {
            assert_eq!((*school, at.file, at.line), (n * 300, 70_000, u64::from(u32::MAX) + n as u64));
            assert!(*entry == entries[n], "entry {n}");
        }
        assert_eq!(
            Entries::of(&bytes[..bytes.len() - 1]).count(),
            entries.len() - 1,
            "a torn end is no entry"
        );
    }
}
