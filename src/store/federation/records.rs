//! Records as `apply` compares them: all objects, and of people and assignments those of a file.

use std::collections::HashMap;

use boundary::{EntId, Fault, Group, SubscriptionId};
use uuid::Uuid;

use crate::operate::apply::{
    AssignmentRecord, AssignmentTarget, ManagedBy, PersonRecord, PersonSchool, Record, RecordKind,
    StoredRecord,
};
use crate::store::db::{Db, both};
use crate::store::error::StoreError;
use crate::store::licensing::set_target;
use crate::store::objects;
use crate::store::people::{self, AffiliationRow, MembershipRow, form};

const OBJECTS: &str = "SELECT kind, id, document, managed_by, withdrawn FROM object";
const PEOPLE: &str = "SELECT ent, namespace, subject FROM identity WHERE managed_by = 'file'";
/// From the identities of the file, who are few beside those of rosters and first launches.
const AFFILIATIONS: &str = "SELECT i.ent, i.namespace, i.subject, a.school, a.profile, a.year, a.level, a.managed_by \
     FROM identity i JOIN affiliation a ON a.person = i.person AND a.ent = i.ent \
     WHERE i.managed_by = 'file' AND a.managed_by = 'file'";
const MEMBERSHIPS: &str = "SELECT i.ent, i.namespace, i.subject, m.school, m.status, m.code, m.year \
     FROM identity i JOIN membership m ON m.person = i.person AND m.ent = i.ent \
     WHERE i.managed_by = 'file' AND m.managed_by = 'file'";
const MANAGERS: &str = "SELECT i.ent, i.namespace, i.subject, m.school \
     FROM identity i JOIN school_manager m ON m.person = i.person AND m.ent = i.ent \
     WHERE i.managed_by = 'file' AND m.managed_by = 'file'";
const SETS: &str = "SELECT subscription, target FROM assignment WHERE managed_by IN ('file', 'both')";
const SEATS: &str = "SELECT s.subscription, s.person, i.managed_by, i.ent, i.namespace, i.subject \
     FROM seat s JOIN identity i ON i.person = s.person WHERE s.managed_by IN ('file', 'both') AND s.by_name = 1";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[OBJECTS, PEOPLE, AFFILIATIONS, MEMBERSHIPS, MANAGERS, SETS, SEATS];

/// All records, in the order of their kinds and ids.
pub(super) async fn all(db: &Db) -> Result<Vec<StoredRecord>, Fault> {
    let mut records = objects_of(db).await?;
    records.extend(people_of(db).await?.into_iter().map(|person| of_file(Record::Person(person))));
    records.extend(assignments_of(db).await?.into_iter().map(|one| of_file(Record::Assignment(one))));
    records.sort_by_key(|stored| (stored.record.kind(), stored.record.id()));
    Ok(records)
}

const fn of_file(record: Record) -> StoredRecord {
    StoredRecord { record, managed_by: ManagedBy::File, withdrawn: false }
}

async fn objects_of(db: &Db) -> Result<Vec<StoredRecord>, Fault> {
    let rows: Vec<(String, String, String, String, i64)> = both!("reading objects", db.read(), c =>
        sqlx::query_as(OBJECTS).fetch_all(c))?;
    rows.into_iter().map(stored_object).collect()
}

fn stored_object(row: (String, String, String, String, i64)) -> Result<StoredRecord, Fault> {
    let (kind, id, document, managed_by, withdrawn) = row;
    let known = RecordKind::OBJECTS.into_iter().find(|known| known.as_str() == kind);
    let kind = known.ok_or_else(|| form("object.kind"))?;
    let managed_by = ManagedBy::named(&managed_by).ok_or_else(|| form("object.managed_by"))?;
    Ok(StoredRecord { record: record_of(kind, &id, &document)?, managed_by, withdrawn: withdrawn != 0 })
}

pub(in crate::store) fn record_of(kind: RecordKind, id: &str, document: &str) -> Result<Record, Fault> {
    Ok(match kind {
        RecordKind::Ent => Record::Ent(objects::read(kind, id, document)?),
        RecordKind::LtiPlatform => Record::LtiPlatform(objects::read(kind, id, document)?),
        RecordKind::School => Record::School(objects::read(kind, id, document)?),
        RecordKind::Organisation => Record::Organisation(objects::read(kind, id, document)?),
        RecordKind::Sector => Record::Sector(objects::read(kind, id, document)?),
        RecordKind::Tool => Record::Tool(objects::read(kind, id, document)?),
        RecordKind::Resource => Record::Resource(objects::read(kind, id, document)?),
        RecordKind::Agreement => Record::Agreement(objects::read(kind, id, document)?),
        RecordKind::Subscription => Record::Subscription(objects::read(kind, id, document)?),
        RecordKind::Person | RecordKind::Assignment => return Err(form("object.kind").into()),
    })
}

/// ENT, namespace and key.
type Identity = (String, String, String);

async fn people_of(db: &Db) -> Result<Vec<PersonRecord>, Fault> {
    let identities: Vec<Identity> = both!("reading identities", db.read(), c =>
        sqlx::query_as(PEOPLE).fetch_all(c))?;
    let (mut schools, mut groups) = (affiliations_of(db).await?, memberships_of(db).await?);
    let mut managed = managed_of(db).await?;
    let person = |identity: Identity| {
        let at = (schools.remove(&identity), groups.remove(&identity));
        let managed = managed.remove(&identity).unwrap_or_default();
        let (ent, namespace, subject) = identity;
        Ok(PersonRecord {
            ent: EntId::parse(&ent).map_err(|_| form("identity.ent"))?,
            namespace,
            subject,
            schools: schools_of(at.0.unwrap_or_default(), at.1.unwrap_or_default(), &managed)?,
        })
    };
    identities.into_iter().map(person).collect()
}

async fn affiliations_of(db: &Db) -> Result<HashMap<Identity, Vec<AffiliationRow>>, StoreError> {
    type Row = (String, String, String, String, String, String, Option<String>, String);
    let rows: Vec<Row> = both!("reading affiliations", db.read(), c =>
        sqlx::query_as(AFFILIATIONS).fetch_all(c))?;
    let mut found: HashMap<Identity, Vec<_>> = HashMap::new();
    for (ent, namespace, subject, school, profile, year, level, managed_by) in rows {
        let row = (school, profile, year, level, managed_by, None);
        found.entry((ent, namespace, subject)).or_default().push(row);
    }
    Ok(found)
}

async fn memberships_of(db: &Db) -> Result<HashMap<Identity, Vec<MembershipRow>>, StoreError> {
    type Row = (String, String, String, String, String, String, String);
    let rows: Vec<Row> = both!("reading memberships", db.read(), c =>
        sqlx::query_as(MEMBERSHIPS).fetch_all(c))?;
    let mut found: HashMap<Identity, Vec<_>> = HashMap::new();
    for (ent, namespace, subject, school, status, code, year) in rows {
        found.entry((ent, namespace, subject)).or_default().push((school, status, code, year));
    }
    Ok(found)
}

async fn managed_of(db: &Db) -> Result<HashMap<Identity, Vec<String>>, StoreError> {
    let rows: Vec<(String, String, String, String)> = both!("reading who manages", db.read(), c =>
        sqlx::query_as(MANAGERS).fetch_all(c))?;
    let mut found: HashMap<Identity, Vec<_>> = HashMap::new();
    for (ent, namespace, subject, school) in rows {
        found.entry((ent, namespace, subject)).or_default().push(school);
    }
    Ok(found)
}

/// Groups are kept by person and year, not by profile: two profiles at one school share them.
fn schools_of(
    schools: Vec<AffiliationRow>,
    groups: Vec<MembershipRow>,
    managed: &[String],
) -> Result<Vec<PersonSchool>, StoreError> {
    let mut groups: Vec<Group> = groups.into_iter().map(people::group).collect::<Result<_, _>>()?;
    groups.sort();
    let mut records = Vec::new();
    for row in schools {
        let affiliation = people::affiliation(row)?;
        let own = |group: &&Group| group.school == affiliation.school && group.year == affiliation.year;
        records.push(PersonSchool {
            groups: groups.iter().filter(own).cloned().collect(),
            manages: managed.iter().any(|school| school == affiliation.school.as_str()),
            school: affiliation.school,
            profile: affiliation.profile,
            level: affiliation.level,
            year: affiliation.year,
        });
    }
    records.sort_by(|a, b| (&a.school, a.profile, a.year).cmp(&(&b.school, b.profile, b.year)));
    Ok(records)
}

async fn assignments_of(db: &Db) -> Result<Vec<AssignmentRecord>, Fault> {
    let sets: Vec<(String, String)> = both!("reading assignments", db.read(), c =>
        sqlx::query_as(SETS).fetch_all(c))?;
    let mut records = seats_of(db).await?;
    for (subscription, target) in sets {
        let target = AssignmentTarget::Set(set_target(&subscription, &target)?);
        records.push(AssignmentRecord { subscription: subscription_id(&subscription)?, target });
    }
    Ok(records)
}

/// A seat is a person's, who may have several identities: the file's own one wins, else the first.
async fn seats_of(db: &Db) -> Result<Vec<AssignmentRecord>, StoreError> {
    let mut rows: Vec<(String, Uuid, String, String, String, String)> = both!("reading seats", db.read(), c =>
        sqlx::query_as(SEATS).fetch_all(c))?;
    let of_others = |managed_by: &str| managed_by != ManagedBy::File.as_str();
    rows.sort_by(|a, b| (&a.0, a.1, of_others(&a.2), a).cmp(&(&b.0, b.1, of_others(&b.2), b)));
    rows.dedup_by(|a, b| (&a.0, a.1) == (&b.0, b.1));
    let record = |(subscription, _, _, ent, namespace, subject): (String, _, _, String, _, _)| {
        let ent = EntId::parse(&ent).map_err(|_| form("identity.ent"))?;
        let target = AssignmentTarget::Person { ent, namespace, subject };
        Ok(AssignmentRecord { subscription: subscription_id(&subscription)?, target })
    };
    rows.into_iter().map(record).collect()
}

fn subscription_id(text: &str) -> Result<SubscriptionId, StoreError> {
    SubscriptionId::parse(text).map_err(|_| form("subscription"))
}
