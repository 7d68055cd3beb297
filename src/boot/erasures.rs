//! Erasures as the configuration has them, and the commands about them.

use std::path::PathBuf;
use std::sync::Arc;

use boundary::SectorId;

use super::cli;
use super::exit::Failure;
use super::operator::{print, print_json};
use super::rooms::{Rooms, environment, master};
use crate::config::Config;
use crate::journal::Actor;
use crate::keys::{KeyError, MasterKeys};
use crate::operate::erasure::{
    AskedNotices, Done, ErasureError, Erasures, FileLedger, Ledger, Masters, Notice, Standing,
};
use crate::operate::identity::Identity;
use crate::store::{DbLedger, Store};

/// Reads the master key from where the configuration names it, each time.
struct Configured(Config);

impl Masters for Configured {
    fn master(&self) -> Result<MasterKeys, KeyError> {
        master(&self.0)
    }
}

/// The erasures of a store, with the ledger that the configuration names.
pub async fn erasures(config: &Config, rooms: &Rooms) -> Result<Erasures, Failure> {
    let ledger = ledger(config, &rooms.store).await?;
    let masters = Arc::new(Configured(config.clone()));
    Ok(Erasures::new(rooms.store.clone(), ledger, masters, rooms.clock.clone(), rooms.chance.clone()))
}

async fn ledger(config: &Config, store: &Store) -> Result<Arc<dyn Ledger>, Failure> {
    let named = config.erasure.ledger.as_str();
    if named.contains("://") {
        if named == config.database.url {
            return Err(Failure::Environment(
                "erasure.ledger is the broker's own database: a backup of it would take the ledger back too"
                    .to_owned(),
            ));
        }
        return Ok(Arc::new(DbLedger::open(named).await.map_err(environment)?));
    }
    let path = if named.is_empty() { store.beside("erasures") } else { Some(PathBuf::from(named)) };
    let path = path.ok_or_else(|| {
        Failure::Environment(
            "erasure.ledger is not set: on PostgreSQL, name a file that all hosts share, or the URL of a second database \
             (PASSERELLE_ERASURE_LEDGER)"
                .to_owned(),
        )
    })?;
    Ok(Arc::new(FileLedger::new(path)))
}

/// `person erase`
pub async fn erase(config: &Config, who: &Identity) -> Result<(), Failure> {
    let rooms = Rooms::open(config).await?;
    let done = erasures(config, &rooms).await?.erase(who, &Actor::command()).await;
    rooms.store.close().await;
    let Done { sequence, seats, notices } = done?;
    print(&format!(
        "erased: number {sequence} in the ledger, {seats} seats given back, {notices} notices for publishers"
    ))
}

/// `erasures`
pub async fn run(config: &Config, command: &cli::Erasures) -> Result<(), Failure> {
    let rooms = Rooms::open_as_it_is(config).await?;
    let erasures = erasures(config, &rooms).await?;
    let done = command_of(&erasures, command).await;
    rooms.store.close().await;
    done
}

async fn command_of(erasures: &Erasures, command: &cli::Erasures) -> Result<(), Failure> {
    let actor = Actor::command();
    match command {
        cli::Erasures::Status => match erasures.require_current().await {
            Ok(()) => print("the database knows every erasure of its ledger"),
            Err(error) => Err(error.into()),
        },
        cli::Erasures::Replay => {
            let replayed = erasures.replay(&actor).await?;
            print(&format!("replayed: {replayed} erasures"))
        }
        cli::Erasures::Renew { yes: false } => Err(Failure::Refused(
            "nothing was changed: a new ledger knows nobody who was erased before, so that no older backup can ever be \
             served again; add --yes"
                .to_owned(),
        )),
        cli::Erasures::Renew { yes: true } => {
            let base = erasures.renew(&actor).await?;
            print(&format!("renewed: a new ledger, after erasure {base}"))
        }
        cli::Erasures::Notices { sector, all, json } => {
            let notices = notices(erasures, &sector_of(sector)?, *all).await?;
            if *json {
                return print_json(&notices);
            }
            let line = |notice: &Notice| {
                let value = notice.value.as_ref().map_or("acknowledged", |value| value.as_str());
                format!("{} {} {value}", notice.id, notice.day)
            };
            let mut lines: Vec<_> = notices.iter().map(line).collect();
            lines.push(format!("notices: {}", notices.len()));
            print(&lines.join("\n"))
        }
        cli::Erasures::Acknowledge { sector, ids } => {
            let acknowledged = erasures.acknowledge(&sector_of(sector)?, ids, &actor).await?;
            print(&format!("acknowledged: {acknowledged} notices"))
        }
    }
}

/// All of them, a page at a time.
async fn notices(erasures: &Erasures, sector: &SectorId, all: bool) -> Result<Vec<Notice>, Failure> {
    let mut asked = AskedNotices { all, limit: 1000, ..AskedNotices::default() };
    let mut notices: Vec<Notice> = Vec::new();
    loop {
        let page = erasures.notices(sector, &asked).await?;
        let Some(last) = page.last() else { return Ok(notices) };
        asked.after = (last.day.clone(), last.id.clone());
        notices.extend(page);
    }
}

fn sector_of(text: &str) -> Result<SectorId, Failure> {
    SectorId::parse(text).map_err(|e| Failure::Refused(e.to_string()))
}

/// What somebody who has just restored a backup must know.
pub async fn standing_after_restore(config: &Config, rooms: &Rooms) -> Option<String> {
    let erasures = match erasures(config, rooms).await {
        Ok(erasures) => erasures,
        Err(failure) => return Some(failure.to_string()),
    };
    match erasures.standing().await {
        Ok(Standing::Current) => None,
        Ok(_) => erasures.require_current().await.err().map(|error| error.to_string()),
        Err(error) => Some(error.to_string()),
    }
}

impl From<ErasureError> for Failure {
    fn from(error: ErasureError) -> Self {
        let words = error.to_string();
        if error.is_refusal() { Self::Refused(words) } else { Self::Environment(words) }
    }
}
