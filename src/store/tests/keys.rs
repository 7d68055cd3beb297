//! [`KeyStore`]: sealed keys, the check value, and the keys of sectors.

use futures::future::join_all;
use time::Duration;

use super::examples::{NOW, sector};
use super::on_both;
use crate::keys::{KeyState, KeyStore, Purpose, StoredKey, StoredSectorKey};
use crate::pseudonyms::PseudonymStore;

fn key(kid: &str, purpose: Purpose, minutes: i64) -> StoredKey {
    let created = NOW + Duration::minutes(minutes);
    StoredKey {
        kid: kid.to_owned(),
        purpose,
        state: KeyState::Active,
        sealed: format!("sealed {kid}"),
        created,
        since: created,
    }
}

#[tokio::test]
async fn keys_are_added_and_never_replaced() {
    on_both("keys", async |place| {
        let store = place.store().await;
        let (new, old) = (key("new", Purpose::Carrier, 2), key("old", Purpose::LtiPlatform, 1));
        store.add_keys(&[new.clone(), old.clone()]).await.unwrap();
        let other = StoredKey {
            sealed: "other".to_owned(),
            state: KeyState::Retired,
            ..key("old", Purpose::LtiTool, 9)
        };
        store.add_keys(&[other]).await.unwrap();
        store.add_keys(&[]).await.unwrap();
        assert!(store.keys().await.unwrap() == [old, new], "oldest first, as they were made");
        for (n, state) in [KeyState::Next, KeyState::Retired].into_iter().enumerate() {
            let kid = format!("k{n}");
            store.add_keys(&[StoredKey { state, ..key(&kid, Purpose::LtiTool, 3) }]).await.unwrap();
            assert!(store.keys().await.unwrap().iter().any(|key| key.kid == kid && key.state == state));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_value_is_set_once_whoever_comes_first() {
    on_both("keys_check", async |place| {
        let stores = [place.store().await, place.store().await];
        assert_eq!(stores[0].check_value().await.unwrap(), None);
        let values: Vec<String> = (0..10).map(|n| format!("sealed {n}")).collect();
        let all = values.iter().enumerate().map(|(n, value)| stores[n % 2].set_check_value(value));
        let set: Vec<bool> = join_all(all).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(set.iter().filter(|set| **set).count(), 1);
        let winner = set.iter().position(|set| *set).map(|at| values[at].clone());
        assert_eq!(stores[1].check_value().await.unwrap(), winner);
    })
    .await;
}

#[tokio::test]
async fn p8_a_sector_has_a_key_for_each_epoch_and_keeps_it() {
    on_both("keys_sector", async |place| {
        let store = place.store().await;
        assert!(store.sector_key(&sector(), 1).await.unwrap().is_none(), "none is made up");
        let of = |epoch: u32, sealed: &str| StoredSectorKey {
            sector: sector(),
            epoch,
            sealed: sealed.to_owned(),
            created: NOW,
        };
        assert!(store.add_sector_key(&of(2, "two")).await.unwrap());
        assert!(store.add_sector_key(&of(1, "one")).await.unwrap());
        assert!(!store.add_sector_key(&of(2, "other")).await.unwrap(), "an epoch has one key for ever");
        assert!(store.add_sector_key(&of(10, "ten")).await.unwrap());
        for (epoch, sealed) in [(1, "one"), (2, "two"), (10, "ten")] {
            assert!(store.sector_key(&sector(), epoch).await.unwrap() == Some(of(epoch, sealed)));
        }
        assert_eq!(PseudonymStore::epoch(&store, &sector()).await.unwrap(), 10, "the newest counts");
    })
    .await;
}
