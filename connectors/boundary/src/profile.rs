//! Profile: what somebody is at a school.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// No profile has this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "\"{0}\" is not a profile: pupil, teacher, librarian, head, school-life, staff, local, guardian or other"
)]
pub struct UnknownProfile(pub String);

/// What somebody is at a school. `Other` is whoever has no role that we know: never a teacher.
///
/// The order is the order of rank: where somebody has several profiles, the greatest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Nobody that we know of.
    Other,
    /// élève (`elv`)
    Pupil,
    /// A parent or another person in charge of a pupil.
    Guardian,
    /// personnel de collectivité territoriale (`col`)
    Local,
    /// autre personnel de l'établissement (`eta`)
    Staff,
    /// vie scolaire (`evs`)
    SchoolLife,
    /// direction (`dir`)
    Head,
    /// documentaliste (`doc`)
    Librarian,
    /// enseignant (`ens`)
    Teacher,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 9] = [
        Self::Other,
        Self::Pupil,
        Self::Guardian,
        Self::Local,
        Self::Staff,
        Self::SchoolLife,
        Self::Head,
        Self::Librarian,
        Self::Teacher,
    ];

    /// The name in our files, journal and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Pupil => "pupil",
            Self::Guardian => "guardian",
            Self::Local => "local",
            Self::Staff => "staff",
            Self::SchoolLife => "school-life",
            Self::Head => "head",
            Self::Librarian => "librarian",
            Self::Teacher => "teacher",
        }
    }

    /// The name on GAR's wires (`National_ens`), where GAR has one.
    #[must_use]
    pub const fn gar(self) -> Option<&'static str> {
        match self {
            Self::Pupil => Some("National_elv"),
            Self::Teacher => Some("National_ens"),
            Self::Librarian => Some("National_doc"),
            Self::Head => Some("National_dir"),
            Self::SchoolLife => Some("National_evs"),
            Self::Staff => Some("National_eta"),
            Self::Local => Some("National_col"),
            Self::Guardian | Self::Other => None,
        }
    }

    /// Whether this person works at the school.
    #[must_use]
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Other | Self::Pupil | Self::Guardian)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        Self::ALL.into_iter().find(|p| p.as_str() == text).ok_or_else(|| UnknownProfile(text.to_owned()))
    }
}
