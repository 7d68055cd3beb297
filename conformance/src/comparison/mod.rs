//! One launch, fact by fact: what the portal sent beside what the publisher received, what became of it, and why.

mod facts;
mod shown;

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::language::Language;
use crate::withheld::{self, Leaf, Reason};

pub(crate) use shown::Shown;

use facts::{Fact, Topic};

/// What became of a fact on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It arrived as it was.
    Passed,
    /// A pseudonym arrived in its place.
    Pseudonym,
    /// The gateway wrote a value of its own.
    Rewritten,
    /// Nothing arrived.
    Withheld,
    /// It arrived although the portal sent nothing of the kind.
    Added,
    /// Each leg of the launch has one of its own.
    Renewed,
}

/// One fact with its two ends.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// What it is, for people.
    pub(crate) what: &'static str,
    /// What it is, for programs: the claim's shortened name.
    pub(crate) name: String,
    pub(crate) sent: Option<Shown>,
    pub(crate) received: Option<Shown>,
    pub(crate) verdict: Verdict,
    pub(crate) why: &'static str,
    topic: Topic,
    /// Where the row stands among all.
    place: usize,
}

/// The rows about one thing.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) title: &'static str,
    pub(crate) rows: Vec<Row>,
}

/// How many facts had which fate; technical ones are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) pseudonyms: usize,
    pub(crate) rewritten: usize,
    pub(crate) withheld: usize,
    pub(crate) added: usize,
}

impl Counts {
    fn of(groups: &[Group]) -> Self {
        let mut counts = Self::default();
        for row in groups.iter().flat_map(|group| &group.rows) {
            match row.verdict {
                Verdict::Passed => counts.passed += 1,
                Verdict::Pseudonym => counts.pseudonyms += 1,
                Verdict::Rewritten => counts.rewritten += 1,
                Verdict::Withheld => counts.withheld += 1,
                Verdict::Added => counts.added += 1,
                Verdict::Renewed => {}
            }
        }
        counts
    }

    /// How many facts the portal sent.
    pub(crate) fn sent(&self) -> usize {
        self.received() + self.withheld
    }

    /// How many of them reached the publisher, in whatever form.
    pub(crate) fn received(&self) -> usize {
        self.passed + self.pseudonyms + self.rewritten
    }
}

/// A whole launch, compared.
#[derive(Debug, Clone)]
pub(crate) struct Comparison {
    /// What concerns people, by topic.
    pub(crate) groups: Vec<Group>,
    /// What only programs care for.
    pub(crate) technical: Vec<Row>,
    pub(crate) counts: Counts,
}

impl Comparison {
    /// Compares the claims of both ends.
    pub(crate) fn of(sent: &Value, received: &Value, language: Language) -> Self {
        let (departed, arrived) = (withheld::leaves(sent), withheld::leaves(received));
        let only_arrived = arrived.iter().filter(|(name, _)| withheld::find(&departed, name).is_none());
        let mut rows: Vec<Row> = departed
            .iter()
            .map(|(name, value)| row(name, Some(*value), withheld::find(&arrived, name), language))
            .chain(only_arrived.map(|(name, value): &Leaf<'_>| row(name, None, Some(*value), language)))
            .collect();
        rows.sort_by_key(|row| row.place);
        let (technical, rows): (Vec<Row>, Vec<Row>) =
            rows.into_iter().partition(|row| row.topic == Topic::Technical);
        let groups = Topic::FOR_PEOPLE.map(|topic| Group {
            title: topic.words(language),
            rows: rows.iter().filter(|row| row.topic == topic).cloned().collect(),
        });
        let groups: Vec<Group> = groups.into_iter().filter(|group| !group.rows.is_empty()).collect();
        let counts = Counts::of(&groups);
        Self { groups, technical, counts }
    }

    /// What one end showed of a fact, where it did.
    pub(crate) fn row(&self, name: &str) -> Option<&Row> {
        self.groups.iter().flat_map(|group| &group.rows).find(|row| row.name == name)
    }
}

fn row(name: &str, sent: Option<&Value>, received: Option<&Value>, language: Language) -> Row {
    let (place, fact) = Fact::of(name);
    let (verdict, why) = judged(name, sent, received);
    let shown = |value: &Value| Shown::of(fact.form, value, language);
    Row {
        what: language.say(fact.fr, fact.en),
        name: name.to_owned(),
        sent: sent.map(shown),
        received: received.map(shown),
        verdict,
        why: why.words(language),
        topic: fact.topic,
        place,
    }
}

/// What became of a fact, and by which rule.
fn judged(name: &str, sent: Option<&Value>, received: Option<&Value>) -> (Verdict, Reason) {
    let rule = Reason::of(name);
    match (sent, received) {
        _ if rule == Reason::OwnLeg => (Verdict::Renewed, rule),
        (None, _) => (Verdict::Added, rule.when_added(name)),
        (Some(_), Some(_)) if rule == Reason::Gateway => (Verdict::Rewritten, rule),
        (Some(sent), received) => match withheld::reason(name, sent, received) {
            None => (Verdict::Passed, rule.when_passed()),
            Some(why) if received.is_none() => (Verdict::Withheld, why),
            Some(Reason::Replaced) => (Verdict::Pseudonym, Reason::Replaced),
            Some(why) => (Verdict::Rewritten, why),
        },
    }
}
