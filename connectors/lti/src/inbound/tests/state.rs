//! The state and its cookie: what the browser must bring back, and for how long.

use boundary::{RefusalCode, SealPurpose, Stop, Tickets, World};
use proptest::prelude::*;
use serde_json::json;
use time::Duration;

use super::{Begun, LOGIN_FIELDS, begin_with, begun, bring, launch, launch_presenting};
use crate::inbound::ticket::Ticket;
use crate::tests::{Earth, ent, ent_key, person, refused, request, token_by};

fn usual(begun: &Begun) -> String {
    token_by(ent_key(), &person(&begun.nonce))
}

/// Claims as the ENT signs them now.
fn fresh(world: &Earth, begun: &Begun) -> serde_json::Value {
    let now = boundary::Clock::now(world).unix_timestamp();
    let mut claims = person(&begun.nonce);
    (claims["iat"], claims["exp"]) = (json!(now), json!(now + 60));
    claims
}

#[test]
fn t15_a_sign_on_may_take_ten_minutes_and_no_second_more() {
    let (world, begun) = begun();
    world.wait(Duration::minutes(10));
    bring(&world, &begun, &fresh(&world, &begun)).unwrap();
    world.wait(Duration::SECOND);
    let refusal = refused(bring(&world, &begun, &fresh(&world, &begun)));
    assert_eq!(refusal.code(), RefusalCode::LaunchStale);
}

#[test]
fn a_ticket_of_another_purpose_is_no_state() {
    let (world, begun) = begun();
    let plain = world.open(SealPurpose::LtiState, &begun.state).unwrap();
    for purpose in [SealPurpose::Return, SealPurpose::Parked] {
        let state = world.seal(purpose, &plain).unwrap();
        let cookie = (crate::cookie_name(&state), begun.cookie.1.clone());
        let other = Begun { state, cookie, nonce: begun.nonce.clone(), to: begun.to.clone() };
        let refusal = refused(bring(&world, &other, &person(&begun.nonce)));
        assert_eq!(refusal.code(), RefusalCode::LaunchStale, "{purpose:?}");
    }
}

#[test]
fn t20_state_and_token_must_be_there_once() {
    let (world, begun) = begun();
    let token = usual(&begun);
    let (state, token) = (("state", begun.state.as_str()), ("id_token", token.as_str()));
    for fields in [&[token][..], &[state], &[]] {
        assert_eq!(refused(launch(&world, &begun, fields)).code(), RefusalCode::LaunchStale);
    }
    for fields in [[state, state, token], [state, token, token]] {
        assert_eq!(refused(launch(&world, &begun, &fields)).code(), RefusalCode::LoginMalformed);
    }
}

#[test]
fn t40_the_cookie_is_asked_for_in_either_of_its_forms() {
    let (world, begun) = begun();
    let token = usual(&begun);
    let fields = [("state", begun.state.as_str()), ("id_token", token.as_str())];
    let (name, value) = (begun.cookie.0.as_str(), begun.cookie.1.as_str());
    let partitioned = format!("{name}-p");
    let present = |cookies: &[(&str, &str)]| launch_presenting(&world, &fields, cookies);
    for cookies in [&[(name, value)][..], &[(&partitioned, value)], &[(name, "stale"), (&partitioned, value)]]
    {
        assert!(present(cookies).is_ok(), "{cookies:?}");
    }
    let other = begin_with(&world, &LOGIN_FIELDS).cookie;
    let upper = value.to_uppercase();
    for cookies in [
        &[][..],
        &[(name, "")],
        &[(name, &value[1..])],
        &[(name, &upper)],
        &[("passerelle", value)],
        &[(&other.0, &other.1)],
        &[(name, &other.1)],
        &[(&other.0, value)],
    ] {
        assert_eq!(refused(present(cookies)).code(), RefusalCode::BrowserUnbound, "{cookies:?}");
    }
}

#[test]
fn a_token_without_its_browser_tells_nothing_about_itself() {
    let (world, begun) = begun();
    for fields in [
        [("state", begun.state.as_str()), ("id_token", "rubbish")],
        [("state", &begun.state), ("error", "x")],
    ] {
        let refusal = refused(launch_presenting(&world, &fields, &[]));
        assert_eq!(refusal.code(), RefusalCode::BrowserUnbound);
        assert_eq!(
            refusal.back().ent.as_ref().map(|ent| ent.as_str()),
            Some("ent"),
            "and the way back is known"
        );
    }
}

#[test]
fn s2_a_token_of_another_sign_on_is_refused() {
    let (world, one) = begun();
    let two = begin_with(&world, &LOGIN_FIELDS);
    let refusal = refused(bring(&world, &one, &person(&two.nonce)));
    assert_eq!(refusal.code(), RefusalCode::TokenInvalid);
    assert!(refusal.detail().starts_with("nonce: "), "{}", refusal.detail());
}

#[test]
fn s2_a_token_of_another_connection_is_refused() {
    let world = Earth::new();
    ent(&world, "north", "broker");
    let mut south = ent(&world, "south", "broker-south");
    south.issuer = "https://south.example".to_owned();
    world.platforms.lock().unwrap()[1] = south;
    let begun = begin_with(&world, &LOGIN_FIELDS);
    let mut claims = person(&begun.nonce);
    claims["iss"] = json!("https://south.example");
    assert!(refused(bring(&world, &begun, &claims)).detail().starts_with("iss: "));
    claims["iss"] = json!(super::ENT_ISSUER);
    claims["aud"] = json!("broker-south");
    assert!(refused(bring(&world, &begun, &claims)).detail().starts_with("aud: "));
}

#[test]
fn a_connection_withdrawn_during_the_sign_on_ends_it() {
    let (world, begun) = begun();
    world.platforms.lock().unwrap().clear();
    assert_eq!(
        refused(bring(&world, &begun, &person(&begun.nonce))).code(),
        RefusalCode::RegistrationUnknown
    );
    world.fall_silent();
    assert!(matches!(bring(&world, &begun, &person(&begun.nonce)), Err(Stop::Fault(_))));
}

#[test]
fn t21_an_error_of_the_ent_has_its_refusal_and_only_known_words() {
    let (world, begun) = begun();
    let answer = |error: &str| refused(launch(&world, &begun, &[("state", &begun.state), ("error", error)]));
    for error in ["login_required", "interaction_required"] {
        assert_eq!(answer(error).code(), RefusalCode::LoginRequired, "{error}");
        assert!(answer(error).detail().ends_with(error));
    }
    for error in [
        "invalid_request",
        "unauthorized_client",
        "access_denied",
        "unsupported_response_type",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
    ] {
        assert_eq!(answer(error).code(), RefusalCode::SignOnRefused, "{error}");
        assert!(answer(error).detail().ends_with(error));
    }
    for error in ["", "Léa Martin has no account", "login_required "] {
        assert_eq!(answer(error).code(), RefusalCode::SignOnRefused);
        assert_eq!(answer(error).detail(), "the ENT answered with an error of its own");
    }
}

#[test]
fn a_target_link_opened_by_hand_says_where_to_open_it() {
    let mut request = request(crate::inbound::RESOURCE, &[], &[]);
    request.segment = Some("atlas".to_owned());
    let reply = super::reply(&Earth::new(), &request).unwrap();
    assert_eq!(reply.body, boundary::Body::Page(boundary::PageName::OpenFromEnt));
}

fn is_stale(world: &dyn World, state: &str) -> bool {
    matches!(Ticket::open(state, world), Err(Stop::Refused(refusal)) if refusal.code() == RefusalCode::LaunchStale)
}

proptest! {
    #[test]
    fn s2_a_bit_that_flips_opens_nothing(at: prop::sample::Index, bit in 0_u8..7) {
        let (world, begun) = begun();
        let mut bytes = begun.state.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert!(is_stale(&world, &changed), "character {at}");
    }

    #[test]
    fn s2_a_state_cut_short_or_made_longer_opens_nothing(at: prop::sample::Index, tail in "[A-Za-z0-9._-]{1,8}") {
        let (world, begun) = begun();
        prop_assert!(Ticket::open(&begun.state, &world).is_ok());
        prop_assert!(is_stale(&world, &begun.state[..at.index(begun.state.len())]));
        let longer = format!("{}{tail}", begun.state);
        prop_assert!(is_stale(&world, &longer));
    }

    #[test]
    fn s2_what_is_not_sealed_by_us_opens_nothing(text in "\\PC{0,200}", form in "[A-Za-z0-9_-]{0,80}(\\.[A-Za-z0-9_-]{0,40}){4}") {
        let world = Earth::new();
        prop_assert!(is_stale(&world, &text));
        prop_assert!(is_stale(&world, &form));
    }

    /// Sealed by us for this purpose, but not by this code: another version's ticket, or another use's.
    #[test]
    fn sealed_bytes_of_another_form_open_nothing(plain: Vec<u8>) {
        let world = Earth::new();
        let state = world.seal(SealPurpose::LtiState, &plain).unwrap();
        prop_assert!(is_stale(&world, &state));
    }
}
