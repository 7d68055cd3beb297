//! Records: everything that a federation file can say, in the types of the rooms that use it.

use boundary::registration::LtiPlatform;
use boundary::{Agreement, EntId, Group, Profile, SchoolYear, SubscriptionId, Uai};
use serde::{Deserialize, Serialize};

use crate::catalogue::Resource;
use crate::directory::{Ent, Organisation, School, Sector, Tool};
use crate::licensing::{SetTarget, Subscription};

/// Who looks after a record. `apply` touches only its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ManagedBy {
    /// A federation file.
    File,
    /// The REST API or the console.
    Api,
    /// GAR's web services.
    Gar,
    /// Dynamic registration.
    Registration,
    /// A roster.
    Roster,
    /// A first launch.
    Jit,
}

impl ManagedBy {
    /// Whoever has this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::File, Self::Api, Self::Gar, Self::Registration, Self::Roster, Self::Jit];
        all.into_iter().find(|one| one.as_str() == name)
    }

    /// The name in our tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Api => "api",
            Self::Gar => "gar",
            Self::Registration => "registration",
            Self::Roster => "roster",
            Self::Jit => "jit",
        }
    }
}

/// The kinds of records, in the order in which they are written: what is named comes before what names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// `[[ent]]`
    Ent,
    /// `[[ent.lti]]`
    LtiPlatform,
    /// `[[school]]`
    School,
    /// `[[organisation]]`
    Organisation,
    /// `[[sector]]`
    Sector,
    /// `[[tool]]`
    Tool,
    /// `[[resource]]`
    Resource,
    /// `[[agreement]]`
    Agreement,
    /// `[[subscription]]`
    Subscription,
    /// `[[person]]`
    Person,
    /// `[[assignment]]`
    Assignment,
}

impl RecordKind {
    /// The kinds that are stored as documents.
    pub const OBJECTS: [Self; 9] = [
        Self::Ent,
        Self::LtiPlatform,
        Self::School,
        Self::Organisation,
        Self::Sector,
        Self::Tool,
        Self::Resource,
        Self::Agreement,
        Self::Subscription,
    ];

    /// The name in plans and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ent => "ent",
            Self::LtiPlatform => "lti",
            Self::School => "school",
            Self::Organisation => "organisation",
            Self::Sector => "sector",
            Self::Tool => "tool",
            Self::Resource => "resource",
            Self::Agreement => "agreement",
            Self::Subscription => "subscription",
            Self::Person => "person",
            Self::Assignment => "assignment",
        }
    }
}

/// What somebody is at one school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonSchool {
    /// The school.
    pub school: Uai,
    /// What they are there.
    pub profile: Profile,
    /// Their level.
    pub level: Option<String>,
    /// Their groups, all of this school.
    pub groups: Vec<Group>,
    /// The school year; none holds until it is taken away.
    pub year: Option<SchoolYear>,
    /// Whether they look after its subscriptions.
    pub manages: bool,
}

/// A person, for small sites, demonstrations and tests.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// The ENT.
    pub ent: EntId,
    /// The namespace of `subject`.
    pub namespace: String,
    /// Their key in the namespace.
    pub subject: String,
    /// Their schools, in the order of number, profile and year.
    pub schools: Vec<PersonSchool>,
}

/// Whom an assignment names.
#[derive(Clone, PartialEq, Eq)]
pub enum AssignmentTarget {
    /// One person, by identity: a seat.
    Person {
        /// The ENT.
        ent: EntId,
        /// The namespace.
        namespace: String,
        /// The key in the namespace.
        subject: String,
    },
    /// A set of people.
    Set(SetTarget),
}

/// An assignment of a subscription.
#[derive(Clone, PartialEq, Eq)]
pub struct AssignmentRecord {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Whom it names.
    pub target: AssignmentTarget,
}

/// One record.
#[derive(Clone, PartialEq, Eq)]
pub enum Record {
    /// An ENT.
    Ent(Ent),
    /// An LTI registration at an ENT.
    LtiPlatform(LtiPlatform),
    /// A school.
    School(School),
    /// An organisation.
    Organisation(Organisation),
    /// A pseudonym domain.
    Sector(Sector),
    /// A publisher's tool.
    Tool(Tool),
    /// A resource.
    Resource(Resource),
    /// What a resource may see.
    Agreement(Agreement),
    /// A subscription.
    Subscription(Subscription),
    /// A person.
    Person(PersonRecord),
    /// An assignment.
    Assignment(AssignmentRecord),
}

impl Record {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> RecordKind {
        match self {
            Self::Ent(_) => RecordKind::Ent,
            Self::LtiPlatform(_) => RecordKind::LtiPlatform,
            Self::School(_) => RecordKind::School,
            Self::Organisation(_) => RecordKind::Organisation,
            Self::Sector(_) => RecordKind::Sector,
            Self::Tool(_) => RecordKind::Tool,
            Self::Resource(_) => RecordKind::Resource,
            Self::Agreement(_) => RecordKind::Agreement,
            Self::Subscription(_) => RecordKind::Subscription,
            Self::Person(_) => RecordKind::Person,
            Self::Assignment(_) => RecordKind::Assignment,
        }
    }

    /// Its id, unique among its kind.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Ent(ent) => ent.id.to_string(),
            Self::LtiPlatform(platform) => platform.id.to_string(),
            Self::School(school) => school.uai.to_string(),
            Self::Organisation(organisation) => organisation.id.to_string(),
            Self::Sector(sector) => sector.id.to_string(),
            Self::Tool(tool) => tool.id.to_string(),
            Self::Resource(resource) => resource.ark.to_string(),
            Self::Agreement(agreement) => agreement.resource.to_string(),
            Self::Subscription(subscription) => subscription.id.to_string(),
            Self::Person(person) => person.id(),
            Self::Assignment(assignment) => assignment.id(),
        }
    }
}

impl PersonRecord {
    /// ENT, namespace and key.
    #[must_use]
    pub fn id(&self) -> String {
        identity_id(&self.ent, &self.namespace, &self.subject)
    }
}

impl AssignmentRecord {
    /// The subscription and whom it names.
    #[must_use]
    pub fn id(&self) -> String {
        let target = match &self.target {
            AssignmentTarget::Person { ent, namespace, subject } => {
                format!("person {}", identity_id(ent, namespace, subject))
            }
            AssignmentTarget::Set(set) => set.to_string(),
        };
        format!("{} -> {target}", self.subscription)
    }
}

fn identity_id(ent: &EntId, namespace: &str, subject: &str) -> String {
    format!("{ent}/{namespace}/{subject}")
}
