//! Where the demo lives: its addresses, its folder, its configuration and its federation.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use time::OffsetDateTime;
use url::Url;

use super::DemoError;
use super::federation::federation;
use crate::config::Config;

/// Tells a folder of the demo's own from any other.
const MARK: &str = "this-is-a-demo";

/// What the reader asks for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The broker's port; operations, ENT and publisher take the next three.
    pub port: u16,
    /// Where to keep data; a temporary folder when absent.
    pub data: Option<PathBuf>,
    /// Whether the three call each other by names under `localhost`.
    pub names: bool,
}

/// A demo ready to be started.
pub struct Demo {
    /// The reference ENT's address, without a slash at the end.
    pub ent: String,
    /// The broker's.
    pub broker: String,
    /// The reference publisher's.
    pub publisher: String,
    /// The broker's operations listener.
    pub operations: String,
    /// The ports of ENT and publisher.
    pub(super) ports: (u16, u16),
    /// The broker's configuration.
    pub config: Config,
    /// Its federation file.
    pub federation: String,
    /// Where its data is.
    pub folder: PathBuf,
    /// A temporary folder goes with the demo.
    _folder: Option<TempDir>,
}

impl Demo {
    /// Finds a place for the demo. `environment` is looked at for signs of production.
    ///
    /// # Errors
    /// [`DemoError`] where production is in sight or the folder cannot be used.
    pub fn prepare(
        options: &Options,
        environment: &[(String, String)],
        now: OffsetDateTime,
    ) -> Result<Self, DemoError> {
        refuse_production(environment)?;
        let (folder, temporary) = folder(options.data.as_deref())?;
        let address = |name: &str, offset: u16| address(options, name, offset);
        let (broker, operations) = (address("broker", 0), format!("http://127.0.0.1:{}", port(options, 1)));
        let (ent, publisher) = (address("ent", 2), address("publisher", 3));
        let federation = federation(now)
            .replace("http://127.0.0.1:8602", &ent)
            .replace("http://127.0.0.1:8603", &publisher)
            .replace("http://127.0.0.1:8600", &broker);
        let config = configure(options, &folder, &broker)?;
        let ports = (port(options, 2), port(options, 3));
        Ok(Self { ent, broker, publisher, operations, ports, config, federation, folder, _folder: temporary })
    }
}

fn refuse_production(environment: &[(String, String)]) -> Result<(), DemoError> {
    let harmless = ["PASSERELLE_LOG", "PASSERELLE_TEST_"];
    let ours =
        |name: &str| name.starts_with("PASSERELLE_") && !harmless.iter().any(|start| name.starts_with(start));
    match environment.iter().find(|(name, _)| ours(name)) {
        Some((name, _)) => Err(DemoError::Production(format!("the environment has {name}; unset it"))),
        None => Ok(()),
    }
}

fn folder(wanted: Option<&Path>) -> Result<(PathBuf, Option<TempDir>), DemoError> {
    let failed = |path: &Path, e: std::io::Error| DemoError::Folder(format!("{}: {e}", path.display()));
    let Some(path) = wanted else {
        let temporary =
            TempDir::with_prefix("passerelle-demo-").map_err(|e| failed(&std::env::temp_dir(), e))?;
        return Ok((temporary.path().to_owned(), Some(temporary)));
    };
    std::fs::create_dir_all(path).map_err(|e| failed(path, e))?;
    let mark = path.join(MARK);
    let empty = std::fs::read_dir(path).map_err(|e| failed(path, e))?.next().is_none();
    if !empty && !mark.exists() {
        let words = format!("{} holds something that is not a demo's", path.display());
        return Err(DemoError::Production(words));
    }
    std::fs::write(&mark, "").map_err(|e| failed(&mark, e))?;
    Ok((path.to_owned(), None))
}

fn port(options: &Options, offset: u16) -> u16 {
    options.port.saturating_add(offset)
}

fn address(options: &Options, name: &str, offset: u16) -> String {
    let host = if options.names { format!("{name}.localhost") } else { "127.0.0.1".to_owned() };
    format!("http://{host}:{}", port(options, offset))
}

fn configure(options: &Options, folder: &Path, broker: &str) -> Result<Config, DemoError> {
    let wrong = |e: url::ParseError| DemoError::Folder(format!("{broker}: {e}"));
    let mut config = Config::default();
    config.server.public_url = Url::parse(broker).map_err(wrong)?;
    config.server.listen = ([127, 0, 0, 1], port(options, 0)).into();
    config.server.operations = ([127, 0, 0, 1], port(options, 1)).into();
    config.database.url = format!("sqlite://{}", folder.join("passerelle.db").display());
    config.keys.master_key_file = Some(folder.join("master.key"));
    let hosts = if options.names { ["ent.localhost", "publisher.localhost"] } else { ["127.0.0.1"; 2] };
    config.transport.allow =
        hosts.iter().zip([2, 3]).map(|(host, offset)| format!("{host}:{}", port(options, offset))).collect();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_is_refused() {
        let environment = |name: &str| vec![(name.to_owned(), "x".to_owned())];
        assert!(refuse_production(&environment("PASSERELLE_DATABASE_URL")).is_err());
        assert!(refuse_production(&environment("PASSERELLE_MASTER_KEY")).is_err());
        assert!(refuse_production(&environment("PASSERELLE_LOG__LEVEL")).is_ok());
        assert!(refuse_production(&environment("PATH")).is_ok());
    }

    #[test]
    fn a_folder_with_something_else_in_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("passerelle.db"), "production").unwrap();
        assert!(super::folder(Some(folder.path())).is_err());
        let own = folder.path().join("own");
        assert!(super::folder(Some(&own)).is_ok());
        assert!(super::folder(Some(&own)).is_ok(), "the demo's own folder is taken again");
    }
}
