//! Ed25519 (RFC 8037): compact JWS with `alg` `EdDSA` and a `typ` of our own (RFC 8725 section 3.11), and the keys as
//! JWKs of type `OKP`.
//!
//! Peers sign with RSA or on NIST curves ([`crate::jws`]); this is for what we sign ourselves and others keep, where
//! one fixed algorithm and small signatures count.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::jws::JwsError;
use crate::sign::SignError;

/// The longest token that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// The whole header; nothing may be added to it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

/// What a signature covers: header and claims, encoded (RFC 7515 section 5.1). The header's members stand in the order
/// `alg`, `typ`, `kid`, so that whoever knows them can write the same bytes again.
#[must_use]
pub fn signing_input(typ: &str, kid: &str, claims: &[u8]) -> String {
    // Three texts always serialise.
    let header = serde_json::to_vec(&Header { alg: "EdDSA", typ, kid }).unwrap_or_default();
    let mut input = BASE64URL_NOPAD.encode(&header);
    input.push('.');
    BASE64URL_NOPAD.encode_append(claims, &mut input);
    input
}

/// A key of ours, ready to sign.
pub struct Ed25519Signer {
    pair: Ed25519KeyPair,
    kid: String,
}

impl Ed25519Signer {
    /// Makes a new key.
    ///
    /// # Errors
    /// [`SignError::Failed`] when the library cannot.
    pub fn generate() -> Result<Self, SignError> {
        Ed25519KeyPair::generate().map(Self::of).map_err(|_| SignError::Failed)
    }

    /// Reads a key in PKCS#8 (RFC 8410 section 7).
    ///
    /// # Errors
    /// [`SignError::NotAKey`] when the bytes are something else.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, SignError> {
        Ed25519KeyPair::from_pkcs8(der).map(Self::of).map_err(|_| SignError::NotAKey)
    }

    fn of(pair: Ed25519KeyPair) -> Self {
        let kid = thumbprint(&BASE64URL_NOPAD.encode(pair.public_key().as_ref()));
        Self { pair, kid }
    }

    /// The key in PKCS#8, to be sealed.
    ///
    /// # Errors
    /// [`SignError::Failed`] when the library cannot.
    pub fn pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, SignError> {
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&self.pair).map_err(|_| SignError::Failed)?;
        Ok(Zeroizing::new(der.as_ref().to_vec()))
    }

    /// The key's id: its thumbprint (RFC 8037 section 2, RFC 7638).
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half as a JWK (RFC 8037 section 2).
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        let x = BASE64URL_NOPAD.encode(self.pair.public_key().as_ref());
        json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.kid, "x": x })
    }

    /// Signs claims: a compact JWS of this type.
    ///
    /// # Errors
    /// [`SignError::Failed`] when the library cannot.
    pub fn sign(&self, typ: &str, claims: &[u8]) -> Result<String, SignError> {
        let mut token = signing_input(typ, &self.kid, claims);
        let signature = self.pair.try_sign(token.as_bytes()).map_err(|_| SignError::Failed)?;
        token.push('.');
        BASE64URL_NOPAD.encode_append(signature.as_ref(), &mut token);
        Ok(token)
    }
}

impl std::fmt::Debug for Ed25519Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ed25519Signer").field(&self.kid).finish()
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ed25519Key {
    bytes: Vec<u8>,
    kid: String,
}

impl Ed25519Key {
    /// Reads a JWK (RFC 8037 section 2). Its id is its thumbprint, whatever `kid` says.
    ///
    /// # Errors
    /// [`JwsError::Key`] when it is of another kind.
    pub fn from_jwk(jwk: &Value) -> Result<Self, JwsError> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        if text("kty") != Some("OKP") || text("crv") != Some("Ed25519") {
            return Err(JwsError::Key("not an Ed25519 key"));
        }
        let x = text("x").unwrap_or_default();
        let bytes = BASE64URL_NOPAD.decode(x.as_bytes()).ok().filter(|bytes| bytes.len() == 32);
        Ok(Self { bytes: bytes.ok_or(JwsError::Key("x is not 32 bytes"))?, kid: thumbprint(x) })
    }

    /// Its id.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

/// Verifies a token of this type under whichever of the keys it names, and gives the bytes of its claims.
///
/// # Errors
/// [`JwsError`] says which of form, key and signature is wrong.
pub fn verify(token: &str, typ: &str, keys: &[Ed25519Key]) -> Result<Vec<u8>, JwsError> {
    if token.len() > LONGEST {
        return Err(JwsError::Form("longer than 16 KiB"));
    }
    let (message, signature) = token.rsplit_once('.').ok_or(JwsError::Form("not three parts"))?;
    let (header, claims) = message.split_once('.').ok_or(JwsError::Form("not three parts"))?;
    let decode =
        |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| JwsError::Form("base64url"));
    let (header, signature) = (decode(header)?, decode(signature)?);
    let header: Header<'_> = serde_json::from_slice(&header).map_err(|_| JwsError::Form("header"))?;
    if header.alg != "EdDSA" {
        return Err(JwsError::Algorithm);
    }
    if header.typ != typ {
        return Err(JwsError::Form("of another type"));
    }
    let key = keys.iter().find(|key| key.kid == header.kid).ok_or(JwsError::Key("no such key"))?;
    let public = UnparsedPublicKey::new(&ED25519, &key.bytes);
    public.verify(message.as_bytes(), &signature).map_err(|_| JwsError::Signature)?;
    decode(claims)
}

/// RFC 7638 with the members of RFC 8037 section 2.
fn thumbprint(x: &str) -> String {
    let members = format!("{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{x}\"}}");
    BASE64URL_NOPAD.encode(digest(&SHA256, members.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key_of(signer: &Ed25519Signer) -> Ed25519Key {
        Ed25519Key::from_jwk(&signer.public_jwk()).unwrap()
    }

    /// RFC 8037 appendix A.3: the thumbprint of its key.
    #[test]
    fn the_thumbprint_is_the_one_of_rfc_8037() {
        let jwk =
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        let key = Ed25519Key::from_jwk(&jwk).unwrap();
        assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn another_implementation_verifies_what_we_sign() {
        let signer = Ed25519Signer::generate().unwrap();
        let token = signer.sign("a+jwt", br#"{"sub":"x"}"#).unwrap();
        let jwk = josekit::jwk::Jwk::from_bytes(signer.public_jwk().to_string()).unwrap();
        let verifier = josekit::jws::EdDSA.verifier_from_jwk(&jwk).unwrap();
        let (payload, header) = josekit::jws::deserialize_compact(&token, &verifier).unwrap();
        assert_eq!(payload, br#"{"sub":"x"}"#);
        assert_eq!((header.key_id(), header.token_type()), (Some(signer.kid()), Some("a+jwt")));
    }

    #[test]
    fn a_key_comes_back_from_pkcs8_with_the_same_id() {
        let signer = Ed25519Signer::generate().unwrap();
        let again = Ed25519Signer::from_pkcs8(&signer.pkcs8().unwrap()).unwrap();
        assert_eq!(again.kid(), signer.kid());
        assert!(Ed25519Signer::from_pkcs8(b"no key").is_err());
        assert!(!signer.public_jwk().to_string().contains("\"d\""));
    }

    #[test]
    fn a_token_counts_for_its_type_and_its_key_only() {
        let (signer, other) = (Ed25519Signer::generate().unwrap(), Ed25519Signer::generate().unwrap());
        let token = signer.sign("a+jwt", b"{}").unwrap();
        let keys = [key_of(&other), key_of(&signer)];
        assert_eq!(verify(&token, "a+jwt", &keys), Ok(b"{}".to_vec()));
        assert_eq!(verify(&token, "b+jwt", &keys), Err(JwsError::Form("of another type")));
        assert_eq!(verify(&token, "a+jwt", &keys[..1]), Err(JwsError::Key("no such key")));
        let named =
            json!({ "kid": signer.kid(), "kty": "OKP", "crv": "Ed25519", "x": other.public_jwk()["x"] });
        let impostor = Ed25519Key::from_jwk(&named).unwrap();
        assert_eq!(verify(&token, "a+jwt", &[impostor]), Err(JwsError::Key("no such key")));
        let none = format!("{}.", signing_input("a+jwt", signer.kid(), b"{}"));
        assert_eq!(verify(&none, "a+jwt", &keys), Err(JwsError::Signature));
    }

    proptest! {
        #[test]
        fn a_changed_character_is_noticed(at in 0_usize..1000, with in "[A-Za-z0-9_.-]") {
            let signer = Ed25519Signer::generate().unwrap();
            let token = signer.sign("a+jwt", b"{\"a\":1}").unwrap();
            let mut changed = token.clone();
            let at = at % token.len();
            changed.replace_range(at..=at, &with);
            prop_assert!(changed == token || verify(&changed, "a+jwt", &[key_of(&signer)]).is_err());
        }

        #[test]
        fn strangers_bytes_never_panic(text in "\\PC{0,300}") {
            let _ = verify(&text, "a+jwt", &[]);
            let _ = Ed25519Key::from_jwk(&Value::from(text));
        }
    }
}
