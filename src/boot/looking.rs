//! The commands that look and change nothing: `doctor`, `trace`, `dry-run`.

use std::sync::Arc;

use boundary::{Ark, EntId, LaunchId, RefusalCode, ResourceKey, Uai, Wanted};

use super::cli;
use super::exit::Failure;
use super::operator::{print, print_json};
use super::rooms::{Rooms, environment};
use super::serve::{dispatcher, key_sets, world};
use super::world::{RingPeople, RingSectorKeys};
use crate::config::Config;
use crate::operate::dry_run::{self, Connections, DryRunError, Rehearsal, Wish};
use crate::operate::{doctor, trace};
use crate::pages::{Language, Mender, Registry};
use crate::transport;

/// `doctor`
pub async fn doctor(config: &Config, json: bool) -> Result<(), Failure> {
    let rooms = Rooms::look(config).await?;
    let key_sets = key_sets(config, &rooms)?;
    let settings = settings(config);
    let (key_sets, clock) = (&key_sets, &*rooms.clock);
    let means = doctor::Means { store: &*rooms.store, key_sets, clock, settings: &settings };
    let found = doctor::examine(&means).await;
    rooms.store.close().await;
    let found = found?;
    if json { print_json(&found) } else { print(&doctor::show(&found)) }
}

/// What is configured, as far as `doctor` looks at it.
pub(super) fn settings(config: &Config) -> doctor::Settings {
    doctor::Settings {
        leeway_seconds: config.launch.leeway_seconds,
        log_level: config.log.level.clone(),
        public_url_is_loopback: config.server.is_local(),
        operations_exposed: !config.server.operations.ip().is_loopback(),
        trusted_proxies: config.server.trusted_proxies.clone(),
        public_allowed: config
            .transport
            .allow
            .iter()
            .filter(|e| transport::holds_public(e))
            .cloned()
            .collect(),
    }
}

/// `trace`
pub async fn trace(config: &Config, options: &cli::Trace) -> Result<(), Failure> {
    let launch = LaunchId::parse(&options.launch).map_err(refused)?;
    let registry = Registry::load().map_err(environment)?;
    let rooms = Rooms::look(config).await?;
    let found = trace::find(&*rooms.store, &*rooms.clock, &|code| meaning(&registry, code), &launch).await;
    rooms.store.close().await;
    let Some(found) = found? else {
        return Err(Failure::Refused(format!(
            "nothing is kept about launch {launch}. Launches that were delivered or refused are kept as long as the \
             journal, failed sign-ons for 24 hours and only where they name a connection that is known; the rest is \
             in the log alone"
        )));
    };
    if options.json { print_json(&found) } else { print(&found.to_string()) }
}

pub(super) fn meaning(registry: &Registry, code: RefusalCode) -> Option<trace::Meaning> {
    let entry = registry.entry(code)?;
    Some(trace::Meaning {
        meaning: entry.meaning.clone(),
        mends: match entry.mends {
            Mender::Person => "person",
            Mender::School => "school",
            Mender::Publisher => "publisher",
            Mender::Ent => "ent",
            Mender::Operator => "operator",
        },
        told: entry.told(Language::En).mend.clone(),
    })
}

/// `dry-run`
pub async fn dry_run(config: &Config, options: &cli::DryRun) -> Result<(), Failure> {
    let wish = wish(options)?;
    let rooms = Rooms::look(config).await?;
    let ended = rehearse(config, &rooms, &wish).await;
    rooms.store.close().await;
    let report = ended?;
    if options.json { print_json(&report) } else { print(&report.to_string()) }
}

fn wish(options: &cli::DryRun) -> Result<Wish, Failure> {
    let wanted = if options.resource.starts_with("ark:") {
        Wanted::Ark(Ark::parse(&options.resource).map_err(refused)?)
    } else {
        Wanted::Key(ResourceKey::parse(&options.resource).map_err(refused)?)
    };
    let school = options.school.as_deref().map(Uai::parse_any_letter).transpose().map_err(refused)?;
    Ok(Wish {
        ent: EntId::parse(&options.ent).map_err(refused)?,
        namespace: options.namespace.clone(),
        subject: options.subject.clone(),
        wanted,
        school,
        deployment: options.deployment.clone(),
    })
}

async fn rehearse(config: &Config, rooms: &Rooms, wish: &Wish) -> Result<dry_run::Report, Failure> {
    let keys = rooms.keys(config).await?;
    let way = dry_run::way_of(rooms.store.connections().await?, wish)?;
    let rehearsal = Arc::new(Rehearsal::over(rooms.store.clone()));
    let sector_keys = Arc::new(RingSectorKeys { keys: keys.clone(), store: rooms.store.clone() });
    let (store, clock, chance) = (rooms.store.clone(), rooms.clock.clone(), rooms.chance.clone());
    let rosters = Arc::new(RingPeople(keys.clone()));
    let stage = dry_run::rooms(store, rehearsal.clone(), (sector_keys, rosters), clock, chance);
    let dispatcher = dispatcher(config, world(config, rooms, keys)?, stage);
    let means = (&*rooms.clock, &*rooms.chance);
    Ok(dry_run::run(&dispatcher, &rehearsal, wish, way, means).await?)
}

impl From<DryRunError> for Failure {
    fn from(error: DryRunError) -> Self {
        match error {
            DryRunError::Wish(words) => Self::Refused(words),
            DryRunError::Fault(fault) => fault.into(),
        }
    }
}

pub(super) fn refused(error: impl std::fmt::Display) -> Failure {
    Failure::Refused(error.to_string())
}
