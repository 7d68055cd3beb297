//! The discovery document (OpenID Connect Discovery 1.0, section 3): it names what exists and nothing else.

use boundary::Fault;
use serde_json::{Value, json};
use url::Url;

use super::{AUTHORIZE, KEYS};
use crate::wire::claims::RESOURCE_LINK_REQUEST;
use crate::{issuer, own_url};

pub fn document(public_url: &Url) -> Result<Value, Fault> {
    Ok(json!({
        "issuer": issuer(public_url),
        "authorization_endpoint": own_url(public_url, AUTHORIZE)?,
        "jwks_uri": own_url(public_url, KEYS)?,
        "scopes_supported": ["openid"],
        "response_types_supported": ["id_token"],
        "response_modes_supported": ["form_post"],
        "grant_types_supported": ["implicit"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["iss", "sub", "name", "given_name", "family_name", "email"],
        "https://purl.imsglobal.org/spec/lti-platform-configuration": {
            "product_family_code": "passerelle",
            "version": env!("CARGO_PKG_VERSION"),
            "messages_supported": [{ "type": RESOURCE_LINK_REQUEST }],
            "variables": []
        }
    }))
}
