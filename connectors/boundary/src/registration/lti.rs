//! LTI registrations: an ENT as platform, a publisher's tool as tool (LTI Core 1.3, section 3.1).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::ids::{ConnectionId, EntId, SectorId, ToolId};
use crate::uai::Uai;

/// Where the keys of a peer come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// A key set at an address.
    JwksUri(Url),
    /// A key set given in the registration, as JSON text.
    Jwks(String),
    /// One public key in PEM, for peers that publish no set.
    Pem(String),
}

/// Which claim of the id_token names the person within the connection's namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum MatchKey {
    /// `sub`, the usual one.
    Sub,
    /// `lis.person_sourcedid`.
    PersonSourcedId,
    /// A custom parameter, by name.
    Custom(String),
}

impl TryFrom<String> for MatchKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "sub" => Ok(Self::Sub),
            "lis.person_sourcedid" => Ok(Self::PersonSourcedId),
            other => match other.strip_prefix("custom.") {
                Some(name) if !name.is_empty() => Ok(Self::Custom(name.to_owned())),
                _ => Err(format!("\"{other}\" is not a match key: sub, lis.person_sourcedid or custom.NAME")),
            },
        }
    }
}

impl From<MatchKey> for String {
    fn from(key: MatchKey) -> Self {
        match key {
            MatchKey::Sub => "sub".to_owned(),
            MatchKey::PersonSourcedId => "lis.person_sourcedid".to_owned(),
            MatchKey::Custom(name) => format!("custom.{name}"),
        }
    }
}

/// One deployment of a registration, with the schools it may speak for; none named means all of the connection's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// LTI's `deployment_id`: up to 255 ASCII characters, upper and lower case differ.
    pub id: String,
    /// Its schools.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schools: Vec<Uai>,
}

/// An ENT as LTI platform: one registration of ours there, named by `(issuer, client_id)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LtiPlatform {
    /// Our id of the connection.
    pub id: ConnectionId,
    /// The ENT.
    pub ent: EntId,
    /// `iss`, compared character for character.
    pub issuer: String,
    /// The client id that the ENT gave us.
    pub client_id: String,
    /// Known deployments; any other is refused.
    pub deployments: Vec<Deployment>,
    /// The ENT's OIDC authorization endpoint.
    pub authorization_url: Url,
    /// The ENT's token endpoint, for services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_url: Option<Url>,
    /// The audience of our assertions there, where it is not the token endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_audience: Option<String>,
    /// The ENT's keys.
    pub keys: KeySource,
    /// The namespace of its people: equal namespace and key, equal person.
    pub namespace: String,
    /// Which claim names the person.
    #[serde(rename = "match")]
    pub match_key: MatchKey,
    /// The custom parameter in which the ENT itself names the school, where its administrator has set it for the tool.
    /// Other custom parameters may be the words of whoever made the link, and are hints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub school_claim: Option<String>,
    /// The schools that the connection may speak for; none named means all schools of the ENT.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schools: Vec<Uai>,
    /// Whether unknown people are provisioned at their first launch.
    #[serde(default)]
    pub provision: bool,
    /// Whether a context role counts where no institution role is given.
    #[serde(default)]
    pub trust_context_roles: bool,
    /// Whether a context role alone may make somebody staff.
    #[serde(default)]
    pub jit_staff: bool,
    /// Origins that the ENT may ask us to send people back to, `https://host[:port]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub return_origins: Vec<String>,
}

/// A publisher's tool, registered with us as LTI platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LtiTool {
    /// Our id of the tool.
    pub tool: ToolId,
    /// The pseudonym domain it belongs to.
    pub sector: SectorId,
    /// The client id that we gave it.
    pub client_id: String,
    /// Its third-party login initiation endpoint.
    pub login_url: Url,
    /// Where id_tokens may be posted, compared character for character.
    pub redirect_uris: Vec<String>,
    /// Its keys, for services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<KeySource>,
    /// Where its launches end when a resource names no other address.
    pub target_url: Url,
    /// Custom parameters of every launch.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom: BTreeMap<String, String>,
}
