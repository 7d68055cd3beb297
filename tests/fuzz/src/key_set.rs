//! Key sets that peers publish, from their bytes to a key that verifies.
//!
//! The first byte says what the rest is, modulo 4:
//!
//! - `p`: a JSON merge patch over the ENT's RSA key, alone in a set.
//! - `q`: the same over its EC key.
//! - `r`: a set, as a peer answers it.
//! - `s`: a key in PEM, as an operator registers it.

use data_encoding::BASE64URL_NOPAD;
use jose::jws::{JwsError, VerifyingKey, verify};
use passerelle::trust::KeySet;
use serde_json::{Map, Value, json};

use super::Ending;
use super::peers::patch;
use super::world::stage;

/// Members that say more than a public key (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1).
const SECRET: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Reads a set, and asks whether its keys verify only what they should.
pub fn run(data: &[u8]) -> Ending {
    let Some((&first, rest)) = data.split_first() else { return Ending::new("empty", "") };
    let bytes = match first % 4 {
        0 => patched("rsa", rest),
        1 => patched("ec", rest),
        2 => Some(rest.to_vec()),
        _ => return pem(rest),
    };
    let Some(bytes) = bytes else { return Ending::new("unmade", "") };
    let Some(set) = KeySet::read(&bytes) else { return Ending::new("no set", "") };
    let document: Value = serde_json::from_slice(&bytes).expect("a set is JSON");
    let named = document["keys"].as_array().expect("a set has keys").iter();
    let named = named.filter_map(|key| key["kid"].as_str());
    let mut ending = Ending::new("set", "");
    for kid in named.chain(["rsa", "ec", ""]).take(80) {
        if let Some(key) = set.key(kid) {
            assert_public(kid, &key);
            let word = key_of(&key);
            ending.says.push_str(&format!("{word}; "));
        }
    }
    ending
}

fn patched(kid: &str, change: &[u8]) -> Option<Vec<u8>> {
    let mut key: Value = serde_json::from_str(stage().peers.key(kid).unwrap()).unwrap();
    patch(&mut key, &serde_json::from_slice(change).ok()?);
    Some(json!({ "keys": [key] }).to_string().into_bytes())
}

/// A key that is given out says nothing secret, and has the id that was asked for or none.
fn assert_public(kid: &str, key: &str) {
    let key: Map<String, Value> = serde_json::from_str(key).expect("a key is an object");
    assert!(!SECRET.iter().any(|name| key.contains_key(*name)), "{key:?}");
    assert!(key.get("use").is_none_or(|usage| usage == "sig"));
    let own = key.get("kid").and_then(Value::as_str);
    assert!(own.is_none_or(|own| own == kid), "asked for {kid:?}, got {own:?}");
}

fn key_of(text: &str) -> String {
    let read = match VerifyingKey::from_jwk(text) {
        Ok(read) => read,
        Err(error) => return error.to_string(),
    };
    let json: Value = serde_json::from_str(text).unwrap();
    assert!(["RSA", "EC"].contains(&json["kty"].as_str().unwrap()), "{text}");
    for (kid, alg, members) in [("rsa", "RS256", &["n", "e"][..]), ("ec", "ES256", &["x", "y"])] {
        let token = stage().peers.sign(&header(alg, kid), b"{}");
        let verified = verify(&token, &read);
        if verified.is_ok() {
            let own: Value = serde_json::from_str(stage().peers.key(kid).unwrap()).unwrap();
            assert!(members.iter().all(|name| number(&own[*name]) == number(&json[*name])), "{text}");
            assert!(json.get("alg").is_none_or(|own| own == alg), "{text}");
        }
    }
    assert_unforgeable(&read);
    "key".to_owned()
}

fn pem(bytes: &[u8]) -> Ending {
    let Ok(text) = str::from_utf8(bytes) else { return Ending::new("not text", "") };
    let text = text.replace("THE-KEY", stage().peers.key("pem").unwrap());
    match VerifyingKey::from_pem(&text) {
        Ok(key) => {
            assert_unforgeable(&key);
            let token = stage().peers.sign(&header("RS256", "pem"), b"{}");
            Ending::new(if verify(&token, &key).is_ok() { "the key" } else { "a key" }, "")
        }
        Err(error) => Ending::new("no key", error.to_string()),
    }
}

/// No key lets a token choose to be unsigned, or signed with what everybody knows.
fn assert_unforgeable(key: &VerifyingKey) {
    let peers = &stage().peers;
    for alg in ["none", "HS256"] {
        let forged = peers.forge(&header(alg, "rsa"), b"{}");
        assert_eq!(verify(&forged, key), Err(JwsError::Algorithm));
    }
    for (alg, kid) in [("RS256", "rsa"), ("ES256", "ec")] {
        let forged = peers.forge(&header(alg, kid), b"{}");
        assert!(verify(&forged, key).is_err(), "an HMAC is no signature");
    }
}

fn header(alg: &str, kid: &str) -> Vec<u8> {
    json!({ "alg": alg, "kid": kid }).to_string().into_bytes()
}

/// A number of a JWK, without zeros before it.
fn number(value: &Value) -> Option<Vec<u8>> {
    let bytes = BASE64URL_NOPAD.decode(value.as_str()?.as_bytes()).ok()?;
    Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
}
