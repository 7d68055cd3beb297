//! Limits: who is slowed, who is not, and who is not answered at all.

use axum::body::Body;
use axum::http::{Request as HttpRequest, StatusCode};
use boundary::{EntId, LaunchId, RefusalCode, Reply};

use super::{Answered, App, Fixed, Peer, elsewhere, posting, redirect, refused, told};
use crate::launch::Outcome;

/// More than anybody may fail at once.
const MANY: usize = 150;

/// Whoever begins a sign-on is sent on; a segment names how it ends otherwise.
fn app() -> App {
    App::answering(|request| match request.segment.as_deref() {
        Some("stranger") => refused(RefusalCode::RegistrationUnknown),
        Some("spent") => told(RefusalCode::HandleSpent, Reply::of(posting(elsewhere()))),
        Some("unbound") => refused(RefusalCode::BrowserUnbound),
        Some("no-seat") => refused(RefusalCode::NoSeat),
        _ => Outcome::Step(Reply::of(redirect()).within(EntId::parse("ent").unwrap())),
    })
}

async fn from(app: &App, client: &str, path: &str) -> Answered {
    let request = HttpRequest::get(path).header("x-forwarded-for", client);
    app.send(request.body(Body::empty()).unwrap()).await
}

/// Asks until a limit says so: how often it was answered before, and how. An allowance comes back with time, so on a slow
/// machine it takes a little longer.
async fn until_limited(app: &App, client: impl Fn(usize) -> String, path: &str) -> (usize, Answered) {
    for n in 0..10_000 {
        let answered = from(app, &client(n), path).await;
        if answered.status == StatusCode::TOO_MANY_REQUESTS {
            return (n, answered);
        }
    }
    panic!("{path}: there is no end to it")
}

async fn statuses(app: &App, client: &str, path: &str, many: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..many {
        statuses.push(from(app, client, path).await.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn failures_of_a_network_are_slowed_and_what_succeeds_there_never_is() {
    for (path, status) in
        [("/lti/r/stranger", 400), ("/lti/r/spent", 200), ("/lti/r/stranger?a=%zz", 400), ("/no", 404)]
    {
        let app = app();
        assert_eq!(statuses(&app, "198.51.100.7", path, 100).await, vec![status; 100], "{path}");
        let (_, limited) = until_limited(&app, |_| "198.51.100.7".to_owned(), path).await;
        assert!((1..=2).contains(&limited.header("retry-after").parse::<u32>().unwrap()));
        assert_eq!(limited.header("passerelle-launch"), LaunchId::draw(&Fixed).as_str());
        assert_eq!(limited.header("passerelle-refusal"), "", "one failure looks like another");
        assert!(limited.body.contains("Trop de demandes") && !limited.body.contains("id_token"));
        assert_eq!(statuses(&app, "198.51.100.7", "/lti/login", MANY).await, vec![302; MANY], "{path}");
        for other in ["198.51.100.8", "198.51.100.7, 198.51.100.9", "2001:db8::7"] {
            assert_eq!(from(&app, other, path).await.status.as_u16(), status, "{path} {other}");
        }
        assert!(app.metrics.text().unwrap().contains("passerelle_limited_total 1\n"));
    }
}

#[tokio::test]
async fn what_whole_schools_do_in_good_faith_is_told_however_often() {
    let app = app();
    for path in ["/lti/r/unbound", "/lti/r/no-seat"] {
        assert_eq!(statuses(&app, "198.51.100.7", path, MANY).await, vec![403; MANY], "{path}");
    }
    for path in ["/favicon.ico", "/robots.txt"] {
        assert_eq!(statuses(&app, "198.51.100.7", path, MANY).await, vec![404; MANY], "{path}");
    }
    assert_eq!(from(&app, "198.51.100.7", "/lti/r/stranger").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn one_customers_addresses_are_one_network() {
    let app = app();
    let another = |n| format!("2001:db8:1:2:{n:x}::{n:x}");
    let (failures, _) = until_limited(&app, another, "/lti/r/stranger").await;
    assert!(failures >= 100, "{failures}");
    assert_eq!(from(&app, "2001:db8:1:3::", "/lti/r/stranger").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn nobody_is_answered_past_the_proxies() {
    let app = app();
    for (peer, status) in [
        ("192.0.2.200:1", 302),
        ("127.0.0.1:1", 302),
        ("[::1]:1", 302),
        ("[::ffff:192.0.2.200]:1", 302),
        ("192.0.3.1:1", 421),
        ("[2001:db8::1]:1", 421),
    ] {
        let request = HttpRequest::get("/lti/login").extension(Peer::of(peer.parse().unwrap()));
        let request = request.header("x-forwarded-for", "127.0.0.1").body(Body::empty()).unwrap();
        let answered = app.send(request).await;
        assert_eq!(answered.status.as_u16(), status, "{peer}");
        assert_eq!(answered.header("cache-control"), "no-store");
    }
    let request = HttpRequest::get("/lti/login").extension(Peer::NOBODY);
    assert_eq!(app.send(request.body(Body::empty()).unwrap()).await.status, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(app.seen().len(), 4, "the launches saw nothing of the others");
}
