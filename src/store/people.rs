//! People: the rows of identities, affiliations and memberships, in the types of the directory.

use boundary::{EntId, Group, GroupStatus, PersonId, SchoolYear, Uai};
use uuid::Uuid;

use super::db::{Db, Tx, both};
use super::error::{StoreError, Trouble};
use crate::directory::{Affiliation, Known};
use crate::operate::apply::ManagedBy;

const IDENTITY: &str = "SELECT person FROM identity WHERE ent = $1 AND namespace = $2 AND subject = $3";
const AFFILIATIONS: &str = "SELECT school, profile, year, level, managed_by FROM affiliation \
                            WHERE person = $1 AND ent = $2";
const MEMBERSHIPS: &str = "SELECT school, status, code, year FROM membership WHERE person = $1 AND ent = $2";

/// The person with an identity in the first row, and what an ENT says of them in the others.
const IDENTIFIED: &str = "SELECT person, NULL AS school, NULL AS profile, NULL AS status, NULL AS code, NULL AS year, \
                          NULL AS level, NULL AS managed_by \
                          FROM identity WHERE ent = $1 AND namespace = $2 AND subject = $3 \
                          UNION ALL \
                          SELECT NULL, a.school, a.profile, NULL, NULL, a.year, a.level, a.managed_by \
                          FROM identity i JOIN affiliation a ON a.person = i.person AND a.ent = i.ent \
                          WHERE i.ent = $1 AND i.namespace = $2 AND i.subject = $3 \
                          UNION ALL \
                          SELECT NULL, m.school, NULL, m.status, m.code, m.year, NULL, NULL \
                          FROM identity i JOIN membership m ON m.person = i.person AND m.ent = i.ent \
                          WHERE i.ent = $1 AND i.namespace = $2 AND i.subject = $3";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[IDENTITY, AFFILIATIONS, MEMBERSHIPS, IDENTIFIED];

/// A row of `affiliation`: school, profile, year, level, managed_by.
pub(super) type AffiliationRow = (String, String, String, Option<String>, String);
/// A row of `membership`: school, status, code, year.
pub(super) type MembershipRow = (String, String, String, String);

/// A row of [`IDENTIFIED`].
#[derive(sqlx::FromRow)]
struct IdentifiedRow {
    person: Option<Uuid>,
    school: Option<String>,
    profile: Option<String>,
    status: Option<String>,
    code: Option<String>,
    year: Option<String>,
    level: Option<String>,
    managed_by: Option<String>,
}

/// The person with an identity, and what the ENT says of them.
pub(super) async fn identified(
    db: &Db,
    ent: &EntId,
    namespace: &str,
    subject: &str,
) -> Result<Option<Known>, StoreError> {
    // An ENT may send anything; PostgreSQL's texts hold no NUL, so nobody has one.
    if namespace.contains('\0') || subject.contains('\0') {
        return Ok(None);
    }
    let rows: Vec<IdentifiedRow> = both!("reading an identity", db.read(), c => sqlx::query_as(IDENTIFIED)
        .bind(ent.as_str()).bind(namespace).bind(subject).fetch_all(c))?;
    let (mut identity, mut affiliations, mut groups) = (None, Vec::new(), Vec::new());
    for row in rows {
        let IdentifiedRow { person, school, profile, status, code, year, level, managed_by } = row;
        match (person, school, year, profile.zip(managed_by), status.zip(code)) {
            (Some(person), ..) => identity = Some(PersonId::stored(person)),
            (None, Some(school), Some(year), Some((profile, managed_by)), None) => {
                affiliations.push((school, profile, year, level, managed_by));
            }
            (None, Some(school), Some(year), None, Some((status, code))) => {
                groups.push((school, status, code, year));
            }
            _ => return Err(form("identity.person")),
        }
    }
    identity.map(|person| as_known(person, affiliations, groups)).transpose()
}

/// The person with an identity, as the database has it now.
pub(super) async fn person(
    db: &Db,
    ent: &EntId,
    namespace: &str,
    subject: &str,
) -> Result<Option<PersonId>, StoreError> {
    let found: Option<Uuid> = both!("reading an identity", db.read(), c =>
        sqlx::query_scalar(IDENTITY).bind(ent.as_str()).bind(namespace).bind(subject).fetch_optional(c))?;
    Ok(found.map(PersonId::stored))
}

/// The person with an identity, as a transaction sees it.
pub(super) async fn identified_in(
    tx: &mut Tx,
    ent: &EntId,
    namespace: &str,
    subject: &str,
) -> Result<Option<PersonId>, StoreError> {
    let found: Option<Uuid> = both!("reading an identity", tx.on(), c =>
        sqlx::query_scalar(IDENTITY).bind(ent.as_str()).bind(namespace).bind(subject).fetch_optional(c))?;
    Ok(found.map(PersonId::stored))
}

/// What an ENT says of a person.
pub(super) async fn known(db: &Db, ent: &EntId, person: PersonId) -> Result<Known, StoreError> {
    let affiliations: Vec<AffiliationRow> = both!("reading affiliations", db.read(), c =>
        sqlx::query_as(AFFILIATIONS).bind(person.uuid()).bind(ent.as_str()).fetch_all(c))?;
    let groups: Vec<MembershipRow> = both!("reading memberships", db.read(), c =>
        sqlx::query_as(MEMBERSHIPS).bind(person.uuid()).bind(ent.as_str()).fetch_all(c))?;
    as_known(person, affiliations, groups)
}

/// What an ENT says of a person but for their groups, as a transaction sees it.
pub(super) async fn affiliated_in(tx: &mut Tx, ent: &EntId, person: PersonId) -> Result<Known, StoreError> {
    let rows: Vec<AffiliationRow> = both!("reading affiliations", tx.on(), c =>
        sqlx::query_as(AFFILIATIONS).bind(person.uuid()).bind(ent.as_str()).fetch_all(c))?;
    as_known(person, rows, Vec::new())
}

fn as_known(
    person: PersonId,
    affiliations: Vec<AffiliationRow>,
    groups: Vec<MembershipRow>,
) -> Result<Known, StoreError> {
    let mut affiliations: Vec<_> = affiliations.into_iter().map(affiliation).collect::<Result<_, _>>()?;
    affiliations.sort_by(|a, b| (&a.school, a.profile, a.year).cmp(&(&b.school, b.profile, b.year)));
    let mut groups: Vec<_> = groups.into_iter().map(group).collect::<Result<_, _>>()?;
    groups.sort();
    Ok(Known { person, affiliations, groups })
}

/// An affiliation from its row.
pub(super) fn affiliation(row: AffiliationRow) -> Result<Affiliation, StoreError> {
    let (school, profile, year, level, managed_by) = row;
    Ok(Affiliation {
        school: uai("affiliation.school", &school)?,
        profile: profile.parse().map_err(|_| form("affiliation.profile"))?,
        level,
        year: year_of("affiliation.year", &year)?,
        jit: managed_by == ManagedBy::Jit.as_str(),
    })
}

/// A group from its row.
pub(super) fn group(row: MembershipRow) -> Result<Group, StoreError> {
    let (school, status, code, year) = row;
    let known = [GroupStatus::Division, GroupStatus::Group];
    let status = known.into_iter().find(|known| known.as_str() == status);
    Ok(Group {
        school: uai("membership.school", &school)?,
        status: status.ok_or_else(|| form("membership.status"))?,
        code,
        year: year_of("membership.year", &year)?,
    })
}

/// A year as it is stored: part of a key, so that none is an empty text.
pub(super) fn year_text(year: Option<SchoolYear>) -> String {
    year.map(|year| year.to_string()).unwrap_or_default()
}

fn year_of(column: &'static str, text: &str) -> Result<Option<SchoolYear>, StoreError> {
    if text.is_empty() {
        return Ok(None);
    }
    SchoolYear::parse(text).map(Some).map_err(|_| form(column))
}

fn uai(column: &'static str, text: &str) -> Result<Uai, StoreError> {
    Uai::parse_any_letter(text).map_err(|_| form(column))
}

/// A value that should not be there: the column is told, the value, which may be about somebody, is not.
pub(super) fn form(column: &'static str) -> StoreError {
    StoreError::failed("reading a row", Trouble::Form(column.to_owned()))
}
