//! The peers' keys, made anew by each process, and what a peer signs with them. It is done without the broker's own
//! code, which is what is tested.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
};
use aws_lc_rs::{digest, hmac};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use jose::sign::RsaSigner;
use serde_json::{Value, json};

/// An ENT's keys, by key id.
pub struct Peers {
    ec: EcdsaKeyPair,
    rsa: RsaKeyPair,
    /// The same RSA key as the broker holds its own.
    pub signer: RsaSigner,
    /// Key id and the key as the broker gets it: `ec`, `rsa`, `rs384` (RSA for RS384 alone), `pem` (RSA as PEM).
    pub published: [(&'static str, String); 4],
}

impl Peers {
    pub fn new() -> Self {
        let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8: Pkcs8V1Der<'_> = rsa.as_der().unwrap();
        let signer = RsaSigner::from_pkcs8(pkcs8.as_ref()).unwrap();
        let published = [
            ("ec", ec_jwk(&ec).to_string()),
            ("rsa", rsa_jwk(&rsa, "rsa").to_string()),
            ("rs384", with(rsa_jwk(&rsa, "rs384"), "alg", "RS384").to_string()),
            ("pem", pem(&rsa)),
        ];
        Self { ec, rsa, signer, published }
    }

    /// What the key set says under a key id.
    pub fn key(&self, kid: &str) -> Option<&str> {
        self.published.iter().find(|(own, _)| *own == kid).map(|(_, key)| key.as_str())
    }

    /// A compact JWS over a header and claims as they are, signed as the header asks: with the EC key for `ES256`,
    /// else with the RSA key. Whether such a token counts is for the reader to say.
    pub fn sign(&self, header: &[u8], claims: &[u8]) -> String {
        let message = message(header, claims);
        let header: Value = serde_json::from_slice(header).unwrap_or_default();
        let signature = match header["alg"].as_str() {
            Some("ES256") => {
                let signed = self.ec.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
                signed.as_ref().to_vec()
            }
            Some("RS384") => self.rsa(&RSA_PKCS1_SHA384, &message),
            _ => self.rsa(&RSA_PKCS1_SHA256, &message),
        };
        format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    /// A token whose signature is an HMAC under the text of a public key: what a reader believes that lets the token
    /// choose the algorithm (RFC 8725, section 2.1).
    pub fn forge(&self, header: &[u8], claims: &[u8]) -> String {
        let message = message(header, claims);
        let header: Value = serde_json::from_slice(header).unwrap_or_default();
        let public = header["kid"].as_str().and_then(|kid| self.key(kid)).unwrap_or("no key");
        let secret = hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes());
        let tag = hmac::sign(&secret, message.as_bytes());
        format!("{message}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))
    }

    fn rsa(&self, padding: &'static dyn aws_lc_rs::signature::RsaEncoding, message: &str) -> Vec<u8> {
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa.sign(padding, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        signature
    }
}

fn message(header: &[u8], claims: &[u8]) -> String {
    format!("{}.{}", BASE64URL_NOPAD.encode(header), BASE64URL_NOPAD.encode(claims))
}

/// RFC 7518, section 6.2.1; the public key is a point without compression: 4, x, y.
fn ec_jwk(pair: &EcdsaKeyPair) -> Value {
    let point = pair.public_key().as_ref();
    let part = |from, to| BASE64URL_NOPAD.encode(&point[from..to]);
    json!({ "kty": "EC", "crv": "P-256", "kid": "ec", "x": part(1, 33), "y": part(33, 65) })
}

fn rsa_jwk(pair: &RsaKeyPair, kid: &str) -> Value {
    let public = pair.public_key();
    let part = |bytes| BASE64URL_NOPAD.encode(bytes);
    let n = part(public.modulus().big_endian_without_leading_zero());
    json!({ "kty": "RSA", "kid": kid, "n": n, "e": part(public.exponent().big_endian_without_leading_zero()) })
}

fn with(mut value: Value, name: &str, text: &str) -> Value {
    value[name] = json!(text);
    value
}

fn pem(pair: &RsaKeyPair) -> String {
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64.encode(der.as_ref()))
}

/// The name of the cookie that belongs to a state, told without the connector.
pub fn cookie_of(state: &str) -> String {
    let digest = digest::digest(&digest::SHA256, state.as_bytes());
    format!("passerelle-{}", HEXLOWER.encode(&digest.as_ref()[..8]))
}

/// JSON merge patch (RFC 7396): `null` takes a member away.
pub fn patch(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, change) in changes {
        if change.is_null() {
            target.as_object_mut().unwrap().remove(name);
        } else {
            self::patch(&mut target[name.as_str()], change);
        }
    }
}
