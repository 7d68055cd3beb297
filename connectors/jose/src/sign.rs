//! Signing: RS256 (RFC 7518 section 3.3) with a key that is parsed once.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use thiserror::Error;
use zeroize::Zeroizing;

/// A key cannot be made, read or used.
#[derive(Debug, Error)]
pub enum SignError {
    /// The bytes are not an RSA key in PKCS#8.
    #[error("not an RSA private key in PKCS#8")]
    NotAKey,
    /// The library refused.
    #[error("the signature library failed")]
    Failed,
}

/// An RSA key of ours, ready to sign. The header of its tokens is encoded once.
pub struct RsaSigner {
    pair: KeyPair,
    kid: String,
    header: String,
}

impl RsaSigner {
    /// Makes a new key of 2048 bits.
    ///
    /// # Errors
    /// [`SignError::Failed`] when the library cannot.
    pub fn generate() -> Result<Self, SignError> {
        Self::of(KeyPair::generate(KeySize::Rsa2048).map_err(|_| SignError::Failed)?)
    }

    /// Reads a key.
    ///
    /// # Errors
    /// [`SignError::NotAKey`] when the bytes are something else.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, SignError> {
        Self::of(KeyPair::from_pkcs8(der).map_err(|_| SignError::NotAKey)?)
    }

    fn of(pair: KeyPair) -> Result<Self, SignError> {
        let (n, e) = modulus_and_exponent(&pair);
        let kid = thumbprint(&n, &e);
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": kid }).to_string();
        Ok(Self { pair, kid, header: BASE64URL_NOPAD.encode(header.as_bytes()) })
    }

    /// The key in PKCS#8, to be sealed.
    ///
    /// # Errors
    /// [`SignError::Failed`] when the library cannot.
    pub fn pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, SignError> {
        let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&self.pair)
            .map_err(|_| SignError::Failed)?;
        Ok(Zeroizing::new(der.as_ref().to_vec()))
    }

    /// The key's id: its thumbprint (RFC 7638).
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half as a JWK (RFC 7517 section 4).
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        let (n, e) = modulus_and_exponent(&self.pair);
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": n, "e": e })
    }

    /// Signs claims: a compact JWS with `alg`, `typ` and `kid` in its header.
    ///
    /// # Errors
    /// [`SignError::Failed`] when the library cannot.
    pub fn sign(&self, claims: &[u8]) -> Result<String, SignError> {
        let signature_length = self.pair.public_modulus_len();
        let mut token =
            String::with_capacity(self.header.len() + (claims.len() + signature_length) * 4 / 3 + 8);
        token.push_str(&self.header);
        token.push('.');
        BASE64URL_NOPAD.encode_append(claims, &mut token);
        let mut signature = vec![0; signature_length];
        let signed =
            self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature);
        signed.map_err(|_| SignError::Failed)?;
        token.push('.');
        BASE64URL_NOPAD.encode_append(&signature, &mut token);
        Ok(token)
    }
}

impl std::fmt::Debug for RsaSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RsaSigner").field(&self.kid).finish()
    }
}

fn modulus_and_exponent(pair: &KeyPair) -> (String, String) {
    let public = pair.public_key();
    let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    (
        text(public.modulus().big_endian_without_leading_zero()),
        text(public.exponent().big_endian_without_leading_zero()),
    )
}

/// RFC 7638: the digest of the required members in the order of their names.
fn thumbprint(n: &str, e: &str) -> String {
    let members = format!("{{\"e\":\"{e}\",\"kty\":\"RSA\",\"n\":\"{n}\"}}");
    BASE64URL_NOPAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, members.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use josekit::jws::RS256;

    #[test]
    fn another_implementation_verifies_what_we_sign() {
        let signer = RsaSigner::generate().unwrap();
        let token = signer.sign(br#"{"sub":"x"}"#).unwrap();
        let jwk = josekit::jwk::Jwk::from_bytes(signer.public_jwk().to_string()).unwrap();
        let verifier = RS256.verifier_from_jwk(&jwk).unwrap();
        let (payload, header) = josekit::jws::deserialize_compact(&token, &verifier).unwrap();
        assert_eq!(payload, br#"{"sub":"x"}"#);
        assert_eq!(header.key_id(), Some(signer.kid()));
        assert_eq!(header.token_type(), Some("JWT"));
    }

    #[test]
    fn a_key_comes_back_from_pkcs8_with_the_same_id() {
        let signer = RsaSigner::generate().unwrap();
        let again = RsaSigner::from_pkcs8(&signer.pkcs8().unwrap()).unwrap();
        assert_eq!(again.kid(), signer.kid());
        assert!(RsaSigner::from_pkcs8(b"no key").is_err());
        assert!(!signer.public_jwk().to_string().contains("\"d\""));
    }
}
