//! What identity care needs of a store: each act in one transaction with its events, or not at all.

mod import;
mod merge;
mod moving;
mod names;
mod places;
mod seats;
mod split;

use std::collections::BTreeMap;

use async_trait::async_trait;
use boundary::{EntId, Fault, PersonId, SectorId};
use thiserror::Error;
use uuid::Uuid;

use super::contention::Attempts;
use super::db::{Engine, Tx, both, rows};
use super::directory::people_of;
use super::error::StoreError;
use super::people::{form, identified_in};
use super::{Store, objects};
use crate::directory::{Sector, SectorScope};
use crate::journal::Change;
use crate::operate::apply::RecordKind;
use crate::operate::identities::{
    Act, Identity, IdentityStore, Importing, Leaving, Merged, Moving, Parted, Refused,
};

const IDENTITIES: &str = "SELECT ent, namespace, subject, managed_by, origin FROM identity WHERE person = $1 \
                          ORDER BY ent, namespace, subject";
/// Nobody is given a value or takes a seat until this transaction ends: whoever does so waits, and then sees what it did.
/// On SQLite nobody else writes anyway.
const HOLD: (&str, &str) = ("SELECT 1 WHERE 1 = 0", "LOCK TABLE pseudonym, seat IN SHARE ROW EXCLUSIVE MODE");

/// Every statement of this file and of those under it that both engines share.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&[&str]] = &[
    &[IDENTITIES],
    import::STATEMENTS,
    merge::STATEMENTS,
    moving::STATEMENTS,
    names::STATEMENTS,
    places::STATEMENTS,
    seats::STATEMENTS,
    split::STATEMENTS,
];
/// Every pair.
#[cfg(test)]
pub(in crate::store) const PAIRS: &[(&str, &str)] = &[HOLD];

/// Why nothing was written.
#[derive(Debug, Error)]
enum Undone {
    /// It cannot be done.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Splits what somebody asked wrongly from what the database did not do.
fn told<T>(done: Result<T, Undone>) -> Result<Result<T, Refused>, StoreError> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(Undone::Refused(refused)) => Ok(Err(refused)),
        Err(Undone::Store(error)) => Err(error),
    }
}

/// The ENTs whose people were changed, and how often.
#[derive(Default)]
struct Touched(BTreeMap<EntId, u64>);

impl Touched {
    fn add(&mut self, owned: &[Owned]) {
        let mut ents: Vec<&EntId> = owned.iter().map(|owned| &owned.identity.ent).collect();
        ents.dedup();
        for ent in ents {
            *self.0.entry(ent.clone()).or_default() += 1;
        }
    }

    fn topics(&self) -> Vec<String> {
        self.0.keys().map(people_of).collect()
    }

    fn changes(&self, act: Act<'_>, verb: &'static str) -> Vec<Change> {
        let change = |(ent, count): (&EntId, &u64)| {
            Change::new(act.at, act.actor, verb, "identity", ent.as_str()).ent(ent).count(*count)
        };
        self.0.iter().map(change).collect()
    }
}

#[async_trait]
impl IdentityStore for Store {
    async fn join(
        &self,
        pairs: &[(Identity, Identity)],
        act: Act<'_>,
    ) -> Result<Vec<Result<Merged, Refused>>, Fault> {
        let mut attempts = Attempts::begin();
        loop {
            match self.join_once(pairs, act).await {
                Err(error) if error.is_contention() && attempts.another().await => {}
                done => return Ok(done?),
            }
        }
    }

    async fn part(&self, leaving: &Leaving<'_>, act: Act<'_>) -> Result<Result<Parted, Refused>, Fault> {
        let mut attempts = Attempts::begin();
        loop {
            match self.part_once(leaving, act).await {
                Err(error) if error.is_contention() && attempts.another().await => {}
                done => return Ok(done?),
            }
        }
    }

    async fn move_all(&self, moving: &Moving<'_>, act: Act<'_>) -> Result<Result<u64, Refused>, Fault> {
        let mut attempts = Attempts::begin();
        loop {
            match self.move_all_once(moving, act).await {
                Err(error) if error.is_contention() && attempts.another().await => {}
                done => return Ok(done?),
            }
        }
    }

    async fn move_some(
        &self,
        moving: &Moving<'_>,
        keys: &[(String, String)],
        act: Act<'_>,
    ) -> Result<Vec<Result<(), Refused>>, Fault> {
        let mut attempts = Attempts::begin();
        loop {
            match self.move_some_once(moving, keys, act).await {
                Err(error) if error.is_contention() && attempts.another().await => {}
                done => return Ok(done?),
            }
        }
    }

    async fn scope_of(&self, sector: &SectorId) -> Result<Option<SectorScope>, Fault> {
        let found = objects::live::<Sector>(&self.db, RecordKind::Sector, sector.as_str()).await?;
        Ok(found.map(|sector| sector.scope))
    }

    async fn import(
        &self,
        importing: &Importing<'_>,
        act: Act<'_>,
    ) -> Result<Vec<Result<(), Refused>>, Fault> {
        let mut attempts = Attempts::begin();
        loop {
            match self.import_once(importing, act).await {
                Err(error) if error.is_contention() && attempts.another().await => {}
                done => return Ok(done?),
            }
        }
    }
}

impl Store {
    async fn join_once(
        &self,
        pairs: &[(Identity, Identity)],
        act: Act<'_>,
    ) -> Result<Vec<Result<Merged, Refused>>, StoreError> {
        let mut tx = self.db.begin().await?;
        hold(&mut tx).await?;
        let (mut outcomes, mut touched) = (Vec::new(), Touched::default());
        for (first, second) in pairs {
            outcomes.push(told(merge::merge(&mut tx, first, second, act, &mut touched).await)?);
        }
        let fits = outcomes.iter().all(Result::is_ok);
        self.end(tx, fits, act, "link", &touched).await?;
        Ok(outcomes)
    }

    async fn part_once(
        &self,
        leaving: &Leaving<'_>,
        act: Act<'_>,
    ) -> Result<Result<Parted, Refused>, StoreError> {
        let mut tx = self.db.begin().await?;
        hold(&mut tx).await?;
        let mut touched = Touched::default();
        let outcome = told(split::split(&mut tx, leaving, act, &mut touched).await)?;
        let verb = if leaving.fresh { "split" } else { "unlink" };
        self.end(tx, outcome.is_ok(), act, verb, &touched).await?;
        Ok(outcome)
    }

    /// Commits with the events; a dry run, and what does not fit, is undone.
    async fn end(
        &self,
        tx: Tx,
        fits: bool,
        act: Act<'_>,
        verb: &'static str,
        touched: &Touched,
    ) -> Result<(), StoreError> {
        if !fits || act.dry_run {
            return tx.rollback().await;
        }
        self.commit_changes(tx, &touched.topics(), &touched.changes(act, verb)).await
    }
}

pub(super) async fn hold(tx: &mut Tx) -> Result<(), StoreError> {
    let sql = match tx.on() {
        Engine::Lite(_) => HOLD.0,
        Engine::Postgres(_) => HOLD.1,
    };
    rows!("holding what is released", tx.on(), c => sqlx::query(sql).execute(c))?;
    Ok(())
}

/// The person of an identity.
async fn who(tx: &mut Tx, identity: &Identity, which: &'static str) -> Result<PersonId, Undone> {
    let found = identified_in(tx, &identity.ent, &identity.namespace, &identity.subject).await?;
    Ok(found.ok_or(Refused::Unknown(which))?)
}

/// An identity of a person, as it is stored.
#[derive(Clone)]
struct Owned {
    identity: Identity,
    of_file: bool,
    /// With whom it came.
    origin: Option<PersonId>,
}

/// All identities of a person, by their ENTs.
async fn identities_of(tx: &mut Tx, person: PersonId) -> Result<Vec<Owned>, StoreError> {
    type Row = (String, String, String, String, Option<Uuid>);
    let rows: Vec<Row> = both!("reading identities", tx.on(), c =>
        sqlx::query_as(IDENTITIES).bind(person.uuid()).fetch_all(c))?;
    let owned = |(ent, namespace, subject, managed_by, origin): Row| {
        let ent = EntId::parse(&ent).map_err(|_| form("identity.ent"))?;
        let identity = Identity { ent, namespace, subject };
        Ok(Owned { identity, of_file: managed_by == "file", origin: origin.map(PersonId::stored) })
    };
    rows.into_iter().map(owned).collect()
}
