//! What an operator registers, and what `apply` writes: the objects of the directory.

use boundary::registration::LtiTool;
use boundary::{EntId, OrganisationId, SectorId, ToolId, Uai};
use serde::{Deserialize, Serialize};

/// An object together with whether it was withdrawn. Removal is withdrawal: what once existed stays explainable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered<T> {
    /// The object.
    pub value: T,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
}

/// An ENT: a school's portal or LMS, or a project of many schools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ent {
    /// Our id.
    pub id: EntId,
    /// Its name, for people.
    pub name: String,
    /// GAR's project code (`idENT`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Origins of its pages, `https://host[:port]`, which may show ours in a frame.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// The namespace of the identifiers in its rosters, where it is not that of its connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roster_namespace: Option<String>,
}

/// A school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct School {
    /// Its national number.
    pub uai: Uai,
    /// Its name, for people.
    pub name: String,
    /// Its town, for people.
    pub town: String,
    /// Its nature code (`N_NATURE_UAI`), such as 340 for a collège.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nature: Option<String>,
    /// The ENTs that may speak for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ents: Vec<EntId>,
    /// Whether it is invented, for demonstrations and tests.
    #[serde(default)]
    pub fictive: bool,
}

/// What an organisation does.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum OrganisationRole {
    /// éditeur
    Publisher,
    /// distributeur commercial
    CommercialDistributor,
    /// distributeur technique
    TechnicalDistributor,
}

/// An organisation: publisher or distributor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Our id.
    pub id: OrganisationId,
    /// Its name, for people.
    pub name: String,
    /// SIREN and ISNI as GAR writes them: 9 digits, `_`, 16 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub siren_isni: Option<String>,
    /// What it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<OrganisationRole>,
}

/// Where a person's pseudonym is the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SectorScope {
    /// At every school.
    #[default]
    Portable,
    /// At one school.
    School,
}

/// The domain of a pseudonym: within it a person has one name, outside it that name means nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sector {
    /// Our id: immutable, never reused.
    pub id: SectorId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Where a pseudonym is the same.
    #[serde(default)]
    pub scope: SectorScope,
}

/// A publisher's tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Our id.
    pub id: ToolId,
    /// Its pseudonym domain.
    pub sector: SectorId,
    /// Its LTI registration.
    pub lti: LtiTool,
}
