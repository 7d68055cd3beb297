//! Versions and caches: what another process changes is seen here, and what nobody vouches for is not believed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use boundary::Fault;

use super::examples::{WORLD, atlas, ent, fill, putting, records, write};
use super::{on_both, until};
use crate::agreements::AgreementStore;
use crate::directory::DirectoryStore;
use crate::store::Store;
use crate::store::cache::Cache;
use crate::store::db::rows;
use crate::store::versions::Versions;

async fn ent_name(store: &Store) -> String {
    store.ent(&ent()).await.unwrap().unwrap().name.clone()
}

fn renamed(name: &str) -> crate::operate::apply::Changes {
    putting(records(&WORLD.replace("name = \"ENT\"", &format!("name = \"{name}\""))))
}

#[tokio::test]
async fn a_change_of_one_process_is_seen_by_another() {
    on_both("versions_seen", async |place| {
        let (here, there) = (place.store().await, place.store().await);
        fill(&here, "").await;
        for name in ["one", "two"] {
            assert!(ent_name(&here).await != name && ent_name(&there).await != name);
            write(&there, renamed(name)).await.unwrap();
            assert_eq!(ent_name(&there).await, name, "who wrote it sees it at once");
            until("the other process sees the change", async || ent_name(&here).await == name).await;
        }
        assert!(here.agreement(&atlas()).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn when_the_poll_stops_the_cache_is_bypassed() {
    on_both("versions_bypassed", async |place| {
        let (here, there) = (place.store().await, place.store().await);
        fill(&here, "").await;
        until("the first poll", async || here.versions.current("ent").is_some()).await;
        assert_eq!(ent_name(&here).await, "ENT");
        here.poll.abort();
        until("nobody vouches for the cache", async || here.versions.current("ent").is_none()).await;
        write(&there, renamed("other")).await.unwrap();
        assert_eq!(ent_name(&here).await, "other");
        write(&there, renamed("third")).await.unwrap();
        assert_eq!(ent_name(&here).await, "third", "and nothing is kept meanwhile");
    })
    .await;
}

/// A cache over versions that the test polls itself, and a count of the loads.
struct Counted {
    cache: Cache<String, u32>,
    versions: Arc<Versions>,
    loads: AtomicU32,
}

impl Counted {
    fn new() -> Self {
        let versions = Arc::new(Versions::default());
        Self { cache: Cache::new(&versions, 10), versions, loads: AtomicU32::new(0) }
    }

    async fn get(&self, found: Result<Option<u32>, Fault>) -> Result<Option<u32>, Fault> {
        let load = || async {
            self.loads.fetch_add(1, Ordering::Relaxed);
            found
        };
        self.cache.get("topic", "key", load).await
    }

    fn loads(&self) -> u32 {
        self.loads.swap(0, Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_value_is_kept_until_its_topic_changes() {
    on_both("versions_kept", async |place| {
        let db = place.open().await;
        let counted = Counted::new();
        assert_eq!(counted.get(Ok(Some(1))).await.unwrap(), Some(1));
        assert_eq!(counted.get(Ok(Some(2))).await.unwrap(), Some(2), "before the first poll nothing is kept");
        counted.loads();
        // However slow this machine is: a poll that just ended vouches for a second and a half.
        until("a value is kept", async || {
            counted.versions.poll(&db).await.unwrap();
            let _ = counted.get(Ok(Some(3))).await;
            counted.get(Ok(Some(4))).await.unwrap() == Some(3)
        })
        .await;
        counted.versions.note(&["another"], 7);
        counted.versions.note(&["topic"], 5);
        counted.loads();
        assert_eq!(counted.get(Ok(Some(6))).await.unwrap(), Some(6));
        assert_eq!(counted.loads(), 1);
    })
    .await;
}

#[tokio::test]
async fn neither_absence_nor_faults_are_kept() {
    on_both("versions_absent", async |place| {
        let db = place.open().await;
        let counted = Counted::new();
        counted.versions.poll(&db).await.unwrap();
        assert_eq!(counted.get(Ok(None)).await.unwrap(), None);
        assert!(counted.get(Err(Fault::new("dead"))).await.unwrap_err().detail.contains("dead"));
        assert_eq!(counted.get(Ok(None)).await.unwrap(), None);
        assert_eq!(counted.get(Ok(Some(1))).await.unwrap(), Some(1));
        assert_eq!(counted.loads(), 4);
    })
    .await;
}

#[tokio::test]
async fn versions_come_in_the_order_of_their_commits_from_wherever() {
    on_both("versions_order", async |place| {
        let stores = [place.store().await, place.store().await];
        fill(&stores[0], "").await;
        let watcher = Versions::default();
        let db = place.open().await;
        watcher.poll(&db).await.unwrap();
        let before = watcher.current("ent").unwrap_or_default();
        let all = (0..10).map(|n| write(&stores[n % 2], renamed(&format!("name {n}"))));
        for done in futures::future::join_all(all).await {
            done.unwrap();
        }
        watcher.poll(&db).await.unwrap();
        let after = watcher.current("ent").unwrap_or_default();
        assert!(after >= before + 10, "{before} {after}");
        watcher.note(&["ent"], 1);
        assert_eq!(watcher.current("ent").unwrap_or(after), after, "a version never goes back");
    })
    .await;
}

/// A failover that lost changes, or a backup restored under a broker that runs: the counter gives its versions again.
#[tokio::test]
async fn a_database_that_went_back_in_time_is_read_again() {
    on_both("versions_back", async |place| {
        let store = place.store().await;
        fill(&store, "").await;
        let db = place.open().await;
        let counted = Counted::new();
        counted.versions.poll(&db).await.unwrap();
        assert_eq!(counted.get(Ok(Some(1))).await.unwrap(), Some(1));
        let mut tx = db.begin().await.unwrap();
        let back = "UPDATE change_counter SET version = version - 1 WHERE id = 1";
        rows!("going back", tx.on(), c => sqlx::query(back).execute(c)).unwrap();
        tx.commit().await.unwrap();
        counted.versions.poll(&db).await.unwrap();
        assert_eq!(counted.get(Ok(Some(2))).await.unwrap(), Some(2), "what was kept is of another database");
        let ent = counted.versions.current("ent").unwrap();
        write(&store, renamed("again")).await.unwrap();
        counted.versions.poll(&db).await.unwrap();
        assert!(counted.versions.current("ent").unwrap() > ent, "a version that is given again is seen");
    })
    .await;
}
