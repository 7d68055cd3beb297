//! The authorization request: each parameter, and where it is told that one is wrong.

use std::sync::Arc;

use boundary::{AnswerTo, Body, Destination, Method, Out, Outbound, Pseudonym, RefusalCode, Stop, ToolId};
use url::Url;

use super::{handle, posted, step, world};
use crate::outbound::{AUTHORIZE, Platform};
use crate::tests::{Earth, block_on, refused, request};

const HINT: &str = "abcdefghijklmnopqrstuvwx27";
const REDIRECT: &str = "https://publisher.example/launch";
const STATE: &str = "é &=\"<state>";
const FIELDS: [(&str, &str); 10] = [
    ("scope", "openid"),
    ("response_type", "id_token"),
    ("response_mode", "form_post"),
    ("prompt", "none"),
    ("client_id", "atlas"),
    ("redirect_uri", REDIRECT),
    ("login_hint", HINT),
    ("lti_message_hint", HINT),
    ("nonce", "n-0S6"),
    ("state", STATE),
];

fn ask(world: &Earth, fields: &[(&str, &str)]) -> Result<Out, Stop> {
    step(world, &request(AUTHORIZE, fields, &[]))
}

/// The fields with one changed, or left out.
fn changed<'a>(name: &str, value: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let fields = FIELDS.into_iter().map(|(n, v)| (n, if n == name { value } else { Some(v) }));
    fields.filter_map(|(n, v)| v.map(|v| (n, v))).collect()
}

fn resumed(outcome: Result<Out, Stop>) -> Box<AnswerTo> {
    match outcome {
        Ok(Out::Resume(found, answer)) => {
            assert_eq!(found, handle());
            answer
        }
        other => panic!("not resumed: {other:?}"),
    }
}

/// The error code and the state that are posted to the registered address.
fn told(outcome: Result<Out, Stop>) -> (String, Option<String>) {
    let Ok(Out::Reply(reply)) = outcome else { panic!("nothing is posted: {outcome:?}") };
    let (to, fields) = posted(&reply);
    assert_eq!(to.as_str(), REDIRECT, "never to another address");
    let of = |name: &str| fields.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
    assert!(of("id_token").is_none());
    (of("error").unwrap(), of("state"))
}

#[test]
fn p11_a_right_request_leads_to_its_launch() {
    let answer = resumed(ask(&world(), &FIELDS));
    assert_eq!((answer.tool.as_str(), answer.redirect_uri.as_str()), ("atlas-web", REDIRECT));
    assert_eq!((answer.nonce.as_str(), answer.state.as_deref()), ("n-0S6", Some(STATE)));
}

#[test]
fn p10_get_and_post_are_alike() {
    let doors: Vec<_> =
        Platform.doors().iter().filter(|door| door.path == AUTHORIZE).map(|door| door.method).collect();
    assert_eq!(doors, [Method::Get, Method::Post]);
    let mut request = request(AUTHORIZE, &FIELDS, &[]);
    request.method = Method::Get;
    resumed(step(&world(), &request));
}

#[test]
fn p11_what_may_be_absent_or_odd() {
    for (name, value) in [
        ("prompt", None),
        ("prompt", Some("login")),
        ("prompt", Some("none consent")),
        ("lti_message_hint", None),
        ("scope", Some("openid profile email")),
        ("scope", Some("profile openid")),
    ] {
        resumed(ask(&world(), &changed(name, value)));
    }
    let answer = resumed(ask(&world(), &changed("state", None)));
    assert_eq!(answer.state, None);
    let unknown =
        [&FIELDS[..], &[("lti_deployment_id", "x"), ("ui_locales", "fr"), ("ui_locales", "en")]].concat();
    resumed(ask(&world(), &unknown));
}

#[test]
fn p14_behind_a_verified_address_the_error_is_posted_there_with_its_state() {
    let long = "x".repeat(2049);
    let table: &[(&str, &[Option<&str>], &str)] = &[
        (
            "scope",
            &[None, Some(""), Some("profile"), Some("OPENID"), Some("openid,profile")],
            "invalid_scope",
        ),
        (
            "response_type",
            &[None, Some("code"), Some("id_token token"), Some("ID_TOKEN")],
            "unsupported_response_type",
        ),
        ("response_mode", &[None, Some("query"), Some("fragment")], "invalid_request"),
        ("nonce", &[None, Some(""), Some(&long)], "invalid_request"),
        (
            "login_hint",
            &[None, Some(""), Some("4711"), Some("ABCDEFGHIJKLMNOPQRSTUVWX27")],
            "invalid_request",
        ),
        (
            "lti_message_hint",
            &[Some(""), Some("4711"), Some("bbcdefghijklmnopqrstuvwx27")],
            "invalid_request",
        ),
    ];
    for (name, values, error) in table {
        for value in *values {
            let outcome = told(ask(&world(), &changed(name, *value)));
            assert_eq!(outcome, ((*error).to_owned(), Some(STATE.to_owned())), "{name} = {value:?}");
        }
        let twice = [&FIELDS[..], &[(*name, "again")]].concat();
        assert_eq!(
            told(ask(&world(), &twice)),
            ("invalid_request".to_owned(), Some(STATE.to_owned())),
            "{name} twice"
        );
    }
    // A state that cannot be echoed is not echoed.
    assert_eq!(told(ask(&world(), &changed("state", Some(&long)))), ("invalid_request".to_owned(), None));
    let twice = [&FIELDS[..], &[("state", "another")]].concat();
    assert_eq!(told(ask(&world(), &twice)), ("invalid_request".to_owned(), None));
}

#[test]
fn p12_without_a_verified_address_nothing_is_sent_anywhere() {
    let code = |fields: &[(&str, &str)]| refused(ask(&world(), fields)).code();
    for value in [None, Some("somebody"), Some("ATLAS")] {
        let wanted =
            if value.is_none() { RefusalCode::AuthorizationInvalid } else { RefusalCode::ToolUnknown };
        assert_eq!(code(&changed("client_id", value)), wanted, "{value:?}");
    }
    assert_eq!(code(&changed("redirect_uri", None)), RefusalCode::AuthorizationInvalid);
    for elsewhere in [
        "https://evil.example/launch",
        "https://publisher.example/launch/",
        "https://publisher.example/launch?",
        "https://publisher.example/launch?a=b",
        "https://publisher.example/launch#x",
        "https://publisher.example/launch ",
        "https://publisher.example/LAUNCH",
        "https://publisher.example/x/../launch",
        "https://publisher.example:443/launch",
        "HTTPS://publisher.example/launch",
        "http://publisher.example/launch",
        "https://user@publisher.example/launch",
        "https://publisher.example/",
        "",
    ] {
        assert_eq!(
            code(&changed("redirect_uri", Some(elsewhere))),
            RefusalCode::RedirectUriUnregistered,
            "{elsewhere}"
        );
    }
    for name in ["client_id", "redirect_uri"] {
        let same = FIELDS.into_iter().find(|(n, _)| *n == name).unwrap();
        assert_eq!(code(&[&FIELDS[..], &[same]].concat()), RefusalCode::AuthorizationInvalid, "{name} twice");
    }
    let answer = resumed(ask(&world(), &changed("redirect_uri", Some("https://publisher.example"))));
    assert_eq!(answer.redirect_uri.as_str(), "https://publisher.example/");
}

#[test]
fn a_silent_store_is_a_fault_and_no_refusal() {
    let world = world();
    world.fall_silent();
    assert!(matches!(ask(&world, &FIELDS), Err(Stop::Fault(_))));
}

#[test]
fn p14_a_refused_launch_is_told_by_its_standard_code() {
    let answer = AnswerTo {
        tool: ToolId::parse("atlas-web").unwrap(),
        redirect_uri: Url::parse(REDIRECT).unwrap(),
        state: Some(STATE.to_owned()),
        nonce: "n".to_owned(),
    };
    for code in RefusalCode::ALL {
        let reply = Platform.refuse(&answer, &code.about("resource ark:/99999/atlas, school 0750001U"));
        let (to, fields) = posted(&reply);
        assert_eq!(to.as_str(), REDIRECT);
        let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["error", "error_description", "state"]);
        let spent = [RefusalCode::HandleSpent, RefusalCode::AuthorizationInvalid, RefusalCode::Replayed];
        let wanted = if spent.contains(code) { "invalid_request" } else { "access_denied" };
        assert_eq!((fields[0].1, fields[2].1), (wanted, STATE), "{}", code.as_str());
        assert!(fields[1].1.starts_with(&format!("{}: ", code.as_str())), "{}", fields[1].1);
        assert!(!fields[1].1.contains("0750001U"), "words for the operator stay here");
    }
}

#[test]
fn p01_a_launch_goes_to_the_login_address_with_its_hints() {
    let world = world();
    let tool = Arc::new(world.tools.lock().unwrap()[0].clone());
    let destination = Destination {
        tool,
        target_url: Url::parse("https://publisher.example/atlas?map=1&lang=fr").unwrap(),
        deployment: Pseudonym::stored("schoolpseudonymaaaaaaaaaaa").unwrap(),
    };
    let reply = block_on(Platform.send(&world, &destination, &handle())).unwrap();
    let Body::Redirect(to) = &reply.body else { panic!("no redirect") };
    assert!(to.as_str().starts_with("https://publisher.example/login?"));
    let pairs: Vec<(String, String)> = to.query_pairs().into_owned().collect();
    let pairs: Vec<(&str, &str)> =
        pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let wanted = [
        ("via", "broker"),
        ("iss", "https://broker.example"),
        ("login_hint", HINT),
        ("target_link_uri", "https://publisher.example/atlas?map=1&lang=fr"),
        ("client_id", "atlas"),
        ("lti_deployment_id", "schoolpseudonymaaaaaaaaaaa"),
        ("lti_message_hint", HINT),
    ];
    assert_eq!(pairs, wanted);
    let (name, path) = Platform.binding(&handle());
    assert!(!name.contains(HINT) && path == "/lti", "the cookie's name gives the handle not away");
}
