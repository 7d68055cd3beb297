//! The login initiation.

use boundary::{RefusalCode, Stop};

use super::{LOGIN, LOGIN_FIELDS, begin_with, begun, param, reply};
use crate::inbound::LOGIN_OF;
use crate::tests::{Earth, ent, refused, request};

const HINT: &str = "{\"é\":\"&=+% 00\"}";

#[test]
fn t16_the_ent_is_asked_for_what_lti_asks_and_for_nothing_else() {
    let (world, begun) = begun();
    let names: Vec<String> = begun.to.query_pairs().map(|(name, _)| name.into_owned()).collect();
    let wanted = [
        "tenant",
        "scope",
        "response_type",
        "response_mode",
        "prompt",
        "client_id",
        "redirect_uri",
        "login_hint",
        "state",
        "nonce",
    ];
    assert_eq!(names, wanted);
    for (name, value) in [
        ("tenant", "4"),
        ("scope", "openid"),
        ("response_type", "id_token"),
        ("response_mode", "form_post"),
        ("prompt", "none"),
        ("client_id", "broker"),
        ("redirect_uri", "https://broker.example/lti/launch"),
        ("login_hint", "hint"),
    ] {
        assert_eq!(param(&begun.to, name).as_deref(), Some(value), "{name}");
    }
    assert!(begun.to.as_str().starts_with("https://ent.example/authorize?"));
    let hinted = [&LOGIN_FIELDS[..], &[("lti_message_hint", HINT), ("repost", "true")]].concat();
    let names =
        begin_with(&world, &hinted).to.query_pairs().map(|(name, _)| name.into_owned()).collect::<Vec<_>>();
    assert_eq!(names, [&wanted[..], &["lti_message_hint"]].concat());
}

#[test]
fn t12_hints_go_back_byte_for_byte() {
    let (world, _) = begun();
    let mut fields = LOGIN_FIELDS.to_vec();
    fields[1].1 = HINT;
    fields.push(("lti_message_hint", HINT));
    let to = begin_with(&world, &fields).to;
    assert_eq!(param(&to, "login_hint").as_deref(), Some(HINT));
    assert_eq!(param(&to, "lti_message_hint").as_deref(), Some(HINT));
}

#[test]
fn t15_each_login_has_a_state_a_nonce_and_a_cookie_of_its_own() {
    let (world, one) = begun();
    let two = begin_with(&world, &LOGIN_FIELDS);
    assert_ne!(one.state, two.state);
    assert_ne!(one.nonce, two.nonce);
    assert_ne!(one.cookie.0, two.cookie.0, "launches side by side do not collide");
    assert_ne!(one.cookie.1, two.cookie.1);
    // 128 bits of each, as base32.
    assert_eq!((one.nonce.len(), one.cookie.1.len()), (26, 26));
    assert!(!one.state.contains(&one.nonce) && !one.state.contains(&one.cookie.1), "the state is sealed");
}

#[test]
fn t11_a_login_without_a_required_parameter_is_refused() {
    let (world, _) = begun();
    for missing in ["iss", "login_hint", "target_link_uri"] {
        let without: Vec<_> = LOGIN_FIELDS.into_iter().filter(|(name, _)| *name != missing).collect();
        let empty: Vec<_> =
            LOGIN_FIELDS.into_iter().map(|(name, v)| (name, if name == missing { "" } else { v })).collect();
        for fields in [without, empty] {
            let refusal = refused(reply(&world, &request(LOGIN, &fields, &[])));
            assert_eq!(refusal.code(), RefusalCode::LoginIncomplete);
            assert!(refusal.detail().starts_with(missing), "{}", refusal.detail());
        }
    }
}

#[test]
fn a_doubled_or_overlong_parameter_is_refused() {
    let (world, _) = begun();
    let long = "x".repeat(4097);
    for extra in LOGIN_FIELDS.into_iter().chain([("lti_message_hint", long.as_str()), ("client_id", &long)]) {
        let fields = [&LOGIN_FIELDS[..], &[extra]].concat();
        let refusal = refused(reply(&world, &request(LOGIN, &fields, &[])));
        assert_eq!(refusal.code(), RefusalCode::LoginMalformed, "{}", extra.0);
    }
}

#[test]
fn t13_the_client_id_chooses_among_the_registrations_of_an_issuer() {
    let world = Earth::new();
    ent(&world, "north", "broker");
    ent(&world, "south", "broker-south");
    let asked = |fields: &[(&str, &str)]| {
        begin_with(&world, fields);
        param(&begin_with(&world, fields).to, "client_id").unwrap()
    };
    let with = |client_id| {
        let mut fields = LOGIN_FIELDS.to_vec();
        fields[3].1 = client_id;
        fields
    };
    assert_eq!(asked(&with("broker-south")), "broker-south");
    assert_eq!(asked(&with("broker")), "broker");
    let code = |fields: &[(&str, &str)]| refused(reply(&world, &request(LOGIN, fields, &[]))).code();
    assert_eq!(code(&LOGIN_FIELDS[..3]), RefusalCode::RegistrationAmbiguous);
    assert_eq!(code(&with("somebody")), RefusalCode::RegistrationUnknown);
    let mut elsewhere = LOGIN_FIELDS.to_vec();
    elsewhere[0].1 = "https://ent.example/";
    assert_eq!(
        code(&elsewhere),
        RefusalCode::RegistrationUnknown,
        "an issuer is compared in every character"
    );
}

#[test]
fn t13_the_address_of_a_connection_removes_the_doubt() {
    let world = Earth::new();
    ent(&world, "north", "broker");
    ent(&world, "south", "broker-south");
    let at = |segment: &str, fields: &[(&str, &str)]| {
        let mut request = request(LOGIN_OF, fields, &[]);
        request.segment = Some(segment.to_owned());
        reply(&world, &request)
    };
    assert!(at("south", &LOGIN_FIELDS[..3]).is_ok());
    for (segment, fields) in
        [("south", &LOGIN_FIELDS[..]), ("nowhere", &LOGIN_FIELDS[..3]), ("a b", &LOGIN_FIELDS[..3])]
    {
        assert_eq!(refused(at(segment, fields)).code(), RefusalCode::RegistrationUnknown, "{segment}");
    }
}

#[test]
fn t19_a_target_link_elsewhere_is_refused() {
    let (world, _) = begun();
    for target in [
        "https://evil.example/lti/r/atlas",
        "https://broker.example.evil.example/",
        "https://broker.example@evil.example/",
        "https://broker.example:8443/",
        "http://broker.example/lti/r/atlas",
        "//broker.example/",
        "/lti/r/atlas",
        "javascript:alert(1)//broker.example",
        "data:text/html,broker.example",
        "https://broker.example\\@evil.example/",
    ] {
        let mut fields = LOGIN_FIELDS.to_vec();
        fields[2].1 = target;
        let outcome = reply(&world, &request(LOGIN, &fields, &[]));
        // A backslash is a slash to a browser and to the parser alike: that address is ours.
        if target.contains('\\') {
            assert!(outcome.is_ok());
        } else {
            assert_eq!(refused(outcome).code(), RefusalCode::TargetElsewhere, "{target}");
        }
    }
}

#[test]
fn a_silent_store_is_a_fault_and_no_refusal() {
    let (world, _) = begun();
    world.fall_silent();
    assert!(matches!(reply(&world, &request(LOGIN, &LOGIN_FIELDS, &[])), Err(Stop::Fault(_))));
}
