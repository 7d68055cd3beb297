//! Doors: what reaches the launches, and what does not.

use axum::body::Body;
use axum::http::{Request as HttpRequest, StatusCode};
use boundary::{Ambiguous, LaunchId, Method};
use bytes::Bytes;

use super::{App, Fixed, redirect};

#[tokio::test]
async fn a_request_reaches_the_part_behind_its_door_with_everything_decoded() {
    let app = App::replying(redirect());
    let request = HttpRequest::get("/lti/r/fran%C3%A7ais?iss=a%2Bb&x=1&x=2")
        .header("cookie", "one=1; two=\"2\"=x")
        .header("cookie", "three=3; broken")
        .header("accept-language", "en-GB,en;q=0.9");
    app.send(request.body(Body::empty()).unwrap()).await;
    app.post("/lti/authorize", "state=1&state=1").await;
    app.post("/lti/school", "launch=h&uai=0750001U").await;

    let seen = app.seen();
    let (part, arrived) = &seen[0];
    assert_eq!((*part, arrived.door, arrived.locale), ("arrive", "/lti/r/{key}", "en"));
    assert_eq!(arrived.segment.as_deref(), Some("français"));
    assert_eq!(arrived.fields.one("iss"), Ok(Some("a+b")));
    assert_eq!(arrived.fields.one("x"), Err(Ambiguous("x".to_owned())));
    assert_eq!(arrived.cookies.one("one"), Ok(Some("1")));
    assert_eq!(arrived.cookies.one("two"), Ok(Some("\"2\"=x")));
    assert_eq!(arrived.cookies.one("three"), Ok(Some("3")));
    assert_eq!(arrived.launch, LaunchId::draw(&Fixed));
    assert_eq!((seen[1].0, seen[1].1.method), ("depart", Method::Post));
    assert!(seen[1].1.fields.one("state").is_err());
    assert_eq!((seen[2].0, seen[2].1.door), ("choose", "/lti/school"));
    assert_eq!(seen[2].1.locale, "fr");
}

#[tokio::test]
async fn a_neighbours_unreadable_cookie_is_passed_over() {
    let app = App::replying(redirect());
    let request = HttpRequest::get("/lti/login").header("cookie", &b"a=\xff; b=2"[..]);
    app.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(app.seen()[0].1.cookies.one("b"), Ok(Some("2")));
}

#[tokio::test]
async fn hostile_requests_are_refused_before_the_launches_see_them() {
    let app = App::replying(redirect());
    let many = "a=1&".repeat(65);
    for (form, status) in [
        ("a=%zz", StatusCode::BAD_REQUEST),
        ("a=%ff", StatusCode::BAD_REQUEST),
        (&many, StatusCode::BAD_REQUEST),
    ] {
        let by_post = app.post("/lti/login", form.to_owned()).await;
        let by_get = app.get(&format!("/lti/login?{form}")).await;
        for answered in [by_post, by_get] {
            assert_eq!(answered.status, status, "{form}");
            assert_eq!(answered.header("passerelle-refusal"), "login_malformed");
            assert_eq!(answered.header("passerelle-launch"), LaunchId::draw(&Fixed).as_str());
        }
    }
    let json = HttpRequest::post("/lti/login").header("content-type", "application/json");
    let answered = app.send(json.body(Body::from("{}")).unwrap()).await;
    assert_eq!(answered.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(app.get("/lti/r/%ff").await.status, StatusCode::BAD_REQUEST, "a path that is not UTF-8");
    assert!(app.seen().is_empty());
}

#[tokio::test]
async fn a_large_body_is_refused_whether_it_is_announced_or_not() {
    let app = App::replying(redirect());
    let announced = HttpRequest::post("/lti/login")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("content-length", "5000000");
    let unread = Body::from_stream(futures::stream::poll_fn(
        |_| -> std::task::Poll<Option<Result<Bytes, std::io::Error>>> { panic!("the body was read") },
    ));
    let answered = app.send(announced.body(unread).unwrap()).await;
    assert_eq!(answered.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answered.header("passerelle-refusal"), "login_malformed");

    let chunk = || Ok::<_, std::io::Error>(Bytes::from(vec![b'a'; 1024]));
    let endless = Body::from_stream(futures::stream::iter(std::iter::repeat_with(chunk)));
    assert_eq!(app.post("/lti/login", endless).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(app.post("/lti/school", "a".repeat(4097)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(app.seen().is_empty());
}

#[tokio::test]
async fn other_paths_and_other_methods_get_a_page() {
    let app = App::replying(redirect());
    let unknown = app.get("/wp-login.php?password=x").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(unknown.body.contains("<h1>") && !unknown.body.contains("password"));
    let reloaded = app.get("/lti/school").await;
    assert_eq!(reloaded.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(reloaded.header("allow"), "POST");
    let head = HttpRequest::head("/lti/authorize").body(Body::empty()).unwrap();
    assert_eq!(app.send(head).await.status, StatusCode::METHOD_NOT_ALLOWED);
    let home = app.get("/").await;
    assert_eq!(home.status, StatusCode::OK);
    assert!(home.body.contains("lang=\"en\"") && home.body.contains("lang=\"fr\""));
    assert!(app.seen().is_empty());
}
