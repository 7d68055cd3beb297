//! Records as `apply` compares them: all objects, and of people and assignments those of a file.

use std::collections::{BTreeMap, HashMap};

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
const PEOPLE: &str = "SELECT person, ent, namespace, subject FROM identity WHERE managed_by = 'file'";
const AFFILIATIONS: &str = "SELECT a.person, a.ent, a.school, a.profile, a.year, a.level, a.managed_by \
     FROM affiliation a WHERE a.managed_by = 'file'";
const MEMBERSHIPS: &str = "SELECT m.person, m.ent, m.school, m.status, m.code, m.year \
     FROM membership m WHERE m.managed_by = 'file'";
const SETS: &str = "SELECT subscription, target FROM assignment WHERE managed_by = 'file'";
/// A seat is a person's, who may have several identities: the file's own one first.
const SEATS: &str = "SELECT s.subscription, s.person, i.ent, i.namespace, i.subject, i.managed_by \
     FROM seat s JOIN identity i ON i.person = s.person WHERE s.managed_by = 'file' AND s.by_name = 1";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[OBJECTS, PEOPLE, AFFILIATIONS, MEMBERSHIPS, SETS, SEATS];

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

fn record_of(kind: RecordKind, id: &str, document: &str) -> Result<Record, Fault> {
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

/// A row of `affiliation` with person and ENT in front.
type AffiliatedRow = (Uuid, String, String, String, String, Option<String>, String);
/// Somebody of the file at one ENT.
type AtEnt = (Uuid, String);

async fn people_of(db: &Db) -> Result<Vec<PersonRecord>, Fault> {
    let identities: Vec<(Uuid, String, String, String)> = both!("reading identities", db.read(), c =>
        sqlx::query_as(PEOPLE).fetch_all(c))?;
    let affiliations: Vec<AffiliatedRow> =
        both!("reading affiliations", db.read(), c => sqlx::query_as(AFFILIATIONS).fetch_all(c))?;
    let memberships: Vec<(Uuid, String, String, String, String, String)> =
        both!("reading memberships", db.read(), c => sqlx::query_as(MEMBERSHIPS).fetch_all(c))?;
    let mut schools: HashMap<AtEnt, Vec<AffiliationRow>> = HashMap::new();
    for (person, ent, school, profile, year, level, managed_by) in affiliations {
        schools.entry((person, ent)).or_default().push((school, profile, year, level, managed_by));
    }
    let mut groups: HashMap<AtEnt, Vec<MembershipRow>> = HashMap::new();
    for (person, ent, school, status, code, year) in memberships {
        groups.entry((person, ent)).or_default().push((school, status, code, year));
    }
    let person = |(person, ent, namespace, subject): (Uuid, String, String, String)| {
        let at = (person, ent);
        let (schools, groups) = (schools.get(&at).cloned(), groups.get(&at).cloned());
        Ok(PersonRecord {
            ent: EntId::parse(&at.1).map_err(|_| form("identity.ent"))?,
            namespace,
            subject,
            schools: schools_of(schools.unwrap_or_default(), groups.unwrap_or_default())?,
        })
    };
    identities.into_iter().map(person).collect()
}

fn schools_of(
    schools: Vec<AffiliationRow>,
    groups: Vec<MembershipRow>,
) -> Result<Vec<PersonSchool>, StoreError> {
    let mut groups: Vec<Group> = groups.into_iter().map(people::group).collect::<Result<_, _>>()?;
    groups.sort();
    let mut records = Vec::new();
    for row in schools {
        let affiliation = people::affiliation(row)?;
        let own = |group: &&Group| group.school == affiliation.school && group.year == affiliation.year;
        records.push(PersonSchool {
            groups: groups.iter().filter(own).cloned().collect(),
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
    let seats: Vec<(String, Uuid, String, String, String, String)> = both!("reading seats", db.read(), c =>
        sqlx::query_as(SEATS).fetch_all(c))?;
    let mut records = Vec::new();
    for (subscription, target) in sets {
        let target = AssignmentTarget::Set(set_target(&subscription, &target)?);
        records.push(AssignmentRecord { subscription: subscription_id(&subscription)?, target });
    }
    // The file's own identity of a person wins over their others.
    let mut by_seat: BTreeMap<(String, Uuid), AssignmentRecord> = BTreeMap::new();
    for (subscription, person, ent, namespace, subject, managed_by) in seats {
        let of_file = managed_by == ManagedBy::File.as_str();
        let ent = EntId::parse(&ent).map_err(|_| form("identity.ent"))?;
        let record = AssignmentRecord {
            subscription: subscription_id(&subscription)?,
            target: AssignmentTarget::Person { ent, namespace, subject },
        };
        let seat = (subscription, person);
        if of_file || !by_seat.contains_key(&seat) {
            by_seat.insert(seat, record);
        }
    }
    records.extend(by_seat.into_values());
    Ok(records)
}

fn subscription_id(text: &str) -> Result<SubscriptionId, StoreError> {
    SubscriptionId::parse(text).map_err(|_| form("subscription"))
}
