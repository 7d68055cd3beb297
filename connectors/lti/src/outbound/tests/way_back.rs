//! The way back to the ENT: how long it leads there, and what may travel on it.

use boundary::{Body, Out, Outbound, PageName, SealPurpose, Tickets};
use proptest::prelude::*;
use time::Duration;
use url::Url;

use super::{step, world};
use crate::outbound::{Platform, RETURN};
use crate::tests::{Earth, request};

const BACK: &str = "https://ent.example/back?course=6A";

/// What the browser has that was sent on.
const COOKIE: (&str, &str) = ("passerelle-back", "abcdefghijklmnopqrstuvwxyz");

fn ticket(world: &Earth) -> String {
    let asked = request("/lti/authorize", &[], &[COOKIE]);
    let (link, cookie) = Platform.way_back(world, &asked, &Url::parse(BACK).unwrap()).unwrap().unwrap();
    assert_eq!((cookie.name.as_str(), cookie.value.as_str()), COOKIE, "one cookie for all ways back");
    assert!(!link.as_str().contains("ent.example"), "it does not name the ENT");
    link.as_str().strip_prefix("https://broker.example/lti/return/").unwrap().to_owned()
}

fn follow(world: &Earth, segment: Option<&str>, fields: &[(&str, &str)]) -> Body {
    follow_with(world, segment, fields, &[COOKIE])
}

fn follow_with(
    world: &Earth,
    segment: Option<&str>,
    fields: &[(&str, &str)],
    cookies: &[(&str, &str)],
) -> Body {
    let mut request = request(RETURN, fields, cookies);
    request.segment = segment.map(str::to_owned);
    let Ok(Out::Reply(reply)) = step(world, &request) else { panic!("no reply") };
    reply.body
}

#[test]
fn p32_somebody_finds_back_for_twelve_hours() {
    let world = world();
    let ticket = ticket(&world);
    assert_eq!(follow(&world, Some(&ticket), &[]), Body::Redirect(Url::parse(BACK).unwrap()));
    world.wait(Duration::hours(12));
    assert_eq!(follow(&world, Some(&ticket), &[]), Body::Redirect(Url::parse(BACK).unwrap()));
    world.wait(Duration::SECOND);
    assert_eq!(follow(&world, Some(&ticket), &[]), Body::Page(PageName::ComeBack));
}

#[test]
fn the_way_back_is_the_browsers_own() {
    let world = world();
    let ticket = ticket(&world);
    let partitioned = [("passerelle-back-p", COOKIE.1)];
    assert_eq!(
        follow_with(&world, Some(&ticket), &[], &partitioned),
        Body::Redirect(Url::parse(BACK).unwrap())
    );
    for other in
        [vec![], vec![("passerelle-back", "zbcdefghijklmnopqrstuvwxyz")], vec![("passerelle", COOKIE.1)]]
    {
        assert_eq!(follow_with(&world, Some(&ticket), &[], &other), Body::Page(PageName::ComeBack));
    }
}

#[test]
fn no_cookie_of_a_strangers_making_is_taken_over() {
    let world = world();
    for odd in ["", "short", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxy;"] {
        let asked = request("/lti/authorize", &[], &[("passerelle-back", odd)]);
        let (_, cookie) = Platform.way_back(&world, &asked, &Url::parse(BACK).unwrap()).unwrap().unwrap();
        assert!(cookie.value != odd && cookie.value.len() == 26);
    }
}

#[test]
fn p32_the_tools_messages_go_along_encoded_and_nothing_else_does() {
    let world = world();
    let ticket = ticket(&world);
    let long = "é".repeat(1001);
    let fields = [
        ("lti_msg", "done & dusted"),
        ("lti_log", "42"),
        ("lti_errormsg", "<script>"),
        ("lti_errorlog", long.as_str()),
        ("course", "6B"),
        ("to", "https://evil.example/"),
    ];
    let Body::Redirect(to) = follow(&world, Some(&ticket), &fields) else { panic!("no redirect") };
    let pairs: Vec<(String, String)> = to.query_pairs().into_owned().collect();
    let pairs: Vec<(&str, &str)> =
        pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let short = "é".repeat(1000);
    let wanted = [
        ("course", "6A"),
        ("lti_msg", "done & dusted"),
        ("lti_log", "42"),
        ("lti_errormsg", "<script>"),
        ("lti_errorlog", short.as_str()),
    ];
    assert_eq!(pairs, wanted);
    assert!(!to.as_str().contains('<') && to.host_str() == Some("ent.example"));
    let twice = [("lti_msg", "one"), ("lti_msg", "two")];
    assert_eq!(follow(&world, Some(&ticket), &twice), Body::Redirect(Url::parse(BACK).unwrap()));
}

#[test]
fn s2_a_ticket_of_another_purpose_leads_nowhere() {
    let world = world();
    let plain = world.open(SealPurpose::Return, &ticket(&world)).unwrap();
    for purpose in [SealPurpose::LtiState, SealPurpose::Parked] {
        let sealed = world.seal(purpose, &plain).unwrap();
        assert_eq!(follow(&world, Some(&sealed), &[]), Body::Page(PageName::ComeBack));
    }
    assert_eq!(follow(&world, None, &[]), Body::Page(PageName::ComeBack));
}

proptest! {
    #[test]
    fn s2_a_changed_ticket_leads_nowhere(at: prop::sample::Index, bit in 0_u8..7, tail in "[A-Za-z0-9._-]{1,8}") {
        let world = world();
        let good = ticket(&world);
        let mut bytes = good.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        for bad in [String::from_utf8(bytes).unwrap(), good[..at].to_owned(), format!("{good}{tail}")] {
            prop_assert_eq!(follow(&world, Some(&bad), &[]), Body::Page(PageName::ComeBack));
        }
    }

    #[test]
    fn s2_what_we_did_not_seal_leads_nowhere(text in "\\PC{0,200}", plain: Vec<u8>) {
        let world = world();
        prop_assert_eq!(follow(&world, Some(&text), &[]), Body::Page(PageName::ComeBack));
        let other = world.seal(SealPurpose::Return, &plain).unwrap();
        prop_assert_eq!(follow(&world, Some(&other), &[]), Body::Page(PageName::ComeBack));
    }
}
