//! What is believed of a token, and what is not.

use super::*;
use crate::sign::RsaSigner;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jwk::alg::rsa::RsaKeyPair;
use proptest::prelude::*;
use serde_json::json;

fn key_of(signer: &RsaSigner) -> VerifyingKey {
    VerifyingKey::from_jwk(&signer.public_jwk().to_string()).unwrap()
}

fn part(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

#[test]
fn a_good_token_gives_its_claims_and_a_changed_one_nothing() {
    let signer = RsaSigner::generate().unwrap();
    let token = signer.sign(br#"{"sub":"x"}"#).unwrap();
    assert_eq!(verify(&token, &key_of(&signer)).unwrap()["sub"], "x");
    for at in (0..token.len()).step_by(7) {
        let mut changed = token.clone();
        let other = if changed.as_bytes()[at] == b'A' { "B" } else { "A" };
        changed.replace_range(at..=at, other);
        assert!(verify(&changed, &key_of(&signer)).is_err(), "character {at}");
    }
    assert_eq!(verify(&token, &key_of(&RsaSigner::generate().unwrap())), Err(JwsError::Signature));
}

#[test]
fn s2_none_and_hmac_have_no_way_in() {
    let signer = RsaSigner::generate().unwrap();
    let claims = part(&json!({ "sub": "x" }));
    for alg in ["none", "None", "HS256", "HS512", "PS256", "EdDSA", ""] {
        let token = format!("{}.{claims}.", part(&json!({ "alg": alg })));
        assert_eq!(verify(&token, &key_of(&signer)), Err(JwsError::Algorithm), "{alg}");
    }
    let secret = signer.public_jwk().to_string();
    let hs256 = josekit::jws::HS256.signer_from_bytes(secret.as_bytes()).unwrap();
    let forged = josekit::jws::serialize_compact(b"{}", &josekit::jws::JwsHeader::new(), &hs256).unwrap();
    assert_eq!(verify(&forged, &key_of(&signer)), Err(JwsError::Algorithm));
    let oct = json!({ "kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" }).to_string();
    assert!(VerifyingKey::from_jwk(&oct).is_err());
}

#[test]
fn a_key_is_used_with_its_own_algorithm_only() {
    let signer = RsaSigner::generate().unwrap();
    let mut jwk = signer.public_jwk();
    jwk["alg"] = json!("RS512");
    let key = VerifyingKey::from_jwk(&jwk.to_string()).unwrap();
    assert_eq!(verify(&signer.sign(b"{}").unwrap(), &key), Err(JwsError::Algorithm));
}

#[test]
fn a_jwk_without_alg_serves_its_family() {
    let signer = RsaSigner::generate().unwrap();
    let mut jwk = signer.public_jwk();
    jwk.as_object_mut().unwrap().remove("alg");
    let key = VerifyingKey::from_jwk(&jwk.to_string()).unwrap();
    assert!(verify(&signer.sign(b"{}").unwrap(), &key).is_ok());
}

#[test]
fn t03_short_keys_are_refused_in_every_form() {
    let short = JwsError::Key("shorter than 2048 bits");
    for bits in [1024, 2047] {
        let pair = RsaKeyPair::generate(bits).unwrap();
        let text = |pem| String::from_utf8(pem).unwrap();
        let jwk = pair.to_jwk_public_key().to_string();
        assert_eq!(VerifyingKey::from_jwk(&jwk).unwrap_err(), short, "{bits}");
        assert_eq!(VerifyingKey::from_pem(&text(pair.to_pem_public_key())).unwrap_err(), short, "{bits}");
        assert_eq!(VerifyingKey::from_pem(&text(pair.to_traditional_pem_public_key())).unwrap_err(), short);
    }
}

#[test]
fn a_pem_is_an_rsa_public_key_or_nothing() {
    let text = |pem| String::from_utf8(pem).unwrap();
    let rsa = RsaKeyPair::generate(2048).unwrap();
    assert!(VerifyingKey::from_pem(&text(rsa.to_pem_public_key())).is_ok());
    assert!(VerifyingKey::from_pem(&text(rsa.to_traditional_pem_public_key())).is_ok());
    let ec = EcKeyPair::generate(EcCurve::P256).unwrap();
    let others = [rsa.to_pem_private_key(), rsa.to_traditional_pem_private_key(), ec.to_pem_public_key()];
    for other in others.map(text) {
        assert!(matches!(VerifyingKey::from_pem(&other), Err(JwsError::Key(_))), "{other}");
    }
}

#[test]
fn s2_a_header_of_another_family_is_not_followed() {
    let (rsa, ec) = (RsaSigner::generate().unwrap(), EcKeyPair::generate(EcCurve::P256).unwrap());
    let ec_key = VerifyingKey::from_jwk(&ec.to_jwk_public_key().to_string()).unwrap();
    let es256 = josekit::jws::ES256.signer_from_jwk(&ec.to_jwk_private_key()).unwrap();
    let good = josekit::jws::serialize_compact(b"{}", &josekit::jws::JwsHeader::new(), &es256).unwrap();
    assert!(verify(&good, &ec_key).is_ok());
    assert_eq!(verify(&good, &key_of(&rsa)), Err(JwsError::Algorithm), "ES256 over an RSA key");
    assert_eq!(verify(&rsa.sign(b"{}").unwrap(), &ec_key), Err(JwsError::Algorithm), "RS256 over an EC key");
    let (_, rest) = good.split_once('.').unwrap();
    let renamed = format!("{}.{rest}", part(&json!({ "alg": "ES384" })));
    assert_eq!(verify(&renamed, &ec_key), Err(JwsError::Algorithm), "another curve");
}

#[test]
fn t07_a_key_that_comes_along_is_not_used() {
    let (registered, forger) = (RsaSigner::generate().unwrap(), RsaKeyPair::generate(2048).unwrap());
    let signer = josekit::jws::RS256.signer_from_jwk(&forger.to_jwk_private_key()).unwrap();
    let mut header = josekit::jws::JwsHeader::new();
    header.set_key_id(registered.kid());
    header.set_jwk(forger.to_jwk_public_key());
    header.set_jwk_set_url("https://forger.example/jwks.json");
    header.set_x509_url("https://forger.example/chain.pem");
    let token = josekit::jws::serialize_compact(b"{}", &header, &signer).unwrap();
    assert_eq!(verify(&token, &key_of(&registered)), Err(JwsError::Signature));
}

#[test]
fn critical_extensions_are_refused() {
    let header = json!({ "alg": "RS256", "kid": "k", "crit": ["b64"], "b64": false });
    assert_eq!(peek(&format!("{}.e30.", part(&header))), Err(JwsError::Form("critical extensions")));
}

#[test]
fn another_implementation_signs_what_we_verify() {
    let pair = josekit::jws::RS256.generate_key_pair(2048).unwrap();
    let signer = josekit::jws::RS256.signer_from_jwk(&pair.to_jwk_key_pair()).unwrap();
    let mut header = josekit::jws::JwsHeader::new();
    header.set_token_type("JWT");
    let token = josekit::jws::serialize_compact(br#"{"a":1}"#, &header, &signer).unwrap();
    let key = VerifyingKey::from_jwk(&pair.to_jwk_public_key().to_string()).unwrap();
    assert_eq!(verify(&token, &key).unwrap()["a"], 1);
    let pem = String::from_utf8(pair.to_pem_public_key()).unwrap();
    assert!(verify(&token, &VerifyingKey::from_pem(&pem).unwrap()).is_ok());
}

#[test]
fn doubled_members_are_refused() {
    let signer = RsaSigner::generate().unwrap();
    let token = signer.sign(br#"{"sub":"x","sub":"y"}"#).unwrap();
    assert_eq!(verify(&token, &key_of(&signer)), Err(JwsError::Form("claims")));
    let header = BASE64URL_NOPAD.encode(br#"{"alg":"none","kid":"k","alg":"RS256"}"#);
    assert_eq!(peek(&format!("{header}.e30.")), Err(JwsError::Form("header")));
}

#[test]
fn deep_nesting_is_refused_and_does_not_overflow() {
    let signer = RsaSigner::generate().unwrap();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = |depth: usize| {
            let claims = format!("{{\"a\":{}1{}}}", open.repeat(depth), close.repeat(depth));
            verify(&signer.sign(claims.as_bytes()).unwrap(), &key_of(&signer))
        };
        assert!(deep(50).is_ok());
        assert_eq!(deep(1500), Err(JwsError::Form("claims")));
    }
}

#[test]
fn a_token_has_at_most_16_kib() {
    let header = part(&json!({ "alg": "RS256", "kid": "k" }));
    let of_length = |length: usize| format!("{header}.{}.", "A".repeat(length - header.len() - 2));
    assert!(peek(&of_length(16 * 1024)).is_ok());
    assert_eq!(peek(&of_length(16 * 1024 + 1)), Err(JwsError::Form("longer than 16 KiB")));
    let key = key_of(&RsaSigner::generate().unwrap());
    assert_eq!(verify(&of_length(16 * 1024 + 1), &key), Err(JwsError::Form("longer than 16 KiB")));
}

proptest! {
    #[test]
    fn strangers_bytes_never_panic(text in "\\PC{0,300}", claims: Vec<u8>) {
        let _ = peek(&text);
        let _ = VerifyingKey::from_jwk(&text);
        let _ = VerifyingKey::from_pem(&text);
        let _ = object(&BASE64URL_NOPAD.encode(&claims), "claims");
    }
}
