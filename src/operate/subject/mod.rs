//! One person: what is held about them now, and what was sent about them, to whom, when, for which school.
//!
//! Of what was sent there are names, never values: values were never written down. The journal's events name nobody;
//! theirs are found by computing anew, from the person's root, the commitments of each of their pseudonyms.

mod disclosed;
mod held;
mod show;
mod store;

use boundary::{Clock, Fault, OrganisationId, SectorId};
use serde::Serialize;
use time::OffsetDateTime;

pub use super::identity::Identity;
pub use disclosed::Disclosure;
pub use held::{GroupHeld, Held, IdentityHeld, KnownTo, ManagedHeld, SchoolHeld, SeatHeld};
pub use store::{Kept, KeptName, KeptSeat, SubjectStore};

/// A publisher, as the reader of a report knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Publisher {
    /// The domain of its pseudonyms.
    pub sector: SectorId,
    /// The organisation; absent where the sector is no longer registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationId>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Publisher {
    /// What to call it.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(self.sector.as_str())
    }
}

/// What an agreement need not name because every launch carries it, by words of our own.
pub const ALWAYS: [&str; 7] = [
    "pseudonym",
    "profile",
    "school-pseudonym",
    "course-pseudonym",
    "link-pseudonym",
    "language",
    "resource",
];

/// Everything about one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub made: OffsetDateTime,
    /// About whom.
    pub about: Identity,
    /// What is held now.
    pub held: Held,
    /// What every launch carries besides the attributes.
    pub always: [&'static str; 7],
    /// What was sent, oldest first.
    pub disclosed: Vec<Disclosure>,
    /// For how many days the journal keeps what it tells.
    pub kept_days: u32,
}

/// What a report needs.
pub struct Means<'a> {
    /// What is stored.
    pub store: &'a dyn SubjectStore,
    /// The time.
    pub clock: &'a dyn Clock,
    /// For how many days the journal keeps events.
    pub kept_days: u32,
}

/// Tells everything about a person; `None` where nobody has this identity.
///
/// # Errors
/// A [`Fault`] when the store did not answer.
pub async fn report(means: &Means<'_>, about: &Identity) -> Result<Option<Report>, Fault> {
    let Some(person) = means.store.person(about).await? else { return Ok(None) };
    let kept = means.store.kept(person).await?;
    let disclosed = disclosed::find(means.store, &kept).await?;
    let held = held::tell(means.store, kept).await?;
    let (made, kept_days) = (means.clock.now(), means.kept_days);
    Ok(Some(Report { made, about: about.clone(), held, always: ALWAYS, disclosed, kept_days }))
}
