//! [`Purge`](crate::jobs::Purge): what has expired goes, and nothing else.

use boundary::{FirstUse, Handle};
use futures::future::join_all;
use time::{Duration, OffsetDateTime};

use super::examples::{NOW, newcomer, sector};
use super::{count, on_both};
use crate::boot::SystemChance;
use crate::directory::DirectoryStore;
use crate::jobs::Purge;
use crate::launch::{Committed, Gate, Item, LaunchStore, ParkedRow, Write};
use crate::pseudonyms::NameRow;
use crate::store::Store;

async fn launch(store: &Store, n: usize, until: OffsetDateTime) {
    let row = ParkedRow { handle: Handle::draw(&SystemChance), sealed: "sealed".to_owned(), until };
    let gate = Gate::FirstUse(FirstUse { key: format!("nonce {n}"), until });
    let done = store.commit(Item { gate, writes: vec![Write::Park(row)], at: NOW }).await;
    assert_eq!(done.unwrap(), Committed::Done);
}

async fn left(store: &Store) -> (i64, i64) {
    let parked = count(store, "SELECT COUNT(*) FROM parked").await;
    (parked, count(store, "SELECT COUNT(*) FROM first_use").await)
}

#[tokio::test]
async fn only_what_expired_goes() {
    on_both("purge_expired", async |place| {
        let store = place.store().await;
        launch(&store, 0, NOW - Duration::SECOND).await;
        launch(&store, 1, NOW).await;
        launch(&store, 2, NOW + Duration::MILLISECOND).await;
        launch(&store, 3, NOW - Duration::DAY).await;
        store.provision(newcomer("lea")).await.unwrap();
        let value = boundary::Pseudonym::stored("aaa").unwrap();
        let old = NameRow {
            sector: sector(),
            value,
            scope: "portable".to_owned(),
            kind: "person",
            subject: "lea".to_owned(),
            at: NOW - Duration::days(4000),
            epoch: 1,
            replaces: None,
        };
        let gate = Gate::FirstUse(FirstUse { key: "named".to_owned(), until: NOW + Duration::DAY });
        store.commit(Item { gate, writes: vec![Write::Name(old)], at: NOW }).await.unwrap();
        assert_eq!(Purge::purge(&store, NOW).await.unwrap(), 4);
        assert_eq!(left(&store).await, (1, 4), "what was used is remembered for a day more");
        assert_eq!(Purge::purge(&store, NOW).await.unwrap(), 0);
        assert_eq!(Purge::purge(&store, NOW + Duration::MILLISECOND).await.unwrap(), 1);
        assert_eq!(Purge::purge(&store, NOW + Duration::DAY + Duration::MILLISECOND).await.unwrap(), 3);
        assert_eq!(left(&store).await, (0, 1));
        assert_eq!(count(&store, "SELECT COUNT(*) FROM pseudonym").await, 1, "names stay for ever");
        assert_eq!(count(&store, "SELECT COUNT(*) FROM person").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_rows_go_while_launches_go_on() {
    on_both("purge_many", async |place| {
        let stores = [place.store().await, place.store().await];
        join_all((0..1300).map(|n| launch(&stores[0], n, NOW))).await;
        let later = NOW + Duration::DAY;
        let launches = join_all((2000..2100).map(|n| launch(&stores[0], n, later + Duration::MINUTE)));
        let (one, two, _) =
            futures::join!(Purge::purge(&stores[0], later), Purge::purge(&stores[1], later), launches);
        assert_eq!(one.unwrap() + two.unwrap(), 2600, "what one took, the other does not find");
        assert_eq!(left(&stores[0]).await, (100, 100));
    })
    .await;
}
