//! Floods: strangers cause reads, and take neither the poll nor the writer along.

use std::any::Any;

use boundary::{ConnectionId, FirstUse};
use time::Duration;

use super::examples::{NOW, ent, fill, putting, records, write};
use super::{on_both, until};
use crate::directory::DirectoryStore;
use crate::launch::{Committed, Gate, Item, LaunchStore};
use crate::store::db::Db;

/// Every connection that reads, taken until it is dropped.
async fn all_readers(db: &Db) -> Box<dyn Any> {
    match db {
        Db::Lite { shelves, .. } => Box::new(shelves.reading.take_all().await),
        Db::Postgres(pools) => Box::new(pools.shelves.reading.take_all().await),
    }
}

#[tokio::test]
async fn a_flood_of_reads_stops_neither_the_poll_nor_the_writer() {
    on_both("floods_apart", async |place| {
        let (here, there) = (place.store().await, place.store().await);
        fill(&here, "").await;
        until("the first poll", async || here.versions.current("ent").is_some()).await;
        let before = here.versions.current("ent");
        let flood = all_readers(&here.db).await;
        let renamed = super::examples::WORLD.replace("name = \"ENT\"", "name = \"renamed\"");
        write(&there, putting(records(&renamed))).await.unwrap();
        until("the poll goes on", async || here.versions.current("ent") > before).await;
        let gate = Gate::FirstUse(FirstUse { key: "a".to_owned(), until: NOW + Duration::minutes(11) });
        let written = here.commit(Item { gate, writes: vec![], at: NOW }).await;
        assert_eq!(written.unwrap(), Committed::Done);
        here.ping().await.unwrap();
        drop(flood);
        assert_eq!(here.ent(&ent()).await.unwrap().unwrap().name, "renamed");
    })
    .await;
}

#[tokio::test]
async fn names_that_strangers_make_up_cost_no_reads() {
    on_both("floods_names", async |place| {
        let store = place.store().await;
        fill(&store, "").await;
        let unknown = async |n: u32| {
            let (issuer, id) = (format!("https://stranger-{n}.example"), format!("stranger-{n}"));
            let connection = ConnectionId::parse(&id).unwrap();
            store.lti_platforms(&issuer).await.is_ok_and(|found| found.is_empty())
                && store.lti_platform(&connection).await.is_ok_and(|found| found.is_none())
                && store.lti_tool(&id).await.is_ok_and(|found| found.is_none())
        };
        until("the first poll", async || store.versions.current("lti").is_some()).await;
        assert!(unknown(0).await);
        let flood = all_readers(&store.db).await;
        for n in 1..100 {
            // However slow this machine is: a late poll sends the question to the database, which has no connection left.
            until("a stranger is told", async || unknown(n).await).await;
        }
        drop(flood);
        assert!(!store.lti_platforms("https://ent.example").await.unwrap().is_empty());
        assert!(store.lti_tool("atlas").await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn a_name_that_is_new_is_found_at_once() {
    on_both("floods_new", async |place| {
        let store = place.store().await;
        until("the first poll", async || store.versions.current("lti").is_some()).await;
        for _ in 0..3 {
            assert!(store.lti_platforms("https://ent.example").await.unwrap().is_empty());
            assert!(store.lti_tool("atlas").await.unwrap().is_none());
        }
        fill(&store, "").await;
        assert_eq!(store.lti_platforms("https://ent.example").await.unwrap().len(), 1);
        assert!(store.lti_platform(&super::examples::connection()).await.unwrap().is_some());
        assert!(store.lti_tool("atlas").await.unwrap().is_some());
    })
    .await;
}
