//! The key ring of a running broker: every key opened once, and read again when the keys change.

use std::sync::{Arc, PoisonError, RwLock};

use boundary::{Chance, Clock, Fault, SealPurpose, SectorId, SectorKey};
use bytes::Bytes;
use jose::ed25519::Ed25519Signer;
use jose::seal::{AtRest, DIGEST, Seal, SealingKey};
use jose::sign::RsaSigner;
use moka::future::Cache;
use serde_json::json;
use zeroize::Zeroizing;

use super::make::make;
use super::rewrap::{Sealed, sealed_rows};
use super::{
    JournalKeys, KeyError, KeyState, KeyStore, MasterKeys, Purpose, Signed, StoredKey, StoredSecret,
    StoredSectorKey,
};

/// How many sector keys are kept open.
const SECTORS: u64 = 10_000;

/// Every key that a running broker needs, opened.
pub struct KeyRing {
    current: RwLock<Arc<Opened>>,
    /// By epoch: the key of one never changes.
    sectors: Cache<(SectorId, u32), SectorKey>,
}

/// The keys as they were read last.
struct Opened {
    /// What the store said before they were read.
    version: Option<u64>,
    master: Arc<MasterKeys>,
    carrier: Seal,
    people: AtRest,
    platform: RsaSigner,
    jwks: Bytes,
    journal: Ed25519Signer,
    journal_jwks: Bytes,
}

impl KeyRing {
    /// Opens all keys under the master key.
    ///
    /// # Errors
    /// [`KeyError`] under a wrong master key, or where a key is missing or does not open. Nothing is replaced.
    pub async fn open(master: MasterKeys, store: &dyn KeyStore) -> Result<Self, KeyError> {
        let opened = Opened::read(Arc::new(master), store).await?;
        Ok(Self { current: RwLock::new(Arc::new(opened)), sectors: Cache::new(SECTORS) })
    }

    /// Whether keys have changed since they were read. Not while the store cannot tell.
    #[must_use]
    pub fn is_behind(&self, store: &dyn KeyStore) -> bool {
        store.version().is_some_and(|version| Some(version) != self.current().version)
    }

    /// Reads all keys again, under another master key or under the present one. Until it has succeeded, everything
    /// stays as it was.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn read_again(&self, master: Option<MasterKeys>, store: &dyn KeyStore) -> Result<(), KeyError> {
        let master = master.map_or_else(|| self.current().master.clone(), Arc::new);
        let opened = Arc::new(Opened::read(master, store).await?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = opened;
        Ok(())
    }

    fn current(&self) -> Arc<Opened> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Seals bytes for one purpose.
    ///
    /// # Errors
    /// A [`Fault`] when the library fails.
    pub fn seal(&self, purpose: SealPurpose, plain: &[u8]) -> Result<String, Fault> {
        self.current().carrier.seal(purpose.as_str(), plain).map_err(|e| Fault::new(e.to_string()))
    }

    /// Opens what was sealed for this purpose.
    #[must_use]
    pub fn open_sealed(&self, purpose: SealPurpose, sealed: &str) -> Option<Vec<u8>> {
        self.current().carrier.open(purpose.as_str(), sealed)
    }

    /// A digest under the key of carriers: equal texts have equal digests until that key rotates.
    #[must_use]
    pub fn digest(&self, purpose: &str, plain: &[u8]) -> [u8; 32] {
        self.current().carrier.digest(purpose, plain)
    }

    /// Seals a secret that is kept under the master key itself.
    ///
    /// # Errors
    /// A [`Fault`] when the library fails.
    pub fn seal_secret(&self, name: &str, plain: &[u8]) -> Result<String, Fault> {
        let sealed = self.current().master.seal(&StoredSecret::purpose_of(name), plain);
        sealed.map_err(|e| Fault::new(e.to_string()))
    }

    /// Opens a secret of this name.
    #[must_use]
    pub fn open_secret(&self, name: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        self.current().master.open(&StoredSecret::purpose_of(name), sealed)
    }

    /// Seals what a roster says of somebody. It opens in the same context only.
    ///
    /// # Errors
    /// A [`Fault`] when the library fails.
    pub fn seal_person(&self, context: &str, nonce: [u8; 12], plain: &[u8]) -> Result<Vec<u8>, Fault> {
        self.current().people.seal(context, nonce, plain).map_err(|e| Fault::new(e.to_string()))
    }

    /// Opens what a roster said of somebody.
    #[must_use]
    pub fn open_person(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.current().people.open(context, sealed)
    }

    /// A digest of what a roster says, under the key of this id, or under the one that seals now.
    #[must_use]
    pub fn digest_of_person(&self, id: Option<&[u8]>, plain: &[u8]) -> Option<[u8; DIGEST]> {
        let opened = self.current();
        opened.people.digest(id.unwrap_or_else(|| opened.people.key_id().as_bytes()), plain)
    }

    /// Whether this is the id of the key that seals now.
    #[must_use]
    pub fn seals_people_now(&self, id: &[u8]) -> bool {
        self.current().people.key_id().as_bytes() == id
    }

    /// Signs claims as LTI platform.
    ///
    /// # Errors
    /// A [`Fault`] when the library fails.
    pub fn sign_lti(&self, claims: &[u8]) -> Result<String, Fault> {
        self.current().platform.sign(claims).map_err(|e| Fault::new(e.to_string()))
    }

    /// Our public keys (RFC 7517 section 5): those in use, those to come, and those whose tokens may still count.
    #[must_use]
    pub fn jwks(&self) -> Bytes {
        self.current().jwks.clone()
    }

    /// Signs claims for the journal: a compact JWS of this type.
    ///
    /// # Errors
    /// A [`Fault`] when the library fails.
    pub fn sign_journal(&self, typ: &str, claims: &[u8]) -> Result<Signed, Fault> {
        let opened = self.current();
        let token = opened.journal.sign(typ, claims).map_err(|e| Fault::new(e.to_string()))?;
        Ok(Signed { kid: opened.journal.kid().to_owned(), token })
    }

    /// The public keys of the journal, those that no longer sign among them: what they signed is kept for years. A set
    /// of its own (RFC 7517 section 5), so that nothing signed for the journal passes where an id_token is expected.
    #[must_use]
    pub fn journal_jwks(&self) -> Bytes {
        self.current().journal_jwks.clone()
    }

    /// The same keys, to verify with.
    #[must_use]
    pub fn journal_keys(&self) -> JournalKeys {
        JournalKeys::parse(&self.current().journal_jwks).unwrap_or_default()
    }

    /// The key of a sector in an epoch.
    ///
    /// # Errors
    /// A [`Fault`] where there is none, or it does not open: nothing is ever derived from a substitute (P8).
    pub async fn sector_key(
        &self,
        store: &dyn KeyStore,
        sector: &SectorId,
        epoch: u32,
    ) -> Result<SectorKey, Fault> {
        let name = (sector.clone(), epoch);
        if let Some(key) = self.sectors.get(&name).await {
            return Ok(key);
        }
        let missing = || Fault::new(format!("sector {sector} has no key of epoch {epoch}"));
        let stored = store.sector_key(sector, epoch).await?.ok_or_else(missing)?;
        let key = open_sector(&self.current().master, &stored)?;
        self.sectors.insert(name, key.clone()).await;
        Ok(key)
    }

    /// Makes the key of an epoch of a sector; the first is 1.
    ///
    /// # Errors
    /// [`KeyError::Failed`] when the library fails.
    pub fn new_sector_key(
        &self,
        sector: &SectorId,
        epoch: u32,
        chance: &dyn Chance,
        clock: &dyn Clock,
    ) -> Result<StoredSectorKey, KeyError> {
        let mut bits = Zeroizing::new([0; 32]);
        chance.fill(&mut *bits);
        let (sector, sealed) = (sector.clone(), String::new());
        let mut key = StoredSectorKey { sector, epoch, sealed, created: clock.now() };
        key.sealed = self.current().master.seal(&key.purpose(), &*bits)?;
        Ok(key)
    }

    /// Makes a key for a purpose.
    ///
    /// # Errors
    /// [`KeyError::Failed`] when the library fails.
    pub async fn new_key(
        &self,
        purpose: Purpose,
        state: KeyState,
        chance: &dyn Chance,
        clock: &dyn Clock,
    ) -> Result<StoredKey, KeyError> {
        make((purpose, state), &self.current().master, chance, clock).await
    }
}

impl Opened {
    async fn read(master: Arc<MasterKeys>, store: &dyn KeyStore) -> Result<Self, KeyError> {
        // Before reading, so that what changes meanwhile is read again.
        let version = store.version();
        let rows = sealed_rows(&master, store).await?;
        // A key that nobody needs yet must not turn out to be lost in the middle of a launch.
        if let Some(lost) = rows.iter().find(|row| !master.knows(row.text())) {
            return Err(KeyError::Sealed(lost.to_string()));
        }
        let mut keys: Vec<_> = rows.into_iter().filter_map(Sealed::into_key).collect();
        // The active key comes first: it seals and signs. Others open, and are published.
        keys.sort_by_key(|key| (key.state != KeyState::Active, std::cmp::Reverse(key.created)));
        let of = |purpose| keys.iter().filter(move |key| key.purpose == purpose);
        for purpose in Purpose::ALL {
            if !of(purpose).any(|key| key.state == KeyState::Active) {
                return Err(KeyError::NotInitialised(purpose.as_str()));
            }
        }
        let sealing =
            |purpose| of(purpose).map(|key| sealing_key(&master, key)).collect::<Result<Vec<_>, _>>();
        let carrier = Seal::new(sealing(Purpose::Carrier)?);
        let people = AtRest::new(&sealing(Purpose::People)?).map_err(|_| KeyError::Failed)?;
        let signers =
            |purpose| of(purpose).map(|key| signer(&master, key)).collect::<Result<Vec<_>, KeyError>>();
        let (platforms, tools) = (signers(Purpose::LtiPlatform)?, signers(Purpose::LtiTool)?);
        let journals = of(Purpose::Journal).map(|key| journal_signer(&master, key));
        let journals = journals.collect::<Result<Vec<_>, _>>()?;
        let jwks = set_of(platforms.iter().chain(&tools).map(RsaSigner::public_jwk));
        let journal_jwks = set_of(journals.iter().map(Ed25519Signer::public_jwk));
        let missing = |purpose: Purpose| KeyError::NotInitialised(purpose.as_str());
        let platform = platforms.into_iter().next().ok_or_else(|| missing(Purpose::LtiPlatform))?;
        let journal = journals.into_iter().next().ok_or_else(|| missing(Purpose::Journal))?;
        Ok(Self { version, master, carrier, people, platform, jwks, journal, journal_jwks })
    }
}

fn open_sector(master: &MasterKeys, stored: &StoredSectorKey) -> Result<SectorKey, Fault> {
    let damaged =
        || Fault::new(format!("the key of sector {} does not open under the master key", stored.sector));
    let plain = master.open(&stored.purpose(), &stored.sealed).ok_or_else(damaged)?;
    let bits: Zeroizing<[u8; 32]> = Zeroizing::new(plain.as_slice().try_into().map_err(|_| damaged())?);
    Ok(SectorKey::from_bits(&bits))
}

fn open_key(master: &MasterKeys, key: &StoredKey) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    master.open(key.purpose.as_str(), &key.sealed).ok_or_else(|| damaged(key))
}

fn sealing_key(master: &MasterKeys, key: &StoredKey) -> Result<SealingKey, KeyError> {
    let plain = open_key(master, key)?;
    Ok(SealingKey::from_bits(plain.as_slice().try_into().map_err(|_| damaged(key))?))
}

fn journal_signer(master: &MasterKeys, key: &StoredKey) -> Result<Ed25519Signer, KeyError> {
    Ed25519Signer::from_pkcs8(&open_key(master, key)?).map_err(|_| damaged(key))
}

fn set_of(keys: impl Iterator<Item = serde_json::Value>) -> Bytes {
    Bytes::from(json!({ "keys": keys.collect::<Vec<_>>() }).to_string())
}

fn signer(master: &MasterKeys, key: &StoredKey) -> Result<RsaSigner, KeyError> {
    RsaSigner::from_pkcs8(&open_key(master, key)?).map_err(|_| damaged(key))
}

fn damaged(key: &StoredKey) -> KeyError {
    KeyError::Sealed(format!("{} key {}", key.purpose.as_str(), key.kid))
}

#[cfg(test)]
mod tests;
