//! The sections of the configuration.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// Listeners and the public address.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Where browsers reach the broker.
    pub listen: SocketAddr,
    /// Health, readiness and metrics.
    pub operations: SocketAddr,
    /// The public origin.
    pub public_url: Url,
    /// Networks of the proxies in front: nobody else is answered, and they name the client.
    pub trusted_proxies: Vec<IpNet>,
    /// How long launches in flight may take to finish at the end, in seconds.
    pub shutdown_seconds: u32,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: ([127, 0, 0, 1], 8600).into(),
            operations: ([127, 0, 0, 1], 8601).into(),
            public_url: default_url(),
            trusted_proxies: Vec::new(),
            shutdown_seconds: 20,
        }
    }
}

impl Server {
    /// Whether the public origin is this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        is_loopback(&self.public_url)
    }
}

#[expect(clippy::unwrap_used, reason = "a constant that a test reads; there is no other way to write a Url")]
fn default_url() -> Url {
    Url::parse("http://127.0.0.1:8600").unwrap()
}

/// The database.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `sqlite://FILE` or `postgres://…`.
    pub url: String,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: "sqlite://passerelle.db".to_owned() }
    }
}

/// The master key, and how long the keys under it are in use.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keys {
    #[serde(rename = "master_key_file")]
    file: String,
    /// Its file.
    #[serde(skip)]
    pub master_key_file: Option<PathBuf>,
    /// The key itself: from the environment only, never from a file that is kept.
    #[serde(skip)]
    pub master_key: Option<SecretString>,
    /// How long a key signs, in days; 0 until a command replaces it.
    pub signing_days: u32,
    /// How long a key seals what is carried between hops, in hours; 0 until a command replaces it.
    pub carrier_hours: u32,
}

impl Default for Keys {
    fn default() -> Self {
        let (file, master_key_file, master_key) = (String::new(), None, None);
        Self { file, master_key_file, master_key, signing_days: 90, carrier_hours: 24 }
    }
}

impl Keys {
    /// An empty name means no file.
    pub(super) fn settle(&mut self) {
        if !self.file.is_empty() {
            self.master_key_file = Some(PathBuf::from(&self.file));
        }
    }
}

/// Outbound HTTP.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Transport {
    /// Peers that may be on private networks, loopback or plain HTTP.
    pub allow: Vec<String>,
    /// How long a peer may take to accept, in seconds.
    pub connect_seconds: u32,
    /// How long a peer may take to answer, in seconds.
    pub total_seconds: u32,
    /// The largest answer taken, in bytes.
    pub max_bytes: usize,
}

impl Default for Transport {
    fn default() -> Self {
        Self { allow: Vec::new(), connect_seconds: 3, total_seconds: 5, max_bytes: 262_144 }
    }
}

/// Launches.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Launch {
    /// How long a launch may wait between its hops, in seconds.
    pub parked_seconds: u32,
    /// How far the clocks of an ENT and ours may differ, in seconds.
    pub leeway_seconds: u32,
}

impl Default for Launch {
    fn default() -> Self {
        Self { parked_seconds: 300, leeway_seconds: 60 }
    }
}

/// The journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Journal {
    /// How many days an event is kept after its own.
    pub retention_days: u32,
}

impl Default for Journal {
    fn default() -> Self {
        Self { retention_days: 400 }
    }
}

/// Rosters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Roster {
    /// How many days leavers keep their access.
    pub grace_days: u32,
    /// The folder that is watched for archives; empty for none.
    pub drop_folder: String,
    /// How often it is looked at, in seconds.
    pub every_seconds: u32,
}

impl Default for Roster {
    fn default() -> Self {
        Self { grace_days: 7, drop_folder: String::new(), every_seconds: 60 }
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Erasure of people.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Erasure {
    /// Where the ledger is: a path, or the URL of a second database; empty means beside the SQLite file.
    pub ledger: String,
}

/// The log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// A level, or directives.
    pub level: String,
    /// How lines are written.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Json }
    }
}

/// Whether a URL is an origin and nothing more.
pub(super) fn is_origin(url: &Url) -> bool {
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    bare && url.username().is_empty() && url.password().is_none() && url.has_host()
}

/// Whether a URL's host is this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}
