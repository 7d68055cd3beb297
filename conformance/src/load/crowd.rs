//! A crowd and its two ways to come: as many at a time as told, or as many a second.

use std::future::Future;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::task::JoinSet;

use super::tally::Tally;
use super::walk::{Begun, Error, Landed, Signed};
use crate::fetch;
use crate::{RunningEnt, World};

/// How many launches a closed loop has under way at once: few enough that no token grows old.
const BATCH: u64 = 1000;

/// One click: who opens what, over which registration.
#[derive(Debug, Clone)]
pub struct Click {
    /// The `iss` of the ENT's tokens.
    pub issuer: String,
    /// The broker's client id at the ENT.
    pub client_id: String,
    /// The person of the reference ENT whose claims are signed.
    pub person: String,
    /// The `sub` that is put in their place.
    pub subject: String,
    /// The reference ENT's tile.
    pub tile: String,
    /// The course, by which context and link are told apart.
    pub course: u64,
}

/// The publisher's tool that all launches go to.
#[derive(Debug, Clone)]
pub struct Publisher {
    pub client_id: String,
    pub redirect_uri: String,
}

/// A crowd before one broker.
pub struct Crowd {
    pub(super) client: reqwest::Client,
    pub(super) broker: String,
    pub(super) ent: Arc<RunningEnt>,
    pub(super) publisher: Publisher,
    pub(super) world: World,
    clicks: Box<dyn Fn(u64) -> Click + Send + Sync>,
    keys: tokio::sync::OnceCell<Value>,
}

/// What one browser does in a turn: it finishes a launch, begins another, or both.
type Turn = (Option<Signed>, Option<Click>);

/// What became of the turns of a round.
#[derive(Default)]
struct Round {
    begun: Vec<Result<Begun, Error>>,
    landed: Vec<Result<Landed, Error>>,
}

impl Crowd {
    /// A crowd before the broker at this address, without a slash at its end. `clicks` says who makes the nth launch.
    ///
    /// # Errors
    /// Where no HTTP client can be made.
    pub fn new(
        broker: &str,
        ent: Arc<RunningEnt>,
        publisher: Publisher,
        world: World,
        clicks: impl Fn(u64) -> Click + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let (client, broker, keys) = (fetch::client()?, broker.to_owned(), tokio::sync::OnceCell::new());
        Ok(Self { client, broker, ent, publisher, world, clicks: Box::new(clicks), keys })
    }

    /// Makes these launches with at most `concurrency` requests at a time.
    ///
    /// # Errors
    /// Where the broker publishes no keys; what goes wrong with a launch is in the tally.
    pub async fn closed(self: &Arc<Self>, launches: Range<u64>, concurrency: usize) -> Result<Tally, Error> {
        let keys = self.keys().await?;
        let mut tally = Tally::default();
        let mut signed = Vec::new();
        let mut next = launches.start;
        loop {
            let batch = next..launches.end.min(next + BATCH);
            next = batch.end;
            let clicks: Vec<Click> = batch.map(|n| (self.clicks)(n)).collect();
            if signed.is_empty() && clicks.is_empty() {
                return Ok(tally);
            }
            let since = Instant::now();
            let round = self.round(turns(signed, clicks), concurrency).await;
            tally.busy += since.elapsed();
            for landed in round.landed {
                tally.note(landed.and_then(|landed| self.judge(&landed, keys)));
            }
            signed = self.sign_all(round.begun, &mut tally).await;
        }
    }

    /// Makes these launches, one each `every`, however long they take. A launch waits from when its turn came.
    ///
    /// # Errors
    /// Where the broker publishes no keys; what goes wrong with a launch is in the tally.
    pub async fn open(self: &Arc<Self>, launches: Range<u64>, every: Duration) -> Result<Tally, Error> {
        let keys = self.keys().await?;
        let mut tally = Tally::default();
        let mut under_way = JoinSet::new();
        let began = Instant::now();
        let mut due = began;
        for n in launches {
            tokio::time::sleep_until(due.into()).await;
            let (crowd, click, since) = (Arc::clone(self), (self.clicks)(n), due);
            under_way.spawn(async move { crowd.whole(click, since).await });
            due += every;
        }
        while let Some(ended) = under_way.join_next().await {
            let landed = ended.unwrap_or(Err(Error::Answer("a launch broke off")));
            tally.note(landed.and_then(|landed| self.judge(&landed, keys)));
        }
        tally.busy = began.elapsed();
        Ok(tally)
    }

    async fn whole(self: Arc<Self>, click: Click, since: Instant) -> Result<Landed, Error> {
        let begun = self.begin(click, since).await?;
        let crowd = Arc::clone(&self);
        let signed = tokio::task::spawn_blocking(move || crowd.sign(begun)).await;
        self.finish(signed.unwrap_or(Err(Error::Answer("a signature broke off")))?).await
    }

    async fn keys(&self) -> Result<&Value, Error> {
        let url = format!("{}/.well-known/jwks.json", self.broker);
        Ok(self.keys.get_or_try_init(|| fetch::json(&self.client, &url)).await?)
    }

    /// Lets `concurrency` browsers take their turns.
    async fn round(self: &Arc<Self>, turns: Vec<Turn>, concurrency: usize) -> Round {
        let (turns, seen) = (Arc::new(Mutex::new(turns)), Arc::new(Mutex::new(Round::default())));
        let browser = || {
            let (crowd, turns, seen) = (Arc::clone(self), Arc::clone(&turns), Arc::clone(&seen));
            async move {
                while let Some((signed, click)) = take(&turns) {
                    crowd.turn(signed, click, &seen).await;
                }
            }
        };
        together((0..concurrency).map(|_| browser())).await;
        std::mem::take(&mut *lock(&seen))
    }

    async fn turn(&self, signed: Option<Signed>, click: Option<Click>, seen: &Mutex<Round>) {
        if let Some(signed) = signed {
            let landed = self.finish(signed).await;
            lock(seen).landed.push(landed);
        }
        if let Some(click) = click {
            let begun = self.begin(click, Instant::now()).await;
            lock(seen).begun.push(begun);
        }
    }

    /// Signs on every core; whatever cannot be signed goes into the tally.
    async fn sign_all(self: &Arc<Self>, begun: Vec<Result<Begun, Error>>, tally: &mut Tally) -> Vec<Signed> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let begun = Arc::new(Mutex::new(begun));
        let signed = Arc::new(Mutex::new(Vec::new()));
        let hand = || {
            let (crowd, begun, signed) = (Arc::clone(self), Arc::clone(&begun), Arc::clone(&signed));
            let work = move || {
                while let Some(one) = take(&begun) {
                    let one = one.and_then(|begun| crowd.sign(begun));
                    lock(&signed).push(one);
                }
            };
            async move { drop(tokio::task::spawn_blocking(work).await) }
        };
        together((0..cores).map(|_| hand())).await;
        let all = std::mem::take(&mut *lock(&signed));
        all.into_iter().filter_map(|one| one.map_err(|error| tally.note(Err(error))).ok()).collect()
    }
}

/// Each browser finishes one launch and begins one, for as long as there are both.
fn turns(signed: Vec<Signed>, clicks: Vec<Click>) -> Vec<Turn> {
    let (mut signed, mut clicks) = (signed.into_iter(), clicks.into_iter());
    let turn = || match (signed.next(), clicks.next()) {
        (None, None) => None,
        turn => Some(turn),
    };
    std::iter::from_fn(turn).collect()
}

/// Runs these at the same time, each as a task of its own, until all have ended.
async fn together<F: Future<Output = ()> + Send + 'static>(all: impl Iterator<Item = F>) {
    let mut tasks: JoinSet<()> = all.collect();
    while tasks.join_next().await.is_some() {}
}

fn take<T>(from: &Mutex<Vec<T>>) -> Option<T> {
    lock(from).pop()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
