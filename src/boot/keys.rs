//! The `keys` commands.

use std::sync::Arc;

use super::cli::{Keys, Rotate};
use super::erasures::erasures;
use super::exit::Failure;
use super::operator::print;
use super::progress;
use super::rooms::{Rooms, environment, master, periods};
use crate::config::Config;
use crate::keys::{self, KeyError, KeyStore, Purpose};
use crate::operate::rotation::{self, Rotation};

/// `keys`
pub async fn keys(config: &Config, command: &Keys) -> Result<(), Failure> {
    let rooms = Rooms::open_as_it_is(config).await?;
    let lines = match command {
        Keys::Init => init(config, &rooms).await?,
        Keys::List => list(config, &rooms).await?,
        Keys::Rotate(options) => rotate(config, &rooms, options).await?,
        Keys::Rewrap => rewrap(config, &rooms).await?,
    };
    rooms.store.close().await;
    print(&lines.join("\n"))
}

/// Makes the keys that are missing, without a word.
pub async fn make_keys(config: &Config) -> Result<(), Failure> {
    let rooms = Rooms::open(config).await?;
    init(config, &rooms).await?;
    rooms.store.close().await;
    Ok(())
}

async fn init(config: &Config, rooms: &Rooms) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    if let Some(file) = config.keys.master_key_file.as_deref().filter(|file| !file.exists()) {
        if rooms.store.check_value().await.map_err(environment)?.is_some() {
            return Err(environment(KeyError::File(format!(
                "{} is not there, and this database was sealed under a master key before: bring its file back, or \
                 correct PASSERELLE_MASTER_KEY_FILE",
                file.display()
            ))));
        }
        keys::create_master_key_file(file, &*rooms.chance).map_err(environment)?;
        lines.push(format!("+ master key in {}: keep a copy where the database is not", file.display()));
    }
    let master = master(config).map_err(environment)?;
    let made =
        keys::init(&master, &*rooms.store, &*rooms.chance, &*rooms.clock).await.map_err(environment)?;
    lines.extend(made.iter().map(|made| format!("+ {made}")));
    lines.push(format!("keys: {} made", made.len()));
    Ok(lines)
}

async fn list(config: &Config, rooms: &Rooms) -> Result<Vec<String>, Failure> {
    let keys = rotation::list(&*rooms.store, &periods(config)).await?;
    Ok(keys.iter().map(ToString::to_string).collect())
}

async fn rotate(config: &Config, rooms: &Rooms, options: &Rotate) -> Result<Vec<String>, Failure> {
    let rotation = rotation(config, rooms, rooms.keys(config).await?);
    if let (Some(purpose), true) = (options.purpose, options.now) {
        return Ok(vec![rotation.replace(purpose).await?.to_string()]);
    }
    let purposes = options.purpose.map_or(Purpose::ALL.to_vec(), |purpose| vec![purpose]);
    let mut lines = Vec::new();
    for purpose in purposes {
        lines.push(rotation.begin(purpose).await?.to_string());
    }
    Ok(lines)
}

/// Rotation over the rooms.
pub fn rotation(config: &Config, rooms: &Rooms, ring: Arc<keys::KeyRing>) -> Rotation {
    Rotation {
        ring,
        store: rooms.store.clone(),
        clock: rooms.clock.clone(),
        chance: rooms.chance.clone(),
        periods: periods(config),
    }
}

async fn rewrap(config: &Config, rooms: &Rooms) -> Result<Vec<String>, Failure> {
    let master = master(config).map_err(environment)?;
    let erasures = erasures(config, rooms).await?;
    let told = |done| progress::show(&format!("rewrap: {done} sealed anew"));
    let done = keys::rewrap(&master, &*rooms.store, &told).await;
    progress::clear();
    let keys::Rewrapped { resealed, all } = done.map_err(environment)?;
    erasures.seal_anew().await?;
    Ok(vec![format!(
        "rewrap: {resealed} of {all} keys sealed anew; all are under the first line of the master key, so older lines may go"
    )])
}
