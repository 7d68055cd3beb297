//! What a report about one person needs of a store. Nothing here is cached: it is asked rarely, and about what is there now.

use async_trait::async_trait;
use boundary::{Ark, EntId, Fault, PersonId, Pseudonym, Root, SectorId, SubscriptionId, Uai};
use serde::Deserialize;

use super::db::{Db, both};
use super::error::StoreError;
use super::people::{self, AffiliationRow, MembershipRow, form};
use super::time::moment;
use super::{Store, objects};
use crate::catalogue::Resource;
use crate::directory::{Organisation, School, Sector};
use crate::operate::apply::RecordKind;
use crate::operate::subject::{Identity, IdentityHeld, Kept, KeptName, KeptSeat, Publisher, SubjectStore};

const CREATED: &str = "SELECT created FROM person WHERE id = $1";
/// Their own, and those of people who turned out to be them.
const ROOTS: &str = "SELECT root FROM pseudonym_root WHERE person = $1 \
                     UNION SELECT root FROM pseudonym WHERE subject = $2 AND kind = 'person' AND root IS NOT NULL";
const IDENTITIES: &str = "SELECT ent, namespace, subject, managed_by FROM identity WHERE person = $1 \
                          ORDER BY ent, namespace, subject";
const AFFILIATIONS: &str = "SELECT ent, school, profile, year, level, managed_by, until FROM affiliated WHERE person = $1 \
                            ORDER BY ent, school, year, profile";
const MEMBERSHIPS: &str = "SELECT ent, school, status, code, year FROM grouped WHERE person = $1 \
                           ORDER BY ent, school, year, status, code";
const MANAGES: &str = "SELECT ent, school FROM school_manager WHERE person = $1 ORDER BY ent, school";
const SEATS: &str = "SELECT subscription, by_name, taken FROM seat WHERE person = $1 ORDER BY subscription";
const NAMES: &str = "SELECT sector, value, scope, created FROM pseudonym WHERE subject = $1 AND kind = 'person' \
                     ORDER BY sector, scope, created";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] =
    &[CREATED, ROOTS, IDENTITIES, AFFILIATIONS, MEMBERSHIPS, MANAGES, SEATS, NAMES];

type OfEnt = (String, String, String, String, Option<String>, String, Option<i64>);

#[async_trait]
impl SubjectStore for Store {
    async fn person(&self, who: &Identity) -> Result<Option<PersonId>, Fault> {
        Ok(people::person(&self.db, &who.ent, &who.namespace, &who.subject).await?)
    }

    async fn kept(&self, person: PersonId) -> Result<Kept, Fault> {
        let (db, id) = (&self.db, person.uuid());
        let created: Option<i64> = both!("reading a person", db.read(), c =>
            sqlx::query_scalar(CREATED).bind(id).fetch_optional(c))?;
        let roots: Vec<Vec<u8>> = both!("reading roots", db.read(), c =>
            sqlx::query_scalar(ROOTS).bind(id).bind(id.to_string()).fetch_all(c))?;
        Ok(Kept {
            created: created.map(moment).transpose()?,
            identities: identities(db, person).await?,
            affiliations: affiliations(db, person).await?,
            groups: groups(db, person).await?,
            manages: manages(db, person).await?,
            seats: seats(db, person).await?,
            names: names(db, person).await?,
            roots: roots.into_iter().map(root).collect::<Result<_, _>>()?,
        })
    }

    async fn publisher_of(&self, sector: &SectorId) -> Result<Publisher, Fault> {
        let found = objects::by_id::<Sector>(&self.db, RecordKind::Sector, sector.as_str()).await?;
        let organisation = found.map(|found| found.value.organisation);
        let of = match &organisation {
            Some(id) => {
                objects::by_id::<Organisation>(&self.db, RecordKind::Organisation, id.as_str()).await?
            }
            None => None,
        };
        Ok(Publisher { sector: sector.clone(), organisation, name: of.map(|of| of.value.name) })
    }

    async fn school_name(&self, uai: &Uai) -> Result<Option<String>, Fault> {
        let found = objects::by_id::<School>(&self.db, RecordKind::School, uai.as_str()).await?;
        Ok(found.map(|found| found.value.name))
    }

    async fn title(&self, resource: &Ark) -> Result<Option<String>, Fault> {
        let found = objects::by_id::<Resource>(&self.db, RecordKind::Resource, resource.as_str()).await?;
        Ok(found.map(|found| found.value.title))
    }

    async fn resource_of(&self, subscription: &SubscriptionId) -> Result<Option<Ark>, Fault> {
        const KIND: RecordKind = RecordKind::Subscription;
        let found = objects::by_id::<About>(&self.db, KIND, subscription.as_str()).await?;
        Ok(found.map(|found| found.value.resource))
    }
}

/// What of a stored subscription tells what it is for.
#[derive(Deserialize)]
struct About {
    resource: Ark,
}

async fn identities(db: &Db, person: PersonId) -> Result<Vec<IdentityHeld>, StoreError> {
    let rows: Vec<(String, String, String, String)> = both!("reading identities", db.read(), c =>
        sqlx::query_as(IDENTITIES).bind(person.uuid()).fetch_all(c))?;
    let identity = |(ent, namespace, subject, managed_by): (String, _, _, _)| {
        let ent = ent_of("identity.ent", &ent)?;
        Ok(IdentityHeld { ent, namespace, subject, managed_by })
    };
    rows.into_iter().map(identity).collect()
}

async fn affiliations(
    db: &Db,
    person: PersonId,
) -> Result<Vec<(EntId, crate::directory::Affiliation)>, StoreError> {
    let rows: Vec<OfEnt> = both!("reading affiliations", db.read(), c =>
        sqlx::query_as(AFFILIATIONS).bind(person.uuid()).fetch_all(c))?;
    let of = |(ent, school, profile, year, level, managed_by, until): OfEnt| {
        let row: AffiliationRow = (school, profile, year, level, managed_by, until);
        Ok((ent_of("affiliation.ent", &ent)?, people::affiliation(row)?))
    };
    rows.into_iter().map(of).collect()
}

async fn groups(db: &Db, person: PersonId) -> Result<Vec<(EntId, boundary::Group)>, StoreError> {
    let rows: Vec<(String, String, String, String, String)> = both!("reading memberships", db.read(), c =>
        sqlx::query_as(MEMBERSHIPS).bind(person.uuid()).fetch_all(c))?;
    let of = |(ent, school, status, code, year): (String, String, String, String, String)| {
        let row: MembershipRow = (school, status, code, year);
        Ok((ent_of("membership.ent", &ent)?, people::group(row)?))
    };
    rows.into_iter().map(of).collect()
}

async fn manages(db: &Db, person: PersonId) -> Result<Vec<(EntId, Uai)>, StoreError> {
    let rows: Vec<(String, String)> = both!("reading who manages", db.read(), c =>
        sqlx::query_as(MANAGES).bind(person.uuid()).fetch_all(c))?;
    let of = |(ent, school): (String, String)| {
        let school = Uai::parse_any_letter(&school).map_err(|_| form("school_manager.school"))?;
        Ok((ent_of("school_manager.ent", &ent)?, school))
    };
    rows.into_iter().map(of).collect()
}

async fn seats(db: &Db, person: PersonId) -> Result<Vec<KeptSeat>, StoreError> {
    let rows: Vec<(String, i64, i64)> = both!("reading seats", db.read(), c =>
        sqlx::query_as(SEATS).bind(person.uuid()).fetch_all(c))?;
    let seat = |(subscription, by_name, taken): (String, i64, i64)| {
        let subscription = SubscriptionId::parse(&subscription).map_err(|_| form("seat.subscription"))?;
        Ok(KeptSeat { subscription, by_name: by_name != 0, since: moment(taken)? })
    };
    rows.into_iter().map(seat).collect()
}

async fn names(db: &Db, person: PersonId) -> Result<Vec<KeptName>, StoreError> {
    let rows: Vec<(String, String, String, i64)> = both!("reading pseudonyms", db.read(), c =>
        sqlx::query_as(NAMES).bind(person.uuid().to_string()).fetch_all(c))?;
    let name = |(sector, value, scope, created): (String, String, String, i64)| {
        let sector = SectorId::parse(&sector).map_err(|_| form("pseudonym.sector"))?;
        let value = Pseudonym::stored(&value).map_err(|_| form("pseudonym.value"))?;
        Ok(KeptName { sector, value, scope, since: moment(created)? })
    };
    rows.into_iter().map(name).collect()
}

fn root(bits: Vec<u8>) -> Result<Root, StoreError> {
    bits.try_into().map(Root::stored).map_err(|_| form("pseudonym_root.root"))
}

fn ent_of(column: &'static str, text: &str) -> Result<EntId, StoreError> {
    EntId::parse(text).map_err(|_| form(column))
}
