//! Event: what happened to one launch, in a form that can be hashed and read again.

use boundary::{Ark, Attribute, Commitment, EntId, LaunchId, Profile, RefusalCode, SectorId, Uai};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize, Serializer};
use time::OffsetDateTime;

use super::Issued;

/// Whose changes are that concern no school and no ENT.
const BROKER: &str = "broker";

/// How a launch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "refusal", rename_all = "snake_case")]
pub enum Happened {
    /// It was delivered.
    Delivered,
    /// It was refused.
    Refused(RefusalCode),
}

/// The request at which a launch was decided for the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hop {
    /// The one that ended the ENT's sign-on.
    A,
    /// The publisher's.
    B,
}

/// One event. What was not known when a launch ended is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// The launch.
    pub launch: LaunchId,
    /// When, to the millisecond.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Where it was decided.
    pub hop: Hop,
    /// The ENT it came from.
    pub ent: EntId,
    /// The school.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub school: Option<Uai>,
    /// The pseudonym domain it went to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector: Option<SectorId>,
    /// The resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Ark>,
    /// The person's profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// How it ended.
    #[serde(flatten)]
    pub happened: Happened,
    /// Names of the attributes that were sent; never their values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// What stands for the person, on delivered launches only.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_hex")]
    pub commitment: Option<Commitment>,
    /// The receipt that the publisher got, on delivered launches only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Issued>,
}

impl Event {
    /// The event as the JSON text that is stored and hashed. Members keep the order of the fields.
    ///
    /// # Errors
    /// None that can occur with these types; the error is passed on rather than hidden.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Whose event it is, and so the first half of its chain's name.
    #[must_use]
    pub fn owner(&self) -> String {
        owner(self.school.as_ref().map(Uai::as_str), self.ent.as_str())
    }
}

fn owner(school: Option<&str>, ent: &str) -> String {
    school.map_or_else(|| format!("ent:{ent}"), str::to_owned)
}

fn as_hex<S: Serializer>(commitment: &Option<Commitment>, serializer: S) -> Result<S::Ok, S::Error> {
    match commitment {
        Some(value) => serializer.serialize_str(&HEXLOWER.encode(value.bytes())),
        None => serializer.serialize_none(),
    }
}

/// Whose a change is: a school's, an ENT's, or the broker's own.
pub(super) fn owner_of_change(school: Option<&str>, ent: Option<&str>) -> String {
    match (school, ent) {
        (None, None) => BROKER.to_owned(),
        (school, ent) => owner(school, ent.unwrap_or_default()),
    }
}

/// An event as it is read again, perhaps years later and by another version: only what verifying needs, as it stands.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Recorded {
    /// What became of a launch.
    Launch(Box<RecordedLaunch>),
    /// What somebody changed.
    Change(RecordedChange),
}

/// What is read of a change.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedChange {
    /// What was done.
    pub change: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The school.
    pub school: Option<String>,
    /// The ENT.
    pub ent: Option<String>,
}

/// What is read of a launch's event.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedLaunch {
    /// The launch.
    pub launch: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The ENT.
    pub ent: String,
    /// The school.
    pub school: Option<String>,
    /// The resource.
    pub resource: Option<String>,
    /// The person's profile.
    pub profile: Option<String>,
    /// How it ended.
    pub outcome: String,
    /// Names of the attributes that were sent.
    #[serde(default)]
    pub attributes: Vec<String>,
    /// The receipt that the publisher got.
    pub receipt: Option<Issued>,
}

impl Recorded {
    /// Reads an event's text; `None` when it is no event.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// When it happened.
    #[must_use]
    pub fn at(&self) -> OffsetDateTime {
        match self {
            Self::Launch(launch) => launch.at,
            Self::Change(change) => change.at,
        }
    }

    /// Whether it must have a receipt: a launch that was not refused.
    #[must_use]
    pub fn needs_receipt(&self) -> bool {
        matches!(self, Self::Launch(launch) if launch.outcome != "refused")
    }

    /// Whose event it is.
    #[must_use]
    pub fn owner(&self) -> String {
        match self {
            Self::Launch(launch) => owner(launch.school.as_deref(), &launch.ent),
            Self::Change(change) => owner_of_change(change.school.as_deref(), change.ent.as_deref()),
        }
    }
}
