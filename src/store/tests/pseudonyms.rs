//! [`PseudonymStore`], and the names that launches write down.

use boundary::{FirstUse, Pseudonym};
use futures::future::join_all;
use time::Duration;

use super::examples::{NOW, newcomer, person, root, sector};
use super::{count, on_both};
use crate::directory::DirectoryStore;
use crate::launch::{Committed, Gate, Item, LaunchStore, Write};
use crate::pseudonyms::{NameRow, PseudonymStore};
use crate::store::Store;

fn name(subject: &str, value: &str) -> NameRow {
    NameRow {
        sector: sector(),
        value: Pseudonym::stored(value).unwrap(),
        scope: "portable".to_owned(),
        kind: "person",
        subject: subject.to_owned(),
        at: NOW,
        epoch: 1,
        replaces: None,
    }
}

fn launch(nonce: &str, names: Vec<NameRow>) -> Item {
    let proof = FirstUse { key: nonce.to_owned(), until: NOW + Duration::minutes(11) };
    Item { gate: Gate::FirstUse(proof), writes: names.into_iter().map(Write::Name).collect(), at: NOW }
}

async fn current(store: &Store, subject: &str) -> Option<String> {
    let found = store.current(&sector(), "portable", "person", subject).await.unwrap();
    found.map(|value| value.as_str().to_owned())
}

#[tokio::test]
async fn a_root_belongs_to_a_person_for_as_long_as_it_is_there() {
    on_both("pseudonyms_root", async |place| {
        let store = place.store().await;
        let lea = newcomer("lea");
        assert!(root(&store, lea.person).await.is_none());
        store.provision(lea.clone()).await.unwrap();
        assert!(root(&store, person(&store, "lea").await).await == Some(lea.root));
    })
    .await;
}

#[tokio::test]
async fn a_name_is_written_at_its_first_release_and_read_from_then_on() {
    on_both("pseudonyms_current", async |place| {
        let store = place.store().await;
        assert_eq!(current(&store, "lea").await, None);
        let imported = "Value/With+Every=Kind~".repeat(11);
        let names = vec![name("lea", "aaa"), name("noe", &imported)];
        assert_eq!(store.commit(launch("1", names)).await.unwrap(), Committed::Done);
        assert_eq!(current(&store, "lea").await.as_deref(), Some("aaa"), "absence was not kept");
        assert_eq!(current(&store, "noe").await.as_deref(), Some(imported.as_str()));
        for (scope, kind, subject) in
            [("school 0750001U", "person", "lea"), ("portable", "link", "lea"), ("portable", "person", "LEA")]
        {
            assert_eq!(store.current(&sector(), scope, kind, subject).await.unwrap(), None);
        }
        let later = NameRow { at: NOW + Duration::DAY, ..name("lea", "aaa") };
        assert_eq!(
            store.commit(launch("2", vec![later])).await.unwrap(),
            Committed::Done,
            "the same is no other"
        );
        assert_eq!(count(&store, "SELECT COUNT(*) FROM pseudonym").await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_launch_that_carries_another_value_is_told_and_writes_nothing() {
    on_both("pseudonyms_renamed", async |place| {
        let store = place.store().await;
        store.commit(launch("1", vec![name("lea", "aaa")])).await.unwrap();
        let other = vec![name("new", "nnn"), name("lea", "bbb")];
        assert_eq!(store.commit(launch("2", other)).await.unwrap(), Committed::Renamed);
        assert_eq!(current(&store, "new").await, None, "nothing of the item");
        assert_eq!(current(&store, "lea").await.as_deref(), Some("aaa"));
        let right = vec![name("new", "nnn"), name("lea", "aaa")];
        assert_eq!(
            store.commit(launch("2", right)).await.unwrap(),
            Committed::Done,
            "its gate is still open"
        );
    })
    .await;
}

#[tokio::test]
async fn p16_a_value_is_one_persons_for_ever() {
    on_both("pseudonyms_unique", async |place| {
        let store = place.store().await;
        store.commit(launch("1", vec![name("lea", "aaa")])).await.unwrap();
        assert_eq!(store.commit(launch("2", vec![name("noe", "aaa")])).await.unwrap(), Committed::Renamed);
        let link = NameRow { kind: "link", ..name("lea", "aaa") };
        assert_eq!(store.commit(launch("3", vec![link])).await.unwrap(), Committed::Renamed);
        let scoped = NameRow { scope: "school 0750001U".to_owned(), ..name("lea", "aaa") };
        assert_eq!(store.commit(launch("4", vec![scoped])).await.unwrap(), Committed::Renamed);
        let elsewhere = NameRow { sector: boundary::SectorId::parse("other").unwrap(), ..name("noe", "aaa") };
        assert_eq!(store.commit(launch("5", vec![elsewhere])).await.unwrap(), Committed::Done);
    })
    .await;
}

/// On this runtime the items share a batch: nothing else runs before all of them are queued.
#[tokio::test]
async fn p16_two_people_in_one_batch_do_not_share_a_value() {
    on_both("pseudonyms_batch", async |place| {
        let store = place.store().await;
        let items =
            ["lea", "noe", "ines"].map(|subject| store.commit(launch(subject, vec![name(subject, "aaa")])));
        let outcomes: Vec<Committed> = join_all(items).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(outcomes.iter().filter(|done| **done == Committed::Done).count(), 1, "{outcomes:?}");
        let owners =
            [current(&store, "lea").await, current(&store, "noe").await, current(&store, "ines").await];
        assert_eq!(owners.iter().flatten().count(), 1);
        for (outcome, owner) in outcomes.iter().zip(owners) {
            assert_eq!(*outcome == Committed::Done, owner.is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn of_two_values_in_one_batch_the_first_stays_and_others_pass() {
    on_both("pseudonyms_two", async |place| {
        let store = place.store().await;
        let items = [
            launch("1", vec![name("lea", "aaa")]),
            launch("2", vec![name("lea", "bbb")]),
            launch("3", vec![name("noe", "nnn")]),
            launch("4", vec![name("lea", "aaa"), name("ines", "iii")]),
        ];
        let outcomes = join_all(items.map(|item| store.commit(item))).await;
        let outcomes: Vec<Committed> = outcomes.into_iter().map(Result::unwrap).collect();
        use Committed::{Done, Renamed};
        assert_eq!(outcomes, [Done, Renamed, Done, Done]);
        assert_eq!(current(&store, "lea").await.as_deref(), Some("aaa"));
        assert_eq!(
            count(&store, "SELECT COUNT(*) FROM first_use").await,
            3,
            "the renamed one has used up nothing"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn first_launches_side_by_side_agree_on_one_value() {
    on_both("pseudonyms_raced", async |place| {
        let stores = [place.store().await, place.store().await];
        let all = (0..40).map(|n| {
            let value = format!("value{}", n % 4);
            stores[n % 2].commit(launch(&n.to_string(), vec![name("lea", &value)]))
        });
        let outcomes = join_all(all).await;
        let done: Vec<usize> = (0..40).filter(|n| matches!(outcomes[*n], Ok(Committed::Done))).collect();
        let stored = current(&stores[0], "lea").await.unwrap();
        assert!(done.iter().all(|n| stored == format!("value{}", n % 4)), "{stored} {done:?}");
        assert_eq!(done.len(), 10);
        assert_eq!(count(&stores[0], "SELECT COUNT(*) FROM pseudonym").await, 1);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_stored_is_refused_and_stops_nobody_else() {
    on_both("pseudonyms_unstorable", async |place| {
        let store = place.store().await;
        let long = "x".repeat(2001);
        let unstorable = [
            launch("1", vec![name(&long, "aaa")]),
            launch("2", vec![name("l\0a", "bbb")]),
            launch("3", vec![NameRow { scope: "s\0".to_owned(), ..name("lea", "ccc") }]),
        ];
        let good = launch("4", vec![name(&"x".repeat(1900), "ddd")]);
        let items = unstorable.into_iter().chain([good]);
        let outcomes = join_all(items.map(|item| store.commit(item))).await;
        assert!(outcomes[..3].iter().all(Result::is_err));
        assert!(matches!(outcomes[3], Ok(Committed::Done)));
        assert_eq!(count(&store, "SELECT COUNT(*) FROM pseudonym").await, 1);
    })
    .await;
}
