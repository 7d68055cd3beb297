//! Merge: two people become one. The older stays; under the other's root the journal keeps what was told of them, so it
//! stays beside the values that were released under it.

use boundary::{PersonId, Root, console_name};

use super::{Owned, Touched, Undone, identities_of, names, places, seats, who};
use crate::operate::identities::{Act, Identity, Merged, Refused, merged};
use crate::store::db::{Tx, both, rows};
use crate::store::error::StoreError;
use crate::store::people::form;
use crate::store::time::millis;

const CREATED: &str = "SELECT created FROM person WHERE id = $1";
const ERASED: &str = "SELECT 1 FROM erasure_begun WHERE person IN ($1, $2)";
const IMPORTING: &str = "SELECT 1 FROM roster_import WHERE ent = $1 AND state = 'running'";
const IDENTITIES: &str = "UPDATE identity SET person = $2, origin = coalesce(origin, $1) WHERE person = $1";
const ROOT: &str = "DELETE FROM pseudonym_root WHERE person = $1 RETURNING root";
/// Whoever came to the console as the one who is no more signs in again, as the other.
const SESSIONS: &str = "DELETE FROM console_session WHERE account = $1";
const PERSON: &str = "DELETE FROM person WHERE id = $1";
const FORMER: &str = "INSERT INTO former_person (id, at) VALUES ($1, $2)";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] =
    &[CREATED, ERASED, IMPORTING, IDENTITIES, ROOT, SESSIONS, PERSON, FORMER];

/// Makes one of the people behind two identities.
pub(super) async fn merge(
    tx: &mut Tx,
    first: &Identity,
    second: &Identity,
    act: Act<'_>,
    touched: &mut Touched,
) -> Result<Merged, Undone> {
    let (first, second) = (who(tx, first, "first").await?, who(tx, second, "second").await?);
    if first == second {
        return Err(Refused::One.into());
    }
    let [to, from] = by_age(tx, first, second).await?;
    let mut owned = identities_of(tx, to).await?;
    let others = identities_of(tx, from).await?;
    allowed(tx, [to, from], &owned, &others).await?;
    let settled = join_names(tx, from, to).await?;
    let seats_back = seats::join(tx, from, to).await?;
    places::join(tx, from, to).await?;
    rows!("joining identities", tx.on(), c =>
        sqlx::query(IDENTITIES).bind(from.uuid()).bind(to.uuid()).execute(c))?;
    end_sessions(tx, from).await?;
    rows!("joining people", tx.on(), c => sqlx::query(PERSON).bind(from.uuid()).execute(c))?;
    rows!("keeping who somebody was", tx.on(), c =>
        sqlx::query(FORMER).bind(from.uuid()).bind(millis(act.at)).execute(c))?;
    owned.extend(others);
    owned.sort_by(|a, b| a.identity.cmp(&b.identity));
    touched.add(&owned);
    Ok(Merged { identities: owned.len(), settled, seats_back })
}

/// Takes the root away, and what was open under its name.
async fn end_sessions(tx: &mut Tx, from: PersonId) -> Result<(), StoreError> {
    let roots: Vec<Vec<u8>> = both!("joining people", tx.on(), c =>
        sqlx::query_scalar(ROOT).bind(from.uuid()).fetch_all(c))?;
    for bits in roots {
        let root = bits.try_into().map(Root::stored).map_err(|_| form("pseudonym_root.root"))?;
        let account = format!("school-{}", console_name(&root));
        rows!("ending sessions", tx.on(), c => sqlx::query(SESSIONS).bind(&account).execute(c))?;
    }
    Ok(())
}

/// The older first: for publishers that know neither, nothing about them is younger than it was.
async fn by_age(tx: &mut Tx, first: PersonId, second: PersonId) -> Result<[PersonId; 2], StoreError> {
    let ages = [created(tx, first).await?, created(tx, second).await?];
    let second_is_older = (ages[1], second.uuid()) < (ages[0], first.uuid());
    Ok(if second_is_older { [second, first] } else { [first, second] })
}

async fn created(tx: &mut Tx, person: PersonId) -> Result<i64, StoreError> {
    let created: Option<i64> = both!("reading a person", tx.on(), c =>
        sqlx::query_scalar(CREATED).bind(person.uuid()).fetch_optional(c))?;
    created.ok_or_else(|| form("identity.person"))
}

async fn allowed(
    tx: &mut Tx,
    [to, from]: [PersonId; 2],
    own: &[Owned],
    others: &[Owned],
) -> Result<(), Undone> {
    if let Some(both) = own.iter().find(|one| others.iter().any(|other| of_one_file(one, other))) {
        return Err(Refused::BothOfFile(both.identity.ent.to_string()).into());
    }
    let erased: Option<i32> = both!("reading erasures", tx.on(), c =>
        sqlx::query_scalar(ERASED).bind(to.uuid()).bind(from.uuid()).fetch_optional(c))?;
    if erased.is_some() {
        return Err(Refused::BeingErased.into());
    }
    for owned in own.iter().chain(others) {
        let ent = owned.identity.ent.as_str();
        let importing: Option<i32> = both!("reading imports", tx.on(), c =>
            sqlx::query_scalar(IMPORTING).bind(ent).fetch_optional(c))?;
        if importing.is_some() {
            return Err(Refused::Importing(ent.to_owned()).into());
        }
    }
    Ok(seats::settled(tx, [to, from]).await?.then_some(()).ok_or(Refused::Seating)?)
}

/// A file says school by school what each of its identities is, and a person's schools are kept by ENT.
fn of_one_file(one: &Owned, other: &Owned) -> bool {
    one.of_file && other.of_file && one.identity.ent == other.identity.ent
}

/// Every value of both is the person's, and one is in use in each place.
async fn join_names(
    tx: &mut Tx,
    from: PersonId,
    to: PersonId,
) -> Result<Vec<boundary::SectorId>, StoreError> {
    let mut found = names::of(tx, to, false).await?;
    found.extend(names::of(tx, from, true).await?);
    let marks = merged(&found.into_iter().map(|found| found.name).collect::<Vec<_>>());
    names::mark(tx, &marks).await?;
    names::give(tx, from, to).await?;
    names::sectors(marks.iter().map(|mark| mark.sector.as_str()))
}
