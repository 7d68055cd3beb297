//! Batch: what some events say, put together so that one transaction writes it.

use std::collections::{BTreeMap, BTreeSet};

use boundary::paris_date;
use serde::Deserialize;
use time::OffsetDateTime;

use crate::journal::{StoredEvent, owner_of};

/// How many hexadecimal digits of a commitment find it again: 128 bits.
const COMMITMENT_KEY: usize = 32;
/// How long the month of a day is, `2026-09`.
const MONTH: usize = 7;
/// The outcome of a launch that nobody refused.
const DELIVERED: &str = "delivered";

/// How far a chain was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The place up to which it was read before.
    pub from: i64,
    /// The place up to which it is read now.
    pub to: i64,
    /// The time of its newest event.
    pub at: OffsetDateTime,
}

/// What is read of an event. Changes and whatever else stands in the journal have none of it.
#[derive(Deserialize)]
struct Told {
    commitment: Option<String>,
    /// Launches have one, and nothing else.
    outcome: Option<String>,
    refusal: Option<String>,
    school: Option<String>,
    resource: Option<String>,
    sector: Option<String>,
    profile: Option<String>,
}

/// Under what a launch is counted. What was not known when it ended is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    /// The day in Paris, `2026-09-01`.
    pub day: String,
    /// The school.
    pub school: String,
    /// The resource, by its ARK.
    pub resource: String,
    /// The sector that it went to.
    pub sector: String,
    /// The person's profile.
    pub profile: String,
    /// `delivered`, or the code of the refusal.
    pub outcome: String,
}

/// Somebody who was let into a resource at a school in a period.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opened {
    /// A day in Paris, or a month, `2026-09`.
    pub period: String,
    /// The school.
    pub school: String,
    /// The resource, by its ARK.
    pub resource: String,
    /// The sector that it went to, in which they are who they are.
    pub sector: String,
    /// By what their commitment is found again, in hexadecimal digits.
    pub commitment: String,
}

impl Opened {
    /// The last day of the period. Every month is named as if it had 31 days, which compares alike.
    #[must_use]
    pub fn last_day(&self) -> String {
        if self.period.len() == MONTH { format!("{}-31", self.period) } else { self.period.clone() }
    }
}

/// What some events say.
#[derive(Debug, Default)]
pub struct Batch {
    events: u64,
    marks: BTreeMap<String, Mark>,
    seen: BTreeMap<(String, String), OffsetDateTime>,
    launches: BTreeMap<Counted, u64>,
    users: BTreeSet<Opened>,
}

impl Batch {
    /// Adds the next event of a chain that was read up to this place. What lies between is past its retention.
    pub fn add(&mut self, event: &StoredEvent, from: i64) {
        self.events += 1;
        let mark = Mark { from, to: event.seq, at: event.at };
        let mark = self.marks.entry(event.chain.clone()).or_insert(mark);
        (mark.to, mark.at) = (event.seq, mark.at.max(event.at));
        // What cannot be read is found by whoever verifies the journal.
        let Ok(told) = serde_json::from_str::<Told>(&event.body) else { return };
        if let Some(key) = told.commitment.as_deref().and_then(commitment_key) {
            let seen =
                self.seen.entry((key.to_owned(), owner_of(&event.chain).to_owned())).or_insert(event.at);
            *seen = event.at.max(*seen);
        }
        self.count(told, event.at);
    }

    fn count(&mut self, told: Told, at: OffsetDateTime) {
        let Some(outcome) = told.outcome else { return };
        let counted = Counted {
            day: paris_date(at).to_string(),
            school: told.school.unwrap_or_default(),
            resource: told.resource.unwrap_or_default(),
            sector: told.sector.unwrap_or_default(),
            profile: told.profile.unwrap_or_default(),
            outcome: told.refusal.unwrap_or(outcome),
        };
        if let Some(commitment) = told.commitment.as_deref().and_then(commitment_key) {
            self.opened(&counted, commitment);
        }
        *self.launches.entry(counted).or_default() += 1;
    }

    /// Whoever was refused has opened nothing.
    fn opened(&mut self, counted: &Counted, commitment: &str) {
        let Counted { day, school, resource, sector, outcome, .. } = counted;
        if outcome != DELIVERED {
            return;
        }
        for period in [day.as_str(), day.get(..MONTH).unwrap_or_default()] {
            self.users.insert(Opened {
                period: period.to_owned(),
                school: school.clone(),
                resource: resource.clone(),
                sector: sector.clone(),
                commitment: commitment.to_owned(),
            });
        }
    }

    /// How many events it holds.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// How far each chain is read.
    #[must_use]
    pub const fn marks(&self) -> &BTreeMap<String, Mark> {
        &self.marks
    }

    /// How many launches there were, by what they are counted under.
    #[must_use]
    pub const fn launches(&self) -> &BTreeMap<Counted, u64> {
        &self.launches
    }

    /// Who opened what, each once.
    #[must_use]
    pub const fn users(&self) -> &BTreeSet<Opened> {
        &self.users
    }

    /// Which commitments stand in whose chains, and when they last did.
    #[must_use]
    pub const fn seen(&self) -> &BTreeMap<(String, String), OffsetDateTime> {
        &self.seen
    }
}

/// By what a commitment is found again.
#[must_use]
pub fn commitment_key(hex: &str) -> Option<&str> {
    hex.get(..COMMITMENT_KEY).filter(|key| key.bytes().all(|b| b.is_ascii_hexdigit()))
}
