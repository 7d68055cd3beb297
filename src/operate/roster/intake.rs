//! Intake: takes records as they are read, and puts what is needed of them aside, school by school. Nothing counts yet.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use boundary::{Chance, Uai};
use gar::roster::{Place, Record, Reject, Responsible, Sink, Warning};

use super::entry::{At, Entry, Name, Person, write};
use super::import::Progress;
use super::report::{Line, Lines};
use super::spool::Spool;

/// How many parts a spool has at most: each takes a buffer.
const PARTS: usize = 1024;
/// How much may be put aside of one school, in bytes: several times the largest of the country. It is held in memory while
/// the school is put together.
const OF_SCHOOL: u64 = 48 << 20;
/// How many schools are told by name that are not this ENT's.
const ELSEWHERE: usize = 10_000;

/// The schools that an ENT may speak for, and those that are registered.
#[derive(Debug, Clone, Default)]
pub(super) struct Schools {
    pub own: Vec<Uai>,
    pub registered: Vec<Uai>,
}

/// Counts of one school's records.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub taken: u64,
    pub rejected: u64,
    /// Bytes that were put aside.
    pub bytes: u64,
    /// Whether the archive has a record of the school itself.
    pub listed: bool,
    /// Whether it has more than is taken of a school.
    pub overflows: bool,
}

/// What an archive said, put aside.
pub(super) struct Intake {
    numbers: HashMap<Uai, usize>,
    pub schools: Vec<Uai>,
    pub tallies: Vec<Tally>,
    pub spool: Spool,
    pub files: Vec<String>,
    pub rejects: Lines,
    pub warnings: Lines,
    /// Records of schools that are not this ENT's, by school.
    pub elsewhere: BTreeMap<Uai, u64>,
    /// What could not be put aside.
    pub failure: Option<io::Error>,
    pub records: u64,
    buffer: Vec<u8>,
    progress: Arc<dyn Progress>,
    busy: Arc<AtomicBool>,
    /// Set when nobody waits for it any more.
    stop: Arc<AtomicBool>,
    since: Instant,
}

impl Intake {
    /// Takes what an archive says of these schools.
    pub fn new(
        schools: &Schools,
        chance: &dyn Chance,
        progress: Arc<dyn Progress>,
        (busy, stop): (Arc<AtomicBool>, Arc<AtomicBool>),
    ) -> io::Result<Self> {
        let own = schools.own.clone();
        let numbers = own.iter().cloned().enumerate().map(|(number, uai)| (uai, number)).collect();
        Ok(Self {
            numbers,
            tallies: vec![Tally::default(); own.len()],
            spool: Spool::new(own.len().clamp(1, PARTS), chance)?,
            schools: own,
            files: Vec::new(),
            rejects: Lines::default(),
            warnings: Lines::default(),
            elsewhere: BTreeMap::new(),
            failure: None,
            records: 0,
            buffer: Vec::new(),
            progress,
            busy,
            stop,
            since: Instant::now(),
        })
    }

    /// The number of a school of this ENT; others are counted.
    fn number(&mut self, school: &Uai) -> Option<usize> {
        let number = self.numbers.get(school).copied();
        if number.is_none() && (self.elsewhere.len() < ELSEWHERE || self.elsewhere.contains_key(school)) {
            *self.elsewhere.entry(school.clone()).or_default() += 1;
        }
        number
    }

    fn at(&mut self, place: &Place) -> At {
        if self.files.last() != Some(&place.file) {
            self.files.push(place.file.clone());
        }
        At { file: u32::try_from(self.files.len()).unwrap_or(u32::MAX) - 1, line: place.line }
    }

    /// Counts a record of a school, and puts an entry of it aside where it has one that is needed.
    fn take(&mut self, school: &Uai, at: At, entry: Option<Entry<'_>>) {
        let Some(number) = self.number(school) else { return };
        let Some(tally) = self.tallies.get_mut(number) else { return };
        tally.taken += 1;
        let Some(entry) = entry.filter(|_| !tally.overflows) else { return };
        self.buffer.clear();
        write(&mut self.buffer, number, at, &entry);
        tally.bytes += self.buffer.len() as u64;
        tally.overflows = tally.bytes > OF_SCHOOL;
        let part = number % self.spool.parts();
        if let Err(error) = self.spool.push(part, &self.buffer) {
            self.failure.get_or_insert(error);
        }
    }

    fn person(&mut self, at: At, place: &Place, person: &gar::roster::Person) {
        let name = Name {
            family: &person.family_name,
            first: &person.first_name,
            civility: person.civility.as_deref().unwrap_or_default(),
        };
        let mail = person.mails.first().map(String::as_str).unwrap_or_default();
        let mut schools: Vec<&Uai> = person.profiles.iter().map(|profile| &profile.school).collect();
        schools.sort();
        schools.dedup();
        for school in schools {
            let here = person.profiles.iter().filter(|profile| profile.school == *school);
            let Some(profile) = here.map(|profile| profile.profile).max() else { continue };
            let posts = person.posts.iter().filter(|posts| posts.school == *school);
            let posts = posts.flat_map(|posts| posts.codes.iter().map(String::as_str)).collect();
            let entry = Entry::Person(Person { id: person.id.as_str(), profile, name, posts, mail });
            self.take(school, at, Some(entry));
        }
        for school in person.schools.iter().filter(|s| person.profiles.iter().all(|p| p.school != **s)) {
            self.without_profile(school, place, person.id.as_str());
        }
    }

    fn without_profile(&mut self, school: &Uai, place: &Place, person: &str) {
        let Some(number) = self.number(school) else { return };
        if let Some(tally) = self.tallies.get_mut(number) {
            tally.rejected += 1;
        }
        self.rejects.add(Line {
            school: Some(school.clone()),
            file: place.file.clone(),
            line: place.line,
            element: "GARPersonEtab".to_owned(),
            code: "school_without_profile".to_owned(),
            reason: "the person is listed at this school, and no GARPersonProfils says what they are there"
                .to_owned(),
            person: Some(person.to_owned()),
        });
    }

    fn responsible(&mut self, at: At, person: &Responsible) {
        let name = Name {
            family: &person.family_name,
            first: &person.first_name,
            civility: person.civility.as_deref().unwrap_or_default(),
        };
        let mail = person.mails.first().map(String::as_str).unwrap_or_default();
        for school in &person.schools {
            self.take(school, at, Some(Entry::Responsible { id: person.id.as_str(), name, mail }));
        }
    }

    fn sort(&mut self, at: At, place: &Place, record: &Record) {
        match record {
            Record::Pupil(person) | Record::Staff(person) => self.person(at, place, person),
            Record::Responsible(person) => self.responsible(at, person),
            Record::PersonMef(level) | Record::PersonMefstat4(level) => {
                let entry = Entry::Level { person: level.person.as_str(), code: &level.code };
                self.take(&level.school, at, Some(entry));
            }
            Record::PupilSubject(taught) => self.take(&taught.school, at, None),
            Record::Subject(subject) => self.take(&subject.school, at, None),
            Record::School(school) => {
                self.take(&school.uai, at, None);
                let number = self.numbers.get(&school.uai).copied();
                if let Some(tally) = number.and_then(|number| self.tallies.get_mut(number)) {
                    tally.listed = true;
                }
            }
            Record::Mef(mef) => {
                let stat11 = mef.stat11.as_deref().unwrap_or_default();
                self.take(&mef.school, at, Some(Entry::Mef { code: &mef.code, stat11 }));
            }
            Record::Group(group) => {
                let divisions = group.divisions.iter().map(String::as_str).collect();
                let (code, label) = (group.code.as_str(), group.label.as_str());
                let entry = Entry::Group { code, label, status: group.status, divisions };
                self.take(&group.school, at, Some(entry));
            }
            Record::Membership(member) => {
                let entry = Entry::Member { person: member.person.as_str(), group: &member.group };
                self.take(&member.school, at, Some(entry));
            }
            Record::TeacherGroupSubject(taught) => {
                let subjects = taught.subjects.iter().map(String::as_str).collect();
                let (person, group) = (taught.person.as_str(), taught.group.as_str());
                let entry = Entry::Taught { person, group, status: taught.kind, subjects };
                self.take(&taught.school, at, Some(entry));
            }
        }
    }

    fn flow(&self) -> ControlFlow<()> {
        let stops = self.failure.is_some() || self.stop.load(Ordering::Relaxed);
        if stops { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Sink for Intake {
    fn record(&mut self, place: &Place, record: Record) -> ControlFlow<()> {
        self.records += 1;
        let at = self.at(place);
        self.sort(at, place, &record);
        self.flow()
    }

    fn reject(&mut self, reject: Reject) -> ControlFlow<()> {
        for school in &reject.schools {
            let number = self.number(school);
            if let Some(tally) = number.and_then(|number| self.tallies.get_mut(number)) {
                tally.rejected += 1;
            }
        }
        let school = reject.schools.first().cloned();
        self.rejects.add(line(school, &reject.place, reject.reason.code(), reject.reason.to_string()));
        self.flow()
    }

    fn warn(&mut self, warning: Warning) {
        let school = warning.schools.first().cloned();
        self.warnings.add(line(school, &warning.place, warning.reason.code(), warning.reason.to_string()));
    }

    fn progress(&mut self, bytes: u64) {
        self.progress.reading(bytes, self.records);
        // Under launches reading pauses as writing does: for as long as it took.
        if self.busy.load(Ordering::Relaxed) {
            std::thread::sleep(self.since.elapsed().min(std::time::Duration::from_millis(20)));
        }
        self.since = Instant::now();
    }
}

fn line(school: Option<Uai>, place: &Place, code: &str, reason: String) -> Line {
    Line {
        school,
        file: place.file.clone(),
        line: place.line,
        element: place.element.to_owned(),
        code: code.to_owned(),
        reason,
        person: None,
    }
}
