//! Many people at once: what their ENTs say of them, and who is at a school.

use std::collections::{BTreeMap, HashMap};

use boundary::{EntId, PersonId, Uai};
use uuid::Uuid;

use super::{ids, pick};
use crate::directory::Known;
use crate::operate::assignments::{Identity, KnownHere};
use crate::store::db::{Db, both};
use crate::store::error::StoreError;
use crate::store::people::{AffiliationRow, MembershipRow, as_known, form};
use crate::store::writer::json;

/// How many people one statement looks up.
const STEP: usize = 500;

const IDENTIFIED: (&str, &str) = (
    "SELECT r.key + 1, i.person FROM json_each($1) r JOIN identity i \
     ON i.ent = r.value->>0 AND i.namespace = r.value->>1 AND i.subject = r.value->>2",
    "SELECT r.n, i.person FROM json_array_elements($1::json) WITH ORDINALITY AS r(value, n) JOIN identity i \
     ON i.ent = r.value->>0 AND i.namespace = r.value->>1 AND i.subject = r.value->>2",
);
const AFFILIATED: (&str, &str) = (
    "SELECT a.person, a.ent, a.school, a.profile, a.year, a.level, a.managed_by, a.until \
     FROM json_each($1) r JOIN affiliated a ON a.person = unhex(r.value)",
    "SELECT a.person, a.ent, a.school, a.profile, a.year, a.level, a.managed_by, a.until \
     FROM json_array_elements_text($1::json) AS r(value) JOIN affiliated a ON a.person = r.value::uuid",
);
const GROUPED: (&str, &str) = (
    "SELECT m.person, m.ent, m.school, m.status, m.code, m.year \
     FROM json_each($1) r JOIN grouped m ON m.person = unhex(r.value)",
    "SELECT m.person, m.ent, m.school, m.status, m.code, m.year \
     FROM json_array_elements_text($1::json) AS r(value) JOIN grouped m ON m.person = r.value::uuid",
);
const NAMED: (&str, &str) = (
    "SELECT i.person, i.ent, i.namespace, i.subject FROM json_each($1) r JOIN identity i ON i.person = unhex(r.value)",
    "SELECT i.person, i.ent, i.namespace, i.subject \
     FROM json_array_elements_text($1::json) AS r(value) JOIN identity i ON i.person = r.value::uuid",
);
const AT: &str = "SELECT DISTINCT person FROM affiliated WHERE school = $1";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[AT];
/// Every pair of this file.
#[cfg(test)]
pub(super) const PAIRS: &[(&str, &str)] = &[IDENTIFIED, AFFILIATED, GROUPED, NAMED];

/// What ENTs say of people, by person and ENT.
type ByEnt = BTreeMap<(PersonId, EntId), (Vec<AffiliationRow>, Vec<MembershipRow>)>;

/// Whom identities name, and what their ENTs say of them but for their groups.
pub(super) async fn known_all(db: &Db, identities: &[Identity]) -> Result<Vec<Option<Known>>, StoreError> {
    let mut known = Vec::new();
    for step in identities.chunks(STEP) {
        let people = identified(db, step).await?;
        let found = people_of(&people.iter().flatten().copied().collect::<Vec<_>>());
        let said = affiliated(db, &found).await?;
        for (identity, person) in step.iter().zip(people) {
            let one = |person: PersonId| {
                let rows = said.get(&(person, identity.ent.clone())).map(|(rows, _)| rows.clone());
                as_known(person, rows.unwrap_or_default(), Vec::new(), Vec::new())
            };
            known.push(person.map(one).transpose()?);
        }
    }
    Ok(known)
}

/// Whom identities name, in their order.
async fn identified(db: &Db, identities: &[Identity]) -> Result<Vec<Option<PersonId>>, StoreError> {
    // PostgreSQL's texts hold no NUL, so nobody has one.
    let storable = |one: &Identity| !one.namespace.contains('\0') && !one.subject.contains('\0');
    let named = |one: &Identity| match storable(one) {
        true => [one.ent.to_string(), one.namespace.clone(), one.subject.clone()],
        false => [String::new(), String::new(), String::new()],
    };
    let asked = json(&identities.iter().map(named).collect::<Vec<_>>())?;
    let on = db.read();
    let sql = pick(&on, IDENTIFIED);
    let rows: Vec<(i64, Uuid)> = both!("reading identities", on, c =>
        sqlx::query_as(sql).bind(&asked).fetch_all(c))?;
    let found: HashMap<i64, Uuid> = rows.into_iter().collect();
    let place = |at: usize| i64::try_from(at + 1).ok().and_then(|at| found.get(&at));
    Ok((0..identities.len()).map(|at| place(at).copied().map(PersonId::stored)).collect())
}

fn people_of(people: &[PersonId]) -> Vec<String> {
    ids(people.iter().copied())
}

async fn affiliated(db: &Db, people: &[String]) -> Result<ByEnt, StoreError> {
    type Row = (Uuid, String, String, String, String, Option<String>, String, Option<i64>);
    let (asked, on) = (json(&people)?, db.read());
    let sql = pick(&on, AFFILIATED);
    let rows: Vec<Row> =
        both!("reading affiliations", on, c => sqlx::query_as(sql).bind(&asked).fetch_all(c))?;
    let mut said = ByEnt::new();
    for (person, ent, school, profile, year, level, managed_by, until) in rows {
        let key = (PersonId::stored(person), EntId::parse(&ent).map_err(|_| form("affiliation.ent"))?);
        said.entry(key).or_default().0.push((school, profile, year, level, managed_by, until));
    }
    Ok(said)
}

/// Everything that ENTs say of people.
pub(super) async fn said_of(
    db: &Db,
    people: &[PersonId],
) -> Result<HashMap<PersonId, Vec<KnownHere>>, StoreError> {
    type Row = (Uuid, String, String, String, String, String);
    let mut found: HashMap<PersonId, Vec<KnownHere>> = HashMap::new();
    for step in people.chunks(STEP) {
        let asked = people_of(step);
        let mut said = affiliated(db, &asked).await?;
        let (asked, on) = (json(&asked)?, db.read());
        let sql = pick(&on, GROUPED);
        let rows: Vec<Row> =
            both!("reading memberships", on, c => sqlx::query_as(sql).bind(&asked).fetch_all(c))?;
        for (person, ent, school, status, code, year) in rows {
            let ent = EntId::parse(&ent).map_err(|_| form("membership.ent"))?;
            said.entry((PersonId::stored(person), ent)).or_default().1.push((school, status, code, year));
        }
        for ((person, ent), (affiliations, groups)) in said {
            let known = as_known(person, affiliations, groups, Vec::new())?;
            found.entry(person).or_default().push(KnownHere { ent, known });
        }
    }
    Ok(found)
}

/// The identities of people, in order.
pub(super) async fn identities_of(
    db: &Db,
    people: &[PersonId],
) -> Result<HashMap<PersonId, Vec<Identity>>, StoreError> {
    type Row = (Uuid, String, String, String);
    let mut found: HashMap<PersonId, Vec<Identity>> = HashMap::new();
    for step in people.chunks(STEP) {
        let (asked, on) = (json(&people_of(step))?, db.read());
        let sql = pick(&on, NAMED);
        let rows: Vec<Row> =
            both!("reading identities", on, c => sqlx::query_as(sql).bind(&asked).fetch_all(c))?;
        for (person, ent, namespace, subject) in rows {
            let ent = EntId::parse(&ent).map_err(|_| form("identity.ent"))?;
            found.entry(PersonId::stored(person)).or_default().push(Identity { ent, namespace, subject });
        }
    }
    found.values_mut().for_each(|identities| identities.sort());
    Ok(found)
}

/// Everybody whom an ENT affiliates to a school.
pub(super) async fn at(db: &Db, school: &Uai) -> Result<Vec<KnownHere>, StoreError> {
    let rows: Vec<Uuid> = both!("reading the people of a school", db.read(), c =>
        sqlx::query_scalar(AT).bind(school.as_str()).fetch_all(c))?;
    let people: Vec<PersonId> = rows.into_iter().map(PersonId::stored).collect();
    let mut found: Vec<_> = said_of(db, &people).await?.into_values().flatten().collect();
    found.sort_by(|a, b| (a.known.person, &a.ent).cmp(&(b.known.person, &b.ent)));
    Ok(found)
}
