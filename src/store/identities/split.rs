//! Split: one person becomes two. Those who were joined are again whom they were to every publisher; else those who leave
//! are somebody of whom no publisher knows anything. Seats stay with whoever stays.

use std::collections::BTreeSet;

use boundary::{PersonId, SectorId};

use super::{Owned, Touched, Undone, identities_of, names, places, who};
use crate::operate::identities::{Act, Identity, Leaving, Parted, Refused, parted};
use crate::store::db::{Tx, rows};
use crate::store::error::StoreError;
use crate::store::time::millis;

const PERSON: &str = "INSERT INTO person (id, created) VALUES ($1, $2)";
const ROOT: &str = "INSERT INTO pseudonym_root (person, root) VALUES ($1, $2)";
const IDENTITY: &str =
    "UPDATE identity SET person = $4, origin = NULL WHERE ent = $1 AND namespace = $2 AND subject = $3";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[PERSON, ROOT, IDENTITY];

/// Takes identities out of a person.
pub(super) async fn split(
    tx: &mut Tx,
    leaving: &Leaving<'_>,
    act: Act<'_>,
    touched: &mut Touched,
) -> Result<Parted, Undone> {
    let from = person_of(tx, leaving.identities).await?;
    let all = identities_of(tx, from).await?;
    let named: BTreeSet<&Identity> = leaving.identities.iter().collect();
    let (mut go, mut stay): (Vec<&Owned>, Vec<&Owned>) =
        all.iter().partition(|owned| named.contains(&owned.identity));
    if stay.is_empty() {
        return Err(Refused::NobodyStays.into());
    }
    let mut origin = None;
    if !leaving.fresh {
        // Of two who were linked either may be named.
        if go.iter().all(|owned| owned.origin.is_none()) {
            std::mem::swap(&mut go, &mut stay);
        }
        origin = Some(came_together(&go, &stay)?);
    }
    let to = leaving.person;
    let (root, sectors) = match origin {
        Some(origin) => part_names(tx, from, to, origin).await?,
        None => (None, Vec::new()),
    };
    let root = root.unwrap_or_else(|| leaving.root.bits().to_vec());
    rows!("writing a person", tx.on(), c =>
        sqlx::query(PERSON).bind(to.uuid()).bind(millis(act.at)).execute(c))?;
    rows!("writing a root", tx.on(), c => sqlx::query(ROOT).bind(to.uuid()).bind(&root).execute(c))?;
    for owned in &go {
        let Identity { ent, namespace, subject } = &owned.identity;
        rows!("parting identities", tx.on(), c => sqlx::query(IDENTITY)
            .bind(ent.as_str()).bind(namespace).bind(subject).bind(to.uuid()).execute(c))?;
    }
    let shared = places::part(tx, from, to, &go, &stay).await?;
    touched.add(&all);
    Ok(Parted { identities: go.len(), sectors, shared })
}

/// The person of all identities that leave.
async fn person_of(tx: &mut Tx, identities: &[Identity]) -> Result<PersonId, Undone> {
    let mut found = None;
    for identity in identities {
        let person = who(tx, identity, "named").await?;
        if *found.get_or_insert(person) != person {
            return Err(Refused::NotOne.into());
        }
    }
    Ok(found.ok_or(Refused::Unknown("named"))?)
}

/// With whom all who go came, and nobody who stays did.
fn came_together(go: &[&Owned], stay: &[&Owned]) -> Result<PersonId, Refused> {
    let origins: BTreeSet<_> = go.iter().map(|owned| owned.origin.map(PersonId::uuid)).collect();
    let Some(Some(origin)) = origins.first() else { return Err(Refused::NeverLinked) };
    let origin = PersonId::stored(*origin);
    let others = stay.iter().any(|owned| owned.origin == Some(origin));
    if origins.len() > 1 || others { Err(Refused::CameTogether) } else { Ok(origin) }
}

/// Values go with the root that they came from; that root, and the sectors.
async fn part_names(
    tx: &mut Tx,
    from: PersonId,
    to: PersonId,
    origin: PersonId,
) -> Result<(Option<Vec<u8>>, Vec<SectorId>), StoreError> {
    let mut found = names::of(tx, from, false).await?;
    let mut root = None;
    for one in found.iter_mut().filter(|one| one.origin == Some(origin)) {
        one.name.other = true;
        names::give_back(tx, &one.name, to).await?;
        root = one.root.take();
    }
    let rows: Vec<_> = found.into_iter().map(|found| found.name).collect();
    names::mark(tx, &parted(&rows)).await?;
    let sectors = names::sectors(rows.iter().filter(|row| row.other).map(|row| row.sector.as_str()))?;
    Ok((root, sectors))
}
