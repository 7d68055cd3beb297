//! How a plan is shown: as lines for people, as one JSON document for programs.

use std::fmt;

use serde::Serialize;

use super::{Plan, Step, Verb};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        let [add, change, remove] = self.counts();
        write!(f, "plan: {add} to add, {change} to change, {remove} to remove")
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = &self.record.value;
        let sign = match self.verb {
            Verb::Add { .. } => '+',
            Verb::Change(_) => '~',
            Verb::Remove => '-',
        };
        write!(f, "{sign} {} {}", record.kind().as_str(), record.id())?;
        match &self.verb {
            Verb::Change(fields) => write!(f, " ({})", fields.join(", ")),
            Verb::Add { .. } | Verb::Remove => Ok(()),
        }
    }
}

/// Numbers only: ids of people stand in a plan.
impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plan({:?})", self.counts())
    }
}

#[derive(Serialize)]
struct Named {
    kind: &'static str,
    id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<String>,
}

#[derive(Default, Serialize)]
struct Document {
    add: Vec<Named>,
    change: Vec<Named>,
    remove: Vec<Named>,
}

impl Plan {
    /// The plan as one JSON document: `add` and `remove` hold kinds and ids, `change` also the fields.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut document = Document::default();
        for step in &self.steps {
            let (kind, id) = (step.record.value.kind().as_str(), step.record.value.id());
            let fields = match &step.verb {
                Verb::Change(fields) => fields.clone(),
                Verb::Add { .. } | Verb::Remove => Vec::new(),
            };
            let list = match &step.verb {
                Verb::Add { .. } => &mut document.add,
                Verb::Change(_) => &mut document.change,
                Verb::Remove => &mut document.remove,
            };
            list.push(Named { kind, id, fields });
        }
        serde_json::to_string(&document).unwrap_or_default()
    }

    fn counts(&self) -> [usize; 3] {
        let count = |wanted: fn(&Verb) -> bool| self.steps.iter().filter(|step| wanted(&step.verb)).count();
        [
            count(|verb| matches!(verb, Verb::Add { .. })),
            count(|verb| matches!(verb, Verb::Change(_))),
            count(|verb| matches!(verb, Verb::Remove)),
        ]
    }
}
