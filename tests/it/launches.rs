//! Launches as the standard's certification knows them: twelve that must be refused, nine that must work.
//!
//! LTI Advantage Conformance Certification Guide 1.3, "Known bad payloads" and "Valid launches".

use conformance::ent::Signing;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::stage::{Ending, Engine, Stage, on_both_engines, roles};

const LTI: &str = "https://purl.imsglobal.org/spec/lti/claim/";

fn lti(name: &str) -> String {
    format!("{LTI}{name}")
}

fn without(claims: &mut Value, names: &[&str]) {
    for name in names {
        let claims = claims.as_object_mut().unwrap();
        assert!(claims.remove(*name).or_else(|| claims.remove(&lti(name))).is_some(), "{name} was there");
    }
}

/// One payload of the table: what makes it bad.
enum Bad {
    Claims(fn(&mut Value)),
    Header(fn(&mut Value)),
}

/// The names are the guide's.
const BAD: [(&str, Bad, &str); 12] = [
    ("No KID Sent in JWT header", Bad::Header(|header| without(header, &["kid"])), "token_invalid"),
    (
        "Incorrect KID in JWT header",
        Bad::Header(|header| header["kid"] = json!("imstester_66067")),
        "token_invalid",
    ),
    ("Wrong LTI Version", Bad::Claims(|claims| claims[lti("version")] = json!("11.3")), "token_invalid"),
    ("No LTI Version", Bad::Claims(|claims| without(claims, &["version"])), "token_invalid"),
    ("Invalid LTI message", Bad::Claims(|claims| *claims = json!({"name": "badltilaunch"})), "token_invalid"),
    (
        "Missing LTI Claims",
        Bad::Claims(|claims| without(claims, &["aud", "iss", "sub", "deployment_id", "roles"])),
        "token_invalid",
    ),
    (
        "Timestamps Incorrect",
        Bad::Claims(|claims| {
            claims["iat"] = json!(11111);
            claims["exp"] = json!(22222);
        }),
        "token_invalid",
    ),
    ("message_type Claim Missing", Bad::Claims(|claims| without(claims, &["message_type"])), "token_invalid"),
    ("role Claim Missing", Bad::Claims(|claims| without(claims, &["roles"])), "token_invalid"),
    (
        "deployment_id Claim Missing",
        Bad::Claims(|claims| without(claims, &["deployment_id"])),
        "token_invalid",
    ),
    (
        "resource_link_id Claim Missing",
        Bad::Claims(|claims| without(claims, &["resource_link"])),
        "token_invalid",
    ),
    ("user Claim Missing", Bad::Claims(|claims| without(claims, &["sub"])), "token_invalid"),
];

async fn known_bad_payloads_are_refused(engine: Engine) {
    let stage = Stage::plain(engine).await;
    for (name, bad, code) in BAD {
        stage.ent.behave();
        match bad {
            Bad::Claims(edit) => stage.ent.edit_claims(edit),
            Bad::Header(edit) => stage.ent.sign_by(move |key, claims| {
                let mut header = key.header();
                edit(&mut header);
                key.sign(&header, claims)
            }),
        }
        let landing = stage.launch("nina").await;
        assert_eq!(stage.ending_of(&landing), Ending::Refused(code.to_owned()), "{name}");
        assert_eq!(landing.status, 403, "{name}");
        let last = landing.hops.last().unwrap();
        let launch = last.header("passerelle-launch").unwrap();
        assert!(landing.body.contains(launch), "{name}: the page shows the launch id");
        assert!(landing.body.contains("lang=\"fr\""), "{name}");
    }
    assert_eq!(stage.events().await, Vec::<Value>::new(), "strangers' garbage is not journalled");
    stage.ent.behave();
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
}

/// What makes a valid launch special, given the context role and the institution role of somebody.
type Twist = fn(&mut Value, &str, &str);

/// The names are the guide's; each is launched as Instructor and as Student.
const VALID: [(&str, Twist); 9] = [
    ("Launch LTI 1.3 Message", |claims, context, _| claims[lti("roles")] = json!([context])),
    ("Multiple Role Values", |claims, context, person| claims[lti("roles")] = json!([context, person])),
    ("Short Role Value", |claims, context, _| {
        claims[lti("roles")] = json!([context.rsplit('#').next().unwrap()]);
    }),
    ("Unknown Role", |claims, _, _| {
        claims[lti("roles")] = json!(["http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"]);
    }),
    ("No Role", |claims, _, _| claims[lti("roles")] = json!([""])),
    ("Only Email", |claims, context, _| {
        claims[lti("roles")] = json!([context]);
        without(claims, &["name", "given_name", "family_name"]);
    }),
    ("Only Names", |claims, context, _| {
        claims[lti("roles")] = json!([context]);
        without(claims, &["email"]);
    }),
    ("No PII", |claims, context, _| {
        claims[lti("roles")] = json!([context]);
        without(claims, &["name", "given_name", "family_name", "email", "picture"]);
    }),
    ("With Email No Context", |claims, context, _| {
        claims[lti("roles")] = json!([context]);
        without(claims, &["context"]);
    }),
];

async fn valid_launches_work_as_instructor_and_as_student(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let as_whom =
        [("instructor", roles::INSTRUCTOR, roles::TEACHER), ("student", roles::LEARNER, roles::PUPIL)];
    for (n, (name, twist)) in VALID.into_iter().enumerate() {
        for (who, context, person) in as_whom {
            stage.ent.edit_claims(move |claims| {
                claims["sub"] = json!(format!("{who}-{n}"));
                twist(claims, context, person);
            });
            assert_eq!(stage.ending("nina").await, Ending::Delivered, "{name} as {who}");
            let received = stage.received();
            let sent = received[lti("roles")].as_array().unwrap().clone();
            let known = !matches!(name, "Unknown Role" | "No Role");
            assert_eq!(sent.contains(&json!(context)), known, "{name} as {who}: {sent:?}");
            assert_eq!(sent.is_empty(), !known, "{name}: nobody becomes teacher by no role");
            assert_eq!(received.get(lti("context")).is_some(), name != "With Email No Context", "{name}");
        }
    }
}

/// Claims, members and roles that nobody here knows, and custom values that are still variables (T-31, T-36).
async fn what_is_unknown_is_passed_over(engine: Engine) {
    let stage = Stage::plain(engine).await;
    stage.ent.edit_claims(|claims| {
        claims["https://vendor.example/claim/secret"] = json!({"deep": [1, 2, {"x": null}]});
        claims[lti("context")]["type"] = json!(["http://vendor.example/kind", "CourseSection", 7]);
        claims[lti("roles")] = json!(["urn:x", roles::PUPIL, 7, null, "https://vendor.example/role#Boss"]);
        claims[lti("custom")]["uai"] = json!("$Context.uai");
        claims[lti("custom")]["resource"] = json!("$ResourceLink.resource");
    });
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let received = stage.received();
    assert_eq!(
        received[lti("context")]["type"],
        json!(["http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"])
    );
    assert!(!received.to_string().contains("vendor"));
}

/// T-22 and T-03: each algorithm of our list, under a key of its own kind, is told from every other.
async fn an_id_token_counts_only_under_the_ents_own_signature(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let public = stage.ent.key().unwrap().public_pem().unwrap();
    let stranger = Arc::new(conformance::jose::SigningKey::generate().unwrap());
    let (own_header, jku) = (stranger.public_jwk(), format!("{}/evil.json", stage.ent.url()));
    let forgeries: Vec<(&str, Signing)> = vec![
        ("none", Arc::new(|_, claims| Ok(conformance::jose::forge_none(claims)))),
        ("HS256 under the public key", {
            let public = public.clone();
            Arc::new(move |key, claims| conformance::jose::forge_hs256(&public, key.kid(), claims))
        }),
        ("a stranger's key under the ENT's kid", {
            let stranger = stranger.clone();
            Arc::new(move |key, claims| stranger.sign(&key.header(), claims))
        }),
        ("a key that the token brings along", {
            let stranger = stranger.clone();
            Arc::new(move |key, claims| {
                let header = json!({"alg": "RS256", "kid": key.kid(), "jwk": own_header, "jku": jku});
                stranger.sign(&header, claims)
            })
        }),
        (
            "another algorithm's name",
            Arc::new(|key, claims| {
                key.sign(&json!({"alg": "ES256", "typ": "JWT", "kid": key.kid()}), claims)
            }),
        ),
        (
            "critical extensions",
            Arc::new(|key, claims| {
                key.sign(&json!({"alg": "RS256", "kid": key.kid(), "crit": ["b64"], "b64": false}), claims)
            }),
        ),
        (
            "cut short",
            Arc::new(|key, claims| {
                let token = key.sign(&key.header(), claims)?;
                Ok(token[..token.len() - 4].to_owned())
            }),
        ),
        ("with a fourth part", Arc::new(|key, claims| Ok(key.sign(&key.header(), claims)? + ".e30"))),
        (
            "too long",
            Arc::new(|key, claims| {
                let mut claims = claims.clone();
                claims["padding"] = json!("x".repeat(20_000));
                key.sign(&key.header(), &claims)
            }),
        ),
    ];
    for (name, forge) in forgeries {
        stage.ent.sign_by(move |key, claims| forge(key, claims));
        assert_eq!(stage.ending("nina").await, Ending::Refused("token_invalid".to_owned()), "{name}");
    }
    assert_eq!(stage.ent.jwks_fetches(), 1, "no key was looked for elsewhere");
}

on_both_engines!(
    known_bad_payloads_are_refused,
    valid_launches_work_as_instructor_and_as_student,
    what_is_unknown_is_passed_over,
    an_id_token_counts_only_under_the_ents_own_signature,
);
