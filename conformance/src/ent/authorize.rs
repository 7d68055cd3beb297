//! The authorization endpoint of the ENT: what a strict LMS demands before it signs an id_token.
//!
//! 1EdTech security framework 1.0, section 5.1.1.2 and 5.1.1.3.

use crate::params::Params;

use super::portal::Portal;
use super::{Error, Launch};

/// What the endpoint answers.
pub(crate) enum Answer {
    /// A form for the redirect address.
    Post(Vec<(String, String)>),
    /// Nothing may be sent to the redirect address that was named.
    Refused(&'static str),
    /// The ENT itself failed.
    Failed(Error),
}

/// An OpenID Connect error code and its description.
type Objection = (String, &'static str);

const EXPECTED: [(&str, &str, &str, &str); 4] = [
    ("scope", "openid", "invalid_scope", "scope must be openid"),
    ("response_type", "id_token", "unsupported_response_type", "response_type must be id_token"),
    ("response_mode", "form_post", "invalid_request", "response_mode must be form_post"),
    ("prompt", "none", "invalid_request", "prompt must be none"),
];

/// Judges one request.
pub(crate) fn authorize(portal: &Portal, params: &Params) -> Answer {
    let redirect = params.get("redirect_uri");
    if redirect != Some(portal.settings.redirect_uri().as_str()) {
        return Answer::Refused("redirect_uri is not the registered one");
    }
    let mut fields = match judged(portal, params) {
        Ok((launch, nonce)) => match portal.id_token(nonce, &launch) {
            Ok(token) => vec![("id_token".to_owned(), token)],
            Err(error) => return Answer::Failed(error),
        },
        Err((error, description)) => {
            vec![("error".to_owned(), error), ("error_description".to_owned(), description.to_owned())]
        }
    };
    fields.extend(params.get("state").map(|state| ("state".to_owned(), state.to_owned())));
    Answer::Post(fields)
}

fn judged<'a>(portal: &Portal, params: &'a Params) -> Result<(Launch, &'a str), Objection> {
    let invalid = |what| ("invalid_request".to_owned(), what);
    if params.repeated().is_some() {
        return Err(invalid("a parameter is repeated"));
    }
    for (name, value, error, description) in EXPECTED {
        if params.get(name) != Some(value) {
            return Err((error.to_owned(), description));
        }
    }
    let client_id = params.get("client_id").ok_or_else(|| invalid("client_id is missing"))?;
    if !portal.settings.registrations.iter().any(|known| known.client_id == client_id) {
        return Err(("unauthorized_client".to_owned(), "client_id is not registered"));
    }
    let nonce = params.get("nonce").ok_or_else(|| invalid("nonce is missing"))?;
    params.get("state").ok_or_else(|| invalid("state is missing"))?;
    let login_hint = params.get("login_hint").ok_or_else(|| invalid("login_hint is missing"))?;
    let hint = params.get("lti_message_hint").ok_or_else(|| invalid("lti_message_hint is missing"))?;
    if let Some(error) = portal.hooks().answer_error.clone() {
        return Err((error, "this ENT was told to answer so"));
    }
    let now = portal.world.now();
    let launch = portal
        .hints
        .take(hint, now, |launch| portal.belongs(launch, client_id, login_hint))
        .ok_or_else(|| ("login_required".to_owned(), "the hints name no launch that is under way"))?;
    Ok((launch, nonce))
}
