//! The plan of one run of `apply`: what to add, what to change, what to remove.
//!
//! `apply` touches what files look after and nothing else. What a file leaves out stays as it is, unless the operator
//! asks to prune; and what is pruned is withdrawn, not deleted.

mod compare;
mod show;

use std::collections::{BTreeMap, BTreeSet};

use boundary::SectorId;

use self::compare::changed_fields;
use super::mistake::{Located, Mistake, Mistakes};
use super::record::{ManagedBy, Record, RecordKind};
use super::references::{Name, is_pruned, names};
use super::store::StoredRecord;
use crate::catalogue::Resource;

/// What happens to a record.
pub enum Verb {
    /// It is new, or was withdrawn and comes back. `seen` tells the two apart.
    Add {
        /// Whether it was here before.
        seen: bool,
    },
    /// It differs in these fields.
    Change(Vec<String>),
    /// It is withdrawn.
    Remove,
}

/// One step of a plan.
pub struct Step {
    /// What happens.
    pub verb: Verb,
    /// The record, with its line in the file; what is removed has none and says line 1.
    pub record: Located<Record>,
}

/// What a run of `apply` does, in the order of kinds, then ids. It prints as lines `+ kind id`, `~ kind id (fields)`,
/// `- kind id`, and a last line with the numbers.
pub struct Plan {
    pub(in crate::operate) steps: Vec<Step>,
}

impl Plan {
    /// Compares what a file wants with what is stored.
    ///
    /// # Errors
    /// Mistakes: records that somebody else looks after, changes that would change pseudonyms, and removals of what
    /// a record that stays still names.
    pub fn make(
        file: &str,
        wanted: Vec<Located<Record>>,
        stored: Vec<StoredRecord>,
        prune: bool,
    ) -> Result<Self, Vec<Mistake>> {
        Self::make_for(ManagedBy::File, file, wanted, stored, prune)
    }

    /// The same for whoever looks after these records.
    ///
    /// # Errors
    /// As [`make`](Self::make).
    pub(in crate::operate) fn make_for(
        keeper: ManagedBy,
        file: &str,
        wanted: Vec<Located<Record>>,
        stored: Vec<StoredRecord>,
        prune: bool,
    ) -> Result<Self, Vec<Mistake>> {
        let stored = Stored::of(keeper, stored);
        let mut mistakes = Mistakes::of(file);
        let wanted_names: BTreeSet<Name> =
            wanted.iter().map(|record| (record.value.kind(), record.value.id())).collect();
        for record in &wanted {
            stored.check(record, &wanted, &mut mistakes);
        }
        let mut steps: Vec<Step> = wanted.into_iter().filter_map(|record| stored.step(record)).collect();
        if prune {
            stored.check_pruned(&wanted_names, &mut mistakes);
            steps.extend(stored.pruned(&wanted_names));
        }
        steps.sort_by_cached_key(|step| (step.record.value.kind(), step.record.value.id()));
        mistakes.or_else(Self { steps })
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// What is stored, as one keeper sees it.
struct Stored {
    all: BTreeMap<Name, StoredRecord>,
    keeper: ManagedBy,
}

impl Stored {
    fn of(keeper: ManagedBy, records: Vec<StoredRecord>) -> Self {
        let named = records.into_iter().map(|old| ((old.record.kind(), old.record.id()), old));
        Self { all: named.collect(), keeper }
    }

    fn get(&self, record: &Record) -> Option<&StoredRecord> {
        self.all.get(&(record.kind(), record.id()))
    }

    fn step(&self, record: Located<Record>) -> Option<Step> {
        let verb = match self.get(&record.value) {
            None => Verb::Add { seen: false },
            Some(old) if old.withdrawn => Verb::Add { seen: true },
            Some(old) => {
                let fields = changed_fields(&old.record, &record.value);
                (!fields.is_empty()).then_some(Verb::Change(fields))?
            }
        };
        Some(Step { verb, record })
    }

    fn check(&self, record: &Located<Record>, wanted: &[Located<Record>], mistakes: &mut Mistakes<'_>) {
        let Some(old) = self.get(&record.value) else {
            return;
        };
        let wrong = if old.managed_by == self.keeper {
            self.unchangeable(&old.record, &record.value, wanted)
        } else {
            Some(of_another(old))
        };
        if let Some(words) = wrong {
            mistakes.add(record.line, words);
        }
    }

    /// Changes that would give people other pseudonyms under a publisher's feet.
    fn unchangeable(&self, old: &Record, new: &Record, wanted: &[Located<Record>]) -> Option<String> {
        match (old, new) {
            (Record::Sector(old), Record::Sector(new)) if old.scope != new.scope => Some(format!(
                "the scope of sector \"{}\" cannot change here, because every pseudonym in it would: \
                 keep the scope, or register another sector",
                new.id
            )),
            (Record::Tool(old), Record::Tool(new)) if old.sector != new.sector => Some(format!(
                "tool \"{}\" belongs to sector \"{}\" for good, because the publisher knows people by that sector's \
                 pseudonyms: keep the sector, or register another tool",
                new.id, old.sector
            )),
            (Record::Resource(old), Record::Resource(new)) if old.tool != new.tool => {
                let (theirs, ours) = self.sector_of(old, &[]).zip(self.sector_of(new, wanted))?;
                (theirs != ours).then(|| {
                    format!(
                        "resource {} is known in sector \"{theirs}\" and tool \"{}\" is of sector \"{ours}\", where \
                         people have other pseudonyms: choose a tool of the same sector, or register another resource",
                        new.ark, new.tool
                    )
                })
            }
            _ => None,
        }
    }

    fn sector_of(&self, resource: &Resource, wanted: &[Located<Record>]) -> Option<SectorId> {
        let in_file = wanted.iter().find_map(|record| match &record.value {
            Record::Tool(tool) if tool.id == resource.tool => Some(tool),
            _ => None,
        });
        let stored = self.all.get(&(RecordKind::Tool, resource.tool.to_string()));
        let stored = stored.and_then(|old| match &old.record {
            Record::Tool(tool) => Some(tool),
            _ => None,
        });
        in_file.or(stored).map(|tool| tool.sector.clone())
    }

    fn check_pruned(&self, wanted: &BTreeSet<Name>, mistakes: &mut Mistakes<'_>) {
        let stays = |old: &&StoredRecord| old.managed_by != ManagedBy::File && !old.withdrawn;
        for old in self.all.values().filter(stays) {
            for name in names(&old.record) {
                if self.all.get(&name).is_some_and(|named| is_pruned(named, wanted)) {
                    mistakes.add(1, still_named(&name, old));
                }
            }
        }
    }

    fn pruned(self, wanted: &BTreeSet<Name>) -> Vec<Step> {
        let pruned = self.all.into_values().filter(|old| is_pruned(old, wanted));
        let removed =
            |old: StoredRecord| Step { verb: Verb::Remove, record: Located { line: 1, value: old.record } };
        pruned.map(removed).collect()
    }
}

fn of_another(old: &StoredRecord) -> String {
    format!(
        "{} \"{}\" is looked after by {}: leave it out of the file, or remove it there first",
        old.record.kind().as_str(),
        old.record.id(),
        keeper(old.managed_by)
    )
}

fn still_named((kind, id): &Name, old: &StoredRecord) -> String {
    format!(
        "{} \"{id}\" is not in the file, and {} \"{}\", which {} looks after, still names it: keep the one, or remove \
         the other first",
        kind.as_str(),
        old.record.kind().as_str(),
        old.record.id(),
        keeper(old.managed_by)
    )
}

/// Who that is, in words.
pub(in crate::operate) const fn keeper(managed_by: ManagedBy) -> &'static str {
    match managed_by {
        ManagedBy::File => "a federation file (file)",
        ManagedBy::Api => "the API or the console (api)",
        ManagedBy::Gar => "GAR's web services (gar)",
        ManagedBy::Registration => "dynamic registration (registration)",
        ManagedBy::Roster => "a roster (roster)",
        ManagedBy::Jit => "first launches (jit)",
    }
}

#[cfg(test)]
mod tests;
