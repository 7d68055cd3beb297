//! The state of a running ENT, and the two things it does for a launch: start it, and sign its token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::board::Board;
use crate::jose::{self, SigningKey};
use crate::world::World;

use super::claims::{Subject, claims};
use super::hints::Hints;
use super::keys::Keys;
use super::settings::EntSettings;
use super::{Error, Launch};

/// Changes the claims of every token before it is signed.
pub type Edit = Arc<dyn Fn(&mut Value) + Send + Sync>;
/// Makes the token in place of the honest signature.
pub type Signing = Arc<dyn Fn(&SigningKey, &Value) -> Result<String, jose::Error> + Send + Sync>;

/// Misbehaviour that a test may ask for.
#[derive(Default)]
pub(crate) struct Hooks {
    pub(crate) edit: Option<Edit>,
    pub(crate) signing: Option<Signing>,
    pub(crate) answer_error: Option<String>,
}

pub(crate) struct Portal {
    pub(crate) settings: EntSettings,
    pub(crate) world: World,
    pub(crate) board: Board,
    pub(crate) keys: Keys,
    pub(crate) hints: Hints,
    hooks: Mutex<Hooks>,
}

impl Portal {
    pub(crate) fn new(settings: EntSettings, world: World, key: SigningKey) -> Self {
        Self {
            settings,
            world,
            board: Board::default(),
            keys: Keys::new(key),
            hints: Hints::default(),
            hooks: Mutex::default(),
        }
    }

    pub(crate) fn hooks(&self) -> MutexGuard<'_, Hooks> {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn key(&self) -> Result<Arc<SigningKey>, Error> {
        self.keys.current().ok_or(Error::NoKey)
    }

    /// Whether a launch is the one of this client and of the account that `login_hint` names.
    pub(crate) fn belongs(&self, launch: &Launch, client_id: &str, login_hint: &str) -> bool {
        self.subject(launch).is_ok_and(|subject| {
            subject.registration.client_id == client_id && subject.person.sub == login_hint
        })
    }

    fn subject<'a>(&'a self, launch: &'a Launch) -> Result<Subject<'a>, Error> {
        let settings = &self.settings;
        let person = settings.person(&launch.person).ok_or_else(|| Error::NoPerson(launch.person.clone()))?;
        let tile = settings.tile(&launch.tile).ok_or_else(|| Error::NoTile(launch.tile.clone()))?;
        let registration = settings
            .registration(&person.deployment_id)
            .ok_or_else(|| Error::NoDeployment(person.deployment_id.clone()))?;
        let locale = launch.locale.as_deref().unwrap_or(&person.locale);
        Ok(Subject { settings, registration, person, tile, locale, showing: launch.showing })
    }

    pub(crate) fn mint(&self, nonce: &str, launch: &Launch) -> Result<Value, Error> {
        Ok(claims(&self.subject(launch)?, nonce, self.world.now().unix_timestamp()))
    }

    /// The parameters of a third-party initiated login (security framework 1.0, section 5.1.1.1), with a fresh hint.
    pub(crate) fn login_request(&self, launch: &Launch) -> Result<Vec<(String, String)>, Error> {
        let subject = self.subject(launch)?;
        let hint = self.world.token();
        let target = format!("{}/lti/r/{}", self.settings.broker_url, subject.tile.key);
        let fields = [
            ("iss", self.settings.issuer()),
            ("login_hint", &subject.person.sub),
            ("target_link_uri", &target),
            ("client_id", &subject.registration.client_id),
            ("lti_deployment_id", &subject.registration.deployment_id),
            ("lti_message_hint", &hint),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        self.hints.keep(hint, launch.clone(), self.world.now());
        Ok(fields)
    }

    /// The token of a launch, edited and signed as a test may have asked; the board learns the claims.
    pub(crate) fn id_token(&self, nonce: &str, launch: &Launch) -> Result<String, Error> {
        let mut claims = self.mint(nonce, launch)?;
        let (edit, signing) = {
            let hooks = self.hooks();
            (hooks.edit.clone(), hooks.signing.clone())
        };
        if let Some(edit) = edit {
            edit(&mut claims);
        }
        let key = self.key()?;
        let token = match signing {
            Some(signing) => signing(&key, &claims)?,
            None => key.sign(&key.header(), &claims)?,
        };
        self.board.sent(claims);
        Ok(token)
    }
}
