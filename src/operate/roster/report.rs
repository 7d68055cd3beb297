//! The acceptance report: what became of an archive, school by school, in a form that an ENT's team can act on.

use std::collections::BTreeMap;

use boundary::{EntId, Uai};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// How many rejected records are told one by one of a school, and of an archive.
const TOLD_OF_SCHOOL: u64 = 1000;
const TOLD: usize = 20_000;

/// How an import ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every school of the archive counts as it came.
    Taken,
    /// Some schools were kept, held or passed over.
    TakenInPart,
    /// The archive was refused: nothing of it counts.
    Refused,
}

/// What became of a school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchoolVerdict {
    /// It counts as it came.
    Taken,
    /// Who came is there; those who are missing stay until somebody confirms that they left.
    Held,
    /// Too many records were rejected: it stays as it was.
    Kept,
    /// The archive does not list it any more: everybody stays until somebody confirms that they left.
    Absent,
    /// It is registered, and the ENT may not speak for it: nothing was taken.
    NotOfEnt,
    /// It is not registered: nothing was taken.
    Unknown,
}

/// Counts of people and records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Records of the archive.
    pub records: u64,
    /// Records that were rejected.
    pub rejected: u64,
    /// People that it lists.
    pub people: u64,
    /// Those who were not there before.
    pub new: u64,
    /// Those who are something else than before, or came back.
    pub changed: u64,
    /// Those of whom it says what was said before.
    pub unchanged: u64,
    /// Those who are missing, and keep their access for the days of grace.
    pub left: u64,
    /// Those who are missing, and stay until somebody confirms.
    pub held: u64,
    /// Those who assign resources.
    pub managers: u64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.records, other.records),
            (&mut self.rejected, other.rejected),
            (&mut self.people, other.people),
            (&mut self.new, other.new),
            (&mut self.changed, other.changed),
            (&mut self.unchanged, other.unchanged),
            (&mut self.left, other.left),
            (&mut self.held, other.held),
            (&mut self.managers, other.managers),
        ];
        pairs.into_iter().for_each(|(sum, more)| *sum += more);
    }
}

/// What became of a school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolReport {
    /// Its number.
    pub uai: Uai,
    /// What became of it.
    pub verdict: SchoolVerdict,
    /// Counts.
    #[serde(flatten)]
    pub counts: Counts,
    /// What to do about it, in words; nothing where all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

/// A record that was left out, or about which something should be mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The school that it is about, where that could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub school: Option<Uai>,
    /// The file of the archive.
    pub file: String,
    /// The line in it.
    pub line: u64,
    /// The element.
    pub element: String,
    /// The stable code of the reason.
    pub code: String,
    /// The reason.
    pub reason: String,
    /// The ENT's own identifier of the person, where the record is right by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
}

/// Why an archive was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The stable code of the reason.
    pub code: String,
    /// The reason.
    pub reason: String,
    /// In which file of the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// In which line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// What became of an archive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The ENT, by our id.
    pub ent: EntId,
    /// The archive's name.
    pub archive: String,
    /// The number of the import at the ENT.
    pub number: i64,
    /// The degree of the archive, once it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degree: Option<String>,
    /// The MD5 of the bytes that were read, and whether a companion named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub md5: Option<String>,
    /// Whether a companion named the MD5.
    pub md5_compared: bool,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub began: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339")]
    pub ended: OffsetDateTime,
    /// How it ended.
    pub verdict: Verdict,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// Counts over all schools that were taken or kept.
    pub totals: Counts,
    /// School by school.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schools: Vec<SchoolReport>,
    /// Records that were rejected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejects: Vec<Line>,
    /// Records that were rejected and are not told one by one.
    pub rejects_untold: u64,
    /// What should be mended in records that were taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Line>,
}

impl Report {
    /// Whether nothing of the archive counts.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.verdict == Verdict::Refused
    }

    /// Sums up the schools, and says how it ended.
    pub(super) fn conclude(&mut self) {
        let own = |school: &&SchoolReport| {
            !matches!(school.verdict, SchoolVerdict::NotOfEnt | SchoolVerdict::Unknown)
        };
        self.totals = Counts::default();
        for school in self.schools.iter().filter(own) {
            self.totals.add(&school.counts);
        }
        let whole = self.schools.iter().all(|school| school.verdict == SchoolVerdict::Taken);
        self.verdict = match (&self.fault, whole) {
            (Some(_), _) => Verdict::Refused,
            (None, true) => Verdict::Taken,
            (None, false) => Verdict::TakenInPart,
        };
    }

    /// The same without lines about single records, as the history keeps it: their identifiers are the ENT's to read.
    #[must_use]
    pub fn without_lines(&self) -> Self {
        Self {
            rejects: Vec::new(),
            warnings: Vec::new(),
            rejects_untold: self.rejects_untold + self.rejects.len() as u64,
            schools: Vec::new(),
            ..self.clone()
        }
    }
}

/// Lines about records, as many as are told one by one.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: Vec<Line>,
    of_school: BTreeMap<Option<Uai>, u64>,
    untold: u64,
}

impl Lines {
    pub fn add(&mut self, line: Line) {
        let of_school = self.of_school.entry(line.school.clone()).or_default();
        *of_school += 1;
        if *of_school > TOLD_OF_SCHOOL || self.lines.len() >= TOLD {
            self.untold += 1;
        } else {
            self.lines.push(line);
        }
    }

    /// The lines, in the order of files and lines, and how many more there were.
    pub fn finish(mut self) -> (Vec<Line>, u64) {
        self.lines.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        (self.lines, self.untold)
    }
}
