//! Batch: what some events say, put together so that one transaction writes it.

use std::collections::BTreeMap;

use serde::Deserialize;
use time::OffsetDateTime;

use crate::journal::{StoredEvent, owner_of};

/// How many hexadecimal digits of a commitment find it again: 128 bits.
const COMMITMENT_KEY: usize = 32;

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
}

/// What some events say.
#[derive(Debug, Default)]
pub struct Batch {
    events: u64,
    marks: BTreeMap<String, Mark>,
    seen: BTreeMap<(String, String), OffsetDateTime>,
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
