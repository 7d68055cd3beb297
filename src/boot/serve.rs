//! `serve`: wires the rooms together, opens both listeners, and stays until it is told to stop.

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::access::{access, clients, console};
use super::api::api;
use super::desk::desk;
use super::erasures::erasures;
use super::exit::Failure;
use super::follow::{Follow, Health};
use super::journal::{Keeping, keeper};
use super::keys::rotation;
use super::rollup::{Rolling, rollup};
use super::rooms::{Rooms, environment};
use super::roster::watch;
use super::world::{BrokerWorld, RingJournal, RingPeople, RingSectorKeys};
use crate::config::{Config, Log, LogFormat};
use crate::directory::Directory;
use crate::http::{self, Metrics};
use crate::jobs::{self, JournalKeeping};
use crate::keys::KeyRing;
use crate::launch::{self, Dispatcher};
use crate::licensing::Licensing;
use crate::operate::erasure::Erasures;
use crate::pages::Pages;
use crate::pseudonyms::Names;
use crate::store::Store;
use crate::transport::{Rules, Transport};
use crate::trust::KeySets;

/// A broker that is wired and whose ports are open.
pub struct Broker {
    config: Config,
    public: TcpListener,
    operations: TcpListener,
    rooms: Rooms,
    world: Arc<BrokerWorld>,
    dispatcher: Arc<Dispatcher>,
    keys: Arc<KeyRing>,
    erasures: Arc<Erasures>,
}

/// Where a running broker answers, and how to stop it.
pub struct Listening {
    /// The public listener.
    pub public: SocketAddr,
    /// The operations listener.
    pub operations: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), Failure>>,
}

impl Listening {
    /// Stops: nothing new is accepted, launches in flight finish, the writer commits what it has.
    ///
    /// # Errors
    /// What the broker failed with, if it failed.
    pub async fn stop(self) -> Result<(), Failure> {
        let _ = self.stop.send(true);
        self.task.await.map_err(|e| Failure::Environment(format!("the broker broke off: {e}")))?
    }
}

impl Broker {
    /// Opens database, keys and ports.
    ///
    /// # Errors
    /// A failure of the environment, in words for whoever starts it.
    pub async fn open(config: Config) -> Result<Self, Failure> {
        let rooms = Rooms::open(&config).await?;
        let keys = rooms.keys(&config).await?;
        let erasures = Arc::new(erasures(&config, &rooms).await?);
        erasures.require_and_bind().await?;
        let public = bind(config.server.listen, "server.listen").await?;
        let operations = bind(config.server.operations, "server.operations").await?;
        let world = world(&config, &rooms, keys.clone())?;
        let sector_keys = Arc::new(RingSectorKeys { keys: keys.clone(), store: rooms.store.clone() });
        let way = launch::Rooms {
            directory: Directory::new(rooms.store.clone(), rooms.clock.clone(), rooms.chance.clone()),
            managers: rooms.store.clone(),
            catalogue: rooms.store.clone(),
            licensing: Licensing::new(rooms.store.clone(), rooms.clock.clone()),
            names: Names::new(rooms.store.clone(), sector_keys, rooms.clock.clone()),
            agreements: rooms.store.clone(),
            rosters: Arc::new(RingPeople(keys.clone())),
            receipts: Arc::new(RingJournal(keys.clone())),
            launches: rooms.store.clone(),
            failed: rooms.store.clone(),
        };
        let dispatcher = Arc::new(dispatcher(&config, world.clone(), way));
        Ok(Self { config, public, operations, rooms, world, dispatcher, keys, erasures })
    }

    /// Starts to answer.
    ///
    /// # Errors
    /// A failure of the environment.
    pub fn start(self) -> Result<Listening, Failure> {
        let public = self.public.local_addr().map_err(environment)?;
        let operations = self.operations.local_addr().map_err(environment)?;
        let (stop, stopped) = watch::channel(false);
        let pages = Pages::load().map_err(environment)?;
        let follow = Follow::prepare(self.keys.clone(), self.rooms.store.clone(), self.config.clone())?;
        let task = tokio::spawn(self.run(pages, follow, stopped));
        Ok(Listening { public, operations, stop, task })
    }

    async fn run(
        self,
        pages: Pages,
        (follow, health): (Follow, Health),
        stopped: watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        let keeping = Arc::new(Keeping(keeper(&self.config, &self.rooms, self.keys.clone())));
        let keys_of_peers = self.world.peers.clone();
        let measured = Busy { store: self.rooms.store.clone(), world: self.world, journal: keeping.clone() };
        let metrics = Arc::new(Metrics::measuring(Arc::new(measured)));
        let grace = Duration::from_secs(self.config.server.shutdown_seconds.into());
        let chance = self.rooms.chance.clone();
        let server = &self.config.server;
        let settings = http::Settings {
            public_url: server.public_url.clone(),
            trusted_proxies: server.trusted_proxies.clone(),
        };
        let behind = http::Behind {
            launches: self.dispatcher.clone(),
            pages,
            metrics: metrics.clone(),
            journal: Arc::new(RingJournal(self.keys.clone())),
            access: Arc::new(access(&self.rooms)),
            desk: http::desk::router(desk(
                &self.config,
                &self.rooms,
                self.keys.clone(),
                keys_of_peers.clone(),
                self.erasures.clone(),
            )?),
            clients: Arc::new(clients(&self.config, &self.rooms, keys_of_peers)),
            console: Arc::new(console(&self.config, &self.rooms, self.keys.clone())),
            api: http::api::router(api(&self.config, &self.rooms, self.keys.clone(), self.erasures.clone())),
            chance,
        };
        let public = http::router(behind, settings);
        let ready = Ready { store: self.rooms.store.clone(), keys: health };
        let operations = http::operations(Arc::new(ready), metrics);
        let mut by_itself = JoinSet::new();
        by_itself.spawn(follow.run(stopped.clone()));
        by_itself.spawn(jobs::purge(self.rooms.store.clone(), self.rooms.clock.clone(), stopped.clone()));
        by_itself.spawn(jobs::tidy_erasures(self.erasures, stopped.clone()));
        let rolling = Arc::new(Rolling(rollup(&self.config, &self.rooms)));
        by_itself.spawn(jobs::roll_up(rolling, stopped.clone()));
        let journal = tokio::spawn(jobs::keep_journal(keeping.clone(), stopped.clone()));
        by_itself.spawn(watch(&self.config, &self.rooms, self.keys.clone(), stopped.clone()));
        let rotation = rotation(&self.config, &self.rooms, self.keys);
        by_itself.spawn(jobs::rotate(rotation, stopped.clone()));
        let (public, operations) = tokio::join!(
            http::serve(self.public, public, stop_of(stopped.clone()), grace),
            http::serve(self.operations, operations, stop_of(stopped), grace),
        );
        by_itself.shutdown().await;
        // A checkpoint that is under way is finished; the last one comes when nothing more is written.
        let _ = journal.await;
        self.rooms.store.drain().await;
        keeping.last().await;
        self.rooms.store.close().await;
        public.and(operations).map_err(environment)
    }
}

/// Store and keys, asked whether they can serve.
struct Ready {
    store: Arc<Store>,
    keys: Health,
}

#[async_trait]
impl http::Readiness for Ready {
    async fn checks(&self) -> Vec<(&'static str, Result<(), String>)> {
        let database = self.store.ping().await.map_err(|fault| fault.detail);
        vec![("database", database), ("keys", self.keys.borrow().clone())]
    }
}

/// Store, key sets and journal, asked how they are.
struct Busy {
    store: Arc<Store>,
    world: Arc<BrokerWorld>,
    journal: Arc<Keeping>,
}

impl http::Measured for Busy {
    fn measure(&self) -> http::Measures {
        let (load, fetches) = (self.store.load(), self.world.peers.fetches());
        http::Measures {
            writes_waiting: load.waiting,
            batches: load.batches,
            batch_items: load.items,
            caches_bypassed: load.bypassed,
            failed_sign_ons_dropped: load.dropped,
            key_sets_fetched: fetches.fetched,
            key_sets_failed: fetches.failed,
            clock_skew: fetches.skew.as_seconds_f64(),
            checkpoint_age: self.journal.0.age().as_seconds_f64(),
            retention_waits: self.journal.0.waits(),
        }
    }
}

/// What connectors may ask for.
pub(super) fn world(config: &Config, rooms: &Rooms, keys: Arc<KeyRing>) -> Result<Arc<BrokerWorld>, Failure> {
    Ok(Arc::new(BrokerWorld {
        clock: rooms.clock.clone(),
        chance: rooms.chance.clone(),
        keys,
        store: rooms.store.clone(),
        peers: Arc::new(key_sets(config, rooms)?),
        public_url: config.server.public_url.clone(),
    }))
}

/// The way to the key sets of peers.
pub(super) fn key_sets(config: &Config, rooms: &Rooms) -> Result<KeySets, Failure> {
    let transport = Transport::new(&rules(config)).map_err(environment)?;
    Ok(KeySets::new(transport, rooms.clock.clone()))
}

/// The dispatcher between the connectors that there are.
pub(super) fn dispatcher(config: &Config, world: Arc<BrokerWorld>, way: launch::Rooms) -> Dispatcher {
    let parked_for = Duration::from_secs(config.launch.parked_seconds.into());
    let tool = lti::Tool::with_leeway(config.launch.leeway_seconds);
    Dispatcher::new(world, Arc::new(tool), Arc::new(lti::Platform), way, parked_for)
}

fn rules(config: &Config) -> Rules {
    let seconds = |n: u32| Duration::from_secs(n.into());
    let transport = &config.transport;
    Rules {
        allow: transport.allow.clone(),
        connect: seconds(transport.connect_seconds),
        total: seconds(transport.total_seconds),
        max_bytes: transport.max_bytes,
    }
}

/// Starts the log as it is configured. It lasts as long as the value.
pub fn start_log(log: &Log) -> Result<http::log::Log, Failure> {
    let format = match log.format {
        LogFormat::Json => http::log::Format::Json,
        LogFormat::Text => http::log::Format::Text,
    };
    http::log::start(format, &log.level).map_err(environment)
}

async fn stop_of(mut stopped: watch::Receiver<bool>) {
    // A closed channel means that whoever could stop us is gone: stop.
    let _ = stopped.wait_for(|stop| *stop).await;
}

async fn bind(address: SocketAddr, setting: &str) -> Result<TcpListener, Failure> {
    let refused = |e| Failure::Environment(format!("{setting} = \"{address}\" cannot be opened: {e}"));
    TcpListener::bind(address).await.map_err(refused)
}

/// The `serve` command.
pub async fn serve(config: Config) -> Result<(), Failure> {
    let _log = start_log(&config.log)?;
    let public_url = config.server.public_url.clone();
    let signal = terminated()?;
    let listening = Broker::open(config).await?.start()?;
    let origin = public_url.as_str().trim_end_matches('/');
    say(&format!("ready broker={origin} ops=http://{}", listening.operations))?;
    signal.await;
    listening.stop().await
}

/// Resolves at SIGTERM or SIGINT.
pub fn terminated() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).map_err(environment)?;
    let mut int = signal(SignalKind::interrupt()).map_err(environment)?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    })
}

/// Prints a line that a script waits for.
pub fn say(line: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(environment)
}
