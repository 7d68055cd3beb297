//! [`ErasureStore`]: everything of a person goes, each sector is told its own, and of two erasures one comes first.

use std::collections::BTreeSet;

use async_trait::async_trait;
use boundary::{FirstUse, PersonId, Pseudonym, SectorId};
use futures::future::join_all;
use time::Duration;

use super::examples::{NOW, fill, newcomer, person, pupil, root, seat, subscription};
use super::schemas::columns;
use super::{Scratch, count, on_both, rows};
use crate::boot::SystemChance;
use crate::directory::DirectoryStore;
use crate::launch::{Committed, Gate, Item, LaunchStore, Write};
use crate::operate::erasure::{AskedNotices, Erasing, ErasureError, ErasureStore, LedgerError, Record};
use crate::operate::subject::SubjectStore;
use crate::pseudonyms::NameRow;
use crate::store::Store;

/// A ledger that takes everything, or nothing.
struct Takes(bool);

#[async_trait]
impl Record for Takes {
    async fn record(&self, _: &[PersonId], _: &[(SectorId, Pseudonym)]) -> Result<bool, LedgerError> {
        if self.0 { Ok(true) } else { Err(LedgerError::Key("no".to_owned())) }
    }
}

fn sector(name: &str) -> SectorId {
    SectorId::parse(name).unwrap()
}

/// What a sector has not acknowledged.
fn waiting() -> AskedNotices {
    AskedNotices { limit: 10, ..AskedNotices::default() }
}

/// A launch released a value of somebody to a sector.
async fn released(store: &Store, of: PersonId, to: &str, value: &str) -> Committed {
    let name = NameRow {
        sector: sector(to),
        value: Pseudonym::stored(value).unwrap(),
        scope: "portable".to_owned(),
        kind: "person",
        subject: of.uuid().to_string(),
        at: NOW,
        epoch: 1,
        replaces: None,
    };
    let gate =
        Gate::FirstUse(FirstUse { key: format!("{to} {value} {}", of.uuid()), until: NOW + Duration::HOUR });
    store.commit(Item { gate, writes: vec![Write::Name(name)], at: NOW }).await.unwrap()
}

async fn erase(store: &Store, sequence: i64, person: PersonId, takes: bool) -> Result<bool, ErasureError> {
    let what = Erasing { sequence, at: NOW, person, former: &[], values: &[], told: &[] };
    let done = store.erase(&what, &Takes(takes), &SystemChance).await.unwrap();
    done.map(|done| done.is_some())
}

#[tokio::test]
async fn everything_goes_and_each_sector_is_told_its_own() {
    on_both("erasure_all", async |place| {
        let store = place.store().await;
        let abo = subscription("abo", "3");
        fill(&store, &format!("{abo}{}{}{}", pupil("lea"), pupil("noe"), seat("abo", "lea"))).await;
        let (lea, noe) = (person(&store, "lea").await, person(&store, "noe").await);
        for (of, to, value) in [(lea, "one", "a1"), (lea, "two", "a2"), (noe, "one", "b1")] {
            assert_eq!(released(&store, of, to, value).await, Committed::Done);
        }
        store.begin_erasure(lea, NOW).await.unwrap();
        assert!(erase(&store, 1, lea, true).await.unwrap());
        let kept = store.kept(lea).await.unwrap();
        assert!(kept.identities.is_empty() && kept.affiliations.is_empty() && kept.groups.is_empty());
        assert!(
            kept.seats.is_empty() && kept.names.is_empty() && kept.roots.is_empty() && kept.created.is_none()
        );
        assert!(root(&store, lea).await.is_none() && root(&store, noe).await.is_some());
        assert_eq!(count(&store, "SELECT used FROM pool").await, 0, "the seat is free");
        assert!(store.begun().await.unwrap().is_empty());
        assert_eq!(store.applied().await.unwrap().sequence, 1);
        for (to, value) in [("one", "a1"), ("two", "a2")] {
            let told = store.notices(&sector(to), &waiting()).await.unwrap();
            let values: Vec<_> = told.iter().map(|one| one.value.as_ref().unwrap().as_str()).collect();
            assert_eq!(values, [value]);
        }
        let ids: Vec<(String,)> = rows(&store, "SELECT id FROM erasure_notice").await;
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 2, "nothing joins what two sectors are told");
        assert_eq!(
            count(&store, "SELECT COUNT(*) FROM spent_value").await,
            2,
            "nobody else is ever given them"
        );
        assert!(store.known(&super::examples::ent(), "ent", "lea").await.unwrap().is_none(), "at once, here");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_recorded_is_not_done() {
    on_both("erasure_unrecorded", async |place| {
        let store = place.store().await;
        store.provision(newcomer("lea")).await.unwrap();
        let lea = person(&store, "lea").await;
        let undone = erase(&store, 1, lea, false).await.unwrap_err();
        assert!(matches!(undone, ErasureError::NotRecorded(_)), "{undone}");
        assert!(root(&store, lea).await.is_some());
        assert_eq!(store.applied().await.unwrap().sequence, 0);
        assert!(!erase(&store, 2, lea, true).await.unwrap(), "nor out of its turn");
        assert!(root(&store, lea).await.is_some());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_erasures_one_has_the_place() {
    on_both("erasure_raced", async |place| {
        let stores = [place.store().await, place.store().await];
        for name in ["lea", "noe"] {
            stores[0].provision(newcomer(name)).await.unwrap();
        }
        let people = [person(&stores[0], "lea").await, person(&stores[0], "noe").await];
        let all = (0..2).map(|n| erase(&stores[n], 1, people[n], true));
        let done: Vec<bool> = join_all(all).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
        assert_eq!(count(&stores[0], "SELECT COUNT(*) FROM person").await, 1);
        let late = usize::from(done[0]);
        assert!(erase(&stores[late], 2, people[late], true).await.unwrap());
        assert_eq!(count(&stores[0], "SELECT COUNT(*) FROM person").await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_a_launch_wrote_meanwhile_is_swept() {
    on_both("erasure_swept", async |place| {
        let store = place.store().await;
        let abo = subscription("abo", "3");
        fill(&store, &format!("{abo}{}", pupil("lea"))).await;
        let lea = person(&store, "lea").await;
        assert!(erase(&store, 1, lea, true).await.unwrap());
        assert_eq!(store.sweep(NOW, &SystemChance).await.unwrap(), 0);
        released(&store, lea, "one", "late").await;
        assert_eq!(store.sweep(NOW, &SystemChance).await.unwrap(), 1);
        assert_eq!(count(&store, "SELECT COUNT(*) FROM pseudonym WHERE kind = 'person'").await, 0);
        assert_eq!(store.notices(&sector("one"), &waiting()).await.unwrap().len(), 1, "and is told");
        assert_eq!(count(&store, "SELECT COUNT(*) FROM erasure WHERE person IS NOT NULL").await, 1);
        store.sweep(NOW + Duration::hours(2), &SystemChance).await.unwrap();
        assert_eq!(count(&store, "SELECT COUNT(*) FROM erasure WHERE person IS NOT NULL").await, 0);
        assert_eq!(store.applied().await.unwrap().sequence, 1);
    })
    .await;
}

/// What a column is called that tells who somebody is, or leads to them.
const TELLING: [&str; 5] = ["person", "subject", "origin", "root", "commitment"];

/// Tables with such a column, and how an erasure treats them. One that is new has to be put here, which is the moment to
/// ask what is to be erased of it.
const OF_PEOPLE: [(&str, &str); 14] = [
    ("affiliation", "deleted"),
    ("commitment_seen", "deleted, under every root that was theirs"),
    ("erasure", "until nothing that was under way can write any more"),
    ("erasure_begun", "until it is done"),
    ("former_person", "for a day after two were joined, for what was under way"),
    ("identity", "deleted"),
    ("launch_user", "deleted, under every root that was theirs"),
    ("membership", "deleted"),
    ("person", "deleted"),
    ("pseudonym", "deleted"),
    ("pseudonym_root", "deleted"),
    ("roster_person", "deleted"),
    ("school_manager", "deleted"),
    ("seat", "deleted and given back"),
];

#[tokio::test]
async fn no_table_of_people_is_forgotten() {
    let scratch = Scratch::new("erasure_tables").await;
    let db = scratch.lite.open().await;
    let columns = columns(&db).await;
    scratch.close().await;
    let of_people: BTreeSet<&str> = columns
        .iter()
        .filter(|((_, column), (kind, _))| {
            TELLING.contains(&column.as_str()) || (kind == "BLOB" && column == "id")
        })
        .map(|((table, _), _)| table.as_str())
        .collect();
    assert_eq!(of_people, OF_PEOPLE.iter().map(|(table, _)| *table).collect());
}
