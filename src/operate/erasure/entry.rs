//! Entry: what one line of the ledger says, and how it stands there.

use boundary::{PersonId, Pseudonym, SectorId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::journal::Hash;

/// A person who was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Who, by our id, which means nothing once they are erased but in older backups.
    person: Uuid,
    /// Whom they were before they were linked, by the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former: Vec<Uuid>,
    /// What sectors called them: each is told its own.
    pub values: Vec<(SectorId, Pseudonym)>,
}

impl Erased {
    /// A person, erased at a moment, with what sectors called them.
    #[must_use]
    pub const fn new(at: OffsetDateTime, person: PersonId, values: Vec<(SectorId, Pseudonym)>) -> Self {
        Self { at, person: person.uuid(), former: Vec::new(), values }
    }

    /// The same, of somebody who was these people before.
    #[must_use]
    pub fn once(self, former: &[PersonId]) -> Self {
        Self { former: former.iter().map(|person| person.uuid()).collect(), ..self }
    }

    /// Who.
    #[must_use]
    pub const fn person(&self) -> PersonId {
        PersonId::stored(self.person)
    }

    /// Whom they were before they were linked.
    #[must_use]
    pub fn former(&self) -> Vec<PersonId> {
        self.former.iter().copied().map(PersonId::stored).collect()
    }
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// The ledger begins.
    Begun {
        /// When.
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
    },
    /// Somebody was erased.
    Erased(Erased),
    /// Nothing more, sealed under a new line of the master key.
    SealedAnew {
        /// When.
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
    },
}

/// A line as it stands in the ledger: what it says is sealed, so that the ledger tells nobody who was erased and nobody
/// without the master key can write one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// How many erasures there are, up to this one.
    pub sequence: i64,
    /// The hash of the line before; zeros before the first.
    pub prev: Hash,
    pub sealed: String,
}

/// What is sealed in a line. It says once more where it stands.
#[derive(Serialize, Deserialize)]
pub(super) struct Sealed {
    pub ledger: String,
    /// The place at which the ledger began: it knows what was erased after this one.
    pub base: i64,
    pub sequence: i64,
    pub prev: Hash,
    pub entry: Entry,
}

/// The hash of a line.
pub(super) fn hash_of(line: &str) -> Hash {
    Hash::of(&[b"passerelle erasure\n", line.as_bytes()])
}
