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
    async fn add_keys(&self, keys: &[StoredKey]) -> Result<(), Fault> {
        self.keys.lock().unwrap().extend_from_slice(keys);
        Ok(())
    }
    async fn check_value(&self) -> Result<Option<String>, Fault> {
        Ok(self.check.lock().unwrap().clone())
    }
    async fn set_check_value(&self, sealed: &str) -> Result<bool, Fault> {
        Ok(self.check.lock().unwrap().replace(sealed.to_owned()).is_none())
    }
    async fn sector_key(&self, sector: &SectorId) -> Result<Option<StoredSectorKey>, Fault> {
        Ok(self.sectors.lock().unwrap().iter().find(|key| key.sector == *sector).cloned())
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
    assert_eq!(init(&master("A"), &store, &Still(1), &Still(1)).await.unwrap().len(), 4);
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
    assert!(ring.sector_key(&store, &sector).await.is_err(), "a missing sector key is never made up");
    store.add_sector_key(&ring.new_sector_key(&sector, &Still(7), &Still(7)).unwrap()).await.unwrap();
    let mut values = Vec::new();
    for _ in 0..100 {
        let ring = KeyRing::open(master("A"), &store).await.unwrap();
        let key = ring.sector_key(&store, &sector).await.unwrap();
        values.push(derive_for_person(&key, &Scope::Portable, &Root::stored([9; 16])));
    }
    values.dedup();
    assert_eq!(values.len(), 1);
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
