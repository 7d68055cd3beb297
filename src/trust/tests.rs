//! Key sets, against a real server on loopback.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex as StdMutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::json;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::shelf::FAILED;
use super::*;
use crate::transport::Rules;

struct Hands(StdMutex<OffsetDateTime>);

impl Hands {
    fn forward(&self, by: time::Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for Hands {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server whose answer and count of fetches the test holds, and whether it answers at all.
#[derive(Default)]
struct Peer {
    answer: StdMutex<(u16, String)>,
    fetches: AtomicUsize,
    hangs: watch::Sender<bool>,
}

impl Peer {
    async fn start(kid: &str) -> (Arc<Self>, Url) {
        let peer = Arc::new(Self::default());
        peer.publish(kid);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/jwks", listener.local_addr().unwrap())).unwrap();
        let own = peer.clone();
        let answer = move || async move {
            own.fetches.fetch_add(1, Ordering::SeqCst);
            own.hangs.subscribe().wait_for(|hangs| !hangs).await.unwrap();
            let (status, body) = own.answer.lock().unwrap().clone();
            (StatusCode::from_u16(status).unwrap(), body)
        };
        let router = Router::new().route("/jwks", get(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (peer, url)
    }

    fn publish(&self, kid: &str) {
        let keys = json!({ "keys": [{ "kty": "RSA", "kid": kid, "n": "AQ", "e": "AQAB", "d": "leak" }, { "kid": "x" }] });
        *self.answer.lock().unwrap() = (200, keys.to_string());
    }

    fn fail(&self, status: u16, body: &str) {
        *self.answer.lock().unwrap() = (status, body.to_owned());
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    /// From now on it takes requests and says nothing, until it is let go.
    fn hang(&self) {
        self.hangs.send_replace(true);
    }

    fn let_go(&self) {
        self.hangs.send_replace(false);
    }

    /// Waits until so many fetches have reached it.
    async fn asked(&self, fetches: usize) {
        until(async || self.fetches() == fetches).await;
    }
}

/// Waits until something holds; what takes half a minute does not come any more.
async fn until<F: Future<Output = bool>>(holds: impl Fn() -> F) {
    let waited = tokio::time::timeout(Duration::from_secs(30), async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    });
    waited.await.expect("it came to hold");
}

fn sets() -> (KeySets, Arc<Hands>) {
    patient_sets(Duration::from_secs(1))
}

fn patient_sets(total: Duration) -> (KeySets, Arc<Hands>) {
    let clock = Arc::new(Hands(StdMutex::new(datetime!(2026-11-24 08:05 UTC))));
    let rules = Rules { allow: vec!["127.0.0.1".into()], connect: total, total, max_bytes: 10_000 };
    (KeySets::new(Transport::new(&rules).unwrap(), clock.clone()), clock)
}

fn platform(id: &str, url: &Url) -> LtiPlatform {
    let text = json!({
        "id": id, "ent": "ent", "issuer": "https://ent", "client_id": "c", "deployments": [],
        "authorization_url": "https://ent/authorize", "keys": { "jwks_uri": url }, "namespace": "ent", "match": "sub",
    });
    serde_json::from_value(text).unwrap()
}

#[tokio::test]
async fn a_set_is_fetched_once_and_again_when_a_key_is_new() {
    let (peer, url) = Peer::start("one").await;
    let (sets, _) = sets();
    let platform = platform("a", &url);
    for _ in 0..20 {
        let key = sets.key_of(&platform, "one").await.unwrap().unwrap();
        assert!(!key.contains("leak"), "private members are dropped");
    }
    assert_eq!(peer.fetches(), 1);
    peer.publish("two");
    assert!(sets.key_of(&platform, "two").await.unwrap().is_some(), "a key rotated a second ago");
    assert_eq!(peer.fetches(), 2);
}

#[tokio::test]
async fn a_flood_of_unknown_ids_is_no_flood_of_fetches() {
    let (peer, url) = Peer::start("one").await;
    let (sets, _) = sets();
    let platform = platform("a", &url);
    for n in 0..100 {
        assert!(sets.key_of(&platform, &format!("unknown-{n}")).await.unwrap().is_none());
    }
    assert_eq!(peer.fetches(), 1 + 3);
}

#[tokio::test]
async fn concurrent_launches_share_one_fetch() {
    let (peer, url) = Peer::start("one").await;
    let sets = Arc::new(sets().0);
    let platform = Arc::new(platform("a", &url));
    let asks = (0..50).map(|_| {
        let (sets, platform) = (sets.clone(), platform.clone());
        tokio::spawn(async move { sets.key_of(&platform, "one").await.unwrap().is_some() })
    });
    assert!(futures::future::join_all(asks).await.into_iter().all(|found| found.unwrap()));
    assert_eq!(peer.fetches(), 1);
}

#[tokio::test]
async fn a_broken_source_is_a_fault_unless_a_set_is_known() {
    for (status, body) in [(500, ""), (200, "no json"), (200, "{}"), (200, &*"x".repeat(50_000))] {
        let (peer, url) = Peer::start("one").await;
        let (sets, clock) = sets();
        let platform = platform("a", &url);
        peer.fail(status, body);
        let fault = sets.key_of(&platform, "one").await.unwrap_err();
        assert!(fault.detail.contains("connection a"), "{fault}");
        assert!(sets.key_of(&platform, "one").await.is_err());
        assert_eq!(peer.fetches(), 1, "the failure is remembered for a moment");
        clock.forward(FAILED);
        peer.publish("one");
        assert!(sets.key_of(&platform, "one").await.unwrap().is_some());
        peer.fail(status, body);
        clock.forward(time::Duration::hours(2));
        assert!(sets.key_of(&platform, "one").await.unwrap().is_some(), "the known set serves on");
        clock.forward(time::Duration::hours(23));
        assert!(sets.key_of(&platform, "one").await.is_err(), "but not for ever");
    }
}

#[tokio::test]
async fn equal_key_ids_of_two_connections_never_mix() {
    let ((one, url_one), (two, url_two)) = (Peer::start("same").await, Peer::start("same").await);
    two.fail(200, r#"{"keys":[{"kty":"RSA","kid":"same","n":"Ag","e":"AQAB"}]}"#);
    let (sets, _) = sets();
    let first = sets.key_of(&platform("one", &url_one), "same").await.unwrap().unwrap();
    let second = sets.key_of(&platform("two", &url_two), "same").await.unwrap().unwrap();
    assert_ne!(first, second);
    let moved = sets.key_of(&platform("one", &url_two), "same").await.unwrap().unwrap();
    assert_eq!(moved, second, "a changed registration reads its new source");
    assert_eq!((one.fetches(), two.fetches()), (1, 2));
}

/// Longer than any test: whatever waits for a fetch that hangs waits until the test lets it go.
const FOR_EVER: Duration = Duration::from_secs(600);

#[tokio::test]
async fn known_keys_do_not_wait_for_a_fetch_that_a_stranger_began() {
    let (peer, url) = Peer::start("one").await;
    let sets = Arc::new(patient_sets(FOR_EVER).0);
    let platform = Arc::new(platform("a", &url));
    assert!(sets.key_of(&platform, "one").await.unwrap().is_some());
    peer.hang();
    let strangers: Vec<_> = (0..10)
        .map(|n| {
            let (sets, platform) = (sets.clone(), platform.clone());
            tokio::spawn(async move { sets.key_of(&platform, &format!("unknown-{n}")).await })
        })
        .collect();
    peer.asked(2).await;
    for _ in 0..20 {
        assert!(sets.key_of(&platform, "one").await.unwrap().is_some());
    }
    assert!(strangers.iter().all(|stranger| !stranger.is_finished()), "the fetch was under way all the time");
    peer.let_go();
    for stranger in strangers {
        assert!(stranger.await.unwrap().unwrap().is_none());
    }
    assert_eq!(peer.fetches(), 2, "the strangers share one fetch");
}

#[tokio::test]
async fn a_caller_that_leaves_takes_no_fetch_along() {
    let (peer, url) = Peer::start("one").await;
    let sets = Arc::new(patient_sets(FOR_EVER).0);
    let platform = Arc::new(platform("a", &url));
    let leave = async |fetches| {
        let (sets, platform) = (sets.clone(), platform.clone());
        let caller = tokio::spawn(async move { sets.key_of(&platform, "two").await });
        peer.asked(fetches).await;
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
    };
    peer.hang();
    peer.fail(500, "");
    leave(1).await;
    peer.let_go();
    until(async || sets.shelf(&platform.id, &url).has_failed()).await;
    assert!(sets.key_of(&platform, "two").await.is_err());
    assert_eq!(peer.fetches(), 1, "a failure that nobody waited for is remembered too");
}

#[tokio::test]
async fn an_old_set_is_served_at_once_and_refreshed_behind() {
    let (peer, url) = Peer::start("one").await;
    let (sets, clock) = patient_sets(FOR_EVER);
    let platform = platform("a", &url);
    assert!(sets.key_of(&platform, "one").await.unwrap().is_some());
    clock.forward(time::Duration::hours(2));
    peer.hang();
    for _ in 0..5 {
        assert!(sets.key_of(&platform, "one").await.unwrap().is_some(), "nobody waits for the refresh");
    }
    peer.asked(2).await;
    peer.publish("two");
    peer.let_go();
    until(async || sets.key_of(&platform, "one").await.unwrap().is_none()).await;
    assert!(sets.key_of(&platform, "two").await.unwrap().is_some(), "what was withdrawn is gone");
}
