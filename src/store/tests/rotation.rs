//! Keys on both engines: rotation and rewrap from several processes at once.

use boundary::{Chance, Clock, Pseudonym, Root, Scope, SectorId, derive_for_person};
use secrecy::SecretString;
use time::OffsetDateTime;
use time::macros::datetime;

use super::{Place, on_both};
use crate::boot::SystemChance;
use crate::keys::{
    KeyError, KeyRing, KeyState, KeyStore, MasterKeys, Purpose, Rewrapped, StoredKey, init, rewrap,
};
use crate::operate::rotation::RotationStore;
use crate::store::Store;

const MORNING: OffsetDateTime = datetime!(2026-11-24 08:00 UTC);

struct Still(u8);

impl Clock for Still {
    fn now(&self) -> OffsetDateTime {
        MORNING
    }
}

impl Chance for Still {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

fn master(lines: &[&str]) -> MasterKeys {
    let text: String = lines.iter().map(|letter| letter.repeat(43) + "\n").collect();
    MasterKeys::read(None, Some(&SecretString::from(text))).unwrap()
}

fn key(kid: &str, state: KeyState) -> StoredKey {
    let (kid, sealed) = (kid.to_owned(), "sealed".to_owned());
    StoredKey { kid, purpose: Purpose::Carrier, state, sealed, created: MORNING, since: MORNING }
}

async fn states(store: &Store) -> Vec<(String, &'static str)> {
    let keys = store.keys().await.unwrap();
    keys.into_iter().map(|key| (key.kid, key.state.as_str())).collect()
}

fn said(states: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    states.iter().map(|(kid, state)| ((*kid).to_owned(), *state)).collect()
}

async fn a_step_is_taken_once(place: &Place) {
    let (one, two) = (place.store().await, place.store().await);
    assert_eq!(one.add_keys(&[key("a", KeyState::Active)]).await.unwrap(), 1);
    assert_eq!(two.add_keys(&[key("z", KeyState::Active)]).await.unwrap(), 0, "one is active");
    let (b, c) = (key("b", KeyState::Next), key("c", KeyState::Next));
    let (first, second) =
        tokio::join!(one.add_keys(std::slice::from_ref(&b)), two.add_keys(std::slice::from_ref(&c)));
    assert_eq!(first.unwrap() + second.unwrap(), 1, "one is next");
    let next = one.keys().await.unwrap().into_iter().find(|key| key.state == KeyState::Next).unwrap();
    assert!(!one.forget_key(&next).await.unwrap(), "only a retired key is forgotten");
    let (first, second) = tokio::join!(one.use_key(&next, MORNING), two.use_key(&next, MORNING));
    assert!(first.unwrap() != second.unwrap());
    assert_eq!(states(&one).await, said(&[("a", "retired"), (&next.kid, "active")]));
    assert!(!one.use_key(&key("nobody", KeyState::Next), MORNING).await.unwrap());
    assert_eq!(
        states(&one).await,
        said(&[("a", "retired"), (&next.kid, "active")]),
        "nothing retires for nobody"
    );
    let a = key("a", KeyState::Retired);
    let (first, second) = tokio::join!(one.forget_key(&a), two.forget_key(&a));
    assert!(first.unwrap() != second.unwrap());
    two.add_keys(&[key("d", KeyState::Next)]).await.unwrap();
    one.replace_keys(&key("e", KeyState::Active)).await.unwrap();
    assert_eq!(states(&two).await, said(&[("e", "active")]));
}

async fn a_rewrap_changes_envelopes_only(place: &Place) {
    let (one, two) = (place.store().await, place.store().await);
    let still = Still(1);
    init(&master(&["A"]), &one, &SystemChance, &still).await.unwrap();
    let ring = KeyRing::open(master(&["A"]), &one).await.unwrap();
    for n in 0..50 {
        let sector = SectorId::parse(&format!("secteur-{n:02}")).unwrap();
        one.add_sector_key(&ring.new_sector_key(&sector, 1, &Still(n), &still).unwrap()).await.unwrap();
    }
    let before = values(&ring, &one).await;
    let lost = rewrap(&master(&["E"]), &one, &|_| {}).await;
    assert!(matches!(lost, Err(KeyError::WrongMasterKey)));
    assert_eq!(rewrap(&master(&["A"]), &one, &|_| {}).await.unwrap(), Rewrapped { resealed: 0, all: 56 });

    let lines = master(&["E", "A"]);
    let (first, second) = tokio::join!(rewrap(&lines, &one, &|_| {}), rewrap(&lines, &two, &|_| {}));
    assert_eq!(first.unwrap().resealed + second.unwrap().resealed, 56, "each row once");
    assert_eq!(rewrap(&lines, &one, &|_| {}).await.unwrap(), Rewrapped { resealed: 0, all: 56 });
    assert!(matches!(KeyRing::open(master(&["A"]), &one).await, Err(KeyError::WrongMasterKey)));
    let after = KeyRing::open(master(&["E"]), &two).await.unwrap();
    assert_eq!(after.jwks(), ring.jwks());
    assert_eq!(values(&after, &two).await, before);
}

/// What the keys of some sectors make of one person.
async fn values(ring: &KeyRing, store: &Store) -> Vec<Pseudonym> {
    let mut values = Vec::new();
    for n in [0, 17, 49] {
        let sector = SectorId::parse(&format!("secteur-{n:02}")).unwrap();
        let key = ring.sector_key(store, &sector, 1).await.unwrap();
        values.push(derive_for_person(&key, &Scope::Portable, &Root::stored([9; 16])));
    }
    values
}

#[tokio::test]
async fn each_step_of_a_rotation_is_taken_once() {
    on_both("rotation", a_step_is_taken_once).await;
}

#[tokio::test]
async fn a_rewrap_changes_no_key() {
    on_both("rewrap", a_rewrap_changes_envelopes_only).await;
}
