//! What a reference ENT is told: where it lives, who its people are, and which resources it shows.

use serde::{Deserialize, Serialize};

use crate::language::Words;

/// A reference ENT. `EntSettings::new(url, broker_url)` gives one without people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntSettings {
    /// Its own public address, without a slash at the end.
    pub url: String,
    /// The `iss` of its tokens; its address where absent.
    #[serde(default)]
    pub issuer: Option<String>,
    /// The broker's public address, without a slash at the end.
    pub broker_url: String,
    #[serde(default)]
    pub registrations: Vec<Registration>,
    #[serde(default)]
    pub people: Vec<Person>,
    #[serde(default)]
    pub tiles: Vec<Tile>,
}

/// The broker as a tool of this ENT (LTI 1.3 core, section 3.1.3): one client, one deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    pub client_id: String,
    pub deployment_id: String,
}

/// An invented person with an account at this ENT.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Names the person in addresses of this ENT and in tests.
    pub id: String,
    /// The `sub` of their tokens.
    pub sub: String,
    pub given_name: String,
    pub family_name: String,
    /// The name shown and sent as `name`.
    pub name: String,
    pub email: String,
    /// The school, for people.
    pub school: String,
    /// The school, for programs.
    pub uai: String,
    /// Whether tokens say the school in `custom.uai`.
    #[serde(default)]
    pub send_uai: bool,
    /// Role URIs (LTI 1.3 core, appendix A.2), sent as they are.
    #[serde(default)]
    pub roles: Vec<String>,
    pub deployment_id: String,
    /// BCP 47, sent as `locale`.
    #[serde(default)]
    pub locale: String,
    /// What they are at school, in words: "élève", "pupil".
    pub label: Words,
    /// Their number in the school's information system, sent as `lis.person_sourcedid`.
    #[serde(default)]
    pub sourcedid: String,
}

/// A resource on the médiacentre page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tile {
    /// The broker's key of the resource: the launch aims at `{broker}/lti/r/{key}`.
    pub key: String,
    /// The resource's ARK.
    pub resource: String,
    /// Whether tokens say the resource in `custom.resource`.
    #[serde(default)]
    pub send_resource: bool,
    pub title: String,
    /// Which drawing of `templates/ent/pictures.html` is on it; a plain colour where empty.
    #[serde(default)]
    pub picture: String,
    /// What will happen when it is opened.
    pub expect: Words,
    /// The course it is placed in; a launch without course where absent.
    #[serde(default)]
    pub context: Option<Course>,
    /// The id of the placed link.
    pub resource_link: String,
}

/// A course of the ENT (`context` claim, LTI 1.3 core section 5.4.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    pub id: String,
    pub label: String,
    pub title: String,
}

impl EntSettings {
    pub fn new(url: &str, broker_url: &str) -> Self {
        Self { url: url.to_owned(), broker_url: broker_url.to_owned(), ..Self::default() }
    }

    /// The `iss` of its tokens.
    pub fn issuer(&self) -> &str {
        self.issuer.as_deref().unwrap_or(&self.url)
    }

    /// The only redirect address of the broker that this ENT accepts.
    pub fn redirect_uri(&self) -> String {
        format!("{}/lti/launch", self.broker_url)
    }

    pub(crate) fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    pub(crate) fn tile(&self, key: &str) -> Option<&Tile> {
        self.tiles.iter().find(|tile| tile.key == key)
    }

    pub(crate) fn registration(&self, deployment_id: &str) -> Option<&Registration> {
        self.registrations.iter().find(|registration| registration.deployment_id == deployment_id)
    }
}

impl Person {
    /// Stands for a portrait: the demonstration has none.
    pub(crate) fn initials(&self) -> String {
        self.given_name.chars().take(1).chain(self.family_name.chars().take(1)).collect()
    }
}
