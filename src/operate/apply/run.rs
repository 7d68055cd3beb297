//! One run of `apply`: read the file, compare, write all of it or nothing.

use std::collections::BTreeSet;

use boundary::{Chance, Clock, Fault, PersonId, Root, SectorId};
use thiserror::Error;
use time::OffsetDateTime;

use super::file;
use super::mistake::{Mistake, Mistakes};
use super::plan::{Plan, Verb};
use super::record::{AssignmentTarget, Record};
use super::references;
use super::store::{Changes, FederationStore, NewPerson, NoRoom, StoredRecord};
use super::told::told;
use crate::journal::Actor;
use crate::keys::StoredSectorKey;

/// What makes the keys of new sectors.
pub trait NewSectorKeys: Send + Sync {
    /// A new key, sealed, of the sector's first epoch.
    ///
    /// # Errors
    /// A [`Fault`] when the master key cannot seal it.
    fn new_sector_key(&self, sector: &SectorId) -> Result<StoredSectorKey, Fault>;
}

/// What `apply` works with.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Where the records are.
    pub store: &'a dyn FederationStore,
    /// What makes the keys of new sectors.
    pub keys: &'a dyn NewSectorKeys,
    /// The time.
    pub clock: &'a dyn Clock,
    /// What people's ids and roots are drawn from.
    pub chance: &'a dyn Chance,
    /// Who asks for it.
    pub actor: &'a Actor,
}

/// How `apply` is asked to run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Only plan.
    pub dry_run: bool,
    /// Withdraw what files look after and this one leaves out.
    pub prune: bool,
}

/// Why nothing was applied.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The file is wrong, or does not fit what is stored: nothing was written.
    #[error("{}", lines(.0))]
    Mistakes(Vec<Mistake>),
    /// The store or the key ring did not answer.
    #[error(transparent)]
    Fault(#[from] Fault),
}

fn lines(mistakes: &[Mistake]) -> String {
    let lines: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
    lines.join("\n")
}

/// Makes the registrations what a file says, and returns what was done; a dry run returns what would be done. A
/// second run of the same file finds nothing to do.
///
/// # Errors
/// [`ApplyError`]; nothing is written then.
pub async fn apply(means: &Means<'_>, name: &str, text: &str, options: Options) -> Result<Plan, ApplyError> {
    let now = means.clock.now();
    let stored = means.store.records().await?;
    let plan = plan(name, text, now, stored, options.prune).map_err(ApplyError::Mistakes)?;
    check_people(means.store, name, &plan).await?;
    if options.dry_run || plan.is_empty() {
        return Ok(plan);
    }
    let changes = changes(means, &plan, now)?;
    match means.store.write(changes, now).await? {
        Ok(()) => Ok(plan),
        Err(full) => Err(ApplyError::Mistakes(vec![no_room(name, &plan, &full)])),
    }
}

fn plan(
    name: &str,
    text: &str,
    now: OffsetDateTime,
    stored: Vec<StoredRecord>,
    prune: bool,
) -> Result<Plan, Vec<Mistake>> {
    let mut reading = file::read(name, text, now);
    references::check(&mut reading, &stored, prune);
    let records = reading.mistakes.or_else(reading.records)?;
    Plan::make(name, records, stored, prune)
}

/// Somebody who is given a seat by name must be in the file or known already.
async fn check_people(store: &dyn FederationStore, name: &str, plan: &Plan) -> Result<(), ApplyError> {
    let mut mistakes = Mistakes::of(name);
    let people: BTreeSet<String> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.record.value {
            Record::Person(person) => Some(person.id()),
            _ => None,
        })
        .collect();
    for step in plan.steps.iter().filter(|step| matches!(step.verb, Verb::Add { .. })) {
        let Record::Assignment(assignment) = &step.record.value else {
            continue;
        };
        let AssignmentTarget::Person { ent, namespace, subject } = &assignment.target else {
            continue;
        };
        let in_file = people.contains(&format!("{ent}/{namespace}/{subject}"));
        if !in_file && !store.knows(ent, namespace, subject).await? {
            mistakes.add(
                step.record.line,
                "nobody is known under this ent, namespace and subject: add [[person]], or correct them",
            );
        }
    }
    mistakes.or_else(()).map_err(ApplyError::Mistakes)
}

fn changes(means: &Means<'_>, plan: &Plan, now: OffsetDateTime) -> Result<Changes, Fault> {
    let mut changes = Changes { told: told(&plan.steps, means.actor, now), ..Changes::default() };
    for step in &plan.steps {
        let record = step.record.value.clone();
        match (&step.verb, &record) {
            (Verb::Remove, _) => {
                changes.withdraw.push(record);
                continue;
            }
            (Verb::Add { seen: false }, Record::Sector(sector)) => {
                changes.sector_keys.push(means.keys.new_sector_key(&sector.id)?);
            }
            _ => {}
        }
        let person = matches!(record, Record::Person(_))
            .then(|| NewPerson { person: PersonId::draw(now, means.chance), root: Root::draw(means.chance) });
        changes.put.push((record, person));
    }
    // What names something goes before what it names.
    changes.withdraw.reverse();
    Ok(changes)
}

fn no_room(name: &str, plan: &Plan, full: &NoRoom) -> Mistake {
    let full_one = plan
        .steps
        .iter()
        .map(|step| &step.record)
        .find(|record| record.value.kind() == full.kind && record.value.id() == full.id);
    let words =
        "no seat is left for this person: raise the seats of the subscription, or assign somebody less";
    Mistake::new(name, full_one.map_or(1, |record| record.line), words)
}

#[cfg(test)]
mod tests;
