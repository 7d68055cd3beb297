//! Tokens that an ENT should never sign: none of them makes the broker panic.

use boundary::{RefusalCode, Stop};
use proptest::prelude::*;
use serde_json::{Map, Number, Value, json};

use super::{begun, bring, launch_changed, lti};
use crate::tests::person;

#[test]
fn times_beyond_every_calendar_do_not_panic() {
    let times = [
        json!(i64::MAX),
        json!(i64::MIN),
        json!(i64::MAX - 1),
        json!(u64::MAX),
        json!(253_402_300_799_i64),
        json!(253_402_300_800_i64),
        json!(253_402_300_740_i64),
        json!(-377_705_116_800_i64),
        json!(-377_705_116_801_i64),
        json!(0),
        json!(-1),
        json!(1e300),
        json!(-1e300),
        json!(1e15),
        json!(1.764e9),
        json!(0.5),
        json!("2026"),
        json!({}),
        json!([1]),
        json!(null),
    ];
    for exp in &times {
        for iat in times.iter().chain([&json!(crate::tests::NOW.unix_timestamp())]) {
            match launch_changed(|claims| (claims["exp"], claims["iat"]) = (exp.clone(), iat.clone())) {
                Ok(_) => assert!(exp.as_f64().unwrap() > 1e9, "exp {exp} iat {iat} passed"),
                Err(Stop::Refused(refusal)) => assert_eq!(refusal.code(), RefusalCode::TokenInvalid),
                Err(Stop::Fault(fault)) => panic!("exp {exp} iat {iat}: {fault}"),
            }
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|n| Number::from_f64(n).map_or(Value::Null, Value::Number)),
        Just(Value::from(253_402_300_799_i64)),
    ];
    let text = prop_oneof![
        "\\PC{0,40}",
        "[\\x00-\\x7f]{0,40}",
        "https?://[a-z.:@/?=%]{0,40}",
        "ark:/[0-9]{0,5}/[a-z ]{0,9}",
        "x{250,300}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number,
        text.prop_map(Value::String)
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((member(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Names that are read, and others.
fn member() -> impl Strategy<Value = String> {
    let known = [
        "id",
        "type",
        "uai",
        "resource",
        "return_url",
        "locale",
        "document_target",
        "person_sourcedid",
        "title",
    ];
    prop_oneof![prop::sample::select(known.to_vec()).prop_map(str::to_owned), "\\PC{0,12}"]
}

fn claim() -> impl Strategy<Value = String> {
    let plain =
        ["iss", "aud", "azp", "sub", "exp", "iat", "nonce", "locale", "given_name", "family_name", "email"];
    let named = [
        "message_type",
        "version",
        "deployment_id",
        "target_link_uri",
        "resource_link",
        "roles",
        "context",
        "launch_presentation",
        "lis",
        "custom",
    ];
    let known = plain.into_iter().map(str::to_owned).chain(named.into_iter().map(lti)).collect::<Vec<_>>();
    prop_oneof![9 => prop::sample::select(known), 1 => "\\PC{0,12}"]
}

proptest! {
    /// A token with the ENT's signature and any claims at all is an arrival or a refusal.
    #[test]
    fn no_claims_make_it_panic(changes in prop::collection::vec((claim(), any_json()), 1..4)) {
        let (world, begun) = begun();
        let mut claims = person(&begun.nonce);
        for (name, value) in changes {
            claims[name] = value;
        }
        let outcome = bring(&world, &begun, &claims);
        prop_assert!(!matches!(outcome, Err(Stop::Fault(_))));
        if let Ok(arrival) = outcome {
            // What is stored and indexed has bounds, whatever was signed.
            prop_assert!((1..=255).contains(&arrival.subject.len()) && !arrival.subject.contains('\0'));
            let deployment = arrival.via.deployment.unwrap();
            prop_assert!((1..=255).contains(&deployment.len()) && deployment.bytes().all(|b| (0x20..0x7f).contains(&b)));
            prop_assert!(arrival.context.is_none_or(|context| context.id.len() <= 255 && context.kinds.len() <= 4));
            prop_assert!(arrival.link.unwrap().id.len() <= 255);
            prop_assert!(arrival.attributes.iter().all(|(_, values)| values.iter().all(|v| v.len() <= 256)));
            prop_assert!(arrival.roles.institution.len() + arrival.roles.context.len() <= 100);
            prop_assert!(arrival.locale.is_none_or(|locale| ["fr", "en"].contains(&locale.as_str())));
        }
    }

    /// The same with nothing that was expected.
    #[test]
    fn foreign_claims_are_refused(claims in prop::collection::vec((claim(), any_json()), 0..8)) {
        let (world, begun) = begun();
        let claims = Value::Object(claims.into_iter().collect::<Map<_, _>>());
        prop_assert!(matches!(bring(&world, &begun, &claims), Err(Stop::Refused(_))));
    }
}
