//! Pseudonyms of people who are joined or parted: the rows, and the marks that change on them.

use boundary::{PersonId, Pseudonym, SectorId};
use uuid::Uuid;

use crate::operate::identities::{Mark, NameOf};
use crate::store::db::{Tx, both, rows};
use crate::store::error::StoreError;
use crate::store::people::form;

const NAMES: &str = "SELECT sector, scope, value, created, is_current, replaced, origin, root \
                     FROM pseudonym WHERE kind = 'person' AND subject = $1";
const MARK: &str = "UPDATE pseudonym SET is_current = $3 WHERE sector = $1 AND value = $2";
const GIVE: &str = "UPDATE pseudonym SET subject = $3, origin = coalesce(origin, $1), \
                    root = coalesce(root, (SELECT r.root FROM pseudonym_root r WHERE r.person = $1)) \
                    WHERE kind = 'person' AND subject = $2";
const GIVE_BACK: &str =
    "UPDATE pseudonym SET subject = $3, origin = NULL, root = NULL WHERE sector = $1 AND value = $2";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[NAMES, MARK, GIVE, GIVE_BACK];

type Row = (String, String, String, i64, i64, Option<String>, Option<Uuid>, Option<Vec<u8>>);

/// A value, with whom it came, and from which root where that is not the person's.
pub(super) struct Found {
    pub name: NameOf,
    pub origin: Option<PersonId>,
    pub root: Option<Vec<u8>>,
}

/// All values of a person.
pub(super) async fn of(tx: &mut Tx, person: PersonId, other: bool) -> Result<Vec<Found>, StoreError> {
    let rows: Vec<Row> = both!("reading pseudonyms", tx.on(), c =>
        sqlx::query_as(NAMES).bind(person.uuid().to_string()).fetch_all(c))?;
    rows.into_iter().map(|row| found(row, other)).collect()
}

fn found(row: Row, other: bool) -> Result<Found, StoreError> {
    let (sector, scope, value, created, is_current, replaced, origin, root) = row;
    let derived = Pseudonym::stored(&value).map_err(|_| form("pseudonym.value"))?.is_derived();
    let (is_current, replaced) = (is_current != 0, replaced.is_some());
    let name = NameOf { sector, scope, value, created, is_current, replaced, derived, other };
    Ok(Found { name, origin: origin.map(PersonId::stored), root })
}

/// Changes marks: those that go before those that come, so that never two are in use in one place.
pub(super) async fn mark(tx: &mut Tx, marks: &[Mark]) -> Result<(), StoreError> {
    let (come, go): (Vec<&Mark>, Vec<&Mark>) = marks.iter().partition(|mark| mark.is_current);
    for mark in go.into_iter().chain(come) {
        rows!("marking a pseudonym", tx.on(), c => sqlx::query(MARK)
            .bind(&mark.sector).bind(&mark.value).bind(i64::from(mark.is_current)).execute(c))?;
    }
    Ok(())
}

/// Gives a person all values of another, with the root that they came from.
pub(super) async fn give(tx: &mut Tx, from: PersonId, to: PersonId) -> Result<(), StoreError> {
    let (before, now) = (from.uuid().to_string(), to.uuid().to_string());
    rows!("joining pseudonyms", tx.on(), c =>
        sqlx::query(GIVE).bind(from.uuid()).bind(&before).bind(&now).execute(c))?;
    Ok(())
}

/// Gives somebody a value back that was theirs.
pub(super) async fn give_back(tx: &mut Tx, name: &NameOf, to: PersonId) -> Result<(), StoreError> {
    rows!("parting pseudonyms", tx.on(), c => sqlx::query(GIVE_BACK)
        .bind(&name.sector).bind(&name.value).bind(to.uuid().to_string()).execute(c))?;
    Ok(())
}

/// Sectors, each once.
pub(super) fn sectors<'a>(names: impl Iterator<Item = &'a str>) -> Result<Vec<SectorId>, StoreError> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| SectorId::parse(name).map_err(|_| form("pseudonym.sector"))).collect()
}
