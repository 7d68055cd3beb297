//! Accounts, sessions and failures as they are stored, and what they need of a store. Secrets come hashed or sealed.

use async_trait::async_trait;
use boundary::registration::KeySource;
use boundary::{Fault, FirstUse, Handle, SealPurpose};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::account::{AccountId, Role};
use super::hashed::Hashed;
use super::scope::Scopes;
use super::store::TokenRow;
use crate::directory::ManagerStore;
use crate::journal::Change;
use crate::keys::KeyRing;

/// An account as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Who.
    pub id: AccountId,
    /// In which role, and for whom.
    pub role: Role,
    /// Whether it is shut.
    pub disabled: bool,
    /// The password, hashed; none before the enrolment.
    pub password: Option<String>,
    /// The last time step whose code counted.
    pub step: i64,
    /// What begins the enrolment, and until when it does.
    pub enrolment: Option<(Hashed, OffsetDateTime)>,
    /// Where a client's keys come from.
    pub keys: Option<KeySource>,
    /// What a client may ask for.
    pub scopes: Scopes,
    /// When it was made.
    pub created: OffsetDateTime,
}

/// What an enrolment leaves behind.
#[derive(Debug, Clone)]
pub struct Enrolled {
    /// Whose it is.
    pub account: AccountId,
    /// What began it: it counts once.
    pub enrolment: Hashed,
    /// The password, hashed.
    pub password: String,
    /// The time step of the code that was shown.
    pub step: i64,
    /// The codes that stand for a lost device.
    pub recovery: Vec<Hashed>,
    /// When.
    pub at: OffsetDateTime,
}

/// How far a sign-in has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The password was right; a code is missing.
    Code,
    /// Signed in.
    Full,
}

impl Stage {
    /// The name in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Full => "full",
        }
    }

    /// The stage of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Code, Self::Full].into_iter().find(|stage| stage.as_str() == name)
    }
}

/// A session at the console as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Whose.
    pub account: AccountId,
    /// In which role.
    pub role: Role,
    /// How far.
    pub stage: Stage,
    /// Whoever came through an ENT: who, and how they are called, sealed.
    pub sealed: Option<String>,
    /// When it began.
    pub created: OffsetDateTime,
    /// When it was used last, to the minute.
    pub seen: OffsetDateTime,
    /// When it ends at the latest.
    pub expires: OffsetDateTime,
}

/// Something whose failed attempts are counted: an account, an address, or both, hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// What.
    pub name: Hashed,
    /// So many failures cost nothing.
    pub free: u32,
    /// The longest that one must wait.
    pub longest: Duration,
}

impl Counted {
    /// How long to wait after so many failures: a second, then twice as long each time.
    #[must_use]
    pub fn wait(&self, failures: i64) -> Duration {
        let over = failures - i64::from(self.free);
        if over <= 0 {
            return Duration::ZERO;
        }
        let doubled = u32::try_from(over - 1).ok().and_then(|times| 1_i64.checked_shl(times.min(40)));
        Duration::seconds(doubled.unwrap_or(i64::MAX)).min(self.longest)
    }
}

/// Whether an attempt may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// It may, and is counted as failed until it is forgiven.
    Made,
    /// Not before this moment. Nothing is counted.
    Wait(OffsetDateTime),
}

/// What accounts need of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// An account.
    async fn account(&self, id: &AccountId) -> Result<Option<AccountRow>, Fault>;
    /// The account that an enrolment belongs to.
    async fn enrolling(&self, enrolment: &Hashed, now: OffsetDateTime) -> Result<Option<AccountRow>, Fault>;
    /// All accounts, by name.
    async fn accounts(&self) -> Result<Vec<AccountRow>, Fault>;
    /// Adds an account with its authenticator's sealed secret; false where there is one of this name.
    async fn add_account(
        &self,
        row: &AccountRow,
        secret: Option<&str>,
        change: Change,
    ) -> Result<bool, Fault>;
    /// Takes password, codes and sessions from an account and begins its enrolment anew; false where there is none.
    async fn reset_account(&self, row: &AccountRow, secret: &str, change: Change) -> Result<bool, Fault>;
    /// Shuts an account or opens it again, and ends its sessions and its clients' tokens; false where nothing changed.
    async fn shut_account(&self, id: &AccountId, shut: bool, change: Change) -> Result<bool, Fault>;
    /// Ends an enrolment; false where it is over.
    async fn enrol(&self, enrolled: &Enrolled, change: Change) -> Result<bool, Fault>;
    /// Puts a password in the place of another and ends all sessions; false where the other is not there any more.
    async fn change_password(
        &self,
        id: &AccountId,
        passwords: (&str, &str),
        change: Change,
    ) -> Result<bool, Fault>;
    /// The sealed secret of an authenticator.
    async fn authenticator(&self, id: &AccountId) -> Result<Option<String>, Fault>;
    /// Takes a time step; false where it, or a later one, was taken.
    async fn take_step(&self, id: &AccountId, step: i64) -> Result<bool, Fault>;
    /// Takes a recovery code; false where there is none.
    async fn take_recovery(&self, id: &AccountId, code: &Hashed) -> Result<bool, Fault>;
    /// Counts an attempt against all of these, or none of them.
    async fn attempt(&self, counted: &[Counted], now: OffsetDateTime) -> Result<Attempt, Fault>;
    /// Forgets the failures of these, and the last one of another, such as an address that many share.
    async fn forgive(&self, names: &[Hashed], once: &Hashed) -> Result<(), Fault>;
}

/// What sessions need of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// A session that was used since `idle`, unless it is over or its account is shut.
    async fn session(
        &self,
        hash: &Hashed,
        now: OffsetDateTime,
        idle: OffsetDateTime,
    ) -> Result<Option<SessionRow>, Fault>;
    /// Begins a session, in the place of another one where one is named, and journals it.
    async fn begin_session(
        &self,
        hash: &Hashed,
        row: &SessionRow,
        instead: Option<&Hashed>,
        change: Option<Change>,
    ) -> Result<(), Fault>;
    /// Notes that a session is in use.
    async fn session_seen(&self, hash: &Hashed, at: OffsetDateTime) -> Result<(), Fault>;
    /// What a launch parked for the console, sealed; `None` where it is gone or has expired.
    async fn entry(&self, handle: &Handle, now: OffsetDateTime) -> Result<Option<String>, Fault>;
    /// Takes it away; false where it was taken.
    async fn take_entry(&self, handle: &Handle, now: OffsetDateTime) -> Result<bool, Fault>;
    /// Ends a session.
    async fn end_session(&self, hash: &Hashed) -> Result<(), Fault>;
}

/// What clients need of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait ClientStore: AccountStore {
    /// Writes a client's token where its assertion is seen for the first time; false where it was used.
    async fn grant(&self, assertion: &FirstUse, hash: &Hashed, token: &TokenRow) -> Result<bool, Fault>;
}

/// Everything that the console needs of a store.
pub trait ConsoleStore: AccountStore + SessionStore + ManagerStore {}

impl<T: AccountStore + SessionStore + ManagerStore> ConsoleStore for T {}

/// The keys under which the console's secrets lie.
pub trait Sealing: Send + Sync {
    /// A digest under a key: equal texts have equal digests, and nobody finds a text by its digest.
    fn digest(&self, purpose: &str, plain: &[u8]) -> [u8; 32];
    /// Seals a secret that is kept.
    ///
    /// # Errors
    /// A [`Fault`] when the library fails.
    fn seal_secret(&self, name: &str, plain: &[u8]) -> Result<String, Fault>;
    /// Opens a secret of this name.
    fn open_secret(&self, name: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>>;
    /// Opens what a launch sealed for the console.
    fn open_entry(&self, sealed: &str) -> Option<Vec<u8>>;
}

impl Sealing for KeyRing {
    fn digest(&self, purpose: &str, plain: &[u8]) -> [u8; 32] {
        Self::digest(self, purpose, plain)
    }

    fn seal_secret(&self, name: &str, plain: &[u8]) -> Result<String, Fault> {
        Self::seal_secret(self, name, plain)
    }

    fn open_secret(&self, name: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        Self::open_secret(self, name, sealed)
    }

    fn open_entry(&self, sealed: &str) -> Option<Vec<u8>> {
        self.open_sealed(SealPurpose::Console, sealed)
    }
}
