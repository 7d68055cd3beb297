//! Change: what somebody changed here, in the journal. Names of fields, never their values; our own ids, never a person's.

use boundary::{EntId, Uai};
use serde::Serialize;
use time::OffsetDateTime;

use super::event::owner_of_change;

/// Who changed something, as the journal names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Actor(String);

impl Actor {
    /// Whoever runs commands on a host of the broker.
    #[must_use]
    pub fn command() -> Self {
        Self("command".to_owned())
    }

    /// An account of a person, by our id.
    #[must_use]
    pub fn account(id: &str) -> Self {
        Self(format!("account:{id}"))
    }

    /// A program that was given access, by our id.
    #[must_use]
    pub fn client(id: &str) -> Self {
        Self(format!("client:{id}"))
    }

    /// The import of rosters.
    #[must_use]
    pub fn roster() -> Self {
        Self("roster".to_owned())
    }

    /// What the broker does by itself.
    #[must_use]
    pub fn broker() -> Self {
        Self("broker".to_owned())
    }

    /// As the journal writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One change. It belongs to a school where it concerns one, else to an ENT, else to the broker itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What was done: `put`, `withdraw`, `assign` …
    change: &'static str,
    /// When, to the millisecond.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Who did it.
    actor: Actor,
    /// The kind of what was changed.
    kind: &'static str,
    /// Our id of it.
    object: String,
    /// The names of the fields that were changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<String>,
    /// How many rows of that kind were, where they are many.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    /// The school that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    school: Option<Uai>,
    /// The ENT that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    ent: Option<EntId>,
}

impl Change {
    /// That `actor` did `change` to the `object` of a `kind`. The object is named by an id of ours that is nobody's:
    /// never by a person's.
    #[must_use]
    pub fn new(
        at: OffsetDateTime,
        actor: &Actor,
        change: &'static str,
        kind: &'static str,
        object: impl Into<String>,
    ) -> Self {
        // To the millisecond, as the column beside the text has it.
        let at = at.replace_nanosecond(at.millisecond() as u32 * 1_000_000).unwrap_or(at);
        let (actor, object) = (actor.clone(), object.into());
        Self { change, at, actor, kind, object, fields: Vec::new(), count: None, school: None, ent: None }
    }

    /// Which fields were changed.
    #[must_use]
    pub fn fields<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.fields = names.into_iter().map(Into::into).collect();
        self
    }

    /// How many.
    #[must_use]
    pub const fn count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// At which school: the change is then in the school's own export.
    #[must_use]
    pub fn school(mut self, uai: &Uai) -> Self {
        self.school = Some(uai.clone());
        self
    }

    /// Of which ENT.
    #[must_use]
    pub fn ent(mut self, ent: &EntId) -> Self {
        self.ent = Some(ent.clone());
        self
    }

    /// When.
    #[must_use]
    pub const fn at(&self) -> OffsetDateTime {
        self.at
    }

    /// Whose it is, and so the first half of its chain's name.
    #[must_use]
    pub fn owner(&self) -> String {
        owner_of_change(self.school.as_ref().map(Uai::as_str), self.ent.as_ref().map(EntId::as_str))
    }

    /// The change as the JSON text that is stored and hashed. Members keep the order of the fields.
    ///
    /// # Errors
    /// None that can occur with these types; the error is passed on rather than hidden.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}
