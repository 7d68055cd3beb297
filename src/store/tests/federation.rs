//! [`FederationStore`]: everything at once in, everything at once out, and all or nothing.

use boundary::{PersonId, Root};

use super::examples::{
    NOW, WORLD, beside_world, fill, name, newcomer, person, pupil, putting, records, root as root_of, seat,
    subscription, withdrawing, write,
};
use super::{count, on_both};
use crate::boot::SystemChance;
use crate::directory::DirectoryStore;
use crate::keys::{KeyStore, StoredSectorKey};
use crate::operate::apply::{FederationStore, ManagedBy, NoRoom, Record, RecordKind};
use crate::store::Store;

const DEMO: &str = include_str!("../../demo/federation.toml");

/// The records that are stored and not withdrawn.
async fn live(store: &Store) -> Vec<Record> {
    let stored = store.records().await.unwrap();
    assert!(stored.iter().all(|record| record.managed_by == ManagedBy::File));
    stored.into_iter().filter(|record| !record.withdrawn).map(|record| record.record).collect()
}

fn same(stored: &[Record], wanted: &[Record]) {
    let names = |records: &[Record]| records.iter().map(name).collect::<Vec<_>>();
    assert_eq!(names(stored), names(wanted));
    for (stored, wanted) in stored.iter().zip(wanted) {
        assert!(stored == wanted, "{} came back otherwise", name(wanted));
    }
}

#[tokio::test]
async fn what_was_written_is_read_back_withdrawn_and_comes_back() {
    on_both("federation_back", async |place| {
        let store = place.store().await;
        let demo = records(DEMO);
        write(&store, putting(demo.clone())).await.unwrap();
        same(&live(&store).await, &demo);
        write(&store, putting(demo.clone())).await.unwrap();
        same(&live(&store).await, &demo);
        let people = "SELECT COUNT(*) FROM person";
        let before = count(&store, people).await;
        write(&store, withdrawing(demo.clone())).await.unwrap();
        same(&live(&store).await, &[]);
        let objects = store.records().await.unwrap().len();
        let wanted = demo.iter().filter(|record| RecordKind::OBJECTS.contains(&record.kind())).count();
        assert_eq!(objects, wanted, "removal is withdrawal");
        assert_eq!(count(&store, "SELECT COUNT(*) FROM seat").await, 0);
        write(&store, putting(demo.clone())).await.unwrap();
        same(&live(&store).await, &demo);
        assert_eq!(count(&store, people).await, before, "who comes back is who went");
    })
    .await;
}

#[tokio::test]
async fn who_was_withdrawn_and_comes_back_keeps_id_and_root() {
    on_both("federation_person", async |place| {
        let store = place.store().await;
        fill(&store, &pupil("lea")).await;
        let lea = person(&store, "lea").await;
        let root = root_of(&store, lea).await;
        let record = beside_world(&pupil("lea"));
        write(&store, withdrawing(record.clone())).await.unwrap();
        let known = store.known(&super::examples::ent(), "ent", "lea").await.unwrap().unwrap();
        assert!(known.person == lea && known.affiliations.is_empty() && known.groups.is_empty());
        write(&store, putting(record)).await.unwrap();
        assert!(person(&store, "lea").await == lea && root_of(&store, lea).await == root);
        assert!(store.knows(&super::examples::ent(), "ent", "lea").await.unwrap());
        assert!(!store.knows(&super::examples::ent(), "ent", "noe").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn where_a_seat_is_missing_nothing_is_written() {
    on_both("federation_no_room", async |place| {
        let store = place.store().await;
        let text = format!(
            "{WORLD}{}{}{}{}{}",
            subscription("s", "1"),
            pupil("lea"),
            pupil("noe"),
            seat("s", "lea"),
            seat("s", "noe")
        );
        let id = "s -> person ent/ent/noe".to_owned();
        let mut changes = putting(records(&text));
        changes.sector_keys = vec![StoredSectorKey {
            sector: super::examples::sector(),
            epoch: 1,
            sealed: "sealed".to_owned(),
            created: NOW,
        }];
        assert_eq!(write(&store, changes).await, Err(NoRoom { kind: RecordKind::Assignment, id }));
        same(&live(&store).await, &[]);
        for table in [
            "SELECT COUNT(*) FROM object",
            "SELECT COUNT(*) FROM object_name",
            "SELECT COUNT(*) FROM person",
            "SELECT COUNT(*) FROM identity",
            "SELECT COUNT(*) FROM pseudonym_root",
            "SELECT COUNT(*) FROM seat",
            "SELECT COUNT(*) FROM pool",
            "SELECT COUNT(*) FROM change",
            "SELECT COUNT(*) FROM sector_key",
        ] {
            assert_eq!(count(&store, table).await, 0, "{table}");
        }
        assert!(store.sector_key(&super::examples::sector(), 1).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn an_assignment_of_nobody_is_a_fault_and_nothing_is_written() {
    on_both("federation_nobody", async |place| {
        let store = place.store().await;
        let text = format!("{WORLD}{}{}{}", subscription("s", "1"), pupil("lea"), seat("s", "lea"));
        let without: Vec<Record> =
            records(&text).into_iter().filter(|record| record.kind() != RecordKind::Person).collect();
        assert!(store.write(putting(without), NOW).await.is_err());
        same(&live(&store).await, &[]);
        let undrawn = putting(beside_world(&pupil("lea")));
        let undrawn = crate::operate::apply::Changes {
            put: undrawn.put.into_iter().map(|(record, _)| (record, None)).collect(),
            ..undrawn
        };
        assert!(store.write(undrawn, NOW).await.is_err());
        same(&live(&store).await, &[]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_and_a_first_launch_at_once_make_one_person() {
    on_both("federation_raced", async |place| {
        let stores = [place.store().await, place.store().await];
        fill(&stores[0], "").await;
        for n in 0..10 {
            let subject = format!("pupil-{n}");
            let file = putting(beside_world(&pupil(&subject)));
            let (wrote, launched) =
                futures::join!(stores[0].write(file, NOW), stores[1].provision(newcomer(&subject)));
            wrote.unwrap().unwrap();
            launched.unwrap();
            assert_eq!(person(&stores[0], &subject).await, person(&stores[1], &subject).await);
        }
        assert_eq!(count(&stores[0], "SELECT COUNT(*) FROM person").await, 10);
        assert_eq!(count(&stores[0], "SELECT COUNT(*) FROM pseudonym_root").await, 10);
        assert_eq!(live(&stores[0]).await.iter().filter(|r| r.kind() == RecordKind::Person).count(), 10);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_files_at_once_are_written_one_after_the_other() {
    on_both("federation_two", async |place| {
        let stores = [place.store().await, place.store().await];
        fill(&stores[0], &format!("{}{}{}", subscription("s", "1"), pupil("lea"), pupil("noe"))).await;
        let seated = |subject: &str| {
            let text = format!("{}{}{}", subscription("s", "1"), pupil(subject), seat("s", subject));
            let mut records = beside_world(&text);
            records.retain(|record| record.kind() == RecordKind::Assignment);
            putting(records)
        };
        let (lea, noe) =
            futures::join!(stores[0].write(seated("lea"), NOW), stores[1].write(seated("noe"), NOW));
        let room = [lea.unwrap().is_ok(), noe.unwrap().is_ok()];
        assert!(room[0] != room[1], "one seat, one of them: {room:?}");
        assert_eq!(count(&stores[0], "SELECT COUNT(*) FROM seat").await, 1);
        assert_eq!(count(&stores[0], "SELECT used FROM pool").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_person_is_never_given_the_id_or_root_that_was_drawn_in_vain() {
    on_both("federation_drawn", async |place| {
        let store = place.store().await;
        fill(&store, &pupil("lea")).await;
        let (lea, root) = (person(&store, "lea").await, Root::draw(&SystemChance));
        let mut again = putting(beside_world(&pupil("lea")));
        for (_, new) in &mut again.put {
            let drawn = new.as_mut().unwrap();
            (drawn.person, drawn.root) = (PersonId::draw(NOW, &SystemChance), root.clone());
        }
        write(&store, again).await.unwrap();
        assert_eq!(person(&store, "lea").await, lea);
        assert!(root_of(&store, lea).await != Some(root));
        assert_eq!(count(&store, "SELECT COUNT(*) FROM person").await, 1);
    })
    .await;
}
