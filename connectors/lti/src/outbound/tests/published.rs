//! What we publish about ourselves.

use boundary::{Body, Method, Out, Outbound};
use serde_json::{Value, json};

use super::{step, world};
use crate::outbound::{CONFIGURATION, KEYS, Platform};
use crate::tests::{ours, request};

fn document(door: &'static str, media: &str) -> Value {
    let Ok(Out::Reply(reply)) = step(&world(), &request(door, &[], &[])) else { panic!("no reply") };
    let Body::Wire { status: 200, media: found, max_age: 1800, body } = reply.body else {
        panic!("no document")
    };
    assert_eq!(found, media);
    serde_json::from_slice(&body).unwrap()
}

#[test]
fn discovery_names_what_exists_and_nothing_else() {
    let mut document = document(CONFIGURATION, "application/json");
    assert_eq!(document["issuer"], "https://broker.example", "no slash at its end, as in every token");
    let document = document.as_object_mut().unwrap();
    let addresses: Vec<&str> = ["authorization_endpoint", "jwks_uri"]
        .into_iter()
        .map(|name| document[name].as_str().unwrap().strip_prefix("https://broker.example").unwrap())
        .collect();
    let open = |path: &&str| {
        let mut doors = Platform.doors().iter();
        doors.any(|door| door.path == *path && door.method == Method::Get)
    };
    assert!(addresses.iter().all(open), "{addresses:?}");
    let endpoints = document.keys().filter(|name| name.ends_with("_endpoint") || name.ends_with("_uri"));
    assert_eq!(
        endpoints.collect::<Vec<_>>(),
        ["authorization_endpoint", "jwks_uri"],
        "no door that is not open"
    );
    for (name, wanted) in [
        ("response_types_supported", json!(["id_token"])),
        ("response_modes_supported", json!(["form_post"])),
        ("scopes_supported", json!(["openid"])),
        ("subject_types_supported", json!(["pairwise"])),
        ("id_token_signing_alg_values_supported", json!(["RS256"])),
    ] {
        assert_eq!(document[name], wanted, "{name}");
    }
    let platform = &document["https://purl.imsglobal.org/spec/lti-platform-configuration"];
    assert_eq!(platform["messages_supported"], json!([{ "type": "LtiResourceLinkRequest" }]));
    assert_eq!(platform["variables"], json!([]));
}

#[test]
fn t02_the_key_set_holds_public_members_only() {
    let set = document(KEYS, "application/jwk-set+json");
    assert_eq!(set.as_object().unwrap().keys().collect::<Vec<_>>(), ["keys"]);
    for key in set["keys"].as_array().unwrap() {
        let mut members: Vec<&String> = key.as_object().unwrap().keys().collect();
        members.sort();
        assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
        assert_eq!((&key["kty"], &key["use"], &key["alg"]), (&json!("RSA"), &json!("sig"), &json!("RS256")));
    }
    assert_eq!(set["keys"][0]["kid"], ours().kid());
}
