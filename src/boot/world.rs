//! The world that connectors see, made of the rooms that hold it.

use std::sync::Arc;

use async_trait::async_trait;
use boundary::registration::{LtiPlatform, LtiTool};
use boundary::{
    Attributes, Chance, Clock, ConnectionId, EntId, Fault, PeerKeys, PublishedKeys, Registrations,
    SealPurpose, SectorId, SectorKey, Signatures, Tickets, Uai, World,
};
use bytes::Bytes;
use time::OffsetDateTime;
use url::Url;

use crate::directory::{DirectoryStore, RosterOpening, SealedAttributes, sealed_for};
use crate::http::JournalKeySet;
use crate::journal::Signer;
use crate::keys::{JournalKeys, KeyRing, KeyStore, Signed};
use crate::operate::roster::RosterSealing;
use crate::pseudonyms::SectorKeys;
use crate::store::Store;
use crate::trust::KeySets;

/// What connectors may ask for, answered by the broker's rooms.
pub struct BrokerWorld {
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<dyn Chance>,
    pub keys: Arc<KeyRing>,
    pub store: Arc<Store>,
    pub peers: Arc<KeySets>,
    pub public_url: Url,
}

impl Clock for BrokerWorld {
    fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }
}

impl Chance for BrokerWorld {
    fn fill(&self, bytes: &mut [u8]) {
        self.chance.fill(bytes);
    }
}

impl Tickets for BrokerWorld {
    fn seal(&self, purpose: SealPurpose, plain: &[u8]) -> Result<String, Fault> {
        self.keys.seal(purpose, plain)
    }

    fn open(&self, purpose: SealPurpose, sealed: &str) -> Option<Vec<u8>> {
        self.keys.open_sealed(purpose, sealed)
    }
}

impl Signatures for BrokerWorld {
    fn sign_lti(&self, claims: &[u8]) -> Result<String, Fault> {
        self.keys.sign_lti(claims)
    }
}

impl PublishedKeys for BrokerWorld {
    fn jwks(&self) -> Result<Bytes, Fault> {
        Ok(self.keys.jwks())
    }
}

#[async_trait]
impl Registrations for BrokerWorld {
    async fn lti_platforms(&self, issuer: &str) -> Result<Vec<Arc<LtiPlatform>>, Fault> {
        DirectoryStore::lti_platforms(&*self.store, issuer).await
    }

    async fn lti_platform(&self, connection: &ConnectionId) -> Result<Option<Arc<LtiPlatform>>, Fault> {
        DirectoryStore::lti_platform(&*self.store, connection).await
    }

    async fn lti_tool(&self, client_id: &str) -> Result<Option<Arc<LtiTool>>, Fault> {
        DirectoryStore::lti_tool(&*self.store, client_id).await
    }
}

#[async_trait]
impl PeerKeys for BrokerWorld {
    async fn key_of(&self, platform: &LtiPlatform, kid: &str) -> Result<Option<Arc<str>>, Fault> {
        self.peers.key_of(platform, kid).await
    }
}

impl World for BrokerWorld {
    fn public_url(&self) -> &Url {
        &self.public_url
    }
}

/// The journal's key, as far as it may be used.
pub struct RingJournal(pub Arc<KeyRing>);

impl Signer for RingJournal {
    fn sign(&self, typ: &str, claims: &[u8]) -> Result<Signed, Fault> {
        self.0.sign_journal(typ, claims)
    }

    fn keys(&self) -> JournalKeys {
        self.0.journal_keys()
    }
}

impl JournalKeySet for RingJournal {
    fn jwks(&self) -> Bytes {
        self.0.journal_jwks()
    }
}

/// The keys under which rosters are sealed, as far as they may be used.
pub struct RingPeople(pub Arc<KeyRing>);

impl RosterOpening for RingPeople {
    fn open(&self, ent: &EntId, sealed: &SealedAttributes) -> Option<Attributes> {
        let plain = self.0.open_person(&sealed_for(ent, &sealed.school), &sealed.sealed)?;
        serde_json::from_slice(&plain).ok()
    }
}

impl RosterSealing for RingPeople {
    fn seal(&self, ent: &EntId, school: &Uai, nonce: [u8; 12], plain: &[u8]) -> Result<Vec<u8>, Fault> {
        self.0.seal_person(&sealed_for(ent, school), nonce, plain)
    }

    fn digest(&self, key: Option<&[u8]>, plain: &[u8]) -> Option<[u8; 16]> {
        self.0.digest_of_person(key, plain)
    }

    fn seals_now(&self, key: &[u8]) -> bool {
        self.0.seals_people_now(key)
    }
}

/// The sector keys, unsealed by the key ring out of the store.
pub struct RingSectorKeys {
    pub keys: Arc<KeyRing>,
    pub store: Arc<dyn KeyStore>,
}

#[async_trait]
impl SectorKeys for RingSectorKeys {
    async fn sector_key(&self, sector: &SectorId, epoch: u32) -> Result<SectorKey, Fault> {
        self.keys.sector_key(&*self.store, sector, epoch).await
    }
}
