//! Roster archives, from their bytes to their records.
//!
//! The first byte says what the rest is, modulo 6:
//!
//! - `f`: what stands in one file; the second byte says of which kind, and of which degree.
//! - `g`: the whole text of one file, chosen in the same way.
//! - `h`: entries of a tar, before those of a whole set.
//! - `i`: an archive.
//! - `j`: a companion.
//! - `k`: the name of one file, chosen in the same way.

use std::collections::HashSet;
use std::io::Write;
use std::ops::ControlFlow;

use flate2::Compression;
use flate2::write::GzEncoder;
use gar::roster::{self, Fault, Limits, Md5, Place, Record, Reject, Sink, Summary, Warning};

use super::Ending;

/// Bounds that a fuzzer's inputs can reach.
const LIMITS: Limits = Limits {
    archive_bytes: 1 << 20,
    inflated_bytes: 4 << 20,
    ratio: 200,
    ratio_from: 1 << 20,
    files: 16,
    file_bytes: 1 << 20,
    markup_bytes: 4096,
    record_bytes: 8192,
    attributes: 16,
    depth: 8,
    keys: 1000,
};
const KINDS: [&str; 5] = ["Eleve", "Enseignant", "Etab", "Groupe", "RespAff"];

/// Reads an archive, and asks whether what comes out of it is as records must be, and whether words stay short.
pub fn run(data: &[u8]) -> Ending {
    let Some((&first, rest)) = data.split_first() else { return Ending::new("empty", "") };
    match first % 6 {
        0 => within(rest, |degree, kind, body| Some(document(degree, kind, body))),
        1 => within(rest, |_, _, text| Some(text.to_vec())),
        2 => read(&gzip(&[rest, &tar(&set("2D", |_| None))].concat())),
        3 => read(rest),
        4 => companion(rest),
        _ => named(rest),
    }
}

/// One file of a whole set is made by the fuzzer.
fn within(rest: &[u8], make: fn(&str, &str, &[u8]) -> Option<Vec<u8>>) -> Ending {
    let Some((degree, chosen, rest)) = choice(rest) else { return Ending::new("empty", "") };
    read(&gzip(&tar(&set(degree, |kind| if kind == chosen { make(degree, kind, rest) } else { None }))))
}

fn choice(rest: &[u8]) -> Option<(&'static str, &'static str, &[u8])> {
    let (&choice, rest) = rest.split_first()?;
    let kind = KINDS[usize::from(choice) % 5];
    Some((if choice % 2 == 0 { "2D" } else { "1D" }, kind, rest))
}

fn named(rest: &[u8]) -> Ending {
    let Some((degree, chosen, name)) = choice(rest) else { return Ending::new("empty", "") };
    let mut files = set(degree, |_| None);
    for (own, _) in &mut files {
        if own.windows(chosen.len()).any(|part| part == chosen.as_bytes()) {
            *own = name.iter().copied().take(100).collect();
        }
    }
    read(&gzip(&tar(&files)))
}

fn companion(text: &[u8]) -> Ending {
    match Md5::of_companion(text) {
        Ok(md5) => {
            let shown = md5.to_string();
            assert!(
                shown.len() == 32 && text.to_ascii_lowercase().windows(32).any(|at| at == shown.as_bytes())
            );
            Ending::new("md5", shown)
        }
        Err(error) => Ending::new("no md5", error.to_string()),
    }
}

type Files = Vec<(Vec<u8>, Vec<u8>)>;

fn set(degree: &str, other: impl Fn(&str) -> Option<Vec<u8>>) -> Files {
    let file = |kind: &&str| {
        let name = format!("A0_GAR-ENT_Complet_20260901_213000_{degree}_{kind}_0000.xml");
        (name.into_bytes(), other(kind).unwrap_or_else(|| document(degree, kind, b"")))
    };
    KINDS.iter().map(file).collect()
}

fn document(degree: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let path = if degree == "1D" { "/1d" } else { "" };
    let head = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<men:GAR-ENT-{kind} \
         xmlns:men=\"http://data.education.fr/ns/gar{path}\" Version=\"1.0\">\n"
    );
    [head.as_bytes(), body, format!("</men:GAR-ENT-{kind}>\n").as_bytes()].concat()
}

/// A tar as POSIX describes it (ustar), written by hand.
fn tar(files: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, bytes) in files {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name);
        header[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        tar.extend_from_slice(&header);
        tar.extend_from_slice(bytes);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    tar
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// What was heard, in words that two readings of one archive must share.
#[derive(Default)]
struct Heard {
    keys: HashSet<String>,
    told: Vec<String>,
    records: u64,
    rejects: u64,
    warnings: u64,
    progress: u64,
}

fn read(archive: &[u8]) -> Ending {
    let (mut heard, mut again) = (Heard::default(), Heard::default());
    let result = roster::read(archive, &LIMITS, [1; 16], &mut heard);
    let repeated = roster::read(archive, &LIMITS, [2; 16], &mut again);
    assert!(result == repeated && heard.told == again.told, "two readings differ");
    heard.end(archive, result)
}

impl Heard {
    fn end(mut self, archive: &[u8], result: Result<Summary, Fault>) -> Ending {
        match result {
            Ok(summary) => {
                assert_eq!(summary.md5, roster::md5_of(archive).unwrap());
                assert_eq!(summary.archive_bytes, archive.len() as u64);
                assert_eq!(self.progress, summary.archive_bytes);
                let counts = (summary.records, summary.rejects, summary.warnings);
                assert_eq!(counts, (self.records, self.rejects, self.warnings));
                assert!((5..=LIMITS.files).contains(&summary.files));
                let word = match (summary.rejects, summary.warnings) {
                    (0, 0) => "read",
                    (0, _) => "warned",
                    _ => "rejected",
                };
                Ending::new(word, self.told.join("\n"))
            }
            Err(fault) => {
                let words = fault.to_string();
                assert_short(&words);
                assert!(fault.file.is_some() || fault.line.is_none());
                self.told.push(words);
                Ending::new(fault.reason.code(), self.told.join("\n"))
            }
        }
    }

    fn place(&self, place: &Place) {
        assert!(place.line >= 1 && place.element.starts_with("GAR"), "{place}");
        assert!(place.file.starts_with("A0_GAR-ENT_") || place.file.contains("_GAR-ENT_Complet_"), "{place}");
        assert_short(&place.to_string());
    }
}

impl Sink for Heard {
    fn record(&mut self, place: &Place, record: Record) -> ControlFlow<()> {
        self.records += 1;
        self.place(place);
        assert_eq!(place.element, record.kind().element().name());
        assert!(record.schools().count() > 0);
        assert!(self.keys.insert(key(&record)), "a key twice");
        for (value, most) in values(&record) {
            let length = value.chars().count();
            assert!((1..=most).contains(&length), "{length} characters of {most}");
            assert!(!value.contains(char::is_control), "{value:?}");
            let trimmed = value.trim_matches([' ', '\t', '\r', '\n']);
            assert_eq!(trimmed, value);
        }
        ControlFlow::Continue(())
    }

    fn reject(&mut self, reject: Reject) -> ControlFlow<()> {
        self.rejects += 1;
        self.place(&reject.place);
        let words = format!("{}: {}", reject.place, reject.reason);
        assert_short(&words);
        self.told.push(format!("{} {words}", reject.reason.code()));
        ControlFlow::Continue(())
    }

    fn warn(&mut self, warning: Warning) {
        self.warnings += 1;
        self.place(&warning.place);
        self.told.push(format!("{} {}: {}", warning.reason.code(), warning.place, warning.reason));
    }

    fn progress(&mut self, bytes: u64) {
        assert!(bytes >= self.progress);
        self.progress = bytes;
    }
}

fn assert_short(words: &str) {
    assert!(words.len() < 1000 && !words.contains(char::is_control), "{words:?}");
}

/// The functional key of a record, as GAR's schemas give it.
fn key(record: &Record) -> String {
    let parts = match record {
        Record::Pupil(person) | Record::Staff(person) => vec![person.id.as_str()],
        Record::Responsible(person) => vec![person.id.as_str()],
        Record::PersonMef(level) | Record::PersonMefstat4(level) => {
            vec![level.school.as_str(), level.person.as_str(), &level.code]
        }
        Record::PupilSubject(taught) => {
            vec![taught.school.as_str(), taught.person.as_str(), &taught.subject]
        }
        Record::School(school) => vec![school.uai.as_str()],
        Record::Mef(mef) => vec![mef.school.as_str(), &mef.code],
        Record::Subject(subject) => vec![subject.school.as_str(), &subject.code],
        Record::Group(group) => vec![group.school.as_str(), &group.code],
        Record::Membership(member) => vec![member.school.as_str(), member.person.as_str(), &member.group],
        Record::TeacherGroupSubject(taught) => {
            vec![taught.school.as_str(), taught.person.as_str(), &taught.group]
        }
    };
    format!("{:?} {parts:?}", record.kind())
}

/// Values of a record, with the longest that GAR's schemas allow.
fn values(record: &Record) -> Vec<(&str, usize)> {
    match record {
        Record::Pupil(person) | Record::Staff(person) => {
            assert!(!person.profiles.is_empty() && !person.other_first_names.is_empty());
            let mut values =
                vec![(person.id.as_str(), 64), (&person.family_name, 500), (&person.first_name, 500)];
            values.extend(person.other_first_names.iter().map(|name| (name.as_str(), 500)));
            values.extend(person.birth_name.iter().map(|name| (name.as_str(), 500)));
            values.extend(person.secondary_id.iter().map(|id| (id.as_str(), 255)));
            values.extend(person.civility.iter().map(|civility| (civility.as_str(), 30)));
            values.extend(person.mails.iter().map(|mail| (mail.as_str(), 255)));
            values.extend(person.posts.iter().flat_map(|post| &post.codes).map(|code| (code.as_str(), 255)));
            values
        }
        Record::Responsible(person) => {
            assert!(!person.mails.is_empty());
            let mut values =
                vec![(person.id.as_str(), 64), (&person.family_name, 500), (&person.first_name, 500)];
            values.extend(person.civility.iter().map(|civility| (civility.as_str(), 30)));
            values.extend(person.mails.iter().map(|mail| (mail.as_str(), 255)));
            values
        }
        Record::PersonMef(level) => vec![(level.person.as_str(), 64), (&level.code, 255)],
        Record::PersonMefstat4(level) => vec![(level.person.as_str(), 64), (&level.code, 4)],
        Record::PupilSubject(taught) => vec![(taught.person.as_str(), 64), (&taught.subject, 255)],
        Record::School(school) => {
            let mut values = vec![(school.name.as_str(), 500)];
            values.extend(school.attached_to.iter().map(|other| (other.as_str(), 255)));
            values.extend(school.contract.iter().map(|contract| (contract.as_str(), 45)));
            values.extend(school.telephone.iter().map(|telephone| (telephone.as_str(), 20)));
            values.extend(school.mail.iter().map(|mail| (mail.as_str(), 255)));
            values
        }
        Record::Mef(mef) => {
            let mut values = vec![(mef.code.as_str(), 255), (&mef.label, 255)];
            values.extend(mef.attached_to.iter().chain(&mef.stat11).map(|code| (code.as_str(), 255)));
            values
        }
        Record::Subject(subject) => vec![(subject.code.as_str(), 255), (&subject.label, 255)],
        Record::Group(group) => {
            let mut values = vec![(group.code.as_str(), 255), (&group.label, 255)];
            values.extend(group.divisions.iter().map(|code| (code.as_str(), 255)));
            values
        }
        Record::Membership(member) => vec![(member.person.as_str(), 64), (&member.group, 255)],
        Record::TeacherGroupSubject(taught) => {
            assert!(!taught.subjects.is_empty());
            let mut values = vec![(taught.person.as_str(), 64), (&taught.group, 255)];
            values.extend(taught.subjects.iter().map(|code| (code.as_str(), 255)));
            values
        }
    }
}
