//! The console's door: signing in with a password and a code, and the session that follows.
//!
//! What fails is slowed down in the database, so that it is slow on every host: an account, an address, and the two
//! together. An attempt is counted before it is looked at, and forgiven when it was right: many at once gain nothing.

use std::sync::Arc;

use boundary::{Chance, Clock, Fault};
use secrecy::SecretString;
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::account::AccountId;
use super::hashed::Hashed;
use super::password::{Passwords, Weak};
use super::records::{AccountRow, Attempt, ConsoleStore, Counted, Sealing, SessionRow, Stage};
use super::secret::{Secret, SecretKind};
use super::totp::TotpSecret;
use crate::journal::Change;

/// How long a session lasts at the longest, and without being used.
pub(super) const LONGEST: Duration = Duration::hours(12);
pub(super) const IDLE: Duration = Duration::minutes(30);
/// How long somebody may look for their authenticator.
const CODE_LIFE: Duration = Duration::minutes(10);
/// What one address may get wrong of one account, what it may get wrong at all, and what may be got wrong of one account
/// from anywhere, before each further attempt must wait; and for how long at most. The last is short: else anybody could
/// keep somebody out.
const PAIR: (u32, Duration) = (5, Duration::minutes(15));
const ADDRESS: (u32, Duration) = (30, Duration::minutes(15));
const ACCOUNT: (u32, Duration) = (100, Duration::minutes(1));
/// The same for codes of one account: whoever gets here knows the password.
const CODE: (u32, Duration) = (5, Duration::minutes(15));

/// The console's door.
pub struct Console {
    /// Where accounts and sessions are.
    pub store: Arc<dyn ConsoleStore>,
    /// What seals the secrets of authenticators.
    pub keys: Arc<dyn Sealing>,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
    /// The public host, as authenticators show it.
    pub host: String,
}

/// Why somebody is not let in.
#[derive(Debug, Error)]
pub enum NotIn {
    /// Name, password or code are wrong. It is not told which.
    #[error("name, password or code are wrong")]
    Wrong,
    /// Too many attempts were wrong.
    #[error("too many attempts were wrong")]
    Wait(Duration),
    /// The sign-in, or the session, is over.
    #[error("the sign-in is over")]
    Over,
    /// The new password is not taken.
    #[error("the password is not taken: {0}")]
    Weak(Weak),
    /// The two new passwords differ.
    #[error("the two passwords differ")]
    Differ,
    /// Something is broken.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Console {
    /// The first half of a sign-in: name and password, from an address. The session that it begins is good for nothing
    /// but the second half.
    ///
    /// # Errors
    /// [`NotIn`] says why not.
    pub async fn sign_in(&self, name: &str, password: SecretString, from: &str) -> Result<Secret, NotIn> {
        let counted = self.counted(name, from);
        self.attempt(&counted).await?;
        let row = match AccountId::parse(name) {
            Ok(id) => self.store.account(&id).await?.filter(|row| !row.disabled),
            Err(_) => None,
        };
        let stored = row.as_ref().and_then(|row| row.password.clone());
        let right = self.passwords.is(password, stored).await?;
        let row = row.filter(|_| right).ok_or(NotIn::Wrong)?;
        self.forgive(&counted).await?;
        self.begin(&row, Stage::Code, None, None).await
    }

    /// The second half: a code of the authenticator, or one that stands for a lost one. It begins another session, so
    /// that nobody who saw the first has the second.
    ///
    /// # Errors
    /// [`NotIn`] says why not.
    pub async fn code(&self, begun: &Secret, code: &str, from: &str) -> Result<Secret, NotIn> {
        let now = self.clock.now();
        let session = self.store.session(&begun.hashed(), now, now - IDLE).await?;
        let session = session.filter(|row| row.stage == Stage::Code).ok_or(NotIn::Over)?;
        let row = self.store.account(&session.account).await?.ok_or(NotIn::Over)?;
        let counted = [self.count("code", row.id.as_str(), CODE), self.count("address", from, ADDRESS)];
        self.attempt(&counted).await?;
        if !self.is_code(&row, code).await? {
            return Err(NotIn::Wrong);
        }
        self.forgive(&counted).await?;
        let actor = row.id.actor();
        let change = Change::new(now, &actor, "sign-in", "account", row.id.as_str());
        self.begin(&row, Stage::Full, Some(&begun.hashed()), Some(change)).await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    pub async fn sign_out(&self, session: &Secret) -> Result<(), Fault> {
        self.store.end_session(&session.hashed()).await
    }

    /// Puts another password in the place of the old one. Every session ends; the one that is returned begins.
    ///
    /// # Errors
    /// [`NotIn`] says why not.
    pub async fn change_password(
        &self,
        account: &AccountId,
        old: SecretString,
        new: (&str, &str),
        from: &str,
    ) -> Result<Secret, NotIn> {
        let counted = self.counted(account.as_str(), from);
        self.attempt(&counted).await?;
        let row = self.store.account(account).await?.filter(|row| !row.disabled).ok_or(NotIn::Over)?;
        let stored = row.password.clone().ok_or(NotIn::Over)?;
        if !self.passwords.is(old, Some(stored.clone())).await? {
            return Err(NotIn::Wrong);
        }
        self.forgive(&counted).await?;
        let hashed = self.hashed(account, new).await?;
        let change = Change::new(self.clock.now(), &account.actor(), "change", "account", account.as_str());
        let change = change.fields(["password"]);
        if !self.store.change_password(account, (&stored, &hashed), change).await? {
            return Err(NotIn::Over);
        }
        self.begin(&row, Stage::Full, None, None).await
    }

    /// A new password that was typed twice, hashed.
    pub(super) async fn hashed(&self, account: &AccountId, new: (&str, &str)) -> Result<String, NotIn> {
        if new.0 != new.1 {
            return Err(NotIn::Differ);
        }
        let chosen = super::password::Chosen::parse(new.0, account).map_err(NotIn::Weak)?;
        Ok(self.passwords.hash(chosen, &*self.chance).await?)
    }

    /// Begins a session.
    pub(super) async fn begin(
        &self,
        row: &AccountRow,
        stage: Stage,
        instead: Option<&Hashed>,
        change: Option<Change>,
    ) -> Result<Secret, NotIn> {
        let now = self.clock.now();
        let life = match stage {
            Stage::Code => CODE_LIFE,
            Stage::Full => LONGEST,
        };
        let session = SessionRow {
            account: row.id.clone(),
            role: row.role.clone(),
            stage,
            sealed: None,
            created: now,
            seen: now,
            expires: now + life,
        };
        let secret = Secret::draw(SecretKind::Session, &*self.chance);
        self.store.begin_session(&secret.hashed(), &session, instead, change).await?;
        Ok(secret)
    }

    async fn is_code(&self, row: &AccountRow, code: &str) -> Result<bool, Fault> {
        let typed: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if typed.len() != 6 {
            return self.store.take_recovery(&row.id, &recovery_hash(&row.id, &typed)).await;
        }
        let secret = self.authenticator(&row.id).await?;
        match secret.step_of(&typed, self.clock.now(), row.step) {
            // Another host may have taken it in the meantime.
            Some(step) => self.store.take_step(&row.id, step).await,
            None => Ok(false),
        }
    }

    pub(super) async fn authenticator(&self, id: &AccountId) -> Result<TotpSecret, Fault> {
        let sealed = self.store.authenticator(id).await?;
        let sealed = sealed.ok_or_else(|| Fault::new(format!("account {id} has no authenticator")))?;
        let opened = self.keys.open_secret(&secret_name(id), &sealed);
        let damaged = || Fault::new(format!("the authenticator of {id} does not open under the master key"));
        opened.map(|bits| TotpSecret::stored(bits.to_vec())).ok_or_else(damaged)
    }

    fn counted(&self, name: &str, from: &str) -> [Counted; 3] {
        // What nobody can be called is counted like what somebody could be.
        let name: String = name.chars().take(64).collect();
        [
            self.count("pair", &format!("{name}\n{from}"), PAIR),
            self.count("account", &name, ACCOUNT),
            self.count("address", from, ADDRESS),
        ]
    }

    /// What is counted is hashed under a key, so that the table tells no address.
    fn count(&self, kind: &str, of: &str, (free, longest): (u32, Duration)) -> Counted {
        let name = Hashed::from(self.keys.digest(&format!("sign-in failure: {kind}"), of.as_bytes()));
        Counted { name, free, longest }
    }

    pub(super) async fn attempt(&self, counted: &[Counted]) -> Result<(), NotIn> {
        let now = self.clock.now();
        match self.store.attempt(counted, now).await? {
            Attempt::Made => Ok(()),
            Attempt::Wait(until) => Err(NotIn::Wait(until - now)),
        }
    }

    /// The last of them is an address.
    async fn forgive(&self, counted: &[Counted]) -> Result<(), Fault> {
        let Some((address, others)) = counted.split_last() else { return Ok(()) };
        let names: Vec<Hashed> = others.iter().map(|counted| counted.name.clone()).collect();
        self.store.forgive(&names, &address.name).await
    }

    /// Whether a session was used long enough ago to note that it is in use.
    pub(super) fn is_due(seen: OffsetDateTime, now: OffsetDateTime) -> bool {
        now - seen >= Duration::MINUTE
    }
}

/// What an authenticator's secret is sealed for.
pub(super) fn secret_name(id: &AccountId) -> String {
    format!("authenticator {id}")
}

/// A recovery code as it is stored: of one account only.
pub(super) fn recovery_hash(id: &AccountId, typed: &str) -> Hashed {
    Hashed::of(&format!("recovery {id} {}", typed.to_ascii_lowercase()))
}
