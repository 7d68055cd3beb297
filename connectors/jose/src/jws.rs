//! Verifying: compact JWS (RFC 7515 section 3.1) under algorithms from our list, never from the token alone.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rsa::PublicKey;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, EcdsaVerificationAlgorithm, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents,
};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};
use thiserror::Error;

/// The longest token that is read, in bytes.
const LONGEST: usize = 16 * 1024;
/// The shortest RSA modulus that is trusted, in bits.
const SHORTEST_MODULUS: usize = 2048;

/// Why a token does not count. The words hold nothing of the token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JwsError {
    /// Not three parts of base64url, too long, or not JSON.
    #[error("not a compact JWS: {0}")]
    Form(&'static str),
    /// The algorithm is not one of ours, or not the key's.
    #[error("the algorithm is not allowed for this key")]
    Algorithm,
    /// The key cannot be read, or is too weak.
    #[error("the key cannot be used: {0}")]
    Key(&'static str),
    /// The signature is wrong.
    #[error("the signature is wrong")]
    Signature,
}

/// What a header says, before anything is believed. `jku`, `x5u` and `jwk` are not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The algorithm it names.
    pub alg: String,
    /// The key it names.
    pub kid: Option<String>,
}

/// Reads the header of a token without believing it.
///
/// # Errors
/// [`JwsError::Form`] when it is not a compact JWS, or names extensions that must be understood (`crit`).
pub fn peek(token: &str) -> Result<Header, JwsError> {
    if token.len() > LONGEST {
        return Err(JwsError::Form("longer than 16 KiB"));
    }
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(JwsError::Form("not three parts"));
    };
    let mut header = object(header, "header")?;
    if header.contains_key("crit") {
        return Err(JwsError::Form("critical extensions"));
    }
    let mut text = |name: &str| header.remove(name).and_then(|v| v.as_str().map(str::to_owned));
    Ok(Header { alg: text("alg").ok_or(JwsError::Form("no algorithm"))?, kid: text("kid") })
}

/// A public key, read once for each algorithm that it may be used with.
pub struct VerifyingKey(Vec<(Algorithm, ParsedPublicKey)>);

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed: Vec<_> = self.0.iter().map(|(algorithm, _)| algorithm).collect();
        f.debug_tuple("VerifyingKey").field(&allowed).finish()
    }
}

impl VerifyingKey {
    /// Reads a key as peers give it: in PEM, or as JWK.
    ///
    /// # Errors
    /// Those of [`Self::from_pem`] and [`Self::from_jwk`].
    pub fn read(text: &str) -> Result<Self, JwsError> {
        if text.trim_start().starts_with("-----BEGIN") { Self::from_pem(text) } else { Self::from_jwk(text) }
    }

    /// Reads a JWK (RFC 7517 section 4). One without `alg` may be used with every algorithm of its family; one with
    /// `alg` only with that.
    ///
    /// # Errors
    /// [`JwsError::Key`] for symmetric, weak, unknown or unreadable keys.
    pub fn from_jwk(json: &str) -> Result<Self, JwsError> {
        let jwk: Jwk = serde_json::from_str(json).map_err(|_| JwsError::Key("not a JWK"))?;
        let own = jwk.common.key_algorithm.map(|algorithm| algorithm.to_string());
        let allowed = |algorithm: Algorithm| own.as_ref().is_none_or(|own| *own == name(algorithm));
        match &jwk.algorithm {
            AlgorithmParameters::RSA(rsa) => {
                let (n, e) = (number(&rsa.n)?, number(&rsa.e)?);
                strong_rsa(&n)?;
                let public = RsaPublicKeyComponents { n, e };
                let read = |parameters| public.to_parsed_public_key(parameters);
                Self::of(RSA.into_iter().filter(|(algorithm, _)| allowed(*algorithm)), read)
            }
            AlgorithmParameters::EllipticCurve(point) => {
                let (algorithm, parameters, size) = curve(&point.curve)?;
                let bytes = [&[UNCOMPRESSED], &*number(&point.x)?, &*number(&point.y)?].concat();
                if bytes.len() != 1 + 2 * size {
                    return Err(JwsError::Key("coordinates"));
                }
                let read = |parameters: &'static EcdsaVerificationAlgorithm| {
                    ParsedPublicKey::new(parameters, &bytes)
                };
                let one = Some((algorithm, parameters)).filter(|(algorithm, _)| allowed(*algorithm));
                Self::of(one.into_iter(), read)
            }
            _ => Err(JwsError::Key("kind")),
        }
    }

    /// Reads an RSA public key in PEM, for peers that publish no set.
    ///
    /// # Errors
    /// [`JwsError::Key`] when it is something else, or weak.
    pub fn from_pem(pem: &str) -> Result<Self, JwsError> {
        let other = JwsError::Key("not an RSA public key in PEM");
        let key = DecodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| other.clone())?;
        let DecodingKeyKind::SecretOrDer(der) = key.kind() else { return Err(other) };
        let public = PublicKey::from_der(der).map_err(|_| other)?;
        strong_rsa(public.modulus().big_endian_without_leading_zero())?;
        Self::of(RSA.into_iter(), |parameters: &'static RsaParameters| ParsedPublicKey::new(parameters, der))
    }

    fn of<P>(
        allowed: impl Iterator<Item = (Algorithm, P)>,
        read: impl Fn(P) -> Result<ParsedPublicKey, KeyRejected>,
    ) -> Result<Self, JwsError> {
        let read = |(algorithm, parameters)| Ok((algorithm, read(parameters)?));
        let keys: Result<Vec<_>, KeyRejected> = allowed.map(read).collect();
        let keys = keys.map_err(|_| JwsError::Key("not a public key"))?;
        if keys.is_empty() { Err(JwsError::Algorithm) } else { Ok(Self(keys)) }
    }
}

/// How many keys are remembered: more than a country has connections.
const REMEMBERED: usize = 20_000;

/// Keys that were read before, by their text: to read a key costs about as much as to use it.
#[derive(Debug)]
pub struct KnownKeys(RwLock<BTreeMap<Arc<str>, Arc<VerifyingKey>>>);

impl KnownKeys {
    /// None yet.
    #[must_use]
    pub const fn none() -> Self {
        Self(RwLock::new(BTreeMap::new()))
    }

    /// The key of a text.
    ///
    /// # Errors
    /// Those of [`VerifyingKey::read`]; they are not remembered.
    pub fn read(&self, text: &Arc<str>) -> Result<Arc<VerifyingKey>, JwsError> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(Arc::clone(known));
        }
        let key = Arc::new(VerifyingKey::read(text)?);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(Arc::clone(text), Arc::clone(&key));
        Ok(key)
    }
}

/// The RSA algorithms that we accept (RFC 7518 section 3.3).
const RSA: [(Algorithm, &RsaParameters); 3] = [
    (Algorithm::RS256, &RSA_PKCS1_2048_8192_SHA256),
    (Algorithm::RS384, &RSA_PKCS1_2048_8192_SHA384),
    (Algorithm::RS512, &RSA_PKCS1_2048_8192_SHA512),
];
/// How a point of a curve begins whose two coordinates follow (SEC 1 section 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// The algorithm of a curve, its parameters, and the size of its coordinates in bytes (RFC 7518 sections 3.4 and 6.2.1).
fn curve(curve: &EllipticCurve) -> Result<(Algorithm, &'static EcdsaVerificationAlgorithm, usize), JwsError> {
    match curve {
        EllipticCurve::P256 => Ok((Algorithm::ES256, &ECDSA_P256_SHA256_FIXED, 32)),
        EllipticCurve::P384 => Ok((Algorithm::ES384, &ECDSA_P384_SHA384_FIXED, 48)),
        _ => Err(JwsError::Key("curve")),
    }
}

fn number(text: &str) -> Result<Vec<u8>, JwsError> {
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| JwsError::Key("not base64url"))
}

const fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RS256 => "RS256",
        Algorithm::RS384 => "RS384",
        Algorithm::RS512 => "RS512",
        Algorithm::ES256 => "ES256",
        Algorithm::ES384 => "ES384",
        // Nothing else is ever allowed, so nothing else has a name here.
        _ => "",
    }
}

fn strong_rsa(modulus: &[u8]) -> Result<(), JwsError> {
    let first = modulus.iter().position(|byte| *byte != 0).unwrap_or(modulus.len());
    let digits = modulus.get(first..).unwrap_or_default();
    let unused = digits.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = digits.len() * 8 - unused;
    if bits >= SHORTEST_MODULUS { Ok(()) } else { Err(JwsError::Key("shorter than 2048 bits")) }
}

/// Verifies a token and gives its claims. Time, issuer and audience are the caller's business.
///
/// # Errors
/// [`JwsError`] says which of form, algorithm, key and signature is wrong.
pub fn verify(token: &str, key: &VerifyingKey) -> Result<Map<String, Value>, JwsError> {
    let header = peek(token)?;
    let named = key.0.iter().find(|(algorithm, _)| name(*algorithm) == header.alg);
    let (_, key) = named.ok_or(JwsError::Algorithm)?;
    let (message, signature) = token.rsplit_once('.').ok_or(JwsError::Form("not three parts"))?;
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| JwsError::Form("base64url"))?;
    key.verify_sig(message.as_bytes(), &signature).map_err(|_| JwsError::Signature)?;
    let (_, claims) = message.split_once('.').ok_or(JwsError::Form("not three parts"))?;
    object(claims, "claims")
}

fn object(part: &str, what: &'static str) -> Result<Map<String, Value>, JwsError> {
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| JwsError::Form("base64url"))?;
    serde_json::from_slice::<Strict>(&bytes).map(|strict| strict.0).map_err(|_| JwsError::Form(what))
}

/// An object whose members are given once: two readers of a doubled member may believe different ones.
struct Strict(Map<String, Value>);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Strict;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object whose members are given once")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Strict, A::Error> {
        let mut map = Map::new();
        while let Some((name, value)) = members.next_entry::<String, Value>()? {
            if map.insert(name, value).is_some() {
                return Err(serde::de::Error::custom("a member is given twice"));
            }
        }
        Ok(Strict(map))
    }
}

#[cfg(test)]
mod tests;
