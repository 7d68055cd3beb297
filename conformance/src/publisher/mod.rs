//! The reference publisher: an LTI 1.3 tool that believes nothing it has not checked.
//!
//! Its doors are `/login`, `/launch`, `/seen`, `/last.json`, `/jwks.json` and `/`.

mod checks;
mod doors;
mod login;
mod seen;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Client as HttpClient;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::board::{Board, Exchange};
use crate::jose::{self, SigningKey};
use crate::listening::Listening;
use crate::world::World;

/// A client id that the broker gave this publisher.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    pub client_id: String,
    /// The product, for people.
    pub name: String,
}

/// What a reference publisher is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublisherSettings {
    /// Its own public address, without a slash at the end.
    pub url: String,
    /// The broker's, which is its issuer.
    pub broker_url: String,
    #[serde(default)]
    pub clients: Vec<Client>,
}

impl PublisherSettings {
    pub fn new(url: &str, broker_url: &str) -> Self {
        Self { url: url.to_owned(), broker_url: broker_url.to_owned(), clients: Vec::new() }
    }
}

/// Why a publisher does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Jose(#[from] jose::Error),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
}

/// A sign-on that was begun: what the answer must repeat.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    pub(crate) nonce: String,
    pub(crate) client_id: String,
    pub(crate) deployment_id: Option<String>,
}

/// What the doors share.
pub(crate) struct Office {
    pub(crate) settings: PublisherSettings,
    pub(crate) world: World,
    pub(crate) board: Board,
    pub(crate) http: HttpClient,
    pub(crate) key: SigningKey,
    begun: Mutex<HashMap<String, Begun>>,
    broker_keys: tokio::sync::Mutex<Option<Value>>,
}

impl Office {
    fn begun(&self) -> MutexGuard<'_, HashMap<String, Begun>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn begin(&self, state: &str, begun: Begun) {
        let mut all = self.begun();
        // A reference, not a service: when too many were left undone, the oldest guesses go together.
        if all.len() > 100_000 {
            all.clear();
        }
        all.insert(state.to_owned(), begun);
    }

    /// Each state counts once.
    pub(crate) fn end(&self, state: &str) -> Option<Begun> {
        self.begun().remove(state)
    }

    /// The broker's keys, fetched once and again when a key is unknown.
    pub(crate) async fn broker_keys(&self, again: bool) -> Result<Value, crate::fetch::Error> {
        let mut kept = self.broker_keys.lock().await;
        if let (Some(keys), false) = (&*kept, again) {
            return Ok(keys.clone());
        }
        let url = format!("{}/.well-known/jwks.json", self.settings.broker_url);
        let keys = crate::fetch::json(&self.http, &url).await?;
        *kept = Some(keys.clone());
        Ok(keys)
    }
}

/// Starts reference publishers.
pub struct ReferencePublisher;

impl ReferencePublisher {
    /// Serves on the current runtime until the returned value is stopped or dropped.
    pub fn start(
        listener: TcpListener,
        settings: PublisherSettings,
        world: World,
        board: Board,
    ) -> Result<RunningPublisher, Error> {
        let office = Arc::new(Office {
            settings,
            world,
            board,
            http: crate::fetch::client()?,
            key: SigningKey::generate()?,
            begun: Mutex::default(),
            broker_keys: tokio::sync::Mutex::default(),
        });
        let listening = Listening::start(listener, doors::router(office.clone()));
        Ok(RunningPublisher { office, listening })
    }
}

/// A reference publisher that is up.
pub struct RunningPublisher {
    office: Arc<Office>,
    listening: Listening,
}

impl RunningPublisher {
    /// Its public address.
    pub fn url(&self) -> &str {
        &self.office.settings.url
    }

    /// The last launch that it accepted.
    pub fn last(&self) -> Option<Exchange> {
        self.office.board.last()
    }

    /// Lets open requests end, then stops.
    pub async fn stop(self) {
        self.listening.stop().await;
    }
}
