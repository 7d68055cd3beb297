//! [`FailedSignOns`](crate::launch::FailedSignOns): a ring that no flood can widen, and that forgets within a day.

use boundary::{ConnectionId, LaunchId, RefusalCode, SignOn};
use time::{Duration, OffsetDateTime};

use super::examples::NOW;
use super::{count, on_both};
use crate::boot::SystemChance;
use crate::jobs::Purge;
use crate::launch::{FailedSignOn, FailedSignOns};
use crate::operate::trace::TraceStore;
use crate::store::Store;

const ROWS: &str = "SELECT COUNT(*) FROM failed_sign_on";

fn failed(connection: &str, at: OffsetDateTime) -> FailedSignOn {
    let connection = ConnectionId::parse(connection).unwrap();
    FailedSignOn {
        launch: LaunchId::draw(&SystemChance),
        at,
        code: Some(RefusalCode::TokenInvalid),
        sign_on: SignOn { connection, passed: vec!["state", "cookie"], failed: "aud" },
    }
}

async fn kept(store: &Store, failed: &FailedSignOn) -> bool {
    store.failed_sign_on(&failed.launch, NOW - Duration::DAY).await.unwrap().is_some()
}

#[tokio::test]
async fn what_is_kept_says_how_far_it_came() {
    on_both("failed_kept", async |place| {
        let store = place.store().await;
        let fault = FailedSignOn { code: None, ..failed("ent-lti", NOW) };
        let refused = failed("ent-lti", NOW);
        for one in [&fault, &refused] {
            store.note(one.clone());
        }
        store.failed.write().await;
        let read = store.failed_sign_on(&refused.launch, NOW - Duration::DAY).await.unwrap().unwrap();
        assert_eq!((read.connection.as_str(), read.at), ("ent-lti", NOW));
        assert_eq!((read.passed, read.failed.as_str()), (vec!["state".into(), "cookie".into()], "aud"));
        assert_eq!(read.code, Some(RefusalCode::TokenInvalid));
        let read = store.failed_sign_on(&fault.launch, NOW - Duration::DAY).await.unwrap().unwrap();
        assert_eq!(read.code, None);
        assert!(!kept(&store, &failed("ent-lti", NOW)).await, "another launch");
    })
    .await;
}

#[tokio::test]
async fn a_connection_takes_two_hundred_slots_and_the_oldest_go() {
    on_both("failed_ring", async |place| {
        let store = place.store().await;
        let other = failed("other", NOW);
        store.note(other.clone());
        let mut all = Vec::new();
        for _ in 0..5 {
            for _ in 0..50 {
                let one = failed("ent-lti", NOW);
                store.note(one.clone());
                all.push(one);
            }
            store.failed.write().await;
        }
        assert_eq!(count(&store, ROWS).await, 201);
        assert!(kept(&store, &other).await, "another connection's stay");
        assert!(
            !kept(&store, &all[49]).await && kept(&store, &all[50]).await && kept(&store, &all[249]).await
        );
        assert_eq!(store.load().dropped, 0);
    })
    .await;
}

#[tokio::test]
async fn what_comes_too_fast_is_dropped_and_counted() {
    on_both("failed_flood", async |place| {
        let store = place.store().await;
        for _ in 0..1000 {
            store.note(failed("ent-lti", NOW));
        }
        let other = failed("other", NOW);
        store.note(other.clone());
        assert_eq!(store.load().dropped, 1000 - 64, "one connection has its share of the queue");
        store.failed.write().await;
        assert_eq!(count(&store, ROWS).await, 65);
        assert!(kept(&store, &other).await);
    })
    .await;
}

#[tokio::test]
async fn a_day_later_they_are_gone() {
    on_both("failed_purge", async |place| {
        let store = place.store().await;
        let (old, young) = (failed("ent-lti", NOW - Duration::DAY), failed("ent-lti", NOW - Duration::HOUR));
        for one in [&old, &young] {
            store.note(one.clone());
        }
        store.failed.write().await;
        assert!(!kept(&store, &old).await, "it does not count any more");
        assert_eq!(Purge::purge(&store, NOW).await.unwrap(), 1);
        assert_eq!(count(&store, ROWS).await, 1);
        assert!(kept(&store, &young).await);
    })
    .await;
}
