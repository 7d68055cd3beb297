//! What is held about a person now, with names for people.

use boundary::{Ark, EntId, Fault, Profile, SubscriptionId, Uai};
use serde::Serialize;
use time::OffsetDateTime;

use super::{Kept, KeptName, KeptSeat, Publisher, SubjectStore};
use crate::directory::Affiliation;

/// How an ENT calls them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdentityHeld {
    /// The ENT.
    pub ent: EntId,
    /// The namespace.
    pub namespace: String,
    /// Their key in it.
    pub subject: String,
    /// Who says so: `file`, `roster`, `jit` …
    pub managed_by: String,
}

/// What they are at a school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SchoolHeld {
    /// The ENT that says so.
    pub ent: EntId,
    /// The school.
    pub school: Uai,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What they are there.
    pub profile: Profile,
    /// Their level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The school year it holds for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<String>,
    /// Whether it comes from their first launch.
    pub from_launch: bool,
}

/// A group of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupHeld {
    /// The ENT that says so.
    pub ent: EntId,
    /// The school.
    pub school: Uai,
    /// `division` or `group`.
    pub status: &'static str,
    /// Its code.
    pub code: String,
    /// The school year it exists in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<String>,
}

/// A school whose licences they manage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManagedHeld {
    /// The ENT that says so.
    pub ent: EntId,
    /// The school.
    pub school: Uai,
}

/// A seat of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeatHeld {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Ark>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Whether it was assigned by name.
    pub by_name: bool,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

/// A publisher that knows them by a pseudonym. The pseudonym itself is nobody's to read here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownTo {
    /// The publisher.
    #[serde(flatten)]
    pub publisher: Publisher,
    /// How many pseudonyms it has for them, former ones and those of single schools among them.
    pub pseudonyms: usize,
    /// When the first was released.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

/// What is held now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Since when they are known.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub since: Option<OffsetDateTime>,
    /// How ENTs call them.
    pub identities: Vec<IdentityHeld>,
    /// What they are, where.
    pub schools: Vec<SchoolHeld>,
    /// Their groups.
    pub groups: Vec<GroupHeld>,
    /// The schools whose licences they manage.
    pub manages: Vec<ManagedHeld>,
    /// Their seats.
    pub seats: Vec<SeatHeld>,
    /// Who knows them by a pseudonym.
    pub known_to: Vec<KnownTo>,
}

/// Puts names to what is kept.
pub(super) async fn tell(store: &dyn SubjectStore, kept: Kept) -> Result<Held, Fault> {
    let mut schools = Vec::new();
    for (ent, affiliation) in kept.affiliations {
        schools.push(school(store, ent, affiliation).await?);
    }
    let mut seats = Vec::new();
    for kept in kept.seats {
        seats.push(seat(store, kept).await?);
    }
    let groups = kept.groups.into_iter().map(|(ent, group)| GroupHeld {
        ent,
        school: group.school,
        status: group.status.as_str(),
        code: group.code,
        year: group.year.map(|year| year.to_string()),
    });
    let manages = kept.manages.into_iter().map(|(ent, school)| ManagedHeld { ent, school }).collect();
    let (since, identities, groups) = (kept.created, kept.identities, groups.collect());
    let known_to = known_to(store, kept.names).await?;
    Ok(Held { since, identities, schools, groups, manages, seats, known_to })
}

async fn school(store: &dyn SubjectStore, ent: EntId, affiliation: Affiliation) -> Result<SchoolHeld, Fault> {
    let Affiliation { school, profile, level, year, jit, until: _ } = affiliation;
    let (name, year) = (store.school_name(&school).await?, year.map(|year| year.to_string()));
    Ok(SchoolHeld { ent, school, name, profile, level, year, from_launch: jit })
}

async fn seat(store: &dyn SubjectStore, kept: KeptSeat) -> Result<SeatHeld, Fault> {
    let KeptSeat { subscription, by_name, since } = kept;
    let resource = store.resource_of(&subscription).await?;
    let title = match &resource {
        Some(ark) => store.title(ark).await?,
        None => None,
    };
    Ok(SeatHeld { subscription, resource, title, by_name, since })
}

async fn known_to(store: &dyn SubjectStore, names: Vec<KeptName>) -> Result<Vec<KnownTo>, Fault> {
    let mut found: Vec<KnownTo> = Vec::new();
    for name in names {
        match found.iter_mut().find(|known| known.publisher.sector == name.sector) {
            Some(known) => {
                known.pseudonyms += 1;
                known.since = known.since.min(name.since);
            }
            None => {
                let publisher = store.publisher_of(&name.sector).await?;
                found.push(KnownTo { publisher, pseudonyms: 1, since: name.since });
            }
        }
    }
    Ok(found)
}
