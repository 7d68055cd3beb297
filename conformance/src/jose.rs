//! RS256 tokens and RSA key sets, made and checked with OpenSSL alone; and the two classic forgeries.

use data_encoding::BASE64URL_NOPAD;
use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private, Public};
use openssl::rsa::Rsa;
use openssl::sha::sha256;
use openssl::sign::{Signer, Verifier};
use serde_json::{Value, json};

/// Why a token or a key set is not acceptable.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("OpenSSL: {0}")]
    OpenSsl(#[from] ErrorStack),
    #[error("not a JWS in compact form: {0}")]
    Malformed(&'static str),
    #[error("algorithm {0:?} is not RS256")]
    Algorithm(String),
    #[error("the header names no kid")]
    NoKid,
    #[error("no published key has kid {0:?}")]
    UnknownKid(String),
    #[error("the published key is unfit: {0}")]
    Key(&'static str),
    #[error("the signature does not match")]
    Signature,
}

/// An RSA-2048 key that signs, with its public half as it is published (RFC 7517).
pub struct SigningKey {
    key: PKey<Private>,
    kid: String,
    public: Value,
}

impl SigningKey {
    /// A fresh key; its `kid` is the thumbprint of RFC 7638.
    pub fn generate() -> Result<Self, Error> {
        let rsa = Rsa::generate(2048)?;
        let n = BASE64URL_NOPAD.encode(&rsa.n().to_vec());
        let e = BASE64URL_NOPAD.encode(&rsa.e().to_vec());
        let kid = thumbprint(&n, &e);
        let public = json!({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": n, "e": e});
        Ok(Self { key: PKey::from_rsa(rsa)?, kid, public })
    }

    /// The name under which the key is published.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public JWK (RFC 7517 section 4, RFC 7518 section 6.3.1).
    pub fn public_jwk(&self) -> Value {
        self.public.clone()
    }

    /// The public key as PEM: what an attacker feeds to HS256.
    pub fn public_pem(&self) -> Result<Vec<u8>, Error> {
        Ok(self.key.public_key_to_pem()?)
    }

    /// The header an honest platform writes.
    pub fn header(&self) -> Value {
        json!({"alg": "RS256", "typ": "JWT", "kid": self.kid})
    }

    /// Signs with RSASSA-PKCS1-v1_5 and SHA-256 (RFC 7518 section 3.3), whatever the header claims.
    pub fn sign(&self, header: &Value, claims: &Value) -> Result<String, Error> {
        let input = signing_input(header, claims);
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key)?;
        let signature = signer.sign_oneshot_to_vec(input.as_bytes())?;
        Ok(format!("{input}.{}", BASE64URL_NOPAD.encode(&signature)))
    }
}

/// A JWK Set (RFC 7517 section 5).
pub fn jwks<'a>(keys: impl IntoIterator<Item = &'a SigningKey>) -> Value {
    json!({"keys": keys.into_iter().map(SigningKey::public_jwk).collect::<Vec<_>>()})
}

/// An unsecured token (`alg: none`, RFC 7519 section 6) that no relying party may accept.
pub fn forge_none(claims: &Value) -> String {
    format!("{}.", signing_input(&json!({"alg": "none", "typ": "JWT"}), claims))
}

/// The algorithm confusion of RFC 8725 section 2.1: HMAC keyed with a public key in PEM form.
pub fn forge_hs256(public_pem: &[u8], kid: &str, claims: &Value) -> Result<String, Error> {
    let input = signing_input(&json!({"alg": "HS256", "typ": "JWT", "kid": kid}), claims);
    let key = PKey::hmac(public_pem)?;
    let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
    let tag = signer.sign_oneshot_to_vec(input.as_bytes())?;
    Ok(format!("{input}.{}", BASE64URL_NOPAD.encode(&tag)))
}

/// Header and claims of a token, if RS256 and a key of the set say that they are genuine.
pub fn verify(token: &str, jwks: &Value) -> Result<(Value, Value), Error> {
    let mut parts = token.split('.');
    let (Some(head), Some(body), Some(tail), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Error::Malformed("three parts expected"));
    };
    let header = object(head)?;
    let key = chosen_key(&header, jwks)?;
    let signature = decode(tail)?;
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key)?;
    // A signature of the wrong length is an OpenSSL error, and no more genuine than a wrong one.
    let genuine = verifier.verify_oneshot(&signature, format!("{head}.{body}").as_bytes());
    if !genuine.unwrap_or(false) {
        return Err(Error::Signature);
    }
    Ok((header, object(body)?))
}

fn chosen_key(header: &Value, jwks: &Value) -> Result<PKey<Public>, Error> {
    let algorithm = header.get("alg").and_then(Value::as_str).unwrap_or_default();
    if algorithm != "RS256" {
        return Err(Error::Algorithm(algorithm.to_owned()));
    }
    if header.get("crit").is_some() {
        return Err(Error::Malformed("critical extensions are not understood"));
    }
    let kid = header.get("kid").and_then(Value::as_str).ok_or(Error::NoKid)?;
    let keys = jwks.get("keys").and_then(Value::as_array).ok_or(Error::Key("no array named keys"))?;
    let mut named = keys.iter().filter(|key| key.get("kid").and_then(Value::as_str) == Some(kid));
    let key = named.next().ok_or_else(|| Error::UnknownKid(kid.to_owned()))?;
    if named.next().is_some() {
        return Err(Error::Key("two keys share one kid"));
    }
    public_key(key)
}

/// The key of a JWK that is fit to be published: RSA, 2048 bits at least, for RS256 signatures, and public only.
fn public_key(jwk: &Value) -> Result<PKey<Public>, Error> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    if text("kty") != Some("RSA") || text("alg").is_some_and(|alg| alg != "RS256") {
        return Err(Error::Key("not an RSA key for RS256"));
    }
    if text("use").is_some_and(|usage| usage != "sig") {
        return Err(Error::Key("not meant for signatures"));
    }
    if ["d", "p", "q", "dp", "dq", "qi", "k"].iter().any(|name| jwk.get(*name).is_some()) {
        return Err(Error::Key("a private member is published"));
    }
    let number = |name| -> Result<BigNum, Error> {
        let encoded = text(name).ok_or(Error::Key("n or e is missing"))?;
        Ok(BigNum::from_slice(&decode(encoded)?)?)
    };
    let rsa = Rsa::from_public_components(number("n")?, number("e")?)?;
    if rsa.size() < 256 {
        return Err(Error::Key("shorter than 2048 bits"));
    }
    Ok(PKey::from_rsa(rsa)?)
}

fn thumbprint(n: &str, e: &str) -> String {
    // RFC 7638 section 3.2: required members only, in this order, without white space.
    BASE64URL_NOPAD.encode(&sha256(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#).as_bytes()))
}

fn signing_input(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}

fn decode(part: &str) -> Result<Vec<u8>, Error> {
    BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| Error::Malformed("not base64url"))
}

fn object(part: &str) -> Result<Value, Error> {
    let value: Value =
        serde_json::from_slice(&decode(part)?).map_err(|_| Error::Malformed("a part is not JSON"))?;
    if value.is_object() { Ok(value) } else { Err(Error::Malformed("a part is not a JSON object")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_signed_is_read_back() {
        let key = SigningKey::generate().unwrap();
        let token = key.sign(&key.header(), &json!({"sub": "7"})).unwrap();
        let (header, claims) = verify(&token, &jwks([&key])).unwrap();
        assert_eq!(header["kid"], key.kid());
        assert_eq!(claims, json!({"sub": "7"}));
    }

    #[test]
    fn a_changed_claim_or_another_key_is_noticed() {
        let key = SigningKey::generate().unwrap();
        let other = SigningKey::generate().unwrap();
        let token = key.sign(&key.header(), &json!({"sub": "7"})).unwrap();
        let (_, signature) = token.rsplit_once('.').unwrap();
        let tampered = format!("{}.{signature}", signing_input(&key.header(), &json!({"sub": "8"})));
        assert!(matches!(verify(&tampered, &jwks([&key])), Err(Error::Signature)));
        assert!(matches!(verify(&token, &jwks([&other])), Err(Error::UnknownKid(_))));
        let impostor = other.sign(&key.header(), &json!({"sub": "7"})).unwrap();
        assert!(matches!(verify(&impostor, &jwks([&key])), Err(Error::Signature)));
        assert!(matches!(verify(&format!("{token}AA"), &jwks([&key])), Err(Error::Signature)));
    }

    #[test]
    fn forgeries_and_missing_names_are_refused() {
        let key = SigningKey::generate().unwrap();
        let set = jwks([&key]);
        let claims = json!({"sub": "7"});
        assert!(matches!(verify(&forge_none(&claims), &set), Err(Error::Algorithm(_))));
        let confused = forge_hs256(&key.public_pem().unwrap(), key.kid(), &claims).unwrap();
        assert!(matches!(verify(&confused, &set), Err(Error::Algorithm(_))));
        let nameless = key.sign(&json!({"alg": "RS256"}), &claims).unwrap();
        assert!(matches!(verify(&nameless, &set), Err(Error::NoKid)));
        assert!(matches!(verify("a.b", &set), Err(Error::Malformed(_))));
    }

    #[test]
    fn a_set_that_shows_its_private_half_is_refused() {
        let key = SigningKey::generate().unwrap();
        let mut public = key.public_jwk();
        public["d"] = json!("AQAB");
        let token = key.sign(&key.header(), &json!({})).unwrap();
        assert!(matches!(verify(&token, &json!({"keys": [public]})), Err(Error::Key(_))));
    }

    #[test]
    fn the_thumbprint_is_the_one_of_rfc_7638() {
        let n = concat!(
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs",
            "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5h",
            "ajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
        );
        assert_eq!(thumbprint(n, "AQAB"), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }
}
