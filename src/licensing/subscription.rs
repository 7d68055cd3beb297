//! Subscriptions and the sets of people they are assigned to.

use std::collections::{BTreeMap, BTreeSet};

use boundary::{Ark, Group, Kind, OrganisationId, Pool, Profile, Seats, Subject, SubscriptionId, Uai};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Which schools a subscription covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// These schools.
    Schools(Vec<Uai>),
    /// All schools of a nature (`codeNatureUAI`).
    Nature(String),
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
    /// Everyone in the audience.
    Everyone,
    /// Everyone at a level.
    Level(String),
    /// Everyone in a group.
    Group(Group),
}

impl SetTarget {
    /// Whether a person is in the set.
    #[must_use]
    pub fn holds(&self, subject: &Subject) -> bool {
        match self {
            Self::Everyone => true,
            Self::Level(level) => subject.level.as_ref() == Some(level),
            Self::Group(group) => subject.groups.iter().any(|own| same_group(group, own)),
        }
    }
}

/// `subject.groups` holds current groups only, so a target without a year means this year's.
fn same_group(target: &Group, own: &Group) -> bool {
    let same_year = target.year.is_none() || own.year.is_none() || target.year == own.year;
    same_year && (&target.school, target.status, &target.code) == (&own.school, own.status, &own.code)
}
