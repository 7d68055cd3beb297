//! What rosters say now: who manages a school, who is there, in which groups.

use std::collections::HashMap;

use async_trait::async_trait;
use boundary::{EntId, Fault, Group, PersonId, Uai};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::directory::{GroupListed, Member, RosterReading, SealedAttributes};
use crate::store::Store;
use crate::store::db::both;
use crate::store::error::StoreError;
use crate::store::people::{self, form, groups_of, status_named};

const AFFILIATED: &str =
    "SELECT person, ent, profile, year, level, managed_by FROM affiliation WHERE school = $1";
const GROUPED: &str = "SELECT DISTINCT m.person, m.ent, m.status, m.code, m.year \
     FROM affiliation a JOIN membership m ON m.person = a.person AND m.ent = a.ent AND m.school = a.school \
     WHERE a.school = $1";
const LISTED: &str = "SELECT r.person, r.ent, r.profile, r.year, r.level, r.groups, r.leaves, r.sealed \
     FROM roster_school s JOIN roster_person r ON r.ent = s.ent AND r.school = s.school \
     WHERE s.school = $1 AND r.profile IS NOT NULL \
     AND r.since <= s.current AND (r.until IS NULL OR r.until > s.current)";
const GROUPS: &str = "SELECT groups FROM roster_school WHERE ent = $1 AND school = $2";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[AFFILIATED, GROUPED, LISTED, GROUPS];

/// person, ent, profile, year, level, managed_by.
type AffiliatedRow = (Uuid, String, String, String, Option<String>, String);
/// person, ent, status, code, year.
type GroupedRow = (Uuid, String, String, String, String);
/// person, ent, profile, year, level, groups, leaves, sealed.
type ListedRow = (Uuid, String, String, String, Option<String>, String, Option<i64>, Vec<u8>);

/// A group in the column `roster_school.groups`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredGroup {
    pub status: String,
    pub code: String,
    pub label: String,
    pub members: u64,
}

#[async_trait]
impl RosterReading for Store {
    async fn members(&self, school: &Uai) -> Result<Vec<Member>, Fault> {
        let mut members = self.members_elsewise(school).await?;
        let rows: Vec<ListedRow> = both!("reading who is at a school", self.db.read(), c =>
            sqlx::query_as(LISTED).bind(school.as_str()).fetch_all(c))?;
        for row in rows {
            members.push(listed(school, row)?);
        }
        members.sort_by(|a, b| {
            let key = |m: &Member| (m.person, m.ent.clone(), m.affiliation.profile, m.affiliation.year);
            key(a).cmp(&key(b))
        });
        Ok(members)
    }

    async fn groups(&self, ent: &EntId, school: &Uai) -> Result<Vec<GroupListed>, Fault> {
        let row: Option<String> = both!("reading the groups of a school", self.db.read(), c =>
            sqlx::query_scalar(GROUPS).bind(ent.as_str()).bind(school.as_str()).fetch_optional(c))?;
        let wrong = |_| form("roster_school.groups");
        let stored: Vec<StoredGroup> = row
            .filter(|row| !row.is_empty())
            .map_or(Ok(Vec::new()), |row| serde_json::from_str(&row).map_err(wrong))?;
        let mut groups = stored.into_iter().map(group).collect::<Result<Vec<_>, _>>()?;
        groups.sort_by(|a, b| (a.status, &a.code).cmp(&(b.status, &b.code)));
        Ok(groups)
    }
}

impl Store {
    /// Those whom a file or a first launch brought.
    async fn members_elsewise(&self, school: &Uai) -> Result<Vec<Member>, StoreError> {
        let rows: Vec<AffiliatedRow> = both!("reading who is at a school", self.db.read(), c =>
            sqlx::query_as(AFFILIATED).bind(school.as_str()).fetch_all(c))?;
        let grouped: Vec<GroupedRow> = both!("reading who is in groups", self.db.read(), c =>
            sqlx::query_as(GROUPED).bind(school.as_str()).fetch_all(c))?;
        let mut groups: HashMap<(Uuid, String), Vec<Group>> = HashMap::new();
        for (person, ent, status, code, year) in grouped {
            let group = people::group((school.to_string(), status, code, year))?;
            groups.entry((person, ent)).or_default().push(group);
        }
        let member = |(person, ent, profile, year, level, managed_by): AffiliatedRow| {
            let affiliation =
                people::affiliation((school.to_string(), profile, year, level, managed_by, None))?;
            let own = groups.get(&(person, ent.clone())).into_iter().flatten();
            let mut own: Vec<_> = own.filter(|group| group.year == affiliation.year).cloned().collect();
            own.sort();
            Ok(Member {
                person: PersonId::stored(person),
                ent: EntId::parse(&ent).map_err(|_| form("affiliation.ent"))?,
                affiliation,
                groups: own,
                sealed: None,
            })
        };
        rows.into_iter().map(member).collect()
    }
}

fn listed(school: &Uai, row: ListedRow) -> Result<Member, StoreError> {
    let (person, ent, profile, year, level, groups, leaves, sealed) = row;
    let groups = groups_of(school.as_str(), &year, &groups)?;
    let mut groups: Vec<Group> = groups.into_iter().map(people::group).collect::<Result<_, _>>()?;
    groups.sort();
    let managed_by = crate::operate::apply::ManagedBy::Roster.as_str().to_owned();
    Ok(Member {
        person: PersonId::stored(person),
        ent: EntId::parse(&ent).map_err(|_| form("roster_person.ent"))?,
        affiliation: people::affiliation((school.to_string(), profile, year, level, managed_by, leaves))?,
        groups,
        sealed: Some(SealedAttributes { school: school.clone(), sealed }),
    })
}

fn group(stored: StoredGroup) -> Result<GroupListed, StoreError> {
    let StoredGroup { status, code, label, members } = stored;
    let status = status_named(&status).ok_or_else(|| form("roster_school.groups"))?;
    Ok(GroupListed { status, code, label, members })
}
