//! Subject: a person at a school, as the directory resolved them.

use serde::{Deserialize, Serialize};

use crate::ids::PersonId;
use crate::profile::Profile;
use crate::school_year::SchoolYear;
use crate::uai::Uai;

/// Whether a group is a division or a teaching group: both may share a code in one school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupStatus {
    /// A class (`DIVISION`).
    Division,
    /// A teaching group (`GROUPE`).
    Group,
}

impl GroupStatus {
    /// The name in our files and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Division => "division",
            Self::Group => "group",
        }
    }
}

/// A group of a school in a school year. Without a year it holds until it is taken away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Group {
    /// The school it belongs to.
    pub school: Uai,
    /// Division or group.
    pub status: GroupStatus,
    /// The school's own code, such as `6A`.
    pub code: String,
    /// The school year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<SchoolYear>,
}

/// A person at a school: what the licence is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Our id of the person.
    pub person: PersonId,
    /// The school on whose behalf they open the resource.
    pub school: Uai,
    /// What they are there.
    pub profile: Profile,
    /// Their groups at that school.
    pub groups: Vec<Group>,
    /// Their level at that school, such as a MEF code.
    pub level: Option<String>,
}
