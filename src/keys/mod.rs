//! Stand-in until the room arrives: the stored forms of keys.
use async_trait::async_trait;
use boundary::{Fault, SectorId};
use time::OffsetDateTime;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// a
    LtiPlatform,
    /// b
    LtiTool,
    /// c
    Carrier,
}
/// Its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// a
    Next,
    /// b
    Active,
    /// c
    Retired,
}
/// A key as stored.
#[derive(Clone)]
pub struct StoredKey {
    /// a
    pub kid: String,
    /// b
    pub purpose: Purpose,
    /// c
    pub state: KeyState,
    /// d
    pub sealed: String,
    /// e
    pub created: OffsetDateTime,
}
/// A sector key as stored.
#[derive(Clone)]
pub struct StoredSectorKey {
    /// a
    pub sector: SectorId,
    /// b
    pub epoch: u32,
    /// c
    pub sealed: String,
    /// d
    pub created: OffsetDateTime,
}
/// What keys need of a store.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// all
    async fn keys(&self) -> Result<Vec<StoredKey>, Fault>;
    /// add
    async fn add_keys(&self, keys: &[StoredKey]) -> Result<(), Fault>;
    /// check
    async fn check_value(&self) -> Result<Option<String>, Fault>;
    /// set
    async fn set_check_value(&self, sealed: &str) -> Result<bool, Fault>;
    /// current epoch
    async fn sector_key(&self, sector: &SectorId) -> Result<Option<StoredSectorKey>, Fault>;
    /// add
    async fn add_sector_key(&self, key: &StoredSectorKey) -> Result<bool, Fault>;
}
