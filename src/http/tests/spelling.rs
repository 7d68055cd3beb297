//! Answers: what the browser gets for each.

use axum::http::StatusCode;
use boundary::{
    BindingCookie, Body as ReplyBody, Fault, Handle, LaunchId, PageName, RefusalCode, Reply, Uai,
};
use bytes::Bytes;
use url::Url;

use std::sync::Arc;

use super::{App, Fixed, elsewhere, posting, redirect, refused, told};
use crate::directory::School;
use crate::launch::{Outcome, SchoolChoice};

#[tokio::test]
async fn a_redirect_keeps_or_drops_the_form_by_method_and_hides_the_ent() {
    let app = App::replying(redirect());
    let got = app.get("/lti/login").await;
    assert_eq!(got.status, StatusCode::FOUND);
    assert_eq!(got.header("location"), "https://publisher.example/login?a=1");
    assert_eq!(got.header("referrer-policy"), "no-referrer");
    assert_eq!(got.header("cache-control"), "no-store");
    assert_eq!(got.header("passerelle-launch"), "");
    assert_eq!(app.post("/lti/login", "").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_posting_page_is_bound_to_its_script_and_may_be_framed_by_the_ent() {
    let app = App::replying(posting(elsewhere()));
    let answered = app.post("/lti/authorize", "").await;
    assert_eq!(answered.status, StatusCode::OK);
    assert_eq!(answered.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answered.header("cache-control"), "no-store");
    assert_eq!(answered.header("x-content-type-options"), "nosniff");
    assert_eq!(answered.header("referrer-policy"), "strict-origin");
    assert_eq!(answered.header("strict-transport-security"), "max-age=31536000");
    assert!(!answered.headers.contains_key("x-frame-options"));
    let policy = answered.header("content-security-policy");
    assert!(policy.contains("script-src 'sha256-") && !policy.contains("form-action"));
    assert!(policy.ends_with("frame-ancestors 'self' https://ent.example"));
    assert!(answered.body.contains("value=\"t&#34;&#60;\""));
}

#[tokio::test]
async fn an_answer_to_no_web_address_is_a_fault() {
    for body in [
        ReplyBody::Redirect(Url::parse("javascript:alert(1)").unwrap()),
        posting(Url::parse("data:text/html,x").unwrap()),
    ] {
        let reply = Reply::of(body);
        let app = App::answering(move |_| Outcome::Delivered(reply.clone()));
        let answered = app.get("/lti/login").await;
        assert_eq!(answered.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(app.metrics.text().unwrap().contains("outcome=\"fault\""));
        assert!(!answered.body.contains("javascript") && !answered.body.contains("data:"));
    }
}

#[tokio::test]
async fn a_binding_cookie_is_set_in_both_forms_and_taken_away_in_both() {
    let cookie = |value: &str| BindingCookie {
        name: "passerelle_abc".to_owned(),
        value: value.to_owned(),
        path: "/lti",
        max_age: 600,
    };
    let set = Reply::of(redirect()).with_cookie(cookie("v"));
    let app = App::answering(move |_| Outcome::Step(set.clone()));
    assert_eq!(
        app.get("/lti/login").await.all("set-cookie"),
        [
            "passerelle_abc=v; Secure; HttpOnly; SameSite=None; Path=/lti; Max-Age=600",
            "passerelle_abc-p=v; Secure; HttpOnly; SameSite=None; Path=/lti; Max-Age=600; Partitioned",
        ]
    );
    let gone = Reply::of(redirect()).with_cookie(cookie(""));
    let app = App::answering(move |_| Outcome::Step(gone.clone()));
    let answered = app.get("/lti/login").await;
    assert!(answered.all("set-cookie").iter().all(|line| line.contains("Max-Age=0")));
    assert_eq!(answered.all("set-cookie").len(), 2);
}

#[tokio::test]
async fn a_refusal_is_shown_with_its_status_and_its_numbers() {
    let app = App::answering(|_| refused(RefusalCode::Expired));
    let answered = app.get("/lti/login").await;
    assert_eq!(answered.status, StatusCode::FORBIDDEN);
    assert_eq!(answered.header("passerelle-refusal"), "expired");
    assert_eq!(answered.header("passerelle-launch"), LaunchId::draw(&Fixed).as_str());
    assert!(answered.header("content-security-policy").contains("https://ent.example"));
    assert!(!answered.body.contains("June"));
    let app = App::answering(|_| refused(RefusalCode::NotFound));
    assert_eq!(app.get("/lti/login").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_fault_is_503_and_names_no_refusal() {
    let app = App::answering(|_| Outcome::Fault(Fault::new("the database is gone")));
    let answered = app.get("/lti/login").await;
    assert_eq!(answered.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answered.header("retry-after"), "30");
    assert!(!answered.headers.contains_key("passerelle-refusal"));
    assert!(!answered.header("passerelle-launch").is_empty());
    assert!(!answered.body.contains("database"));
}

#[tokio::test]
async fn a_refusal_in_the_protocols_form_keeps_its_number_and_its_form() {
    let app = App::answering(|_| told(RefusalCode::NoSeat, Reply::of(posting(elsewhere()))));
    let answered = app.get("/lti/authorize").await;
    assert_eq!(answered.status, StatusCode::OK);
    assert_eq!(answered.header("passerelle-refusal"), "no_seat");
    assert!(answered.body.contains("<form"));
}

#[tokio::test]
async fn wire_bytes_and_named_pages_are_sent_as_they_are() {
    let body = Bytes::from_static(b"{}");
    let wire =
        |max_age| ReplyBody::Wire { status: 400, media: "application/json", max_age, body: body.clone() };
    let kept = App::replying(wire(60)).get("/lti/login").await;
    assert_eq!(kept.header("cache-control"), "public, max-age=60");
    let answered = App::replying(wire(0)).get("/lti/login").await;
    assert_eq!((answered.status, answered.body.as_str()), (StatusCode::BAD_REQUEST, "{}"));
    assert_eq!(answered.header("content-type"), "application/json");
    assert_eq!(answered.header("cache-control"), "no-store");
    let page = App::replying(ReplyBody::Page(PageName::OpenFromEnt));
    assert_eq!(page.get("/lti/r/x").await.status, StatusCode::OK);
}

#[tokio::test]
async fn schools_to_choose_among_are_shown_with_their_cookie() {
    let app = App::answering(|_| {
        let school = School {
            uai: Uai::parse("0750001U").unwrap(),
            name: "Lycée <b>".to_owned(),
            town: "Paris".to_owned(),
            nature: None,
            ents: Vec::new(),
            fictive: true,
        };
        let cookie =
            BindingCookie { name: "n".to_owned(), value: "v".to_owned(), path: "/lti", max_age: 600 };
        Outcome::Choose(Box::new(SchoolChoice {
            handle: Handle::draw(&Fixed),
            schools: vec![Arc::new(school)],
            ent: None,
            cookie,
            locale: Some("en".to_owned()),
        }))
    });
    let answered = app.get("/lti/login").await;
    assert_eq!(answered.status, StatusCode::OK);
    assert_eq!(answered.all("set-cookie").len(), 2);
    assert!(answered.body.contains("action=\"/lti/school\"") && answered.body.contains("lang=\"en\""));
    assert!(answered.body.contains("Lycée &#60;b&#62;"));
    assert!(!answered.header("content-security-policy").contains("form-action"));
}
