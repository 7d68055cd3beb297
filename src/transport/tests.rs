//! The guard and the limits, against real servers on loopback.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::get;
use tokio::net::TcpListener;

use super::*;

fn transport(allow: &[&str]) -> Transport {
    let allow = allow.iter().map(|entry| (*entry).to_owned()).collect();
    let rules = Rules {
        allow,
        connect: Duration::from_millis(500),
        total: Duration::from_millis(500),
        max_bytes: 1024,
    };
    Transport::new(&rules).unwrap()
}

async fn server() -> u16 {
    let slow = || async {
        tokio::time::sleep(Duration::from_secs(30)).await;
        "late"
    };
    let router = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/huge", get(|| async { "x".repeat(5_000_000) }))
        .route("/away", get(|| async { Redirect::temporary("/") }))
        .route("/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/slow", get(slow));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

async fn ask(transport: &Transport, url: &str) -> Result<Bytes, TransportError> {
    transport.get(&Url::parse(url).unwrap(), "application/json").await.map(|answer| answer.body)
}

#[tokio::test]
async fn a_listed_peer_answers_and_the_limits_hold() {
    let port = server().await;
    let transport = transport(&["127.0.0.1", "x.localhost"]);
    let at = |path: &str| format!("http://127.0.0.1:{port}{path}");
    assert_eq!(ask(&transport, &at("/")).await.unwrap(), "hello");
    assert_eq!(ask(&transport, &format!("http://x.localhost:{port}/")).await.unwrap(), "hello");
    assert_eq!(ask(&transport, &at("/huge")).await, Err(TransportError::TooLarge(1024)));
    assert_eq!(ask(&transport, &at("/away")).await, Err(TransportError::Status(307)));
    assert_eq!(ask(&transport, &at("/broken")).await, Err(TransportError::Status(500)));
    assert_eq!(ask(&transport, &at("/slow")).await, Err(TransportError::Slow));
}

#[tokio::test]
async fn nobody_unlisted_on_this_machine_is_asked_in_any_spelling() {
    let port = server().await;
    let transport = transport(&["10.1.2.3", &format!("127.0.0.1:{}", port + 1)]);
    for host in [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "2130706433",
        "0x7f.1",
        "localhost",
        "x.localhost",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
    ] {
        for scheme in ["http", "https"] {
            let answer = ask(&transport, &format!("{scheme}://{host}:{port}/")).await;
            assert!(matches!(answer, Err(TransportError::Forbidden(_))), "{scheme} {host}: {answer:?}");
        }
    }
}

#[test]
fn an_unreadable_allow_list_is_refused() {
    let rules = Rules {
        allow: vec!["not a host".into()],
        connect: Duration::ZERO,
        total: Duration::ZERO,
        max_bytes: 0,
    };
    assert!(matches!(Transport::new(&rules), Err(TransportError::Rules(_))));
}

#[tokio::test]
async fn the_peers_clock_is_read() {
    let port = server().await;
    let url = Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap();
    let answer = transport(&["127.0.0.1"]).get(&url, "text/plain").await.unwrap();
    assert!(answer.date.unwrap().year() >= 2025, "hyper says its time");
}

#[test]
fn an_entry_that_holds_public_addresses_is_known() {
    for public in ["0.0.0.0/0", "10.0.0.0/7", "8.8.8.8", "8.8.8.8:443", "[2001:4860::1]:443", "::/0"] {
        assert!(holds_public(public), "{public}");
    }
    for private in
        ["10.0.0.0/8", "192.168.7.0/24", "127.0.0.1:8602", "fd00::/8", "ent.localhost", "ent.example.fr:443"]
    {
        assert!(!holds_public(private), "{private}");
    }
}
