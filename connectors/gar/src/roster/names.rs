//! Names of archives and of the files in them: who sent what, and when.

use std::fmt;

use thiserror::Error;
use time::{Date, Month, PrimitiveDateTime, Time};

/// What stands between the ENT's code and the time in every name.
const COMPLETE: &str = "_GAR-ENT_Complet_";
/// What stands there up to the word for what kind of set it is.
const SET: &str = "_GAR-ENT_";
/// Names of ENTs are short (`A0`); this is room enough.
const CODE_MOST: usize = 32;

/// Why a name is not one of GAR's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotAName {
    /// It has another form.
    #[error("the name has not the form {{idENT}}_GAR-ENT_Complet_{{yyyyMMdd_HHmmss}}_{{1D|2D}}…")]
    Form,
    /// It is a set of another kind than `Complet`.
    #[error("only complete sets are read (`Complet` in the name)")]
    NotComplete,
}

/// First or second degree: écoles, or collèges and lycées. Their files have different namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Degree {
    /// `1D`
    First,
    /// `2D`
    Second,
}

impl Degree {
    /// The degree as names have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "1D",
            Self::Second => "2D",
        }
    }

    /// The namespace of its files.
    #[must_use]
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::First => "http://data.education.fr/ns/gar/1d",
            Self::Second => "http://data.education.fr/ns/gar",
        }
    }
}

impl fmt::Display for Degree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a file of the archive holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// Pupils.
    Eleve,
    /// Everybody who works at a school, not only teachers.
    Enseignant,
    /// Schools.
    Etab,
    /// Classes and groups, and who is in them.
    Groupe,
    /// Who assigns resources at a school.
    RespAff,
}

impl FileKind {
    /// Every kind: an archive has all of them.
    pub const ALL: [Self; 5] = [Self::Eleve, Self::Enseignant, Self::Etab, Self::Groupe, Self::RespAff];

    /// The kind as file names have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eleve => "Eleve",
            Self::Enseignant => "Enseignant",
            Self::Etab => "Etab",
            Self::Groupe => "Groupe",
            Self::RespAff => "RespAff",
        }
    }

    /// The root element of such a file.
    #[must_use]
    pub const fn root(self) -> &'static str {
        match self {
            Self::Eleve => "GAR-ENT-Eleve",
            Self::Enseignant => "GAR-ENT-Enseignant",
            Self::Etab => "GAR-ENT-Etab",
            Self::Groupe => "GAR-ENT-Groupe",
            Self::RespAff => "GAR-ENT-RespAff",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The kind of file that has this root element.
    pub(super) fn of_root(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.root() == name)
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the name of an archive says. Older senders leave the degree out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveName {
    /// The ENT's code, `idENT`.
    pub ent_code: String,
    /// When the set was made, by the ENT's own clock and without a zone.
    pub date_time: PrimitiveDateTime,
    /// The degree, where the name has it.
    pub degree: Option<Degree>,
}

impl ArchiveName {
    /// Reads `{idENT}_GAR-ENT_Complet_{yyyyMMdd_HHmmss}[_{1D|2D}].tar.gz`, or the same with `.md5`.
    ///
    /// # Errors
    /// [`NotAName`] says what is wrong.
    pub fn parse(name: &str) -> Result<Self, NotAName> {
        let base = name.strip_suffix(".tar.gz").or_else(|| name.strip_suffix(".md5"));
        let (archive, rest) = begin(base.ok_or(NotAName::Form)?)?;
        if rest.is_empty() { Ok(archive) } else { Err(NotAName::Form) }
    }

    /// The name without its ending, as the archive and its companion share it.
    #[must_use]
    pub fn base(&self) -> String {
        let (date, time) = (self.date_time.date(), self.date_time.time());
        let degree = self.degree.map_or_else(String::new, |degree| format!("_{degree}"));
        format!(
            "{}{COMPLETE}{:04}{:02}{:02}_{:02}{:02}{:02}{degree}",
            self.ent_code,
            date.year(),
            u8::from(date.month()),
            date.day(),
            time.hour(),
            time.minute(),
            time.second()
        )
    }
}

/// What the name of a file in an archive says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    /// What it shares with every other file of its archive.
    pub archive: ArchiveName,
    /// What the file holds.
    pub kind: FileKind,
    /// Its number among the files of its kind, from 0.
    pub index: u16,
}

impl FileName {
    /// Reads `{idENT}_GAR-ENT_Complet_{yyyyMMdd_HHmmss}[_{1D|2D}]_{Eleve|…}_{NNNN}.xml`.
    ///
    /// # Errors
    /// [`NotAName`] says what is wrong.
    pub fn parse(name: &str) -> Result<Self, NotAName> {
        let base = name.strip_suffix(".xml").ok_or(NotAName::Form)?;
        let (archive, rest) = begin(base)?;
        let rest = rest.strip_prefix('_').and_then(|rest| rest.split_once('_'));
        let (kind, index) = rest.ok_or(NotAName::Form)?;
        let kind = FileKind::parse(kind).ok_or(NotAName::Form)?;
        let index = number(index, 4).ok_or(NotAName::Form)?;
        Ok(Self { archive, kind, index })
    }
}

/// The beginning that all names share, and what follows it.
fn begin(base: &str) -> Result<(ArchiveName, &str), NotAName> {
    let Some((code, rest)) = base.split_once(COMPLETE) else {
        return Err(if base.contains(SET) { NotAName::NotComplete } else { NotAName::Form });
    };
    let (moment, rest) = rest.split_at_checked(15).ok_or(NotAName::Form)?;
    let date_time = moment_of(moment).filter(|_| is_code(code)).ok_or(NotAName::Form)?;
    let (degree, rest) = match (rest.strip_prefix("_1D"), rest.strip_prefix("_2D")) {
        (Some(rest), _) => (Some(Degree::First), rest),
        (_, Some(rest)) => (Some(Degree::Second), rest),
        _ => (None, rest),
    };
    Ok((ArchiveName { ent_code: code.to_owned(), date_time, degree }, rest))
}

fn is_code(code: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.');
    let first = code.bytes().next().is_some_and(|c| c.is_ascii_alphanumeric());
    first && code.len() <= CODE_MOST && code.bytes().all(allowed)
}

/// `yyyyMMdd_HHmmss`
fn moment_of(text: &str) -> Option<PrimitiveDateTime> {
    let (day, time) = text.split_once('_')?;
    let part = |text: &str, from: usize, length: usize| number(text.get(from..from + length)?, length);
    if (day.len(), time.len()) != (8, 6) {
        return None;
    }
    let month = Month::try_from(u8::try_from(part(day, 4, 2)?).ok()?).ok()?;
    let date =
        Date::from_calendar_date(i32::from(part(day, 0, 4)?), month, u8::try_from(part(day, 6, 2)?).ok()?);
    let clock = |from| part(time, from, 2).and_then(|number| u8::try_from(number).ok());
    let time = Time::from_hms(clock(0)?, clock(2)?, clock(4)?);
    Some(PrimitiveDateTime::new(date.ok()?, time.ok()?))
}

/// A number of exactly so many digits.
fn number(text: &str, digits: usize) -> Option<u16> {
    let plain = text.len() == digits && text.bytes().all(|c| c.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}
