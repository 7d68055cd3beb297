//! Reading an archive, from its first byte to its last.

use std::collections::{BTreeSet, HashSet};
use std::io::Read;
use std::ops::ControlFlow;
use std::rc::Rc;

use boundary::Uai;

use super::archive::Packed;
use super::companion::Md5;
use super::counted::Counts;
use super::document::{Document, Opened, Token, is_space};
use super::element::Element;
use super::fault::{Fault, FaultReason};
use super::fields::{Fields, Problem};
use super::keys::Keys;
use super::limits::Limits;
use super::names::{ArchiveName, Degree, FileKind, FileName};
use super::record::{Record, RecordKind};
use super::records::{self, Remark};
use super::reject::{Place, Reject, RejectReason, Warning, WarningReason};
use super::shape::{self, Slot};

/// Random bytes under which functional keys are hashed: new ones for each archive, so that no sender can make keys meet.
pub type Seed = [u8; 16];

/// After how many bytes of the archive progress is told again.
const STRIDE: u64 = 64 << 10;
/// For how many schools a wrong letter is told, once each.
const LETTERS: usize = 10_000;

/// Whoever takes what an archive says. Nothing may be kept unless [`read`] ends well.
pub trait Sink {
    /// A record that is right by itself. `Break` stops the reading, with [`FaultReason::Stopped`].
    fn record(&mut self, place: &Place, record: Record) -> ControlFlow<()>;
    /// A record that is left out.
    fn reject(&mut self, reject: Reject) -> ControlFlow<()>;
    /// Something that should be mended.
    fn warn(&mut self, warning: Warning) {
        let _ = warning;
    }
    /// How many bytes of the archive were read until now. It is called often.
    fn progress(&mut self, bytes: u64) {
        let _ = bytes;
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Who sent it and when, as the names of its files say.
    pub name: ArchiveName,
    /// The degree, as namespaces say.
    pub degree: Degree,
    /// The MD5 of the bytes that were read, to be compared with the companion.
    pub md5: Md5,
    /// Bytes of the archive.
    pub archive_bytes: u64,
    /// Bytes of what is in it.
    pub inflated_bytes: u64,
    /// Files.
    pub files: u64,
    /// Records that were handed over.
    pub records: u64,
    /// Records that were rejected.
    pub rejects: u64,
    /// Warnings.
    pub warnings: u64,
}

/// Reads an archive and hands its records to `sink`. Memory stays within a few mebibytes, and 6 to 8 bytes a record.
///
/// # Errors
/// A [`Fault`] where the archive is refused; nothing that was handed over before may then be used.
pub fn read(archive: impl Read, limits: &Limits, seed: Seed, sink: &mut dyn Sink) -> Result<Summary, Fault> {
    let counts = Rc::new(Counts::default());
    let mut packed = Packed::open(archive, limits, Rc::clone(&counts));
    let mut reading = Reading {
        limits,
        sink,
        counts: Rc::clone(&counts),
        told: 0,
        keys: Keys::new(seed, limits.keys),
        fields: Fields::new(limits.record_bytes),
        remarks: Vec::new(),
        letters: HashSet::new(),
        set: Set::default(),
        records: 0,
        rejects: 0,
        warnings: 0,
    };
    packed.each(|name, shown, file| reading.file(name, shown, file))?;
    let md5 = packed.end()?;
    reading.progress(true);
    let (records, rejects, warnings) = (reading.records, reading.rejects, reading.warnings);
    let files = reading.set.files.len() as u64;
    let (name, degree) = reading.set.whole()?;
    let (archive_bytes, inflated_bytes) = (counts.archive.get(), counts.inflated.get());
    Ok(Summary { name, degree, md5, archive_bytes, inflated_bytes, files, records, rejects, warnings })
}

/// The files that were seen, which must make one whole set.
#[derive(Default)]
struct Set {
    name: Option<ArchiveName>,
    degree: Option<Degree>,
    files: BTreeSet<(FileKind, u16)>,
}

impl Set {
    fn add(&mut self, file: &FileName) -> Result<(), Fault> {
        let first = self.name.get_or_insert_with(|| file.archive.clone());
        if first.ent_code != file.archive.ent_code {
            return Err(FaultReason::MixedEnts.into());
        }
        if first.date_time != file.archive.date_time {
            return Err(FaultReason::MixedDates.into());
        }
        if first.degree != file.archive.degree {
            return Err(FaultReason::MixedDegrees.into());
        }
        if self.files.insert((file.kind, file.index)) { Ok(()) } else { Err(FaultReason::FileTwice.into()) }
    }

    /// Every kind is there, and numbered from 0 without a gap.
    fn whole(self) -> Result<(ArchiveName, Degree), Fault> {
        for kind in FileKind::ALL {
            let indexes = self.files.iter().filter(|(own, _)| *own == kind).map(|(_, index)| *index);
            let (mut next, mut gap) = (0, None);
            for index in indexes {
                gap = gap.or((index != next).then_some(next));
                next = index.saturating_add(1);
            }
            if next == 0 {
                return Err(FaultReason::MissingKind(kind).into());
            }
            if let Some(gap) = gap {
                return Err(FaultReason::Gap(kind, gap).into());
            }
        }
        let missing = || Fault::of(FaultReason::MissingKind(FileKind::Etab));
        Ok((self.name.ok_or_else(missing)?, self.degree.ok_or_else(missing)?))
    }
}

struct Reading<'a> {
    limits: &'a Limits,
    sink: &'a mut dyn Sink,
    counts: Rc<Counts>,
    told: u64,
    keys: Keys,
    fields: Fields,
    remarks: Vec<Remark>,
    letters: HashSet<Uai>,
    set: Set,
    records: u64,
    rejects: u64,
    warnings: u64,
}

/// A file that is being read.
struct File<'f> {
    xml: Document<&'f mut dyn Read>,
    buffer: Vec<u8>,
    degree: Degree,
    place: Place,
}

impl Reading<'_> {
    fn file(&mut self, name: &FileName, shown: &str, bytes: &mut dyn Read) -> Result<(), Fault> {
        self.set.add(name)?;
        let mut xml = Document::new(bytes, self.limits);
        let mut buffer = Vec::new();
        let root = root(&mut xml, &mut buffer)?;
        let degree = self.degree(name, &root).map_err(|fault| fault.at_line(xml.line()))?;
        let place = Place { file: shown.to_owned(), line: xml.line(), element: name.kind.root() };
        if !root.version {
            self.warn(
                &place,
                Remark {
                    reason: WarningReason::NoVersion,
                    element: Element::Etab,
                    line: xml.line(),
                    school: None,
                },
            );
        }
        let mut file = File { xml, buffer, degree, place };
        self.body(name.kind, &mut file)
    }

    /// The degree that the root element has, which must be that of the name and of the other files.
    fn degree(&mut self, name: &FileName, root: &Opened) -> Result<Degree, Fault> {
        let wanted = name.archive.degree;
        let degree = root.degree.ok_or(FaultReason::WrongNamespace(namespaces(wanted)))?;
        if root.root != Some(name.kind) {
            return Err(FaultReason::WrongRoot(name.kind.root()).into());
        }
        if wanted.is_some_and(|wanted| wanted != degree) {
            return Err(FaultReason::WrongNamespace(namespaces(wanted)).into());
        }
        if *self.set.degree.get_or_insert(degree) == degree {
            Ok(degree)
        } else {
            Err(FaultReason::MixedDegrees.into())
        }
    }

    /// What stands in the root element.
    fn body(&mut self, kind: FileKind, file: &mut File<'_>) -> Result<(), Fault> {
        let kinds = shape::records(kind, file.degree);
        loop {
            match file.xml.next(&mut file.buffer)? {
                Token::Open(opened) => {
                    file.place.line = file.xml.line();
                    let own = |kind: &&RecordKind| Some(kind.element()) == opened.element;
                    let found = kinds.iter().find(own).filter(|_| opened.degree == Some(file.degree));
                    match found {
                        Some(kind) => self.record(*kind, &opened, file)?,
                        None => self.misplaced(&opened, kind, file)?,
                    }
                    self.progress(false);
                }
                Token::Text(text) if text.bytes().all(is_space) => {}
                Token::Text(_) => {
                    return Err(Fault::of(FaultReason::StrayText).at_line(file.xml.line()));
                }
                Token::Close => {}
                Token::End => return Ok(()),
            }
        }
    }

    fn record(&mut self, kind: RecordKind, opened: &Opened, file: &mut File<'_>) -> Result<(), Fault> {
        let slots = shape::slots(kind, file.degree);
        let line = file.place.line;
        file.place.element = kind.element().name();
        self.fields.clear();
        if opened.attributes {
            self.fields.wrong(RejectReason::Attribute, kind.element(), line);
        }
        gather(&mut self.fields, kind.element(), slots, file)?;
        self.fields.finish(slots, line);
        self.remarks.clear();
        let read = match self.fields.problem() {
            Some(problem) => Err(problem),
            None => records::record(kind, &self.fields, line, &mut self.remarks),
        };
        match read {
            Ok(record) if self.is_new(&record)? => self.take(record, &file.place),
            Ok(_) => {
                let (reason, element) = (RejectReason::Duplicate(kind.key()), kind.element());
                self.reject(Some(kind), Problem { reason, element, line }, &file.place)
            }
            Err(problem) => self.reject(Some(kind), problem, &file.place),
        }
    }

    /// An element that is no record of this file: it is passed over, and told.
    fn misplaced(&mut self, opened: &Opened, kind: FileKind, file: &mut File<'_>) -> Result<(), Fault> {
        let line = file.place.line;
        file.place.element = kind.root();
        self.fields.clear();
        gather(&mut self.fields, Element::Etab, &[], file)?;
        self.fields.clear();
        let reason = match opened.element {
            Some(element) if opened.degree.is_some() => {
                file.place.element = element.name();
                RejectReason::Misplaced
            }
            _ => RejectReason::UnknownElement,
        };
        let place = file.place.clone();
        self.send_reject(Reject { place: Place { line, ..place }, record: None, schools: Vec::new(), reason })
    }

    fn is_new(&mut self, record: &Record) -> Result<bool, Fault> {
        let full = |_| Fault::of(FaultReason::TooManyKeys(self.limits.keys));
        let kind = record.kind();
        let keys = &mut self.keys;
        let new = match record {
            Record::Pupil(person) | Record::Staff(person) => keys.insert(kind, &[person.id.as_str()]),
            Record::Responsible(person) => keys.insert(kind, &[person.id.as_str()]),
            Record::PersonMef(level) | Record::PersonMefstat4(level) => {
                keys.insert(kind, &[level.school.as_str(), level.person.as_str(), &level.code])
            }
            Record::PupilSubject(taught) => {
                keys.insert(kind, &[taught.school.as_str(), taught.person.as_str(), &taught.subject])
            }
            Record::School(school) => keys.insert(kind, &[school.uai.as_str()]),
            Record::Mef(mef) => keys.insert(kind, &[mef.school.as_str(), &mef.code]),
            Record::Subject(subject) => keys.insert(kind, &[subject.school.as_str(), &subject.code]),
            Record::Group(group) => keys.insert(kind, &[group.school.as_str(), &group.code]),
            Record::Membership(member) => {
                keys.insert(kind, &[member.school.as_str(), member.person.as_str(), &member.group])
            }
            Record::TeacherGroupSubject(taught) => {
                keys.insert(kind, &[taught.school.as_str(), taught.person.as_str(), &taught.group])
            }
        };
        new.map_err(full)
    }

    fn take(&mut self, record: Record, place: &Place) -> Result<(), Fault> {
        for remark in std::mem::take(&mut self.remarks) {
            self.warn(place, remark);
        }
        self.records += 1;
        go_on(self.sink.record(place, record), place)
    }

    fn reject(&mut self, kind: Option<RecordKind>, problem: Problem, place: &Place) -> Result<(), Fault> {
        let file = place.file.clone();
        let place = Place { file, line: problem.line, element: problem.element.name() };
        let schools = records::schools(&self.fields);
        self.send_reject(Reject { place, record: kind, schools, reason: problem.reason })
    }

    fn send_reject(&mut self, reject: Reject) -> Result<(), Fault> {
        self.rejects += 1;
        let place = reject.place.clone();
        go_on(self.sink.reject(reject), &place)
    }

    /// Tells a remark; a wrong letter once for each school.
    fn warn(&mut self, place: &Place, remark: Remark) {
        let schools = match remark.school {
            Some(school) if self.letters.len() >= LETTERS || !self.letters.insert(school.clone()) => return,
            Some(school) => vec![school],
            None => Vec::new(),
        };
        self.warnings += 1;
        let element = match remark.reason {
            WarningReason::NoVersion => place.element,
            _ => remark.element.name(),
        };
        let place = Place { file: place.file.clone(), line: remark.line, element };
        self.sink.warn(Warning { place, schools, reason: remark.reason });
    }

    fn progress(&mut self, last: bool) {
        let bytes = self.counts.archive.get();
        if last || bytes >= self.told + STRIDE {
            self.told = bytes;
            self.sink.progress(bytes);
        }
    }
}

/// What the namespace should have been.
const fn namespaces(degree: Option<Degree>) -> &'static str {
    match degree {
        Some(degree) => degree.namespace(),
        None => "http://data.education.fr/ns/gar (or …/gar/1d)",
    }
}

fn go_on(flow: ControlFlow<()>, place: &Place) -> Result<(), Fault> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => {
            Err(Fault::of(FaultReason::Stopped).in_file(&place.file).at_line(place.line))
        }
    }
}

/// The root element, behind comments and white space.
fn root<R: Read>(xml: &mut Document<R>, buffer: &mut Vec<u8>) -> Result<Opened, Fault> {
    loop {
        match xml.next(buffer)? {
            Token::Open(opened) => return Ok(opened),
            Token::Text(_) | Token::Close => {}
            Token::End => return Err(FaultReason::Truncated.into()),
        }
    }
}

/// Gathers what stands in an element, up to its end. What does not belong there is noted once and passed over.
fn gather(
    fields: &mut Fields,
    record: Element,
    slots: &'static [Slot],
    file: &mut File<'_>,
) -> Result<(), Fault> {
    // Elements that are open: each with its slot, or without one where it does not belong.
    let mut open: Vec<Option<&'static Slot>> = Vec::new();
    loop {
        let token = file.xml.next(&mut file.buffer)?;
        let line = file.xml.line();
        match token {
            Token::Open(opened) => {
                let inside = open.last().map_or(Some(slots), |slot| slot.map(|slot| slot.inner));
                let slot = fit(inside, &opened, file.degree);
                match slot {
                    Some(slot) => fields.begin(slot, line),
                    None => {
                        let named = opened.element.filter(|_| opened.degree.is_some());
                        let reason = named.map_or(RejectReason::UnknownElement, RejectReason::OutOfPlace);
                        let within = open.iter().rev().flatten().next().map_or(record, |slot| slot.element);
                        fields.wrong(reason, within, line);
                    }
                }
                if let (Some(slot), true) = (slot, opened.attributes) {
                    fields.wrong(RejectReason::Attribute, slot.element, line);
                }
                open.push(slot);
            }
            Token::Text(text) => match open.last() {
                Some(Some(slot)) if slot.inner.is_empty() => fields.piece(&text, slot.element, line),
                Some(None) => {}
                _ if text.bytes().all(is_space) => {}
                holder => {
                    let element = holder.and_then(|slot| *slot).map_or(record, |slot| slot.element);
                    fields.wrong(RejectReason::StrayText, element, line);
                }
            },
            Token::Close => match open.pop() {
                Some(Some(slot)) => fields.end(slot, line),
                Some(None) => {}
                None => return Ok(()),
            },
            Token::End => return Err(FaultReason::Truncated.into()),
        }
    }
}

fn fit(inside: Option<&'static [Slot]>, opened: &Opened, degree: Degree) -> Option<&'static Slot> {
    let here = opened.degree == Some(degree);
    inside.filter(|_| here)?.iter().find(|slot| Some(slot.element) == opened.element)
}
