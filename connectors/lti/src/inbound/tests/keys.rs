//! Which key an id_token is believed under.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::KeyPair as _;
use boundary::RefusalCode;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use jose::sign::RsaSigner;
use serde_json::{Value, json};

use super::{begun, launch};
use crate::tests::{ent_key, person, refused, stranger_key, token_by};

/// The refusal of a token that is not signed as it should be.
fn why_not(token: impl FnOnce(&Value) -> String) -> String {
    let (world, begun) = begun();
    let token = token(&person(&begun.nonce));
    let refusal = refused(launch(&world, &begun, &[("state", &begun.state), ("id_token", &token)]));
    assert_eq!(refusal.code(), RefusalCode::TokenInvalid);
    refusal.detail().to_owned()
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}.", part(header), part(claims))
}

#[test]
fn t22_a_token_needs_three_parts_a_known_key_and_its_signature() {
    let kid = ent_key().kid();
    assert!(why_not(|_| "rubbish".to_owned()).contains("three parts"));
    assert!(why_not(|_| String::new()).contains("three parts"));
    let no_kid = |claims: &Value| unsigned(&json!({ "alg": "RS256" }), claims);
    assert_eq!(why_not(no_kid), "the header names no key (kid)");
    assert_eq!(why_not(|claims| token_by(stranger_key(), claims)), "the ENT publishes no key of that id");
    let named = |claims: &Value| {
        let token = token_by(stranger_key(), claims);
        let header = BASE64URL_NOPAD.encode(json!({ "alg": "RS256", "kid": kid }).to_string().as_bytes());
        format!("{header}.{}", token.split_once('.').unwrap().1)
    };
    assert_eq!(why_not(named), "the signature is wrong");
    for alg in ["none", "HS256", "ES256", "PS256", "rs256"] {
        let token = |claims: &Value| unsigned(&json!({ "alg": alg, "kid": kid }), claims);
        assert_eq!(why_not(token), "the algorithm is not allowed for this key", "{alg}");
    }
    let long = |claims: &Value| {
        let mut claims = claims.clone();
        claims["vendor"] = json!("x".repeat(16 * 1024));
        token_by(ent_key(), &claims)
    };
    assert_eq!(why_not(long), "not a compact JWS: longer than 16 KiB");
}

#[test]
fn s2_a_key_of_one_connection_signs_for_no_other() {
    let (world, begun) = begun();
    crate::tests::ent(&world, "south", "broker-south");
    let stranger = (boundary::ConnectionId::parse("south").unwrap(), stranger_key());
    world.peer_keys.lock().unwrap().push((
        stranger.0,
        stranger.1.kid().to_owned(),
        stranger.1.public_jwk().to_string(),
    ));
    let token = token_by(stranger_key(), &person(&begun.nonce));
    let refusal = refused(launch(&world, &begun, &[("state", &begun.state), ("id_token", &token)]));
    assert_eq!(refusal.detail(), "the ENT publishes no key of that id");
}

fn pem_of(signer: &RsaSigner) -> String {
    let pair = KeyPair::from_pkcs8(&signer.pkcs8().unwrap()).unwrap();
    let der = pair.public_key().as_der().unwrap();
    let lines: Vec<String> = BASE64
        .encode(der.as_ref())
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    format!("\n-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

#[test]
fn t06_a_pem_or_a_key_without_alg_serves_as_well() {
    let mut bare = ent_key().public_jwk();
    bare.as_object_mut().unwrap().remove("alg");
    for key in [pem_of(ent_key()), bare.to_string()] {
        let (world, begun) = begun();
        world.peer_keys.lock().unwrap()[0].2 = key;
        super::bring(&world, &begun, &person(&begun.nonce)).unwrap();
    }
    for key in ["-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "{}", ""] {
        let (world, begun) = begun();
        world.peer_keys.lock().unwrap()[0].2 = key.to_owned();
        let refusal = refused(super::bring(&world, &begun, &person(&begun.nonce)));
        assert_eq!(refusal.code(), RefusalCode::TokenInvalid);
        assert!(refusal.detail().starts_with("the key cannot be used"), "{}", refusal.detail());
    }
}
