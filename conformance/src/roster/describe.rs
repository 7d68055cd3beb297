//! What a roster says, described: one set, and its schools one after the other.

use serde::Deserialize;

/// First or second degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Degree {
    /// Écoles.
    #[serde(rename = "1D")]
    First,
    /// Collèges and lycées.
    #[serde(rename = "2D")]
    Second,
}

impl Degree {
    pub(super) const fn token(self) -> &'static str {
        match self {
            Self::First => "1D",
            Self::Second => "2D",
        }
    }
}

/// One set: who sends it, and when.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// The ENT's code, `idENT`.
    pub ent_code: String,
    /// When, as names have it: `yyyyMMdd_HHmmss`.
    pub date_time: String,
    /// The degree.
    pub degree: Degree,
    /// Whether names leave the degree out, as older senders do.
    #[serde(default)]
    pub old_names: bool,
    /// How many records a file has at most.
    #[serde(default = "file_records")]
    pub file_records: usize,
}

const fn file_records() -> usize {
    10_000
}

impl Set {
    /// A set with files of the usual length.
    #[must_use]
    pub fn new(ent_code: &str, date_time: &str, degree: Degree) -> Self {
        let (ent_code, date_time) = (ent_code.to_owned(), date_time.to_owned());
        Self { ent_code, date_time, degree, old_names: false, file_records: file_records() }
    }

    /// What archive, companion and files have in common in their names.
    #[must_use]
    pub fn base(&self) -> String {
        let degree = if self.old_names { "" } else { self.degree.token() };
        let line = if self.old_names { "" } else { "_" };
        format!("{}_GAR-ENT_Complet_{}{line}{degree}", self.ent_code, self.date_time)
    }
}

/// A school and everybody there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct School {
    /// Its number.
    pub uai: String,
    /// Its name.
    pub name: String,
    /// Whether it is a private one.
    pub private: bool,
    /// Levels that it has.
    pub levels: Vec<Level>,
    /// Subjects that it teaches.
    pub subjects: Vec<Subject>,
    /// Classes.
    pub classes: Vec<Class>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Pupils.
    pub pupils: Vec<Pupil>,
    /// Everybody who works there.
    pub staff: Vec<Staff>,
}

/// A level: a MEF with eleven digits in the second degree; in the first, its first four.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// The code.
    pub code: String,
    /// The label.
    pub label: String,
}

/// A subject.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The code.
    pub code: String,
    /// The label.
    pub label: String,
}

/// A class (division).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// The code.
    pub code: String,
    /// The label.
    pub label: String,
}

/// A group, with the classes whose pupils are in it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The code.
    pub code: String,
    /// The label.
    pub label: String,
    /// Codes of classes.
    #[serde(default)]
    pub classes: Vec<String>,
}

/// A pupil.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pupil {
    /// The ENT's identifier.
    pub id: String,
    /// Family name.
    pub family_name: String,
    /// First name.
    pub first_name: String,
    /// Day of birth, `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// Code of the level.
    pub level: Option<String>,
    /// Codes of the classes and groups.
    pub groups: Vec<String>,
    /// Codes of the subjects; second degree only.
    pub subjects: Vec<String>,
    /// Further schools, by their numbers.
    pub also_at: Vec<String>,
}

/// Somebody who works at the school.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Staff {
    /// The ENT's identifier.
    pub id: String,
    /// Family name.
    pub family_name: String,
    /// First name.
    pub first_name: String,
    /// Such as `Mme`.
    pub civility: Option<String>,
    /// The end of the profile's name: `ens`, `doc`, `dir`, `evs`, `eta`, `col`.
    pub profile: String,
    /// The mail address.
    pub mail: Option<String>,
    /// Whether they assign resources (responsable d'affectation); then a mail address is needed.
    pub manager: bool,
    /// What they teach to whom.
    pub teaches: Vec<Taught>,
    /// Further schools, by their numbers.
    pub also_at: Vec<String>,
}

/// What somebody teaches to a class or group.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taught {
    /// The code of the class or group.
    pub group: String,
    /// Codes of subjects.
    pub subjects: Vec<String>,
}
