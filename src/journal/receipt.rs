//! Receipt: what the broker states about one delivery, signed, for publisher and school alike (T2). It names attributes
//! and never holds a value.

use boundary::{Fault, Pseudonym};
use serde::{Deserialize, Serialize};

use super::{Event, Recorded};
use crate::keys::{JournalKeys, Signed};

/// The type in the header of a receipt.
pub const RECEIPT_TYPE: &str = "passerelle-receipt+jwt";

/// Signs for the journal.
pub trait Signer: Send + Sync {
    /// Signs claims as a compact JWS of this type.
    ///
    /// # Errors
    /// [`Fault`] when no key is at hand.
    fn sign(&self, typ: &str, claims: &[u8]) -> Result<Signed, Fault>;
    /// The public keys of everything that was signed until now.
    fn keys(&self) -> JournalKeys;
}

/// Who issued a receipt, to whom.
#[derive(Debug, Clone, Copy)]
pub struct Parties<'a> {
    /// Our issuer.
    pub issuer: &'a str,
    /// The publisher's client id.
    pub client: &'a str,
    /// How the publisher calls the school.
    pub deployment: &'a Pseudonym,
}

/// What a receipt says beyond its event, and its signature. With the event it is the whole receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// Our issuer.
    pub iss: String,
    /// The publisher's client id.
    pub aud: String,
    /// How the publisher calls the school.
    pub deployment_id: String,
    /// The key that signed.
    pub kid: String,
    /// The signature, in base64url.
    pub signature: String,
}

/// The claims of a receipt, in the order in which they are signed.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    jti: &'a str,
    iat: i64,
    deployment_id: &'a str,
    resource: &'a str,
    profile: &'a str,
    attributes: Vec<&'a str>,
}

impl Claims<'_> {
    fn to_bytes(&self) -> Result<Vec<u8>, Fault> {
        serde_json::to_vec(self).map_err(|e| Fault::new(format!("a receipt cannot be written: {e}")))
    }
}

/// Signs the receipt of a delivered launch and notes it in its event. Gives the receipt.
///
/// # Errors
/// [`Fault`] when no key is at hand.
pub fn issue(event: &mut Event, to: Parties<'_>, signer: &dyn Signer) -> Result<String, Fault> {
    let claims = Claims {
        iss: to.issuer,
        aud: to.client,
        jti: event.launch.as_str(),
        iat: event.at.unix_timestamp(),
        deployment_id: to.deployment.as_str(),
        resource: event.resource.as_ref().map(boundary::Ark::as_str).unwrap_or_default(),
        profile: event.profile.map(boundary::Profile::as_str).unwrap_or_default(),
        attributes: event.attributes.iter().map(|attribute| attribute.as_str()).collect(),
    };
    let Signed { kid, token } = signer.sign(RECEIPT_TYPE, &claims.to_bytes()?)?;
    let signature = token.rsplit('.').next().unwrap_or_default().to_owned();
    let (iss, aud) = (to.issuer.to_owned(), to.client.to_owned());
    event.receipt =
        Some(Issued { iss, aud, deployment_id: to.deployment.as_str().to_owned(), kid, signature });
    Ok(token)
}

/// The receipt of a recorded event, as it was given to the publisher; `None` where the event has none.
#[must_use]
pub fn receipt_of(event: &Recorded) -> Option<String> {
    let Recorded::Launch(event) = event else { return None };
    let issued = event.receipt.as_ref()?;
    let claims = Claims {
        iss: &issued.iss,
        aud: &issued.aud,
        jti: &event.launch,
        iat: event.at.unix_timestamp(),
        deployment_id: &issued.deployment_id,
        resource: event.resource.as_deref().unwrap_or_default(),
        profile: event.profile.as_deref().unwrap_or_default(),
        attributes: event.attributes.iter().map(String::as_str).collect(),
    };
    let claims = claims.to_bytes().ok()?;
    Some(JournalKeys::rebuild(RECEIPT_TYPE, &issued.kid, &claims, &issued.signature))
}
