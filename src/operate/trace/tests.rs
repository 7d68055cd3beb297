//! What is made of events, whatever their age.

use boundary::{LaunchId, RefusalCode};

use super::{Check, event};
use crate::journal::Hop;

fn read(rest: &str) -> Vec<Check> {
    let launch = LaunchId::parse("abcdefghijklmnop").unwrap();
    let text = format!(r#"{{"launch":"{launch}","at":"2026-11-24T08:05:00Z","ent":"ent",{rest}}}"#);
    event::read(&launch, &text).unwrap().checks
}

fn last(checks: &[Check]) -> (Hop, &str, bool) {
    let last = checks.last().unwrap();
    (last.hop, &last.name, last.passed)
}

#[test]
fn a_delivered_launch_passed_everything() {
    let checks = read(r#""hop":"B","outcome":"delivered","commitment":"00""#);
    assert!(checks.iter().all(|check| check.passed));
    assert_eq!(last(&checks), (Hop::B, "journal", true));
}

/// Codes of sign-ons and of publishers' requests, which no event holds.
const SIGN_ON: [RefusalCode; 15] = [
    RefusalCode::LoginIncomplete,
    RefusalCode::LoginMalformed,
    RefusalCode::RegistrationAmbiguous,
    RefusalCode::TargetElsewhere,
    RefusalCode::BrowserUnbound,
    RefusalCode::LaunchStale,
    RefusalCode::SignOnRefused,
    RefusalCode::LoginRequired,
    RefusalCode::TokenInvalid,
    RefusalCode::Replayed,
    RefusalCode::MessageUnsupported,
    RefusalCode::AuthorizationInvalid,
    RefusalCode::RedirectUriUnregistered,
    RefusalCode::ToolUnknown,
    RefusalCode::NotFound,
];

#[test]
fn a_code_fails_one_check_at_its_hop_and_nothing_is_claimed_of_one_that_no_room_gives() {
    for code in RefusalCode::ALL {
        for (name, hop) in [("A", Hop::A), ("B", Hop::B)] {
            let checks =
                read(&format!(r#""hop":"{name}","outcome":"refused","refusal":"{}""#, code.as_str()));
            if SIGN_ON.contains(code) {
                assert!(checks.is_empty(), "{}", code.as_str());
                continue;
            }
            let (at, _, passed) = last(&checks);
            assert_eq!((at, passed), (hop, false), "{}", code.as_str());
            assert_eq!(checks.iter().filter(|check| !check.passed).count(), 1, "{}", code.as_str());
        }
    }
}

#[test]
fn the_room_that_gave_the_code_is_named() {
    let room = |code: &str| {
        let checks = read(&format!(r#""hop":"A","outcome":"refused","refusal":"{code}""#));
        checks.last().unwrap().name.clone()
    };
    assert_eq!(room("resource_unknown"), "resource");
    assert_eq!(room("deployment_inactive"), "deployment");
    assert_eq!(room("school_not_of_ent"), "school");
    assert_eq!(room("person_left"), "affiliation");
    assert_eq!(room("no_seat"), "licence");
    assert_eq!(room("tool_suspended"), "licence");
    assert_eq!(room("handle_spent"), "tool");
}

#[test]
fn an_event_written_before_hops_were_noted_can_be_read() {
    assert_eq!(last(&read(r#""outcome":"refused","refusal":"expired""#)), (Hop::B, "licence", false));
}
