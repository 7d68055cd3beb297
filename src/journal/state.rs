//! State: what the journal holds of one owner, chain by chain. A checkpoint signs the states of all owners that moved,
//! each as a leaf of its tree.
//!
//! A state lists every chain of its owner, so that a chain left out is found as surely as an event left out. It names
//! nobody else, so that its owner can be given it.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Hash, merkle};

/// What is held of one chain: the events behind `after`, up to and with `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// The chain.
    pub chain: String,
    /// The last event that retention took away; 0 when it took none.
    pub after: i64,
    /// The hash of that event, or of the chain's name.
    pub after_hash: Hash,
    /// The newest event.
    pub seq: i64,
    /// The hash of the newest event.
    pub hash: Hash,
}

impl Held {
    /// How many events are held.
    #[must_use]
    pub const fn events(&self) -> i64 {
        self.seq - self.after
    }
}

/// What is held of one owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The owner: the number of a school, or `ent:ID`.
    pub of: String,
    /// What happened before this moment, retention has taken away.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub pruned: Option<OffsetDateTime>,
    /// Every chain of the owner, in the order of their names.
    pub chains: Vec<Held>,
}

impl State {
    /// The text that a checkpoint signs.
    #[must_use]
    pub fn to_text(&self) -> String {
        // Texts, numbers and a UTC time always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The leaf in a checkpoint's tree.
    #[must_use]
    pub fn leaf(&self) -> Hash {
        merkle::leaf(&self.to_text())
    }

    /// Reads the text of a state. Any other spelling of the same is none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|state: &Self| state.to_text() == text)
    }
}
