//! Attacks on a launch: each is refused, and the person who is attacked still gets through.

use std::time::Duration;

use conformance::ent::Fault;
use conformance::{Form, Launch};
use serde_json::{Value, json};

use crate::stage::{CLIENT, Ending, Engine, Federation, Stage, on_both_engines, person, roles};

pub const LTI: &str = "https://purl.imsglobal.org/spec/lti/claim/";

pub fn refused(code: &str) -> Ending {
    Ending::Refused(code.to_owned())
}

async fn two_pupils(engine: Engine, write: fn(Federation) -> Federation) -> Stage {
    let people = vec![person("nina", "1", &[roles::PUPIL]), person("omar", "1", &[roles::PUPIL])];
    Stage::open(engine, people, |federation| write(federation.open_to_all())).await
}

/// T-20, T-26: a token is accepted once, in sequence and in parallel.
async fn a_replayed_token_lets_exactly_one_through(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let (mut browser, form) = stage.until_token("nina").await;
    assert_eq!(stage.go(&mut browser, &form).await, Ending::Delivered);
    let (mut browser, form) = stage.until_token("nina").await;
    let mut answers = Vec::new();
    let posts = (0..20).map(|_| {
        let (form, mut twin) = (form.clone(), browser.clone());
        tokio::spawn(async move {
            let hop = twin.post_once(form.action.as_str(), &form.fields).await.unwrap();
            hop.header("passerelle-refusal").map(str::to_owned)
        })
    });
    for post in posts.collect::<Vec<_>>() {
        answers.push(post.await.unwrap());
    }
    let through = answers.iter().filter(|refusal| refusal.is_none()).count();
    assert_eq!(through, 1, "{answers:?}");
    assert!(answers.iter().flatten().all(|code| code == "replayed"), "{answers:?}");
    assert_eq!(stage.go(&mut browser, &form).await, refused("replayed"));
}

/// P-02: a hint works once, also when the publisher asks many times at once.
async fn a_parked_launch_is_delivered_once(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let (browser, request) = stage.until_authorize("nina").await;
    let asks = (0..20).map(|_| {
        let (url, mut twin) = (request.action.clone(), browser.clone());
        tokio::spawn(async move {
            let hop = twin.get_once(url.as_str()).await.unwrap();
            hop.form().unwrap().value("id_token").is_some()
        })
    });
    let mut tokens = 0;
    for ask in asks.collect::<Vec<_>>() {
        tokens += usize::from(ask.await.unwrap());
    }
    assert_eq!(tokens, 1);
    let delivered: Vec<Value> =
        stage.events().await.into_iter().filter(|event| event["outcome"] == "delivered").collect();
    assert_eq!(delivered.len(), 1, "one event for one delivery");
}

/// T-20, B-08: what one browser began, no other finishes; login CSRF and handed-over links end here.
async fn another_browser_finishes_nothing(engine: Engine) {
    let stage = two_pupils(engine, |f| f).await;
    let (mut nina, token) = stage.until_token("nina").await;
    let mut stranger = stage.browser();
    assert_eq!(stage.go(&mut stranger, &token).await, refused("browser_unbound"));
    let (mut omar, _) = stage.until_token("omar").await;
    assert_eq!(stage.go(&mut omar, &token).await, refused("browser_unbound"));
    assert_eq!(stage.go(&mut nina, &token).await, Ending::Delivered, "nobody spoilt the launch");
    let (mut nina, request) = stage.until_authorize("nina").await;
    let (mut omar, _) = stage.until_authorize("omar").await;
    for thief in [&mut stranger, &mut omar] {
        let hop = thief.get_once(request.action.as_str()).await.unwrap();
        assert_eq!(hop.header("passerelle-refusal"), Some("browser_unbound"));
        assert!(hop.form().is_none_or(|form| form.value("id_token").is_none()));
    }
    assert_eq!(stage.go(&mut nina, &request).await, Ending::Delivered, "a theft takes nothing away");
}

/// T-40: either form of the cookie is enough, and none is not.
async fn a_browser_may_keep_one_form_of_the_cookie(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let (mut browser, form) = stage.until_token("nina").await;
    browser.keep_only_partitioned();
    let hop = browser.post_once(form.action.as_str(), &form.fields).await.unwrap();
    browser.keep_only_partitioned();
    let landing = browser.follow(hop).await.unwrap();
    assert_eq!(stage.ending_of(&landing), Ending::Delivered);
    let (mut browser, form) = stage.until_token("nina").await;
    browser.forget_cookies();
    let landing = browser.submit(&form).await.unwrap();
    assert_eq!(stage.ending_of(&landing), refused("browser_unbound"));
    assert!(landing.body.contains("nouvel onglet"), "a new window is suggested");
}

async fn cookies_are_as_a_frame_needs_them(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let (mut browser, _) = stage.until_token("nina").await;
    let request = stage.ent.login_request(&Launch::new("nina", "atlas")).unwrap();
    let hop = browser.post_once(&format!("{}/lti/login", stage.broker.url), &request).await.unwrap();
    let cookies: Vec<&str> = hop
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(cookies.len(), 2);
    for cookie in &cookies {
        for attribute in ["Secure", "HttpOnly", "SameSite=None", "Path=/lti", "Max-Age=600"] {
            assert!(cookie.contains(attribute), "{cookie} lacks {attribute}");
        }
    }
    assert_eq!(cookies.iter().filter(|cookie| cookie.contains("Partitioned")).count(), 1);
    assert!(hop.header("x-frame-options").is_none());
}

/// Mix-up: a token of one connection under the state of another, with the same issuer and the same keys.
async fn a_state_counts_for_its_own_connection(engine: Engine) {
    let stage = two_pupils(engine, |f| f.second_connection("ent-lti-2", "passerelle-2")).await;
    let (mut browser, form) = stage.until_token("nina").await;
    let state = form.value("state").unwrap().to_owned();
    let mut claims = claims_of(form.value("id_token").unwrap());
    claims["aud"] = json!("passerelle-2");
    let forged = form.clone().with("id_token", &stage.ent.sign(&claims).unwrap());
    assert_eq!(stage.go(&mut browser, &forged).await, refused("token_invalid"));
    let (_, other) = stage.until_token("omar").await;
    let crossed = other.with("state", &state);
    assert_eq!(stage.go(&mut browser, &crossed).await, refused("token_invalid"), "another's nonce");
    assert_eq!(stage.go(&mut browser, &form).await, Ending::Delivered);
}

fn claims_of(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    let bytes = data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// T-23 to T-27, T-30: claims that are nearly right.
async fn claims_that_are_nearly_right_are_refused(engine: Engine) {
    let stage = Stage::plain(engine).await;
    type Edit = fn(&mut Value);
    let refused_claims: [(&str, Edit); 18] = [
        ("iss with a slash", |c| c["iss"] = json!(format!("{}/", c["iss"].as_str().unwrap()))),
        ("iss in capitals", |c| c["iss"] = json!(c["iss"].as_str().unwrap().to_uppercase())),
        ("aud of a stranger", |c| c["aud"] = json!("stranger")),
        ("aud with a stranger beside", |c| c["aud"] = json!([CLIENT, "stranger"])),
        ("aud empty", |c| c["aud"] = json!([])),
        ("azp of a stranger", |c| c["azp"] = json!("stranger")),
        ("azp of a stranger in a list", |c| {
            c["aud"] = json!([CLIENT]);
            c["azp"] = json!("stranger");
        }),
        ("iat in ten minutes", |c| c["iat"] = json!(c["iat"].as_i64().unwrap() + 600)),
        ("iat an hour ago", |c| c["iat"] = json!(c["iat"].as_i64().unwrap() - 3600)),
        ("exp two minutes ago", |c| c["exp"] = json!(c["iat"].as_i64().unwrap() - 120)),
        ("exp as text", |c| c["exp"] = json!("9999999999")),
        ("no exp", |c| drop(c.as_object_mut().unwrap().remove("exp"))),
        ("another nonce", |c| c["nonce"] = json!("another")),
        ("no nonce", |c| drop(c.as_object_mut().unwrap().remove("nonce"))),
        ("an empty sub", |c| c["sub"] = json!("")),
        ("a sub of 256 characters", |c| c["sub"] = json!("x".repeat(256))),
        ("roles as text", |c| c[format!("{LTI}roles")] = json!(roles::PUPIL)),
        ("a target elsewhere", |c| {
            c[format!("{LTI}target_link_uri")] = json!("https://evil.example/lti/r/atlas")
        }),
    ];
    for (name, edit) in refused_claims {
        stage.ent.edit_claims(edit);
        assert_eq!(stage.ending("nina").await, refused("token_invalid"), "{name}");
    }
    stage.ent.edit_claims(|c| c[format!("{LTI}message_type")] = json!("LtiDeepLinkingRequest"));
    assert_eq!(stage.ending("nina").await, refused("message_unsupported"));
    let accepted: [(&str, Edit); 4] = [
        ("iat in half a minute", |c| c["iat"] = json!(c["iat"].as_i64().unwrap() + 30)),
        ("exp half a minute ago", |c| c["exp"] = json!(c["iat"].as_i64().unwrap() - 30)),
        ("aud as a list of us", |c| c["aud"] = json!([CLIENT])),
        ("azp that is us", |c| c["azp"] = json!(CLIENT)),
    ];
    for (name, edit) in accepted {
        stage.ent.edit_claims(edit);
        assert_eq!(stage.ending("nina").await, Ending::Delivered, "{name}");
    }
}

/// T-05 and the faults of 8.3: a key rotated a second ago, and key sets that fail in every way.
async fn key_sets_may_turn_and_fail(engine: Engine) {
    let stage = Stage::plain(engine).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    stage.ent.rotate_key(false).unwrap();
    assert_eq!(stage.ending("nina").await, Ending::Delivered, "rotated a second ago");
    assert_eq!(stage.ent.jwks_fetches(), 2);
    for fault in [Fault::Status(500), Fault::Huge(5_000_000), Fault::NotJson] {
        stage.ent.set_jwks_fault(fault.clone());
        assert_eq!(stage.ending("nina").await, Ending::Delivered, "{fault:?}: the known set serves on");
    }
    stage.ent.rotate_key(false).unwrap();
    assert_eq!(stage.ending("nina").await, refused("token_invalid"), "no key, no launch");
}

/// A key set that never answered is a fault of 503, not a refusal, and passes with it.
async fn an_unreachable_key_set_is_a_fault(engine: Engine) {
    let slow = Fault::Slow(Duration::from_secs(60));
    for fault in [Fault::Status(500), Fault::Huge(5_000_000), Fault::NotJson, slow] {
        let people = vec![person("nina", "1", &[roles::PUPIL])];
        let patience = [("PASSERELLE_TRANSPORT__TOTAL_SECONDS", "1")];
        let stage = Stage::open_with(engine, people, Federation::open_to_all, &patience).await;
        stage.ent.set_jwks_fault(fault.clone());
        let landing = stage.launch("nina").await;
        assert_eq!(landing.status, 503, "{fault:?}");
        let last = landing.hops.last().unwrap();
        assert!(last.header("passerelle-refusal").is_none());
        assert!(last.header("retry-after").is_some() && last.header("passerelle-launch").is_some());
        assert!(!landing.body.contains("key set"), "the operator's words stay in the log");
        assert_eq!(stage.events().await, Vec::<Value>::new());
        stage.ent.behave();
        stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
        let (code, log) = stage.broker.stop();
        assert_eq!(code, Some(0));
        assert!(log.contains("connection ent-lti: the key set at 127.0.0.1 cannot be fetched"), "{log}");
    }
}

/// T-10 to T-14, T-19: what a login initiation must say, by GET and by POST.
async fn login_initiations_are_read_strictly(engine: Engine) {
    let stage = two_pupils(engine, |f| f.second_connection("ent-lti-2", "passerelle-2")).await;
    let login = format!("{}/lti/login", stage.broker.url);
    let fresh = || stage.ent.login_request(&Launch::new("nina", "atlas")).unwrap();
    let set = |name: &str, value: Option<&str>| {
        let mut fields = fresh();
        fields.retain(|(own, _)| own != name);
        fields.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        fields
    };
    let doubled = |name: &str| {
        let mut fields = fresh();
        let again = fields.iter().find(|(own, _)| own == name).unwrap().clone();
        fields.push(again);
        fields
    };
    let elsewhere = |url: &str| set("target_link_uri", Some(url));
    let table = [
        ("no iss", "", set("iss", None), 400, "login_incomplete"),
        ("no login_hint", "", set("login_hint", None), 400, "login_incomplete"),
        ("no target", "", set("target_link_uri", None), 400, "login_incomplete"),
        ("two isses", "", doubled("iss"), 400, "login_malformed"),
        ("a stranger", "", set("iss", Some("https://stranger.example")), 400, "registration_unknown"),
        ("a stranger's client", "", set("client_id", Some("stranger")), 400, "registration_unknown"),
        ("two candidates", "", set("client_id", None), 400, "registration_ambiguous"),
        ("another's door", "/ent-lti-2", fresh(), 400, "registration_unknown"),
        ("no such door", "/nobody", fresh(), 400, "registration_unknown"),
        ("elsewhere", "", elsewhere("https://evil.example/lti/r/atlas"), 400, "target_elsewhere"),
        (
            "a look-alike",
            "",
            elsewhere(&format!("{}.evil.example/", stage.broker.url)),
            400,
            "target_elsewhere",
        ),
        ("a script", "", elsewhere("javascript:alert(1)"), 400, "target_elsewhere"),
        ("a long hint", "", set("login_hint", Some(&"x".repeat(5000))), 400, "login_malformed"),
    ];
    let mut browser = stage.browser();
    for (name, door, fields, status, code) in table {
        let url = format!("{login}{door}");
        let by_post = browser.post_once(&url, &fields).await.unwrap();
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let by_get = browser.get_once(&format!("{url}?{query}")).await.unwrap();
        for hop in [by_post, by_get] {
            assert_eq!(
                (hop.status, hop.header("passerelle-refusal")),
                (status, Some(code)),
                "{name} {}",
                hop.method
            );
            assert!(hop.header("location").is_none() && hop.header("set-cookie").is_none(), "{name}");
        }
    }
    let open = [
        ("", fresh()),
        ("", set("lti_message_hint", Some("%20+&=é\u{1F600}"))),
        ("", set("lti_deployment_id", Some("of nobody"))),
        ("/ent-lti", set("client_id", None)),
    ];
    for (door, fields) in open {
        let hop = browser.post_once(&format!("{login}{door}"), &fields).await.unwrap();
        assert_eq!(hop.status, 303, "the form is dropped");
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let hop = browser.get_once(&format!("{login}{door}?{query}")).await.unwrap();
        assert_eq!(hop.status, 302);
        check_authentication_request(&stage, hop.header("location").unwrap(), &fields);
    }
}

/// T-12, T-16, T-17: exactly the standard's parameters, and the hints as they came.
fn check_authentication_request(stage: &Stage, location: &str, sent: &[(String, String)]) {
    let url = url::Url::parse(location).unwrap();
    assert!(location.starts_with(&format!("{}/authorize?", stage.ent.url())));
    let mut asked: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let hint = |name: &str| sent.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone()).unwrap();
    asked.retain(|(name, value)| {
        if ["state", "nonce"].contains(&name.as_str()) {
            assert!(value.len() >= 26, "{name} is unguessable");
            return false;
        }
        true
    });
    let wanted = [
        ("scope", "openid".to_owned()),
        ("response_type", "id_token".to_owned()),
        ("response_mode", "form_post".to_owned()),
        ("prompt", "none".to_owned()),
        ("client_id", CLIENT.to_owned()),
        ("redirect_uri", format!("{}/lti/launch", stage.broker.url)),
        ("login_hint", hint("login_hint")),
        ("lti_message_hint", hint("lti_message_hint")),
    ];
    assert_eq!(asked, wanted.map(|(name, value)| (name.to_owned(), value)));
}

/// T-21: an error of the ENT becomes a page; its own words are not repeated.
async fn an_error_of_the_ent_becomes_a_page(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let table = [
        ("login_required", "login_required", true),
        ("interaction_required", "login_required", true),
        ("access_denied", "sign_on_refused", false),
        ("server_error", "sign_on_refused", false),
        ("<script>alert(1)</script>", "sign_on_refused", false),
    ];
    for (error, code, window) in table {
        stage.ent.answer_error(error);
        let landing = stage.launch("nina").await;
        assert_eq!(stage.ending_of(&landing), refused(code), "{error}");
        assert!(!landing.body.contains(error) || error == code, "{error} is not repeated");
        assert_eq!(landing.body.contains("un nouvel onglet"), window, "{error}: {}", landing.body);
    }
}

/// P-11 to P-14: where an error goes depends on whether the address is known to be the tool's.
async fn authorization_requests_are_read_strictly(engine: Engine) {
    let stage = two_pupils(engine, |f| f.with(OTHER_TOOL)).await;
    let (mut browser, request) = stage.until_authorize("nina").await;
    let asked: Vec<(String, String)> = request.action.query_pairs().into_owned().collect();
    let redirect = asked.iter().find(|(name, _)| name == "redirect_uri").unwrap().1.clone();
    let door = format!("{}/lti/authorize", stage.broker.url);
    let pages = [
        ("redirect_uri", Some(format!("{redirect}/")), "redirect_uri_unregistered"),
        ("redirect_uri", Some(redirect.replace("/launch", "/LAUNCH")), "redirect_uri_unregistered"),
        ("redirect_uri", Some(format!("{redirect}?x=1")), "redirect_uri_unregistered"),
        ("redirect_uri", Some("https://evil.example/".to_owned()), "redirect_uri_unregistered"),
        ("redirect_uri", None, "authorization_invalid"),
        ("client_id", Some("nobody".to_owned()), "tool_unknown"),
        ("client_id", None, "authorization_invalid"),
    ];
    for (name, value, code) in pages {
        for post in [false, true] {
            let hop = ask(&mut browser, &door, &with(&asked, name, value.as_deref()), post).await;
            assert_eq!(hop.header("passerelle-refusal"), Some(code), "{name} {value:?}");
            assert!(hop.form().is_none() && hop.header("location").is_none(), "nothing is sent anywhere");
        }
    }
    let posted = [
        ("scope", None, "invalid_scope"),
        ("scope", Some("profile"), "invalid_scope"),
        ("response_type", Some("code"), "unsupported_response_type"),
        ("response_mode", Some("query"), "invalid_request"),
        ("nonce", None, "invalid_request"),
        ("login_hint", None, "invalid_request"),
        ("login_hint", Some("sub-nina"), "invalid_request"),
        ("login_hint", Some("aaaaaaaaaaaaaaaaaaaaaaaaaa"), "invalid_request"),
        ("lti_message_hint", Some("aaaaaaaaaaaaaaaaaaaaaaaaaa"), "invalid_request"),
    ];
    for (name, value, error) in posted {
        for post in [false, true] {
            let hop = ask(&mut browser, &door, &with(&asked, name, value), post).await;
            let form = hop.form().unwrap();
            assert_eq!(form.action.as_str(), redirect, "{name}");
            assert_eq!(
                (form.value("error"), form.value("id_token")),
                (Some(error), None),
                "{name} {value:?}"
            );
            assert_eq!(form.value("state"), request_value(&asked, "state"), "{name}");
        }
    }
    for other in ["autre", "outil"] {
        let (client, redirect_uri) =
            (other, if other == "autre" { "https://autre.example/launch" } else { &redirect });
        let fields = with(&with(&asked, "client_id", Some(client)), "redirect_uri", Some(redirect_uri));
        let hop = ask(&mut browser, &door, &fields, false).await;
        let given = hop.form().unwrap().value("id_token").is_some();
        assert_eq!(given, other == "outil", "a hint is for its own tool; a failed try takes nothing away");
    }
}

/// Another tool of another publisher.
pub const OTHER_TOOL: &str = r#"
[[organisation]]
id = "autre"
name = "Autre éditeur"
roles = ["publisher", "technical-distributor"]

[[sector]]
id = "autre"
organisation = "autre"

[[tool]]
id = "autre"
sector = "autre"
protocol = "lti"
[tool.lti]
client_id = "autre"
login_url = "https://autre.example/login"
redirect_uris = ["https://autre.example/launch"]
jwks_uri = "https://autre.example/jwks.json"
target_url = "https://autre.example/"
"#;

fn request_value<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

fn with(fields: &[(String, String)], name: &str, value: Option<&str>) -> Vec<(String, String)> {
    let mut fields = fields.to_vec();
    fields.retain(|(own, _)| own != name);
    fields.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    fields
}

async fn ask(
    browser: &mut conformance::Browser,
    door: &str,
    fields: &[(String, String)],
    post: bool,
) -> conformance::Hop {
    if post {
        return browser.post_once(door, fields).await.unwrap();
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    browser.get_once(&format!("{door}?{query}")).await.unwrap()
}

/// P-11: what tools get wrong and nobody needs.
async fn an_odd_prompt_and_a_missing_state_are_tolerated(engine: Engine) {
    let stage = Stage::plain(engine).await;
    for (name, value) in
        [("prompt", Some("kHg7sR")), ("prompt", None), ("state", None), ("lti_message_hint", None)]
    {
        let (mut browser, request) = stage.until_authorize("nina").await;
        let asked: Vec<(String, String)> = request.action.query_pairs().into_owned().collect();
        let door = format!("{}/lti/authorize", stage.broker.url);
        let hop = ask(&mut browser, &door, &with(&asked, name, value), true).await;
        let form: Form = hop.form().unwrap();
        assert!(form.value("id_token").is_some(), "{name} {value:?}");
        assert_eq!(form.value("state").is_some(), name != "state");
    }
}

/// P9: nothing in a request moves a launch into another sector.
async fn no_parameter_changes_the_pseudonym(engine: Engine) {
    let stage = two_pupils(engine, |f| f.with(OTHER_TOOL)).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let honest = stage.received()["sub"].clone();
    stage.ent.edit_claims(|claims| {
        for name in ["sector", "sector_id", "sector_identifier_uri", "client_id", "tool", "azp_hint"] {
            claims[name] = json!("autre");
            claims[format!("{LTI}custom")][name] = json!("autre");
        }
    });
    let (mut browser, request) = stage.until_authorize("nina").await;
    let mut url = request.action.clone();
    for name in ["sector", "sector_id", "sector_identifier_uri", "tool", "sub", "resource"] {
        url.query_pairs_mut().append_pair(name, "autre");
    }
    let landing = browser.get(url.as_str()).await.unwrap();
    assert_eq!(stage.ending_of(&landing), Ending::Delivered);
    assert_eq!(stage.received()["sub"], honest);
}

on_both_engines!(
    a_replayed_token_lets_exactly_one_through,
    a_parked_launch_is_delivered_once,
    another_browser_finishes_nothing,
    a_browser_may_keep_one_form_of_the_cookie,
    cookies_are_as_a_frame_needs_them,
    a_state_counts_for_its_own_connection,
    claims_that_are_nearly_right_are_refused,
    key_sets_may_turn_and_fail,
    an_unreachable_key_set_is_a_fault,
    login_initiations_are_read_strictly,
    an_error_of_the_ent_becomes_a_page,
    authorization_requests_are_read_strictly,
    an_odd_prompt_and_a_missing_state_are_tolerated,
    no_parameter_changes_the_pseudonym,
);
