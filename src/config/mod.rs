//! Configuration: a file, and the environment over it.

mod environment;
mod sections;

use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use sections::{Database, Erasure, Journal, Keys, Launch, Log, LogFormat, Roster, Server, Transport};

/// The file that shows every key with its default and one sentence.
pub const DEFAULT_FILE: &str = include_str!("default.toml");

/// Why a configuration does not count.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// The file says something that cannot be.
    #[error("{file}:{line}: {words}")]
    Text {
        /// Its name.
        file: String,
        /// Where.
        line: usize,
        /// What.
        words: String,
    },
    /// A variable says something that cannot be.
    #[error("{0}: {1}")]
    Variable(String, String),
    /// The settings do not go together.
    #[error("{0}")]
    Together(String),
}

/// Everything that can be set.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Listeners and the public address.
    pub server: Server,
    /// The database.
    pub database: Database,
    /// The master key, and how long the keys under it are in use.
    pub keys: Keys,
    /// Outbound HTTP.
    pub transport: Transport,
    /// Launches.
    pub launch: Launch,
    /// The journal.
    pub journal: Journal,
    /// Erasure of people.
    pub erasure: Erasure,
    /// Rosters.
    pub roster: Roster,
    /// The log.
    pub log: Log,
}

impl Config {
    /// Reads a file, if one is given, and the environment over it.
    ///
    /// # Errors
    /// [`ConfigError`] names the file and line or the variable, and says what to write instead.
    pub fn load(file: Option<&Path>, environment: &[(String, String)]) -> Result<Self, ConfigError> {
        let (name, text) = match file {
            Some(path) => {
                let name = path.display().to_string();
                let text = std::fs::read_to_string(path).map_err(|e| ConfigError::File(name.clone(), e))?;
                (name, text)
            }
            None => ("default".to_owned(), String::new()),
        };
        let config: Self = toml::from_str(&text).map_err(|e| wrong_text(&name, &text, &e))?;
        let mut config = environment::over(config, environment)?;
        config.keys.settle();
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let together = |words: &str| Err(ConfigError::Together(words.to_owned()));
        let server = &self.server;
        if !sections::is_origin(&server.public_url) {
            return together(
                "server.public_url is an origin, such as https://broker.example.fr: no path, query or user",
            );
        }
        if server.public_url.scheme() != "https" && !sections::is_loopback(&server.public_url) {
            return together("server.public_url must be https, unless it is loopback");
        }
        if !server.listen.ip().is_loopback() && server.trusted_proxies.is_empty() {
            return together(
                "server.listen is not loopback and speaks plain HTTP: name the proxies in server.trusted_proxies",
            );
        }
        if self.keys.carrier_hours == 1 {
            return together(
                "keys.carrier_hours is 0, or 2 and more: a key is known for an hour before it is used",
            );
        }
        if self.keys.signing_days > 3660 || self.keys.carrier_hours > 720 {
            return together("keys.signing_days is at most 3660, keys.carrier_hours at most 720");
        }
        if !(30..=600).contains(&self.launch.parked_seconds) {
            return together("launch.parked_seconds is between 30 and 600");
        }
        if self.launch.leeway_seconds > 300 {
            return together("launch.leeway_seconds is at most 300: mend the clock rather than widen it");
        }
        if self.roster.grace_days > 366 {
            return together("roster.grace_days is at most 366");
        }
        if !(1..=86_400).contains(&self.roster.every_seconds) {
            return together("roster.every_seconds is between 1 and 86400");
        }
        if !(1..=3660).contains(&self.journal.retention_days) {
            return together("journal.retention_days is between 1 and 3660");
        }
        Ok(())
    }
}

fn wrong_text(file: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let at = error.span().map_or(0, |span| span.start);
    let line = text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
    ConfigError::Text { file: file.to_owned(), line, words: error.message().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Config, String> {
        let variables: Vec<_> = variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Config::load(None, &variables).map_err(|e| e.to_string())
    }

    #[test]
    fn the_default_file_says_what_the_defaults_are_and_names_every_key() {
        let mut shown: Config = toml::from_str(DEFAULT_FILE).unwrap();
        shown.keys.settle();
        let text = |config: &Config| toml::to_string(config).unwrap();
        assert_eq!(text(&shown), text(&Config::default()));
        let shown: toml::Table = toml::from_str(DEFAULT_FILE).unwrap();
        let known: toml::Table = toml::from_str(&text(&Config::default())).unwrap();
        for (section, keys) in known {
            for key in keys.as_table().unwrap().keys() {
                assert!(shown[&section].get(key).is_some(), "{section}.{key} is not shown");
            }
        }
    }

    #[test]
    fn the_environment_wins() {
        let config = load(&[
            ("PASSERELLE_SERVER__LISTEN", "127.0.0.1:9000"),
            ("PASSERELLE_PUBLIC_URL", "https://broker.example.fr"),
            ("PASSERELLE_TRANSPORT__ALLOW", "127.0.0.1, ent.localhost:8602"),
            ("PASSERELLE_LAUNCH__PARKED_SECONDS", "60"),
            ("PASSERELLE_MASTER_KEY", "secret"),
            ("PATH", "/bin"),
        ])
        .unwrap();
        assert_eq!(config.server.listen.port(), 9000);
        assert_eq!(config.server.public_url.as_str(), "https://broker.example.fr/");
        assert_eq!(config.transport.allow, ["127.0.0.1", "ent.localhost:8602"]);
        assert_eq!(config.launch.parked_seconds, 60);
        assert!(!format!("{config:?}").contains("secret"));
    }

    #[test]
    fn what_cannot_be_is_said() {
        for (variables, words) in [
            (&[("PASSERELLE_SERVER__LISTN", "x")][..], "PASSERELLE_SERVER__LISTN"),
            (&[("PASSERELLE_LISTEN", "x")], "PASSERELLE_LISTEN"),
            (&[("PASSERELLE_PUBLIC_URL", "http://broker.example.fr")], "must be https"),
            (&[("PASSERELLE_PUBLIC_URL", "https://broker.example.fr/path")], "is an origin"),
            (&[("PASSERELLE_SERVER__LISTEN", "0.0.0.0:8600")], "trusted_proxies"),
            (&[("PASSERELLE_LAUNCH__PARKED_SECONDS", "x")], "PASSERELLE_LAUNCH__PARKED_SECONDS"),
            (&[("PASSERELLE_KEYS__CARRIER_HOURS", "1")], "carrier_hours"),
            (&[("PASSERELLE_JOURNAL__RETENTION_DAYS", "0")], "journal.retention_days"),
        ] {
            let error = load(variables).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, "[server]\nlisten = \"127.0.0.1:1\"\nlissen = 1\n").unwrap();
        let error = Config::load(Some(&file), &[]).unwrap_err().to_string();
        assert!(error.contains("config.toml:3: unknown field `lissen`"), "{error}");
    }
}
