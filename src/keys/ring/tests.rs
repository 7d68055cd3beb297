//! The key ring over a store in memory.

use std::sync::Mutex;

use async_trait::async_trait;
use boundary::{Root, Scope, derive_for_person};
use secrecy::SecretString;
use time::OffsetDateTime;
use time::macros::datetime;

use super::*;
use crate::keys::{Made, init};

#[derive(Default)]
struct Memory {
    keys: Mutex<Vec<StoredKey>>,
    check: Mutex<Option<String>>,
    sectors: Mutex<Vec<StoredSectorKey>>,
}

#[async_trait]
impl KeyStore for Memory {
    async fn keys(&self) -> Result<Vec<StoredKey>, Fault> {
        Ok(self.keys.lock().unwrap().clone())
    }
    async fn add_keys(&self, keys: &[StoredKey]) -> Result<u64, Fault> {
        self.keys.lock().unwrap().extend_from_slice(keys);
        Ok(keys.len() as u64)
    }
    fn version(&self) -> Option<u64> {
        Some(self.keys.lock().unwrap().len() as u64)
    }
    async fn check_value(&self) -> Result<Option<String>, Fault> {
        Ok(self.check.lock().unwrap().clone())
    }
    async fn set_check_value(&self, sealed: &str) -> Result<bool, Fault> {
        Ok(self.check.lock().unwrap().replace(sealed.to_owned()).is_none())
    }
    async fn sector_key(&self, sector: &SectorId, epoch: u32) -> Result<Option<StoredSectorKey>, Fault> {
        let found = |key: &&StoredSectorKey| key.sector == *sector && key.epoch == epoch;
        Ok(self.sectors.lock().unwrap().iter().find(found).cloned())
    }
    async fn sector_keys(&self) -> Result<Vec<StoredSectorKey>, Fault> {
        Ok(self.sectors.lock().unwrap().clone())
    }
    async fn secrets(&self) -> Result<Vec<StoredSecret>, Fault> {
        Ok(Vec::new())
    }

    async fn add_sector_key(&self, key: &StoredSectorKey) -> Result<bool, Fault> {
        self.sectors.lock().unwrap().push(key.clone());
        Ok(true)
    }
}

struct Still(u8);

impl Clock for Still {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-11-24 08:05 UTC)
    }
}

impl Chance for Still {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

fn master(letter: &str) -> MasterKeys {
    MasterKeys::read(None, Some(&SecretString::from(letter.repeat(43)))).unwrap()
}

async fn ready() -> Memory {
    let store = Memory::default();
    assert_eq!(init(&master("A"), &store, &Still(1), &Still(1)).await.unwrap().len(), 6);
    store
}

#[tokio::test]
async fn init_makes_what_is_missing_and_nothing_else() {
    let store = ready().await;
    assert_eq!(init(&master("A"), &store, &Still(2), &Still(2)).await.unwrap(), Vec::<Made>::new());
}

#[tokio::test]
async fn p8_a_wrong_or_missing_key_stops_everything() {
    let store = ready().await;
    assert!(matches!(KeyRing::open(master("E"), &store).await, Err(KeyError::WrongMasterKey)));
    assert!(matches!(init(&master("E"), &store, &Still(2), &Still(2)).await, Err(KeyError::WrongMasterKey)));
    store.keys.lock().unwrap().retain(|key| key.purpose != Purpose::LtiPlatform);
    assert!(matches!(
        KeyRing::open(master("A"), &store).await,
        Err(KeyError::NotInitialised("lti-platform"))
    ));
    assert!(matches!(KeyRing::open(master("A"), &Memory::default()).await, Err(KeyError::NotInitialised(_))));
}

#[tokio::test]
async fn p8_a_hundred_restarts_give_the_same_pseudonym() {
    let store = ready().await;
    let sector = SectorId::parse("secteur").unwrap();
    let ring = KeyRing::open(master("A"), &store).await.unwrap();
    assert!(ring.sector_key(&store, &sector, 1).await.is_err(), "a missing sector key is never made up");
    store.add_sector_key(&ring.new_sector_key(&sector, 1, &Still(7), &Still(7)).unwrap()).await.unwrap();
    let mut values = Vec::new();
    for _ in 0..100 {
        let ring = KeyRing::open(master("A"), &store).await.unwrap();
        let key = ring.sector_key(&store, &sector, 1).await.unwrap();
        values.push(derive_for_person(&key, &Scope::Portable, &Root::stored([9; 16])));
    }
    values.dedup();
    assert_eq!(values.len(), 1);
}

#[tokio::test]
async fn keys_that_are_added_are_read_and_the_active_one_stays_in_use() {
    let store = ready().await;
    let ring = KeyRing::open(master("A"), &store).await.unwrap();
    let (before, token) = (ring.jwks(), ring.sign_lti(b"{}").unwrap());
    for purpose in [Purpose::LtiPlatform, Purpose::Carrier] {
        let next = ring.new_key(purpose, KeyState::Next, &Still(9), &Still(9)).await.unwrap();
        store.add_keys(&[next]).await.unwrap();
    }
    assert!(ring.is_behind(&store));
    ring.read_again(None, &store).await.unwrap();
    assert!(!ring.is_behind(&store));
    let count = |jwks: &Bytes| String::from_utf8_lossy(jwks).matches("\"kid\"").count();
    assert_eq!((count(&before), count(&ring.jwks())), (2, 3));
    let header = |token: &str| token.split('.').next().unwrap().to_owned();
    assert_eq!(header(&ring.sign_lti(b"{}").unwrap()), header(&token), "the next key does not sign yet");
    // Another process may use the next carrier key a moment earlier.
    store.keys.lock().unwrap().iter_mut().filter(|key| key.purpose == Purpose::Carrier).for_each(|key| {
        key.state = if key.state == KeyState::Next { KeyState::Active } else { KeyState::Retired };
    });
    let other = KeyRing::open(master("A"), &store).await.unwrap();
    let sealed = other.seal(SealPurpose::Parked, b"launch").unwrap();
    assert_ne!(sealed.split('.').next(), ring.seal(SealPurpose::Parked, b"").unwrap().split('.').next());
    assert!(ring.open_sealed(SealPurpose::Parked, &sealed).is_some());
}

#[tokio::test]
async fn a_ring_keeps_its_keys_when_it_cannot_read_the_new_ones() {
    let store = ready().await;
    let ring = KeyRing::open(master("A"), &store).await.unwrap();
    let sealed = ring.seal(SealPurpose::Parked, b"launch").unwrap();
    assert!(matches!(ring.read_again(Some(master("E")), &store).await, Err(KeyError::WrongMasterKey)));
    assert!(ring.open_sealed(SealPurpose::Parked, &sealed).is_some());
}

#[tokio::test]
async fn p8_a_sector_key_under_a_line_that_is_gone_stops_the_start() {
    let store = ready().await;
    let sector = SectorId::parse("secteur").unwrap();
    let other = StoredSectorKey {
        sealed: master("E").seal("sector secteur 1", &[7; 32]).unwrap(),
        epoch: 1,
        created: Still(1).now(),
        sector,
    };
    store.add_sector_key(&other).await.unwrap();
    let words = KeyRing::open(master("A"), &store).await.err().unwrap().to_string();
    assert!(words.contains("the key of sector secteur does not open"), "{words}");
    let both = format!("{}\n{}\n", "A".repeat(43), "E".repeat(43));
    let both = MasterKeys::read(None, Some(&SecretString::from(both))).unwrap();
    assert!(KeyRing::open(both, &store).await.is_ok());
}

#[tokio::test]
async fn what_one_process_seals_another_opens_for_the_same_purpose() {
    let store = ready().await;
    let (one, two) = (
        KeyRing::open(master("A"), &store).await.unwrap(),
        KeyRing::open(master("A"), &store).await.unwrap(),
    );
    let sealed = one.seal(SealPurpose::Parked, b"launch").unwrap();
    assert_eq!(two.open_sealed(SealPurpose::Parked, &sealed).as_deref(), Some(&b"launch"[..]));
    assert_eq!(two.open_sealed(SealPurpose::LtiState, &sealed), None);
    assert!(!String::from_utf8_lossy(&one.jwks()).contains("\"d\""));
}
