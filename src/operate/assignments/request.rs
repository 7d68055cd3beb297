//! What somebody asks for: which subscription, for whom they act, and to whom it goes.

use std::fmt;

use boundary::{Group, SubscriptionId, Uai};
use serde::{Deserialize, Serialize};

use crate::licensing::SetTarget;
use crate::operate::identity::Identity;

/// How many targets one request may name.
pub const MOST: usize = 10_000;

/// To whom a subscription goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// One person by name, who holds a seat from then on.
    Person(Identity),
    /// Everybody in a class or teaching group. Without a year it is this school year's.
    Group(Group),
    /// Everybody at a level of a school.
    Level {
        /// The school.
        school: Uai,
        /// The level, as rosters name it.
        level: String,
    },
    /// Everyone of a school in the audience.
    Everyone {
        /// The school.
        school: Uai,
    },
}

impl Target {
    /// The school of a set.
    #[must_use]
    pub const fn school(&self) -> Option<&Uai> {
        match self {
            Self::Person(_) => None,
            Self::Group(group) => Some(&group.school),
            Self::Level { school, .. } | Self::Everyone { school } => Some(school),
        }
    }

    /// What it is, in a word: the field that the journal names.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Group(_) => "group",
            Self::Level { .. } => "level",
            Self::Everyone { .. } => "everyone",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(Identity { ent, namespace, subject }) => {
                write!(f, "person {ent}/{namespace}/{subject}")
            }
            Self::Group(group) => SetTarget::Group(group.clone()).fmt(f),
            Self::Level { school, level } => write!(f, "at {school} level {level}"),
            Self::Everyone { school } => write!(f, "at {school} everyone"),
        }
    }
}

/// For whom somebody acts. Nothing that they ask for reaches beyond.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bounds {
    /// For one school: its people, its sets, its seats.
    School(Uai),
    /// For every school that the subscription covers: operators only.
    Covered,
}

impl Bounds {
    /// The one school, where it is one.
    #[must_use]
    pub const fn school(&self) -> Option<&Uai> {
        match self {
            Self::School(school) => Some(school),
            Self::Covered => None,
        }
    }

    /// Whether a school lies within.
    #[must_use]
    pub fn hold(&self, school: &Uai) -> bool {
        self.school().is_none_or(|own| own == school)
    }
}

/// What to assign, or to take back: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// For whom the caller acts.
    pub bounds: Bounds,
    /// To whom.
    pub targets: Vec<Target>,
}
