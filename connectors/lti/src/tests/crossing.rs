//! From the ENT's id_token to the publisher's: nothing of the one stands in the other.

use std::collections::BTreeSet;
use std::sync::Arc;

use boundary::{
    Ark, Arrival, Attribute, Body, Clock, Decision, Delivery, Departure, Identifiers, In, Inbound, Kind,
    Offer, Outbound, PersonId, Profile, Question, Root, SchoolClaim, Scope, SeatState, SectorId, SectorKey,
    Subject, SubscriptionId, Thing, ToolId, Uai, decide, derive_for_person, derive_for_thing, release,
};
use data_encoding::BASE64URL_NOPAD;
use proptest::prelude::*;
use serde_json::{Value, json};
use time::Duration;
use time::macros::date;
use url::Url;

use super::{Earth, NOW, block_on, ent, ent_key, person, request, token_by, tool};
use crate::{Platform, Tool};

/// Brings a token with these claims through the tool.
fn arrive(world: &Earth, change: impl Fn(&mut Value)) -> Arrival {
    let login = [
        ("iss", super::ENT_ISSUER),
        ("login_hint", "raw-login-hint"),
        ("lti_message_hint", "raw-message-hint"),
        ("target_link_uri", "https://broker.example/lti/r/atlas"),
    ];
    let Ok(In::Reply(reply)) =
        block_on(Tool::with_leeway(60).step(world, &request("/lti/login", &login, &[])))
    else {
        panic!("no login")
    };
    let Body::Redirect(to) = &reply.body else { panic!("no redirect") };
    let of = |name: &str| to.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    let mut claims = person(&of("nonce"));
    change(&mut claims);
    let (state, token) = (of("state"), token_by(ent_key(), &claims));
    let fields = [("state", state.as_str()), ("id_token", token.as_str())];
    let cookie = &reply.cookies[0];
    let launch = request("/lti/launch", &fields, &[(&cookie.name, &cookie.value)]);
    match block_on(Tool::with_leeway(60).step(world, &launch)) {
        Ok(In::Arrived(arrival)) => *arrival,
        _ => panic!("no arrival"),
    }
}

/// What the rooms make of an arrival: pseudonyms, and whatever of its attributes the (missing) agreement lets through.
fn departure(world: &Earth, arrival: &Arrival) -> Departure {
    let SchoolClaim::Signed(school) = &arrival.school else { panic!("no school") };
    let key = SectorKey::from_bits(&[3; 32]);
    let thing = |thing, id: &str| derive_for_thing(&key, &Scope::Portable, thing, id);
    let identifiers = Identifiers {
        person: derive_for_person(&key, &Scope::Portable, &Root::draw(world)),
        school: thing(Thing::School, school.as_str()),
        context: arrival.context.as_ref().map(|context| thing(Thing::Context, &context.id)),
        link: arrival.link.as_ref().map(|link| thing(Thing::Link, &link.id)),
    };
    let question = question(world, school);
    let Ok(Decision::Open(entitled)) = decide(&question) else { panic!("not entitled") };
    let asked = request("/lti/authorize", &[], &[]);
    let way_back = Platform.way_back(world, &asked, arrival.return_url.as_ref().unwrap()).unwrap();
    let delivery = Delivery {
        tool: Arc::new(tool(world)),
        title: "Atlas vivant".to_owned(),
        target_url: Url::parse("https://publisher.example/atlas").unwrap(),
        custom: [].into(),
        context_kinds: arrival.context.as_ref().map(|context| context.kinds.clone()).unwrap_or_default(),
        target: arrival.target,
        locale: arrival.locale.clone(),
        return_url: way_back.map(|(url, _)| url),
        receipt: "header.claims.signature".to_owned(),
    };
    Departure::new(release(entitled, identifiers, None, &arrival.attributes, date!(2026 - 11 - 24)), delivery)
}

fn question(world: &Earth, school: &Uai) -> Question {
    let offer = Offer {
        subscription: SubscriptionId::parse("atlas-etabl").unwrap(),
        from: NOW - Duration::DAY,
        until: NOW + Duration::DAY,
        kind: Kind::Etabl,
        audience: BTreeSet::from([Profile::Pupil]),
        assigned: true,
        seat: SeatState::Held,
    };
    Question {
        now: world.now(),
        subject: Subject {
            person: PersonId::draw(NOW, world),
            school: school.clone(),
            profile: Profile::Pupil,
            groups: vec![],
            level: None,
        },
        resource: Ark::parse("ark:/99999/atlas").unwrap(),
        withdrawn: false,
        tool: ToolId::parse("atlas-web").unwrap(),
        suspended: false,
        sector: SectorId::parse("atlas").unwrap(),
        offers: vec![offer],
    }
}

/// Everything that the publisher can read: the fields of the form, the token's claims laid open.
fn delivered(world: &Earth, departure: &Departure) -> String {
    let answer = boundary::AnswerTo {
        tool: ToolId::parse("atlas-web").unwrap(),
        redirect_uri: Url::parse("https://publisher.example/launch").unwrap(),
        state: Some("s".to_owned()),
        nonce: "n".to_owned(),
    };
    let reply = block_on(Platform.finish(world, &answer, departure)).unwrap();
    let Body::AutoPost { to, fields } = reply.body else { panic!("no form") };
    let token = &fields.iter().find(|(name, _)| *name == "id_token").unwrap().1;
    let claims = BASE64URL_NOPAD.decode(token.split('.').nth(1).unwrap().as_bytes()).unwrap();
    format!("{to} {fields:?} {}", String::from_utf8(claims).unwrap())
}

fn raw() -> impl Strategy<Value = String> {
    "raw[A-Za-z0-9]{8,40}"
}

proptest! {
    #[test]
    fn b04_nothing_of_the_ents_own_identifiers_reaches_a_publisher(
        (sub, deployment, course, link) in (raw(), raw(), raw(), raw()),
        (given, family, mail, sourced, vendor) in (raw(), raw(), raw(), raw(), raw()),
    ) {
        let world = Earth::new();
        ent(&world, "ent-lti", "broker");
        let lti = |name: &str| format!("https://purl.imsglobal.org/spec/lti/claim/{name}");
        let arrival = arrive(&world, |claims| {
            claims["sub"] = json!(sub);
            claims["given_name"] = json!(given);
            claims["family_name"] = json!(family);
            claims["email"] = json!(format!("{mail}@ent.example"));
            claims[lti("deployment_id")] = json!(deployment);
            claims[lti("context")]["id"] = json!(course);
            claims[lti("resource_link")]["id"] = json!(link);
            claims[lti("lis")] = json!({ "person_sourcedid": sourced, "course_section_sourcedid": sourced });
            claims[lti("custom")]["vendor"] = json!(vendor);
            claims["https://vendor.example/claim"] = json!({ "login": vendor });
        });
        prop_assert_eq!(arrival.attributes.first(Attribute::Pre), Some(given.as_str()));
        let seen = delivered(&world, &departure(&world, &arrival));
        for text in [&sub, &deployment, &course, &link, &given, &family, &mail, &sourced, &vendor] {
            prop_assert!(!seen.contains(text.as_str()), "{} in {}", text, seen);
        }
        for text in ["raw-login-hint", "raw-message-hint", "Raw title", "ent.example", "0750001U", "ent-lti"] {
            prop_assert!(!seen.contains(text), "{} in {}", text, seen);
        }
    }
}
