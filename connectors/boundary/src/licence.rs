//! Licences as they bear on one person at one moment: the input of [`decide`](crate::decide).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::SubscriptionId;
use crate::profile::Profile;

/// How a subscription is used (GAR's `typeAffectation`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    /// Person by person: somebody must be assigned, and takes a seat.
    Indiv,
    /// The whole school: everybody in the audience, no seats.
    Etabl,
}

/// Where seats are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pool {
    /// One pool for everybody.
    All,
    /// Teachers (`nbLicenceEnseignant`).
    Teacher,
    /// Pupils (`nbLicenceEleve`).
    Pupil,
    /// Librarians (`nbLicenceProfDoc`).
    Librarian,
    /// Everybody else who works there (`nbLicenceAutrePersonnel`).
    OtherStaff,
}

impl Pool {
    /// The name in our tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Teacher => "teacher",
            Self::Pupil => "pupil",
            Self::Librarian => "librarian",
            Self::OtherStaff => "other-staff",
        }
    }
}

/// How many seats a subscription has. Seats per profile leave out the profiles that have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seats {
    /// As many as ask.
    Unlimited,
    /// One number for everybody.
    Global(u32),
    /// A number a profile; `None` is unlimited.
    PerProfile(Vec<(Pool, Option<u32>)>),
}

impl Seats {
    /// The pool that a profile draws from, or `None` where it has none.
    #[must_use]
    pub fn pool_of(&self, profile: Profile) -> Option<Pool> {
        let Self::PerProfile(pools) = self else {
            return Some(Pool::All);
        };
        let wanted = match profile {
            Profile::Teacher => Pool::Teacher,
            Profile::Librarian => Pool::Librarian,
            Profile::Pupil => Pool::Pupil,
            Profile::Head | Profile::SchoolLife | Profile::Staff | Profile::Local => Pool::OtherStaff,
            Profile::Guardian | Profile::Other => return None,
        };
        pools.iter().any(|(pool, _)| *pool == wanted).then_some(wanted)
    }

    /// All pools with their sizes; `None` is unlimited.
    #[must_use]
    pub fn pools(&self) -> Vec<(Pool, Option<u32>)> {
        match self {
            Self::Unlimited => vec![(Pool::All, None)],
            Self::Global(seats) => vec![(Pool::All, Some(*seats))],
            Self::PerProfile(pools) => pools.clone(),
        }
    }
}

/// Whether the person has a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatState {
    /// They hold one.
    Held,
    /// Their pool has one left.
    Free(Pool),
    /// Their pool is empty, or there is none for their profile.
    Full,
}

/// One subscription to the resource, as it bears on this person at their school.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Which one.
    pub subscription: SubscriptionId,
    /// The first moment of its validity.
    pub from: OffsetDateTime,
    /// The first moment after it.
    pub until: OffsetDateTime,
    /// How it is used.
    pub kind: Kind,
    /// Whom it is for.
    pub audience: BTreeSet<Profile>,
    /// Whether the person is assigned: by name, group, level, or as everyone.
    pub assigned: bool,
    /// Their seat; it only counts for [`Kind::Indiv`].
    pub seat: SeatState,
}
