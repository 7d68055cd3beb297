//! The reference ENT: a school portal that is an LTI 1.3 platform, as strict and as talkative as a stock LMS.
//!
//! Its doors are `/` (choose a person, then a resource), `/resource` (one shown inside a page), `/launch`, `/authorize`,
//! `/jwks.json`, `/return` and `/last.json`. Tests hold a [`RunningEnt`] and make it misbehave.

mod authorize;
mod claims;
mod doors;
mod hints;
mod keys;
mod portal;
mod settings;
mod shelf;
mod showing;

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;

use crate::board::Board;
use crate::jose::{self, SigningKey};
use crate::listening::Listening;
use crate::world::World;

pub use keys::Fault;
pub use portal::{Edit, Signing};
pub use settings::{Course, EntSettings, Person, Registration, Tile};
pub use showing::Showing;

use portal::Portal;

/// Why the ENT cannot do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Jose(#[from] jose::Error),
    #[error("nobody here is called {0:?}")]
    NoPerson(String),
    #[error("no tile is called {0:?}")]
    NoTile(String),
    #[error("no registration has deployment {0:?}")]
    NoDeployment(String),
    #[error("the key ring is empty")]
    NoKey,
}

/// A person who opens a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// [`Person::id`].
    pub person: String,
    /// [`Tile::key`].
    pub tile: String,
    /// The language of the page they come from; the person's own where absent.
    pub locale: Option<String>,
    /// Where it is to show.
    pub showing: Showing,
}

impl Launch {
    pub fn new(person: &str, tile: &str) -> Self {
        Self { person: person.to_owned(), tile: tile.to_owned(), locale: None, showing: Showing::Tab }
    }
}

/// Starts reference ENTs.
pub struct ReferenceEnt;

impl ReferenceEnt {
    /// Serves on the current runtime until the returned value is stopped or dropped.
    pub fn start(listener: TcpListener, settings: EntSettings, world: World) -> Result<RunningEnt, Error> {
        let portal = Arc::new(Portal::new(settings, world, SigningKey::generate()?));
        let listening = Listening::start(listener, doors::router(portal.clone()));
        Ok(RunningEnt { portal, listening })
    }
}

/// A reference ENT that is up, and the handles by which a test makes it err.
pub struct RunningEnt {
    portal: Arc<Portal>,
    listening: Listening,
}

impl RunningEnt {
    /// Its public address.
    pub fn url(&self) -> &str {
        &self.portal.settings.url
    }

    pub fn settings(&self) -> &EntSettings {
        &self.portal.settings
    }

    /// Where it really listens.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listening.address()
    }

    /// The notes that a publisher in the same process shares.
    pub fn board(&self) -> Board {
        self.portal.board.clone()
    }

    /// The default claims of a launch, for a test to edit and sign.
    pub fn mint(&self, nonce: &str, launch: &Launch) -> Result<Value, Error> {
        self.portal.mint(nonce, launch)
    }

    /// Signs claims honestly with the current key.
    pub fn sign(&self, claims: &Value) -> Result<String, Error> {
        let key = self.portal.key()?;
        Ok(key.sign(&key.header(), claims)?)
    }

    /// Signs claims with the current key under any header.
    pub fn sign_with(&self, header: &Value, claims: &Value) -> Result<String, Error> {
        Ok(self.portal.key()?.sign(header, claims)?)
    }

    /// The key that signs now, for forgeries.
    pub fn key(&self) -> Result<Arc<SigningKey>, Error> {
        self.portal.key()
    }

    /// A login initiation with a fresh one-time hint, as the page of a tile would post it.
    pub fn login_request(&self, launch: &Launch) -> Result<Vec<(String, String)>, Error> {
        self.portal.login_request(launch)
    }

    /// From now on a new key signs; the old one stays published only if asked.
    pub fn rotate_key(&self, keep_old: bool) -> Result<(), Error> {
        self.portal.keys.rotate(SigningKey::generate()?, keep_old);
        Ok(())
    }

    /// How the key set is served from now on.
    pub fn set_jwks_fault(&self, fault: Fault) {
        self.portal.keys.misbehave(fault);
    }

    /// How often the key set was fetched.
    pub fn jwks_fetches(&self) -> usize {
        self.portal.keys.fetches()
    }

    /// Changes the claims of every token that the authorization endpoint signs from now on.
    pub fn edit_claims(&self, edit: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.portal.hooks().edit = Some(Arc::new(edit));
    }

    /// Makes every token of the authorization endpoint from now on, in place of the honest signature.
    pub fn sign_by(
        &self,
        signing: impl Fn(&SigningKey, &Value) -> Result<String, jose::Error> + Send + Sync + 'static,
    ) {
        self.portal.hooks().signing = Some(Arc::new(signing));
    }

    /// Answers every valid authorization request with that OpenID Connect error.
    pub fn answer_error(&self, code: &str) {
        self.portal.hooks().answer_error = Some(code.to_owned());
    }

    /// Undoes [`Self::edit_claims`], [`Self::sign_by`], [`Self::answer_error`] and the fault of the key set.
    pub fn behave(&self) {
        *self.portal.hooks() = portal::Hooks::default();
        self.portal.keys.misbehave(Fault::None);
    }

    /// Lets open requests end, then stops.
    pub async fn stop(self) {
        self.listening.stop().await;
    }
}
