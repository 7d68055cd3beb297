//! What the claims of an id_token must say, and what is taken from them.

use boundary::registration::{MatchKey, Protocol};
use boundary::{Ark, Attribute, DocumentTarget, Profile, RefusalCode, ResourceKey, SchoolClaim, Uai, Wanted};
use serde_json::{Value, json};
use time::Duration;

use super::{begun, bring, launch_changed, lti};
use crate::tests::{NOW, person, refused};

#[test]
fn a_good_token_arrives_as_what_it_says() {
    let (world, begun) = begun();
    let arrival = bring(&world, &begun, &person(&begun.nonce)).unwrap();
    assert_eq!(arrival.via.protocol, Protocol::Lti);
    assert_eq!((arrival.via.ent.as_str(), arrival.via.connection.as_str()), ("ent", "ent-lti"));
    assert_eq!(arrival.via.deployment.as_deref(), Some("1"));
    assert_eq!((arrival.namespace.as_str(), arrival.subject.as_str()), ("ent", "raw-sub-4711"));
    assert_eq!(arrival.school, SchoolClaim::Signed(Uai::parse("0750001U").unwrap()));
    assert_eq!((arrival.roles.institution, arrival.roles.context), (vec![Profile::Pupil], vec![]));
    assert_eq!(arrival.wanted, Wanted::Key(ResourceKey::parse("atlas").unwrap()));
    let context = arrival.context.unwrap();
    assert_eq!((context.id.as_str(), context.kinds), ("raw-course-6A", vec!["CourseSection".to_owned()]));
    assert_eq!(arrival.link.unwrap().id, "raw-link-17");
    assert_eq!(arrival.attributes.first(Attribute::Pre), Some("Rawgiven"));
    assert_eq!(arrival.attributes.first(Attribute::Nom), Some("Rawfamily"));
    assert_eq!(arrival.attributes.first(Attribute::PMel), Some("raw.mail@ent.example"));
    assert_eq!(arrival.target, Some(DocumentTarget::Iframe));
    assert_eq!(arrival.locale.as_deref(), Some("fr"));
    assert_eq!(arrival.return_url.unwrap().as_str(), "https://ent.example/back?course=raw-course-6A");
}

/// Each row changes one claim; `null` takes it away. The check that must stop it is named first in the detail.
#[test]
fn each_check_stops_what_it_is_there_for() {
    let claim = lti;
    let long = "x".repeat(256);
    let table: Vec<(String, &str, Vec<Value>)> = vec![
        (
            "iss".into(),
            "iss",
            vec![
                json!(null),
                json!(""),
                json!("https://ent.example/"),
                json!("HTTPS://ent.example"),
                json!(["https://ent.example"]),
            ],
        ),
        (
            "aud".into(),
            "aud",
            vec![
                json!(null),
                json!("somebody"),
                json!([]),
                json!(["somebody"]),
                json!(["broker", "somebody"]),
                json!({ "broker": 1 }),
                json!(7),
            ],
        ),
        ("azp".into(), "aud", vec![json!("somebody"), json!(7)]),
        ("exp".into(), "exp", vec![json!(null), json!("1900000000"), json!(true)]),
        ("iat".into(), "iat", vec![json!(null), json!("1900000000")]),
        ("nonce".into(), "nonce", vec![json!(null), json!(""), json!("another"), json!(7)]),
        (
            claim("version"),
            "version",
            vec![json!(null), json!("1.3"), json!("11.3"), json!(1.3), json!("1.3.0 ")],
        ),
        (
            claim("deployment_id"),
            "deployment_id",
            vec![json!(null), json!(""), json!(1), json!(long), json!("é"), json!("a\u{0}b"), json!("a\nb")],
        ),
        (claim("roles"), "roles", vec![json!(null), json!("Learner"), json!({})]),
        (
            "sub".into(),
            "sub",
            vec![
                json!(null),
                json!(""),
                json!(4711),
                json!(long),
                json!("é"),
                json!("a\u{0}b"),
                json!("\u{7f}"),
            ],
        ),
        (
            claim("target_link_uri"),
            "target_link_uri",
            vec![
                json!(null),
                json!(""),
                json!("/lti/r/atlas"),
                json!("https://evil.example/"),
                json!("javascript:x"),
                json!(7),
            ],
        ),
        (claim("message_type"), "message_type", vec![json!(null), json!(7)]),
        (
            claim("resource_link"),
            "resource_link",
            vec![
                json!(null),
                json!({}),
                json!({ "id": "" }),
                json!({ "id": 7 }),
                json!({ "id": long }),
                json!([]),
            ],
        ),
    ];
    for (name, check, values) in table {
        for value in values {
            let outcome = launch_changed(|claims| match &value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(&name)),
                other => claims[&name] = other.clone(),
            });
            let refusal = refused(outcome);
            assert_eq!(refusal.code(), RefusalCode::TokenInvalid, "{name} = {value}");
            assert!(
                refusal.detail().starts_with(&format!("{check}: ")),
                "{name} = {value}: {}",
                refusal.detail()
            );
            assert!(refusal.back().return_url.is_some(), "the way back is known once the signature holds");
        }
    }
}

#[test]
fn t24_we_may_be_named_in_a_list_and_as_authorized_party() {
    launch_changed(|claims| claims["aud"] = json!(["broker"])).unwrap();
    launch_changed(|claims| claims["azp"] = json!("broker")).unwrap();
}

#[test]
fn t27_a_message_that_is_not_served_has_a_code_of_its_own() {
    for message in ["LtiDeepLinkingRequest", "LtiSubmissionReviewRequest", "", "ltiresourcelinkrequest"] {
        let refusal = refused(launch_changed(|claims| claims[lti("message_type")] = json!(message)));
        assert_eq!(refusal.code(), RefusalCode::MessageUnsupported, "{message}");
    }
}

#[test]
fn t25_clocks_may_differ_by_a_minute_and_no_second_more() {
    let now = NOW.unix_timestamp();
    let with = |iat: i64, exp: i64| {
        let outcome = launch_changed(|claims| (claims["iat"], claims["exp"]) = (json!(iat), json!(exp)));
        outcome
            .map(drop)
            .map_err(|stop| refused::<()>(Err(stop)).detail().split(": ").next().unwrap().to_owned())
    };
    assert_eq!(with(now, now - 59), Ok(()));
    assert_eq!(with(now, now - 60), Err("exp".to_owned()));
    assert_eq!(with(now + 30, now + 90), Ok(()));
    assert_eq!(with(now + 60, now + 90), Ok(()));
    assert_eq!(with(now + 61, now + 90), Err("iat".to_owned()));
    assert_eq!(with(now + 600, now + 660), Err("iat".to_owned()));
    assert_eq!(with(now - 660, now + 60), Ok(()));
    assert_eq!(with(now - 661, now + 60), Err("iat".to_owned()));
    assert_eq!(with(11_111, 22_222), Err("exp".to_owned()));
}

#[test]
fn t31_what_we_do_not_know_refuses_nothing_and_goes_nowhere() {
    let arrival = launch_changed(|claims| {
        claims["https://vendor.example/claim/ext"] = json!({ "user_username": "canary" });
        claims["picture"] = json!("https://ent.example/canary.jpg");
        claims["middle_name"] = json!("canary");
        claims[lti("lis")]["course_offering_sourcedid"] = json!("canary");
        claims[lti("context")]["type"] = json!(["http://purl.imsglobal.org/vocab/lis/v2/course#canary", 7]);
        claims[lti("custom")]["canary"] = json!("canary");
        claims[lti("resource_link")]["description"] = json!("canary");
        claims[lti("roles")] = json!(["http://purl.imsglobal.org/vocab/canary#Canary", "", 7, null]);
        claims[lti("launch_presentation")]["document_target"] = json!("canary");
    })
    .unwrap();
    let whole = serde_json::to_string(&arrival).unwrap();
    assert!(!whole.contains("canary") && !whole.contains("Canary"), "{whole}");
    assert!(!whole.contains("Raw title") && !whole.contains("Raw course"), "free text stays behind: {whole}");
    assert_eq!((arrival.roles.institution, arrival.roles.context), (vec![], vec![]));
}

#[test]
fn t32_names_mail_and_course_may_be_absent() {
    let table: &[&[&str]] = &[
        &["email"],
        &["given_name", "family_name"],
        &["given_name", "family_name", "email"],
        &["https://purl.imsglobal.org/spec/lti/claim/context"],
        &[
            "https://purl.imsglobal.org/spec/lti/claim/launch_presentation",
            "https://purl.imsglobal.org/spec/lti/claim/custom",
        ],
    ];
    for absent in table {
        launch_changed(|claims| {
            absent.iter().for_each(|name| drop(claims.as_object_mut().unwrap().remove(*name)))
        })
        .unwrap_or_else(|stop| panic!("without {absent:?}: {stop:?}"));
    }
}

#[test]
fn t30_the_person_is_named_by_the_claim_that_the_connection_matches() {
    let matched = |key: MatchKey, change: &dyn Fn(&mut Value)| {
        let (world, begun) = begun();
        world.platforms.lock().unwrap()[0].match_key = key;
        let mut claims = person(&begun.nonce);
        change(&mut claims);
        bring(&world, &begun, &claims).map(|arrival| arrival.subject)
    };
    let custom = || MatchKey::Custom("ine".to_owned());
    assert_eq!(matched(MatchKey::Sub, &|_| ()).unwrap(), "raw-sub-4711");
    assert_eq!(matched(MatchKey::PersonSourcedId, &|_| ()).unwrap(), "raw-national-number");
    assert_eq!(matched(custom(), &|claims| claims[lti("custom")]["ine"] = json!("ABC")).unwrap(), "ABC");
    assert_eq!(matched(custom(), &|claims| claims[lti("custom")]["ine"] = json!("éà")).unwrap(), "éà");
    for value in [json!(""), json!("$Person.sourcedId"), json!("x".repeat(256)), json!(7), json!("a\u{0}b")] {
        let refusal = refused(matched(custom(), &|claims| claims[lti("custom")]["ine"] = value.clone()));
        assert_eq!(refusal.code(), RefusalCode::TokenInvalid, "{value}");
    }
    let missing = |claims: &mut Value| drop(claims.as_object_mut().unwrap().remove(&lti("lis")));
    assert_eq!(refused(matched(MatchKey::PersonSourcedId, &missing)).code(), RefusalCode::TokenInvalid);
}

#[test]
fn t34_the_way_back_leads_to_the_ent_or_nowhere() {
    let back = |url: &str| {
        launch_changed(|claims| claims[lti("launch_presentation")]["return_url"] = json!(url))
            .unwrap()
            .return_url
    };
    assert!(back("https://ent.example/a?b=c").is_some());
    for elsewhere in [
        "https://evil.example/",
        "http://ent.example/",
        "https://ent.example.evil.example/",
        "https://ent.example:8443/",
        "https://ent.example@evil.example/",
        "javascript:alert(1)",
        "/back",
        "",
        "blob:https://ent.example/x",
    ] {
        assert_eq!(back(elsewhere), None, "{elsewhere}");
    }
    assert_eq!(back(&format!("https://ent.example/{}", "x".repeat(2048))), None);
}

#[test]
fn t35_the_language_is_one_of_ours() {
    let of = |presentation: &str, openid: Value| {
        let change = |claims: &mut Value| {
            claims[lti("launch_presentation")]["locale"] = json!(presentation);
            claims["locale"] = openid;
        };
        launch_changed(change).unwrap().locale
    };
    assert_eq!(of("en-GB", json!("fr")).as_deref(), Some("en"));
    assert_eq!(of("fr_FR", json!("en")).as_deref(), Some("fr"));
    assert_eq!(of("", json!("EN-us")).as_deref(), Some("en"));
    assert_eq!(of("br-FR", json!("en")).as_deref(), Some("fr"));
    assert_eq!(of("", json!(null)), None);
}

#[test]
fn t36_a_variable_that_was_not_replaced_is_not_given() {
    let school =
        |uai: &str| launch_changed(|claims| claims[lti("custom")]["uai"] = json!(uai)).unwrap().school;
    assert_eq!(school("$Context.sourcedId"), SchoolClaim::Silent);
    assert_eq!(school("07500"), SchoolClaim::Unreadable);
    let resource =
        |ark: &str| launch_changed(|claims| claims[lti("custom")]["resource"] = json!(ark)).unwrap().wanted;
    assert_eq!(resource("$ResourceLink.id"), Wanted::Key(ResourceKey::parse("atlas").unwrap()));
    assert_eq!(resource("ark:/99999/atlas"), Wanted::Ark(Ark::parse("ark:/99999/atlas").unwrap()));
    assert_eq!(resource("atlas"), Wanted::Unnamed);
}

#[test]
fn a_school_in_the_address_is_only_a_hint() {
    let hinted = |query: &str| {
        let target = format!("https://broker.example/lti/r/atlas?{query}");
        let change = |claims: &mut Value| {
            drop(claims.as_object_mut().unwrap().remove(&lti("custom")));
            claims[lti("target_link_uri")] = json!(target);
        };
        launch_changed(change).unwrap().school
    };
    let lycee = || SchoolClaim::Hinted(Uai::parse("0750001U").unwrap());
    assert_eq!(hinted("idEtab=0750001U"), lycee());
    assert_eq!(hinted("idEtab=MDc1MDAwMVU%3D"), lycee());
    assert_eq!(hinted("idEtab=MDc1MDAwMVU"), lycee());
    assert_eq!(hinted("idEtab=rubbish"), SchoolClaim::Unreadable);
    assert_eq!(hinted("other=0750001U"), SchoolClaim::Silent);
}

#[test]
fn t26_a_nonce_is_remembered_for_as_long_as_it_could_pass() {
    for begun_ago in [0, 1, 599, 600] {
        for exp_in in [-59, 60, 3600, 86_400] {
            let (world, begun) = begun();
            world.wait(Duration::seconds(begun_ago));
            let now = NOW + Duration::seconds(begun_ago);
            let claims = |iat: i64| {
                let mut claims = person(&begun.nonce);
                (claims["iat"], claims["exp"]) = (json!(iat), json!(now.unix_timestamp() + exp_in));
                claims
            };
            let first = bring(&world, &begun, &claims(now.unix_timestamp())).unwrap().proof;
            // The latest moment at which anything with this nonce still passes: its state is ten minutes old then.
            world.wait(Duration::minutes(10) - Duration::seconds(begun_ago));
            let last = NOW + Duration::minutes(10);
            let again = bring(&world, &begun, &{
                let mut late = claims(last.unix_timestamp());
                late["exp"] = json!(last.unix_timestamp() + 60);
                late
            });
            assert_eq!(again.unwrap().proof.key, first.key, "the same nonce has the same name");
            assert!(
                first.until > last,
                "begun {begun_ago} s ago, exp in {exp_in} s: forgotten {}",
                first.until
            );
        }
    }
}

#[test]
fn two_connections_never_share_a_nonce() {
    let (world, one) = begun();
    let key = bring(&world, &one, &person(&one.nonce)).unwrap().proof.key;
    assert!(key.starts_with("ent-lti ") && !key.contains(&one.nonce), "{key}");
}
