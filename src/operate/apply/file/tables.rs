//! The tables of a federation file, as they are written. Their comments are the descriptions in the JSON schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::at::{At, TomlDate};
use crate::directory::{OrganisationRole, SectorScope};

/// A federation file of Passerelle: who is connected, what there is to open, and who may open it.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FederationFile {
    /// ENTs: the portals and LMS that people come from.
    #[schemars(default)]
    pub ent: Vec<At<EntTable>>,
    /// Schools.
    #[schemars(default)]
    pub school: Vec<At<SchoolTable>>,
    /// People, for small sites, demonstrations and tests; in bulk they come by roster.
    #[schemars(default)]
    pub person: Vec<At<PersonTable>>,
    /// Organisations: publishers and distributors.
    #[schemars(default)]
    pub organisation: Vec<At<OrganisationTable>>,
    /// Sectors: within one, a person has one pseudonym.
    #[schemars(default)]
    pub sector: Vec<At<SectorTable>>,
    /// Tools: the publishers' programs that open resources.
    #[schemars(default)]
    pub tool: Vec<At<ToolTable>>,
    /// Resources.
    #[schemars(default)]
    pub resource: Vec<At<ResourceTable>>,
    /// Agreements: which attributes of a person a resource may see. Without one it sees pseudonym and profile only.
    #[schemars(default)]
    pub agreement: Vec<At<AgreementTable>>,
    /// Subscriptions: the right of schools to a resource.
    #[schemars(default)]
    pub subscription: Vec<At<SubscriptionTable>>,
    /// Assignments: to whom an INDIV subscription is given.
    #[schemars(default)]
    pub assignment: Vec<At<AssignmentTable>>,
}

/// An ENT: a school's portal or LMS, or a project of many schools.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntTable {
    /// Our id: 1 to 64 characters out of A-Z a-z 0-9 . _ -
    pub id: At<String>,
    /// Its name, for people.
    pub name: At<String>,
    /// GAR's project code (idENT), such as A0.
    pub code: Option<At<String>>,
    /// Origins of its pages that may show ours in a frame, such as https://ent.example
    #[serde(default)]
    pub origins: Vec<At<String>>,
    /// The namespace of the identifiers in its rosters; that of its connections when absent, where they agree on one.
    pub roster_namespace: Option<At<String>>,
    /// Its LTI 1.3 registrations of us.
    #[serde(default)]
    pub lti: Vec<At<LtiTable>>,
}

/// One LTI 1.3 registration of ours at an ENT, which is the platform; issuer and client_id name it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LtiTable {
    /// Our id of the connection.
    pub id: At<String>,
    /// The ENT's issuer, compared character for character.
    pub issuer: At<String>,
    /// The client id that the ENT gave us.
    pub client_id: At<String>,
    /// Deployments that are active: an id, or an id with the schools it speaks for. Launches of others are refused.
    #[serde(default)]
    pub deployments: Vec<At<DeploymentEntry>>,
    /// The ENT's OIDC authorization endpoint.
    pub authorization_url: At<String>,
    /// The ENT's token endpoint, for services.
    pub token_url: Option<At<String>>,
    /// The audience of our assertions at the token endpoint, where that is not its address.
    pub token_audience: Option<At<String>>,
    /// Where the ENT publishes its keys. Exactly one of jwks_uri, jwks and pem.
    pub jwks_uri: Option<At<String>>,
    /// The ENT's key set as JSON text. Exactly one of jwks_uri, jwks and pem.
    pub jwks: Option<At<String>>,
    /// The ENT's public key in PEM. Exactly one of jwks_uri, jwks and pem.
    pub pem: Option<At<String>>,
    /// The namespace of its people: equal namespace and equal key is the same person, over whichever connection.
    pub namespace: At<String>,
    /// Which claim is the person's key: sub (default), lis.person_sourcedid or custom.NAME
    #[serde(rename = "match")]
    pub match_key: Option<At<String>>,
    /// The custom parameter (custom.NAME) that names the school, set by the ENT's administrator for the tool and out of
    /// reach of whoever makes a link. Without it a school in custom parameters only chooses among a person's own.
    pub school_claim: Option<At<String>>,
    /// Schools that this connection may speak for; all schools of the ENT when absent.
    #[serde(default)]
    pub schools: Vec<At<String>>,
    /// Whether people whom nobody listed are taken up at their first launch.
    #[serde(default)]
    pub provision: bool,
    /// Whether the role in the course counts where the ENT says no role in the institution.
    #[serde(default)]
    pub trust_context_roles: bool,
    /// Whether a role in the course may make somebody staff. Any teacher can give a pupil such a role.
    pub jit_staff: Option<At<bool>>,
    /// Origins that the ENT may ask us to send people back to.
    #[serde(default)]
    pub return_origins: Vec<At<String>>,
}

/// A deployment of an LTI registration.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "a deployment is its id, such as \"1\", or { id = \"1\", schools = [\"0750001U\"] }"
)]
pub enum DeploymentEntry {
    /// The deployment_id; it speaks for all schools of the connection.
    Id(String),
    /// The deployment_id with the schools it speaks for.
    Table(DeploymentTable),
}

/// A deployment with its schools.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentTable {
    /// LTI's deployment_id.
    pub id: String,
    /// The schools it speaks for.
    #[serde(default)]
    pub schools: Vec<String>,
}

/// A school.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchoolTable {
    /// Its national number: seven digits and a key letter.
    pub uai: At<String>,
    /// Its name, for people.
    pub name: At<String>,
    /// Its town, for people.
    pub town: At<String>,
    /// Its nature code (N_NATURE_UAI), such as 340 for a collège.
    pub nature: Option<At<String>>,
    /// The ENTs that may speak for it.
    #[serde(default)]
    pub ents: Vec<At<String>>,
    /// Whether it is invented; the key letter of its number is not checked then.
    #[serde(default)]
    pub fictive: bool,
}

/// A person under one identity of an ENT.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonTable {
    /// The ENT.
    pub ent: At<String>,
    /// The namespace of subject, as the ENT's connection names it.
    pub namespace: At<String>,
    /// The person's key in the namespace, such as the sub of their launches.
    pub subject: At<String>,
    /// What they are, where. At least one.
    pub affiliations: Vec<At<AffiliationTable>>,
}

/// What a person is at a school.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AffiliationTable {
    /// The school's number; one of the schools of the ENT.
    pub school: At<String>,
    /// pupil, teacher, librarian, head, school-life, staff, local, guardian or other
    pub profile: At<String>,
    /// Their level, such as a MEF code.
    pub level: Option<At<String>>,
    /// Their groups at this school.
    #[serde(default)]
    pub groups: Vec<At<GroupEntry>>,
    /// The school year, such as 2026-2027; when absent it holds until it is taken away.
    pub year: Option<At<String>>,
    /// Whether they look after the school's subscriptions, and so may enter the console from the ENT.
    #[serde(default)]
    pub manages: bool,
}

/// Whether a group is a class or a teaching group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatusWord {
    /// A class (DIVISION).
    #[default]
    Division,
    /// A teaching group (GROUPE).
    Group,
}

/// A group of a person.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "a group is the code of a class, such as \"6A\", or { status = \"group\", code = \"6ANG1\" }"
)]
pub enum GroupEntry {
    /// The code of a class.
    Code(String),
    /// A class or a teaching group.
    Table(GroupCode),
}

/// A class or a teaching group by its code.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupCode {
    /// division (default) or group
    #[serde(default)]
    pub status: StatusWord,
    /// The school's own code.
    pub code: String,
}

/// An organisation: publisher or distributor.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganisationTable {
    /// Our id.
    pub id: At<String>,
    /// Its name, for people.
    pub name: At<String>,
    /// SIREN and ISNI: 9 digits, _, 16 digits (zeros where there is no ISNI).
    pub siren_isni: Option<At<String>>,
    /// What it does.
    #[serde(default)]
    pub roles: Vec<OrganisationRole>,
}

/// A sector: the domain of a pseudonym. Its id is never used for another one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SectorTable {
    /// Our id.
    pub id: At<String>,
    /// Whose it is.
    pub organisation: At<String>,
    /// portable (default): a person has the same pseudonym at every school. school: another one at each.
    #[serde(default)]
    pub scope: SectorScope,
}

/// A protocol that a tool speaks.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ToolProtocol {
    /// LTI 1.3.
    Lti,
}

/// A tool: a publisher's program that opens resources.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolTable {
    /// Our id.
    pub id: At<String>,
    /// Its sector, for good.
    pub sector: At<String>,
    /// lti
    pub protocol: ToolProtocol,
    /// Its LTI registration with us.
    pub lti: At<ToolLtiTable>,
}

/// The LTI 1.3 registration of a tool with us, who are the platform.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolLtiTable {
    /// The client id that we give it.
    pub client_id: At<String>,
    /// Its login initiation endpoint.
    pub login_url: At<String>,
    /// Where id_tokens may be posted, compared character for character. At least one.
    pub redirect_uris: Vec<At<String>>,
    /// Where it publishes its keys, for services. At most one of jwks_uri, jwks and pem.
    pub jwks_uri: Option<At<String>>,
    /// Its key set as JSON text. At most one of jwks_uri, jwks and pem.
    pub jwks: Option<At<String>>,
    /// Its public key in PEM. At most one of jwks_uri, jwks and pem.
    pub pem: Option<At<String>>,
    /// Where its launches end, unless a resource names another address.
    pub target_url: At<String>,
    /// Custom parameters of every launch.
    #[serde(default)]
    pub custom: BTreeMap<String, String>,
}

/// A resource that a publisher offers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceTable {
    /// Its permanent name, ark:/NAAN/name
    pub ark: At<String>,
    /// Its short name in target links: /lti/r/KEY
    pub key: At<String>,
    /// Its title, for people.
    pub title: At<String>,
    /// The tool that opens it.
    pub tool: At<String>,
    /// Where it opens, when that is not the tool's target_url.
    pub target_url: Option<At<String>>,
    /// The ARK of the mother resource of its family; both belong to one sector.
    pub family: Option<At<String>>,
    /// Custom parameters of its launches; they win over the tool's.
    #[serde(default)]
    pub custom: BTreeMap<String, String>,
}

/// What a resource may see of a person.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreementTable {
    /// The resource's ARK.
    pub resource: At<String>,
    /// Its attributes.
    pub attributes: Vec<At<AttributeTable>>,
}

/// One attribute of an agreement; it is released only once it is approved.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeTable {
    /// UAI, NOM, PRE, CIV, DIV, GRO, P_MEL, P_MAT, P_MS4, E_MEF, E_MS1 or idENT
    pub name: At<String>,
    /// Why the publisher needs it, in words for the processing register.
    pub purpose: At<String>,
    /// Who approved it, such as the name of an office. Goes together with approved_on.
    pub approved_by: Option<At<String>>,
    /// The day of the approval. Goes together with approved_by.
    pub approved_on: Option<At<TomlDate>>,
}

/// How a subscription is used (GAR's typeAffectation).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum KindWord {
    /// Person by person, with seats.
    Indiv,
    /// The whole school, without seats.
    Etabl,
}

/// A subscription: the right of schools to a resource, for some people, for some time.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionTable {
    /// Its id: at most 45 characters, not beginning with _
    pub id: At<String>,
    /// The resource's ARK.
    pub resource: At<String>,
    /// The organisation that sold it.
    pub distributor: Option<At<String>>,
    /// The schools. Exactly one of schools and nature.
    pub schools: Option<At<Vec<At<String>>>>,
    /// All schools of this nature code. Exactly one of schools and nature.
    pub nature: Option<At<String>>,
    /// Its first moment: a date (midnight in Paris), or a date-time with its offset.
    pub from: At<TomlDate>,
    /// Its end: a date, through the end of that day in Paris, or a date-time with its offset. Exactly one of until and
    /// school_year.
    pub until: Option<At<TomlDate>>,
    /// The school year with which it ends, on 15 August. Exactly one of until and school_year.
    pub school_year: Option<At<String>>,
    /// INDIV: person by person. ETABL: the whole school.
    pub kind: KindWord,
    /// Whether a seat may pass from one person to another: true where it is left out.
    pub transferable: Option<bool>,
    /// The profiles that it is for. At least one.
    pub audience: At<Vec<At<String>>>,
    /// "unlimited", a number, or a count a profile. INDIV needs it; ETABL takes no count a profile.
    pub seats: Option<At<SeatsEntry>>,
}

/// The word for as many seats as ask.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnlimitedWord {
    /// As many as ask.
    Unlimited,
}

/// Seats of one pool.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CountEntry {
    /// "unlimited"
    Unlimited(UnlimitedWord),
    /// A number.
    Number(u32),
}

/// The seats of a subscription.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "write \"unlimited\", a number such as 30, or a count a profile such as { teacher = 5, pupil = 120 } \
                 with teacher, pupil, librarian and other-staff"
)]
pub enum SeatsEntry {
    /// One pool for everybody.
    All(CountEntry),
    /// A pool a profile.
    Pools(PoolsTable),
}

/// Seats by profile; a profile left out has none.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PoolsTable {
    /// Teachers.
    pub teacher: Option<CountEntry>,
    /// Pupils.
    pub pupil: Option<CountEntry>,
    /// Librarians.
    pub librarian: Option<CountEntry>,
    /// Everybody else who works there: head, school-life, staff, local.
    pub other_staff: Option<CountEntry>,
}

/// To whom an INDIV subscription is given: exactly one of person, group, level and everyone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignmentTable {
    /// The subscription.
    pub subscription: At<String>,
    /// One person by name, who holds a seat from then on.
    pub person: Option<At<IdentityTable>>,
    /// Everybody in a group.
    pub group: Option<At<GroupTable>>,
    /// Everybody at a level.
    pub level: Option<At<String>>,
    /// Everybody in the audience: true
    pub everyone: Option<At<bool>>,
    /// With level or everyone: only those of this school, rather than of every school that the subscription covers.
    pub school: Option<At<String>>,
}

/// A person by identity.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityTable {
    /// The ENT.
    pub ent: At<String>,
    /// The namespace of subject.
    pub namespace: At<String>,
    /// The person's key in the namespace.
    pub subject: At<String>,
}

/// A group of a school.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupTable {
    /// The school's number.
    pub school: At<String>,
    /// division (default) or group
    #[serde(default)]
    pub status: StatusWord,
    /// The school's own code.
    pub code: At<String>,
    /// The school year, such as 2026-2027; when absent, the one of the current year.
    pub year: Option<At<String>>,
}
