//! People: the rows of identities, affiliations and memberships, in the types of the directory.

use boundary::{EntId, Group, GroupStatus, PersonId, SchoolYear, Uai};
use uuid::Uuid;

use super::db::{Db, Tx, both};
use super::error::{StoreError, Trouble};
use super::time::moment;
use crate::directory::{Affiliation, Known, SealedAttributes};
use crate::operate::apply::ManagedBy;

const IDENTITY: &str = "SELECT person FROM identity WHERE ent = $1 AND namespace = $2 AND subject = $3";
const AFFILIATIONS: &str = "SELECT school, profile, year, level, managed_by, until FROM affiliated \
                            WHERE person = $1 AND ent = $2";
const MEMBERSHIPS: &str = "SELECT school, status, code, year FROM grouped WHERE person = $1 AND ent = $2";
const SEALED: &str = "SELECT r.school, r.sealed \
     FROM roster_person r JOIN roster_school s ON s.ent = r.ent AND s.school = r.school \
     WHERE r.person = $1 AND r.ent = $2 AND r.profile IS NOT NULL \
     AND r.since <= s.current AND (r.until IS NULL OR r.until > s.current)";

/// The person with an identity in the first row, and what an ENT says of them in the others. Of what rosters say, only what
/// counts now: never what an import has written and not yet made count.
const IDENTIFIED: &str = "SELECT person, managed_by, NULL AS school, NULL AS profile, NULL AS status, NULL AS code, \
                          NULL AS year, NULL AS level, NULL AS groups, CAST(NULL AS BIGINT) AS leaves, \
                          CAST(NULL AS BYTEA) AS sealed \
                          FROM identity WHERE ent = $1 AND namespace = $2 AND subject = $3 \
                          UNION ALL \
                          SELECT NULL, a.managed_by, a.school, a.profile, NULL, NULL, a.year, a.level, NULL, NULL, NULL \
                          FROM identity i JOIN affiliation a ON a.person = i.person AND a.ent = i.ent \
                          WHERE i.ent = $1 AND i.namespace = $2 AND i.subject = $3 \
                          UNION ALL \
                          SELECT NULL, m.managed_by, m.school, NULL, m.status, m.code, m.year, NULL, NULL, NULL, NULL \
                          FROM identity i JOIN membership m ON m.person = i.person AND m.ent = i.ent \
                          WHERE i.ent = $1 AND i.namespace = $2 AND i.subject = $3 \
                          UNION ALL \
                          SELECT NULL, 'roster', r.school, r.profile, NULL, NULL, r.year, r.level, r.groups, r.leaves, \
                          r.sealed \
                          FROM identity i JOIN roster_person r ON r.person = i.person AND r.ent = i.ent \
                          JOIN roster_school s ON s.ent = r.ent AND s.school = r.school \
                          WHERE i.ent = $1 AND i.namespace = $2 AND i.subject = $3 \
                          AND r.since <= s.current AND (r.until IS NULL OR r.until > s.current)";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[IDENTITY, AFFILIATIONS, MEMBERSHIPS, SEALED, IDENTIFIED];

/// A row of `affiliated`: school, profile, year, level, managed_by, until.
pub(super) type AffiliationRow = (String, String, String, Option<String>, String, Option<i64>);
/// A row of `grouped`: school, status, code, year.
pub(super) type MembershipRow = (String, String, String, String);

/// A row of [`IDENTIFIED`].
#[derive(sqlx::FromRow)]
struct IdentifiedRow {
    person: Option<Uuid>,
    managed_by: String,
    school: Option<String>,
    profile: Option<String>,
    status: Option<String>,
    code: Option<String>,
    year: Option<String>,
    level: Option<String>,
    groups: Option<String>,
    leaves: Option<i64>,
    sealed: Option<Vec<u8>>,
}

/// What the rows of [`IDENTIFIED`] come to.
#[derive(Default)]
struct Identified {
    identity: Option<(PersonId, String)>,
    affiliations: Vec<AffiliationRow>,
    groups: Vec<MembershipRow>,
    sealed: Vec<(String, Vec<u8>)>,
    /// Whether a roster lists them, be it only as somebody who manages.
    listed: bool,
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
    let mut found = Identified::default();
    for row in rows {
        found.take(row)?;
    }
    found.known()
}

impl Identified {
    fn take(&mut self, row: IdentifiedRow) -> Result<(), StoreError> {
        let IdentifiedRow { person, managed_by, school, profile, year, level, .. } = row;
        if let Some(person) = person {
            self.identity = Some((PersonId::stored(person), managed_by));
            return Ok(());
        }
        let wrong = || form("identity.person");
        let (school, year) = school.zip(year).ok_or_else(wrong)?;
        if let Some((groups, sealed)) = row.groups.zip(row.sealed) {
            self.listed = true;
            let Some(profile) = profile else { return Ok(()) };
            self.groups.extend(groups_of(&school, &year, &groups)?);
            self.sealed.push((school.clone(), sealed));
            self.affiliations.push((school, profile, year, level, managed_by, row.leaves));
            return Ok(());
        }
        match (profile, row.status.zip(row.code)) {
            (Some(profile), None) => {
                self.affiliations.push((school, profile, year, level, managed_by, None));
            }
            (None, Some((status, code))) => self.groups.push((school, status, code, year)),
            _ => return Err(wrong()),
        }
        Ok(())
    }

    /// Who was written down by a roster and is on none that counts is not known: an import writes people before it makes
    /// them count. Who has left a roster is handed over, and so stays known.
    fn known(self) -> Result<Option<Known>, StoreError> {
        let Some((person, managed_by)) = self.identity else { return Ok(None) };
        let coming = managed_by == ManagedBy::Roster.as_str() && !self.listed && self.affiliations.is_empty();
        if coming {
            return Ok(None);
        }
        as_known(person, self.affiliations, self.groups, self.sealed).map(Some)
    }
}

/// The groups of a row of `roster_person`: a list of pairs of status and code.
pub(super) fn groups_of(school: &str, year: &str, groups: &str) -> Result<Vec<MembershipRow>, StoreError> {
    let pairs: Vec<(String, String)> =
        serde_json::from_str(groups).map_err(|_| form("roster_person.groups"))?;
    let row = |(status, code)| (school.to_owned(), status, code, year.to_owned());
    Ok(pairs.into_iter().map(row).collect())
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
    let sealed: Vec<(String, Vec<u8>)> = both!("reading what a roster says", db.read(), c =>
        sqlx::query_as(SEALED).bind(person.uuid()).bind(ent.as_str()).fetch_all(c))?;
    as_known(person, affiliations, groups, sealed)
}

/// What an ENT says of a person but for their groups, as a transaction sees it.
pub(super) async fn affiliated_in(tx: &mut Tx, ent: &EntId, person: PersonId) -> Result<Known, StoreError> {
    let rows: Vec<AffiliationRow> = both!("reading affiliations", tx.on(), c =>
        sqlx::query_as(AFFILIATIONS).bind(person.uuid()).bind(ent.as_str()).fetch_all(c))?;
    as_known(person, rows, Vec::new(), Vec::new())
}

pub(super) fn as_known(
    person: PersonId,
    affiliations: Vec<AffiliationRow>,
    groups: Vec<MembershipRow>,
    sealed: Vec<(String, Vec<u8>)>,
) -> Result<Known, StoreError> {
    let mut affiliations: Vec<_> = affiliations.into_iter().map(affiliation).collect::<Result<_, _>>()?;
    affiliations.sort_by(|a, b| (&a.school, a.profile, a.year).cmp(&(&b.school, b.profile, b.year)));
    let mut groups: Vec<_> = groups.into_iter().map(group).collect::<Result<_, _>>()?;
    groups.sort();
    let sealed = sealed.into_iter().map(|(school, sealed)| {
        Ok(SealedAttributes { school: uai("roster_person.school", &school)?, sealed })
    });
    let sealed = sealed.collect::<Result<_, StoreError>>()?;
    Ok(Known { person, affiliations, groups, sealed })
}

/// An affiliation from its row.
pub(super) fn affiliation(row: AffiliationRow) -> Result<Affiliation, StoreError> {
    let (school, profile, year, level, managed_by, until) = row;
    Ok(Affiliation {
        school: uai("affiliation.school", &school)?,
        profile: profile.parse().map_err(|_| form("affiliation.profile"))?,
        level,
        year: year_of("affiliation.year", &year)?,
        jit: managed_by == ManagedBy::Jit.as_str(),
        until: until.map(moment).transpose()?,
    })
}

/// A group from its row.
pub(super) fn group(row: MembershipRow) -> Result<Group, StoreError> {
    let (school, status, code, year) = row;
    Ok(Group {
        school: uai("membership.school", &school)?,
        status: status_named(&status).ok_or_else(|| form("membership.status"))?,
        code,
        year: year_of("membership.year", &year)?,
    })
}

/// The status of this name.
pub(super) fn status_named(name: &str) -> Option<GroupStatus> {
    [GroupStatus::Division, GroupStatus::Group].into_iter().find(|known| known.as_str() == name)
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

pub(super) fn uai(column: &'static str, text: &str) -> Result<Uai, StoreError> {
    Uai::parse_any_letter(text).map_err(|_| form(column))
}

/// A value that should not be there: the column is told, the value, which may be about somebody, is not.
pub(super) fn form(column: &'static str) -> StoreError {
    StoreError::failed("reading a row", Trouble::Form(column.to_owned()))
}
