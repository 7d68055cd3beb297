//! What the journal is told of a run of `apply`: each object that it changed, and how many people and assignments.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::plan::{Step, Verb};
use super::record::Record;
use crate::journal::{Actor, Change};

/// One event an object; people are counted by ENT and assignments by subscription, because their ids are people's.
pub(super) fn told(steps: &[Step], actor: &Actor, at: OffsetDateTime) -> Vec<Change> {
    let mut counted: BTreeMap<(&'static str, &'static str, String), u64> = BTreeMap::new();
    let mut changes = Vec::new();
    for step in steps {
        let (verb, record) = (verb_of(&step.verb), &step.record.value);
        match record {
            Record::Person(person) => {
                *counted.entry((verb, "person", person.ent.to_string())).or_default() += 1;
            }
            Record::Assignment(assignment) => {
                *counted.entry((verb, "assignment", assignment.subscription.to_string())).or_default() += 1;
            }
            _ => changes.push(of_object(step, verb, actor, at)),
        }
    }
    let many = counted.into_iter();
    changes.extend(many.map(|((verb, kind, of), count)| Change::new(at, actor, verb, kind, of).count(count)));
    changes
}

fn of_object(step: &Step, verb: &'static str, actor: &Actor, at: OffsetDateTime) -> Change {
    let record = &step.record.value;
    let change = Change::new(at, actor, verb, record.kind().as_str(), record.id());
    match &step.verb {
        Verb::Change(fields) => change.fields(fields),
        Verb::Add { .. } | Verb::Remove => change,
    }
}

const fn verb_of(verb: &Verb) -> &'static str {
    match verb {
        Verb::Add { .. } => "add",
        Verb::Change(_) => "change",
        Verb::Remove => "withdraw",
    }
}
