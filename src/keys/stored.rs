//! Keys as they are stored: sealed.

use async_trait::async_trait;
use boundary::{Fault, SectorId};
use time::OffsetDateTime;

/// What a key is for. No key serves two purposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Signs id_tokens for publishers.
    LtiPlatform,
    /// Signs our assertions at ENTs.
    LtiTool,
    /// Seals tickets and parked launches.
    Carrier,
    /// Signs the journal's checkpoints and the receipts of launches.
    Journal,
    /// Seals what rosters say of people.
    People,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [Self::LtiPlatform, Self::LtiTool, Self::Carrier, Self::Journal, Self::People];

    /// The name in tables and lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LtiPlatform => "lti-platform",
            Self::LtiTool => "lti-tool",
            Self::Carrier => "carrier",
            Self::Journal => "journal",
            Self::People => "people",
        }
    }

    /// Whether what its keys signed or sealed is kept without an end, and so the keys with it.
    #[must_use]
    pub const fn is_lasting(self) -> bool {
        matches!(self, Self::Journal | Self::People)
    }

    /// The purpose of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == name)
    }
}

/// Where a key stands in its life. A purpose has one active key and at most one next; the store holds that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Known and published, not used yet.
    Next,
    /// In use.
    Active,
    /// No longer used for anything new; known and published while something that it signed or sealed still counts.
    Retired,
}

impl KeyState {
    /// The name in tables and lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Next, Self::Active, Self::Retired].into_iter().find(|state| state.as_str() == name)
    }
}

/// A key as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its id.
    pub kid: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Where it stands.
    pub state: KeyState,
    /// The key, sealed under the master key.
    pub sealed: String,
    /// When it was made.
    pub created: OffsetDateTime,
    /// Since when it stands there.
    pub since: OffsetDateTime,
}

/// The key of a sector in one epoch, as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSectorKey {
    /// The sector.
    pub sector: SectorId,
    /// The epoch, from 1.
    pub epoch: u32,
    /// The key, sealed under the master key.
    pub sealed: String,
    /// When it was made.
    pub created: OffsetDateTime,
}

/// A secret that is no key, as it is stored, such as that of an account's authenticator.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSecret {
    /// Its name.
    pub name: String,
    /// The secret, sealed under the master key.
    pub sealed: String,
}

impl StoredSecret {
    /// What a secret of this name is sealed for: it opens under no other.
    pub(super) fn purpose_of(name: &str) -> String {
        format!("secret {name}")
    }
}

/// What keys need of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// All keys, oldest first.
    async fn keys(&self) -> Result<Vec<StoredKey>, Fault>;
    /// Adds keys at once; answers how many. One stays out where its id is there, or its purpose has one in its state.
    async fn add_keys(&self, keys: &[StoredKey]) -> Result<u64, Fault>;
    /// A number that changes with the keys, in whichever process; `None` while it is not known.
    fn version(&self) -> Option<u64>;
    /// The sealed text that tells a wrong master key.
    async fn check_value(&self) -> Result<Option<String>, Fault>;
    /// Sets it once; false when one is there.
    async fn set_check_value(&self, sealed: &str) -> Result<bool, Fault>;
    /// The key of a sector in an epoch.
    async fn sector_key(&self, sector: &SectorId, epoch: u32) -> Result<Option<StoredSectorKey>, Fault>;
    /// The keys of all sectors in all epochs, in the order of their names.
    async fn sector_keys(&self) -> Result<Vec<StoredSectorKey>, Fault>;
    /// All secrets that are no keys.
    async fn secrets(&self) -> Result<Vec<StoredSecret>, Fault>;
    /// Adds a sector's key; false when that epoch has one.
    async fn add_sector_key(&self, key: &StoredSectorKey) -> Result<bool, Fault>;
}
