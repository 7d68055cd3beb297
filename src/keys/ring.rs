//! The key ring of a running broker: every key opened once.

use boundary::{Chance, Clock, Fault, SealPurpose, SectorId, SectorKey};
use bytes::Bytes;
use jose::seal::{Seal, SealingKey};
use jose::sign::RsaSigner;
use moka::future::Cache;
use serde_json::json;
use zeroize::Zeroizing;

use super::{KeyError, KeyState, KeyStore, MasterKeys, Purpose, StoredKey, StoredSectorKey};

/// What the check value says, and what it is sealed for.
pub(super) const CHECK: &str = "passerelle master key";
/// What sector keys are sealed for.
const SECTOR: &str = "sector";
/// How many sector keys are kept open.
const SECTORS: u64 = 10_000;

/// Every key that a running broker needs, opened.
pub struct KeyRing {
    master: MasterKeys,
    carrier: Seal,
    platform: RsaSigner,
    jwks: Bytes,
    sectors: Cache<SectorId, SectorKey>,
}

impl KeyRing {
    /// Opens all keys under the master key.
    ///
    /// # Errors
    /// [`KeyError`] under a wrong master key, or where a key is missing or does not open. Nothing is replaced.
    pub async fn open(master: MasterKeys, store: &dyn KeyStore) -> Result<Self, KeyError> {
        check(&master, store).await?;
        let mut keys = store.keys().await?;
        // The active key comes first: it seals and signs. Older ones still open.
        keys.sort_by_key(|key| (key.state != KeyState::Active, std::cmp::Reverse(key.created)));
        let of = |purpose| keys.iter().filter(move |key| key.purpose == purpose);
        let carriers =
            of(Purpose::Carrier).map(|key| carrier(&master, key)).collect::<Result<Vec<_>, _>>()?;
        let platforms =
            of(Purpose::LtiPlatform).map(|key| signer(&master, key)).collect::<Result<Vec<_>, _>>()?;
        let tools = of(Purpose::LtiTool).map(|key| signer(&master, key)).collect::<Result<Vec<_>, _>>()?;
        for purpose in Purpose::ALL {
            if !of(purpose).any(|key| key.state == KeyState::Active) {
                return Err(KeyError::NotInitialised(purpose.as_str()));
            }
        }
        let published: Vec<_> = platforms.iter().chain(&tools).map(RsaSigner::public_jwk).collect();
        let jwks = Bytes::from(json!({ "keys": published }).to_string());
        let missing = || KeyError::NotInitialised(Purpose::LtiPlatform.as_str());
        let platform = platforms.into_iter().next().ok_or_else(missing)?;
        Ok(Self { master, carrier: Seal::new(carriers), platform, jwks, sectors: Cache::new(SECTORS) })
    }

    /// Seals bytes for one purpose.
    ///
    /// # Errors
    /// A [`Fault`] when the library fails.
    pub fn seal(&self, purpose: SealPurpose, plain: &[u8]) -> Result<String, Fault> {
        self.carrier.seal(purpose.as_str(), plain).map_err(|e| Fault::new(e.to_string()))
    }

    /// Opens what was sealed for this purpose.
    #[must_use]
    pub fn open_sealed(&self, purpose: SealPurpose, sealed: &str) -> Option<Vec<u8>> {
        self.carrier.open(purpose.as_str(), sealed)
    }

    /// Signs claims as LTI platform.
    ///
    /// # Errors
    /// A [`Fault`] when the library fails.
    pub fn sign_lti(&self, claims: &[u8]) -> Result<String, Fault> {
        self.platform.sign(claims).map_err(|e| Fault::new(e.to_string()))
    }

    /// Our public keys (RFC 7517 section 5).
    #[must_use]
    pub fn jwks(&self) -> Bytes {
        self.jwks.clone()
    }

    /// The key of a sector in its newest epoch.
    ///
    /// # Errors
    /// A [`Fault`] where there is none, or it does not open: nothing is ever derived from a substitute (P8).
    pub async fn sector_key(&self, store: &dyn KeyStore, sector: &SectorId) -> Result<SectorKey, Fault> {
        if let Some(key) = self.sectors.get(sector).await {
            return Ok(key);
        }
        let missing = || Fault::new(format!("sector {sector} has no key"));
        let stored = store.sector_key(sector).await?.ok_or_else(missing)?;
        let key = self.open_sector(&stored)?;
        self.sectors.insert(sector.clone(), key.clone()).await;
        Ok(key)
    }

    fn open_sector(&self, stored: &StoredSectorKey) -> Result<SectorKey, Fault> {
        let damaged =
            || Fault::new(format!("the key of sector {} does not open under the master key", stored.sector));
        let plain = self.master.open(&sector_purpose(&stored.sector, stored.epoch), &stored.sealed);
        let plain = plain.ok_or_else(damaged)?;
        let bits: Zeroizing<[u8; 32]> = Zeroizing::new(plain.as_slice().try_into().map_err(|_| damaged())?);
        Ok(SectorKey::from_bits(&bits))
    }

    /// Makes a key for a sector that is new.
    ///
    /// # Errors
    /// [`KeyError::Failed`] when the library fails.
    pub fn new_sector_key(
        &self,
        sector: &SectorId,
        chance: &dyn Chance,
        clock: &dyn Clock,
    ) -> Result<StoredSectorKey, KeyError> {
        let mut bits = Zeroizing::new([0; 32]);
        chance.fill(&mut *bits);
        let sealed = self.master.seal(&sector_purpose(sector, 1), &*bits)?;
        Ok(StoredSectorKey { sector: sector.clone(), epoch: 1, sealed, created: clock.now() })
    }
}

/// A key sealed for one sector and epoch opens for no other.
fn sector_purpose(sector: &SectorId, epoch: u32) -> String {
    format!("{SECTOR} {sector} {epoch}")
}

/// Whether this is the master key of this database.
pub(super) async fn check(master: &MasterKeys, store: &dyn KeyStore) -> Result<(), KeyError> {
    let sealed = store.check_value().await?.ok_or(KeyError::NotInitialised("check value of the master"))?;
    let known = master.open(CHECK, &sealed).is_some_and(|plain| plain.as_slice() == CHECK.as_bytes());
    if known { Ok(()) } else { Err(KeyError::WrongMasterKey) }
}

fn carrier(master: &MasterKeys, key: &StoredKey) -> Result<SealingKey, KeyError> {
    let damaged = || KeyError::Sealed(key.kid.clone());
    let plain = master.open(key.purpose.as_str(), &key.sealed).ok_or_else(damaged)?;
    Ok(SealingKey::from_bits(plain.as_slice().try_into().map_err(|_| damaged())?))
}

fn signer(master: &MasterKeys, key: &StoredKey) -> Result<RsaSigner, KeyError> {
    let damaged = || KeyError::Sealed(key.kid.clone());
    let plain = master.open(key.purpose.as_str(), &key.sealed).ok_or_else(damaged)?;
    RsaSigner::from_pkcs8(&plain).map_err(|_| damaged())
}

#[cfg(test)]
mod tests;
