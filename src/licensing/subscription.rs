//! Subscriptions and the sets of people they are assigned to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use boundary::{Ark, Group, Kind, OrganisationId, Pool, Profile, Seats, Subject, SubscriptionId, Uai};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::directory::School;

/// Which schools a subscription covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// These schools.
    Schools(Vec<Uai>),
    /// All schools of a nature (`codeNatureUAI`).
    Nature(String),
}

impl Coverage {
    /// Whether a school is one of them.
    #[must_use]
    pub fn covers(&self, school: &School) -> bool {
        match self {
            Self::Schools(schools) => schools.contains(&school.uai),
            Self::Nature(code) => school.nature.as_ref() == Some(code),
        }
    }
}

/// A subscription: the right of schools to a resource, for some people, for some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// The resource.
    pub resource: Ark,
    /// The commercial distributor that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distributor: Option<OrganisationId>,
    /// The schools.
    pub coverage: Coverage,
    /// Its first moment.
    #[serde(with = "time::serde::rfc3339")]
    pub from: OffsetDateTime,
    /// The first moment after it.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
    /// Person by person, or the whole school.
    pub kind: Kind,
    /// Whether a seat may pass from one person to another (GAR's `categorieAffectation`).
    #[serde(default = "transferable")]
    pub transferable: bool,
    /// Whom it is for.
    pub audience: BTreeSet<Profile>,
    /// Its seats by pool; a pool without a number is unlimited.
    pub seats: BTreeMap<Pool, Option<u32>>,
}

/// Where nothing is said, a seat may pass on.
const fn transferable() -> bool {
    true
}

impl Subscription {
    /// The seats, as the decision counts them.
    #[must_use]
    pub fn seats(&self) -> Seats {
        match self.seats.get(&Pool::All) {
            Some(None) => Seats::Unlimited,
            Some(Some(seats)) => Seats::Global(*seats),
            None => Seats::PerProfile(self.seats.iter().map(|(pool, seats)| (*pool, *seats)).collect()),
        }
    }
}

/// A set of people that a subscription is assigned to. Assignment by name is a seat.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetTarget {
    /// Everyone in the audience, at every school that the subscription covers.
    Everyone,
    /// Everyone at a level, at every school that the subscription covers.
    Level(String),
    /// Everyone in a group.
    Group(Group),
    /// Everyone of a school in the audience.
    EveryoneAt(Uai),
    /// Everyone at a level of a school.
    LevelAt {
        /// The school.
        school: Uai,
        /// The level.
        level: String,
    },
}

impl SetTarget {
    /// Whether a person is in the set.
    #[must_use]
    pub fn holds(&self, subject: &Subject) -> bool {
        match self {
            Self::Everyone => true,
            Self::Level(level) => subject.level.as_ref() == Some(level),
            Self::Group(group) => subject.groups.iter().any(|own| same_group(group, own)),
            Self::EveryoneAt(school) => subject.school == *school,
            Self::LevelAt { school, level } => {
                subject.school == *school && subject.level.as_ref() == Some(level)
            }
        }
    }

    /// The school whose people it holds; none where it holds people of every school.
    #[must_use]
    pub const fn school(&self) -> Option<&Uai> {
        match self {
            Self::Everyone | Self::Level(_) => None,
            Self::Group(group) => Some(&group.school),
            Self::EveryoneAt(school) | Self::LevelAt { school, .. } => Some(school),
        }
    }

    /// What it is, in a word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Everyone | Self::EveryoneAt(_) => "everyone",
            Self::Level(_) | Self::LevelAt { .. } => "level",
            Self::Group(_) => "group",
        }
    }
}

impl fmt::Display for SetTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::Level(level) => write!(f, "level {level}"),
            Self::Group(group) => {
                write!(f, "{} {} {}", group.status.as_str(), group.school, group.code)?;
                group.year.map_or(Ok(()), |year| write!(f, " {year}"))
            }
            Self::EveryoneAt(school) => write!(f, "at {school} everyone"),
            Self::LevelAt { school, level } => write!(f, "at {school} level {level}"),
        }
    }
}

/// `subject.groups` holds current groups only, so a target without a year means this year's.
fn same_group(target: &Group, own: &Group) -> bool {
    let same_year = target.year.is_none() || own.year.is_none() || target.year == own.year;
    same_year && (&target.school, target.status, &target.code) == (&own.school, own.status, &own.code)
}

#[cfg(test)]
mod tests {
    use boundary::{GroupStatus, PersonId};

    use super::*;

    fn uai(text: &str) -> Uai {
        Uai::parse_any_letter(text).unwrap()
    }

    fn group(school: &str) -> Group {
        Group { school: uai(school), status: GroupStatus::Division, code: "6A".to_owned(), year: None }
    }

    /// Somebody of a school in its class 6A, at level 6.
    fn of(school: &str) -> Subject {
        Subject {
            person: PersonId::stored(uuid::Uuid::nil()),
            school: uai(school),
            profile: Profile::Pupil,
            groups: vec![group(school)],
            level: Some("6".to_owned()),
        }
    }

    #[test]
    fn a_set_of_one_school_holds_nobody_of_another() {
        let (own, other) = ("0750001U", "0440001M");
        let level = "6".to_owned();
        let of_school = [
            SetTarget::EveryoneAt(uai(own)),
            SetTarget::LevelAt { school: uai(own), level: level.clone() },
            SetTarget::Group(group(own)),
        ];
        for set in of_school {
            assert!(set.holds(&of(own)), "{set:?}");
            assert!(!set.holds(&of(other)), "{set:?}");
            assert_eq!(set.school(), Some(&uai(own)));
        }
        for set in [SetTarget::Everyone, SetTarget::Level(level)] {
            assert!(set.holds(&of(own)) && set.holds(&of(other)), "{set:?}");
            assert_eq!(set.school(), None);
        }
        let seven = SetTarget::LevelAt { school: uai(own), level: "7".to_owned() };
        assert!(!seven.holds(&of(own)));
    }

    #[test]
    fn sets_that_were_stored_before_there_were_schools_in_them_are_read() {
        for text in [r#""everyone""#, r#"{"level":"6"}"#] {
            let set: SetTarget = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&set).unwrap(), text);
        }
    }
}
