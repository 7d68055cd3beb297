//! The id_token that a publisher gets, claim by claim.
//!
//! The golden files hold it for each profile; `{version}` stands for the version of this crate.

use std::collections::BTreeSet;
use std::sync::Arc;

use boundary::{
    Agreement, AgreementLine, AnswerTo, Ark, Attribute, Attributes, Decision, Delivery, Departure,
    DocumentTarget, Entitled, Identifiers, Kind, Offer, Outbound, PersonId, Profile, Pseudonym, Question,
    SeatState, SectorId, Subject, SubscriptionId, ToolId, Uai, decide, release,
};
use data_encoding::BASE64URL_NOPAD;
use jose::jws::{VerifyingKey, peek, verify};
use serde_json::{Value, json};
use time::Duration;
use time::macros::date;
use url::Url;

use super::{posted, world};
use crate::outbound::{Platform, id_token};
use crate::tests::{Earth, NOW, block_on, ours};

const GOLDEN: [(Profile, &str); 9] = [
    (Profile::Pupil, include_str!("golden/pupil.json")),
    (Profile::Guardian, include_str!("golden/guardian.json")),
    (Profile::Teacher, include_str!("golden/teacher.json")),
    (Profile::Librarian, include_str!("golden/librarian.json")),
    (Profile::Head, include_str!("golden/head.json")),
    (Profile::SchoolLife, include_str!("golden/school-life.json")),
    (Profile::Staff, include_str!("golden/staff.json")),
    (Profile::Local, include_str!("golden/local.json")),
    (Profile::Other, include_str!("golden/other.json")),
];

fn entitled(profile: Profile) -> Entitled {
    let offer = Offer {
        subscription: SubscriptionId::parse("atlas-etabl").unwrap(),
        from: NOW - Duration::DAY,
        until: NOW + Duration::DAY,
        kind: Kind::Etabl,
        audience: BTreeSet::from(Profile::ALL),
        assigned: true,
        seat: SeatState::Held,
    };
    let subject = Subject {
        person: PersonId::draw(NOW, &Earth::new()),
        school: Uai::parse("0750001U").unwrap(),
        profile,
        groups: vec![],
        level: None,
    };
    let question = Question {
        now: NOW,
        subject,
        resource: Ark::parse("ark:/99999/atlas").unwrap(),
        withdrawn: false,
        tool: ToolId::parse("atlas-web").unwrap(),
        suspended: false,
        sector: SectorId::parse("atlas").unwrap(),
        offers: vec![offer],
    };
    match decide(&question) {
        Ok(Decision::Open(entitled)) => entitled,
        _ => panic!("not entitled"),
    }
}

/// How the sector calls everything in these tests.
fn identifiers() -> Identifiers {
    let name = |text: &str| Pseudonym::stored(text).unwrap();
    Identifiers {
        person: name("personpseudonymaaaaaaaaaaa"),
        school: name("schoolpseudonymaaaaaaaaaaa"),
        context: Some(name("contextpseudonymaaaaaaaaaa")),
        link: Some(name("linkpseudonymaaaaaaaaaaaaa")),
    }
}

fn agreement(attributes: &[Attribute]) -> Agreement {
    let line = |name: &Attribute| AgreementLine {
        name: *name,
        purpose: "to find one's work again".to_owned(),
        approved_by: Some("dpo".to_owned()),
        approved_on: Some(date!(2026 - 09 - 01)),
    };
    Agreement {
        resource: Ark::parse("ark:/99999/atlas").unwrap(),
        attributes: attributes.iter().map(line).collect(),
    }
}

/// What is known about the person.
fn known() -> Attributes {
    let mut known = Attributes::default();
    for (attribute, values) in [
        (Attribute::Nom, vec!["Tournesol"]),
        (Attribute::Pre, vec!["Tryphon"]),
        (Attribute::PMel, vec!["tryphon@ent.example"]),
        (Attribute::Uai, vec!["0750001U"]),
        (Attribute::Div, vec!["2DE3##2DE3", "2DE4##2DE4"]),
        (Attribute::EMef, vec!["20010019110"]),
    ] {
        known.set(attribute, values.into_iter().map(str::to_owned).collect());
    }
    known
}

fn delivery(world: &Earth) -> Delivery {
    Delivery {
        tool: Arc::new(world.tools.lock().unwrap()[0].clone()),
        title: "Atlas vivant".to_owned(),
        target_url: Url::parse("https://publisher.example/atlas?map=1").unwrap(),
        custom: [("chapter".to_owned(), "1".to_owned())].into(),
        context_kinds: vec!["CourseSection".to_owned()],
        target: Some(DocumentTarget::Iframe),
        locale: Some("fr".to_owned()),
        return_url: Some(Url::parse("https://broker.example/lti/return/sealed").unwrap()),
        receipt: "header.claims.signature".to_owned(),
    }
}

fn departure(world: &Earth, profile: Profile, agreed: &[Attribute]) -> Departure {
    let released =
        release(entitled(profile), identifiers(), Some(&agreement(agreed)), &known(), date!(2026 - 11 - 24));
    Departure::new(released, delivery(world))
}

fn answer() -> AnswerTo {
    AnswerTo {
        tool: ToolId::parse("atlas-web").unwrap(),
        redirect_uri: Url::parse("https://publisher.example/launch").unwrap(),
        state: Some("state".to_owned()),
        nonce: "nonce of the publisher".to_owned(),
    }
}

const AGREED: [Attribute; 5] =
    [Attribute::Nom, Attribute::Pre, Attribute::PMel, Attribute::Uai, Attribute::Div];

#[test]
fn p22_the_claims_of_each_profile_are_spelled_exactly() {
    let world = world();
    for (profile, golden) in GOLDEN {
        let wanted = golden.replace("{version}", env!("CARGO_PKG_VERSION"));
        let wanted: Value = serde_json::from_str(&wanted).unwrap();
        let claims = id_token::claims(&world, &answer(), &departure(&world, profile, &AGREED));
        assert_eq!(claims, wanted, "{profile}:\n{claims:#}");
    }
}

#[test]
fn p20_the_token_is_signed_by_a_published_key_and_posted_to_the_verified_address() {
    let world = world();
    let departure = departure(&world, Profile::Pupil, &[]);
    let reply = block_on(Platform.finish(&world, &answer(), &departure)).unwrap();
    let (to, fields) = posted(&reply);
    assert_eq!(to.as_str(), "https://publisher.example/launch");
    let [("id_token", token), ("state", "state")] = fields[..] else { panic!("other fields") };
    let header = peek(token).unwrap();
    assert_eq!((header.alg.as_str(), header.kid.as_deref()), ("RS256", Some(ours().kid())));
    let (first, _) = token.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&BASE64URL_NOPAD.decode(first.as_bytes()).unwrap()).unwrap();
    assert_eq!(header, json!({ "alg": "RS256", "typ": "JWT", "kid": ours().kid() }));
    let key = VerifyingKey::from_jwk(&ours().public_jwk().to_string()).unwrap();
    let claims = verify(token, &key).unwrap();
    assert_eq!(Value::Object(claims), id_token::claims(&world, &answer(), &departure));
}

#[test]
fn p15_a_state_that_was_not_given_is_not_made_up() {
    let world = world();
    let answer = AnswerTo { state: None, ..answer() };
    let reply = block_on(Platform.finish(&world, &answer, &departure(&world, Profile::Pupil, &[]))).unwrap();
    assert_eq!(posted(&reply).1.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["id_token"]);
}

#[test]
fn p21_a_token_lives_for_minutes_and_repeats_the_nonce() {
    let world = world();
    world.wait(Duration::hours(3));
    let claims = id_token::claims(&world, &answer(), &departure(&world, Profile::Pupil, &[]));
    let now = (NOW + Duration::hours(3)).unix_timestamp();
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + 300)));
    assert_eq!(claims["nonce"], "nonce of the publisher");
    assert_eq!(claims["aud"], "atlas");
}

#[test]
fn a1_without_an_agreement_a_token_holds_pseudonym_and_profile() {
    let world = world();
    for profile in Profile::ALL {
        let claims = id_token::claims(&world, &answer(), &departure(&world, profile, &[]));
        let text = claims.to_string();
        for value in ["Tournesol", "Tryphon", "@", "0750001U", "2DE3", "20010019110"] {
            assert!(!text.contains(value), "{value} in the token of {profile}");
        }
        assert_eq!(claims["sub"], "personpseudonymaaaaaaaaaaa");
        assert_eq!(claims[crate::wire::claims::CUSTOM], json!({ "chapter": "1" }));
    }
}

#[test]
fn a4_one_name_that_is_agreed_brings_no_other() {
    let world = world();
    let names = |agreed: &[Attribute]| {
        let claims = id_token::claims(&world, &answer(), &departure(&world, Profile::Teacher, agreed));
        let claims = claims.as_object().unwrap();
        let names: Vec<String> =
            claims.keys().filter(|name| name.contains("name") || *name == "email").cloned().collect();
        names
    };
    assert_eq!(names(&[]), Vec::<String>::new());
    assert_eq!(names(&[Attribute::Pre]), ["given_name"]);
    assert_eq!(names(&[Attribute::Nom]), ["family_name"]);
    assert_eq!(names(&[Attribute::PMel]), ["email"]);
    assert_eq!(names(&[Attribute::Nom, Attribute::Pre]), ["family_name", "given_name", "name"]);
}

#[test]
fn a_released_attribute_is_not_overwritten_by_a_custom_parameter_of_its_name() {
    let world = world();
    let released = release(
        entitled(Profile::Pupil),
        identifiers(),
        Some(&agreement(&[Attribute::Uai])),
        &known(),
        date!(2026 - 11 - 24),
    );
    let custom = [("UAI".to_owned(), "0440001M".to_owned()), ("x".to_owned(), "y".to_owned())].into();
    let departure = Departure::new(released, Delivery { custom, ..delivery(&world) });
    let claims = id_token::claims(&world, &answer(), &departure);
    assert_eq!(claims[crate::wire::claims::CUSTOM], json!({ "UAI": "0750001U", "x": "y" }));
}

/// A departure from a protocol without courses and links.
fn bare(world: &Earth, target: &str) -> Value {
    let identifiers = Identifiers { context: None, link: None, ..identifiers() };
    let released = release(entitled(Profile::Pupil), identifiers, None, &known(), date!(2026 - 11 - 24));
    let target_url = Url::parse(target).unwrap();
    let delivery = Delivery { target_url, target: None, locale: None, return_url: None, ..delivery(world) };
    id_token::claims(world, &answer(), &Departure::new(released, delivery))
}

#[test]
fn p23_a_link_has_a_short_id_of_its_own_where_the_ent_has_none() {
    use crate::wire::claims::{CONTEXT, RESOURCE_LINK};
    let world = world();
    let long = format!("https://publisher.example/{}", "x".repeat(400));
    let id = |target: &str| bare(&world, target)[RESOURCE_LINK]["id"].as_str().unwrap().to_owned();
    let (one, two, three) = (id("https://publisher.example/a"), id("https://publisher.example/b"), id(&long));
    assert_eq!(one, id("https://publisher.example/a"), "stable");
    assert!(one != two && two != three, "another link has another id");
    for id in [one, two, three] {
        assert!(id.len() <= 255 && id.bytes().all(|b| b.is_ascii_graphic()), "{id}");
    }
    assert!(bare(&world, &long).get(CONTEXT).is_none(), "no context without an id");
}
