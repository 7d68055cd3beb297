//! People as the directory knows them.

use std::fmt;

use boundary::{EntId, Group, PersonId, Profile, Root, SchoolYear, Uai};
use time::OffsetDateTime;

/// What somebody is at a school. Without a year it holds until it is taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affiliation {
    /// The school.
    pub school: Uai,
    /// What they are there.
    pub profile: Profile,
    /// Their level there, such as a MEF code.
    pub level: Option<String>,
    /// The school year it holds for.
    pub year: Option<SchoolYear>,
    /// Whether it comes from a first launch rather than from a roster or an operator.
    pub jit: bool,
    /// When it ends, where the roster no longer lists them: until then they keep their access.
    pub until: Option<OffsetDateTime>,
}

impl Affiliation {
    /// Whether it holds at a moment of a school year.
    #[must_use]
    pub fn is_current(&self, year: SchoolYear, now: OffsetDateTime) -> bool {
        self.year.is_none_or(|own| own == year) && self.until.is_none_or(|until| now < until)
    }
}

/// What a roster says of somebody at a school beyond what decisions need: names, mail, subjects. It is opened where it is
/// released or shown, and nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedAttributes {
    /// The school that it was said for.
    pub school: Uai,
    /// The attributes, sealed.
    pub sealed: Vec<u8>,
}

impl fmt::Debug for SealedAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedAttributes").field("school", &self.school).finish_non_exhaustive()
    }
}

/// A person known under an identity of an ENT, with what that ENT says of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Our id.
    pub person: PersonId,
    /// What they are, where.
    pub affiliations: Vec<Affiliation>,
    /// Their groups.
    pub groups: Vec<Group>,
    /// What a roster says of them at its schools.
    pub sealed: Vec<SealedAttributes>,
}

impl Known {
    /// The affiliations that count: a roster's or an operator's, where there are any; else those of their launches.
    pub fn counted(&self) -> impl Iterator<Item = &Affiliation> {
        let launches_only = self.is_provisioned();
        self.affiliations.iter().filter(move |affiliation| affiliation.jit == launches_only)
    }

    /// Whether everything that is known of them comes from their launches: then a launch may add to it. Somebody of whom
    /// nothing is left was taken off a roster or a file, and does not come back by a launch.
    #[must_use]
    pub fn is_provisioned(&self) -> bool {
        !self.affiliations.is_empty() && self.affiliations.iter().all(|affiliation| affiliation.jit)
    }
}

/// Somebody seen for the first time over a connection that provisions.
#[derive(Clone)]
pub struct Newcomer {
    /// The id drawn for them.
    pub person: PersonId,
    /// The root drawn for them.
    pub root: Root,
    /// The ENT.
    pub ent: EntId,
    /// The namespace of `subject`.
    pub namespace: String,
    /// Their key in the namespace.
    pub subject: String,
    /// What they are, where.
    pub affiliation: Affiliation,
    /// When.
    pub at: OffsetDateTime,
}

impl fmt::Debug for Newcomer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Newcomer").field("ent", &self.ent).finish_non_exhaustive()
    }
}
