//! The launch: state, cookie, token, in this order; whatever fails first is what is said.

use std::sync::Arc;

use boundary::registration::LtiPlatform;
use boundary::{Arrival, Back, RefusalCode, Request, Stop, World};
use jose::jws::{self, VerifyingKey};

use super::ticket::Ticket;
use super::{arrival, checks};
use crate::cookie_name;
use crate::wire::claims::Claims;

/// Error codes of OpenID Connect Core 1.0, section 3.1.2.6, and OAuth 2.0, section 4.1.2.1.
const ERRORS: [&str; 9] = [
    "login_required",
    "interaction_required",
    "invalid_request",
    "unauthorized_client",
    "access_denied",
    "unsupported_response_type",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
];

/// Ends a sign-on; `leeway` is how far two clocks may differ, in seconds.
pub async fn launch(world: &dyn World, request: &Request, leeway: i64) -> Result<Arrival, Stop> {
    let field =
        |name: &str| request.fields.one(name).map_err(|e| RefusalCode::LoginMalformed.about(e.to_string()));
    let missing = |name: &str| RefusalCode::LaunchStale.about(format!("{name} is missing"));
    let state = field("state")?.ok_or_else(|| missing("state"))?;
    let ticket = Ticket::open(state, world)?;
    let gone = || RefusalCode::RegistrationUnknown.about("the connection was withdrawn during the sign-on");
    let platform = world.lti_platform(&ticket.connection).await?.ok_or_else(gone)?;
    let back = Back { ent: Some(platform.ent.clone()), ..Back::default() };
    let checked = async {
        if !request.presents(&cookie_name(state), &ticket.cookie) {
            return Err(RefusalCode::BrowserUnbound.about("the cookie of the sign-on is absent").into());
        }
        if let Some(error) = field("error")? {
            return Err(answered(error));
        }
        let token = field("id_token")?.ok_or_else(|| missing("id_token"))?;
        token_to_arrival(world, &platform, &ticket, token, leeway).await
    };
    checked.await.map_err(|stop: Stop| stop.with_back(&back))
}

/// The ENT answered with an error. Its words are a stranger's: only a code that we know is repeated.
fn answered(error: &str) -> Stop {
    let known = ERRORS.iter().find(|known| **known == error);
    let code = match error {
        "login_required" | "interaction_required" => RefusalCode::LoginRequired,
        _ => RefusalCode::SignOnRefused,
    };
    code.about(format!("the ENT answered {}", known.unwrap_or(&"with an error of its own"))).into()
}

async fn token_to_arrival(
    world: &dyn World,
    platform: &Arc<LtiPlatform>,
    ticket: &Ticket,
    token: &str,
    leeway: i64,
) -> Result<Arrival, Stop> {
    let invalid = |words: String| Stop::from(RefusalCode::TokenInvalid.about(words));
    let header = jws::peek(token).map_err(|e| invalid(e.to_string()))?;
    let kid = header.kid.ok_or_else(|| invalid("the header names no key (kid)".to_owned()))?;
    let key = world.key_of(platform, &kid).await?;
    let key = key.ok_or_else(|| invalid("the ENT publishes no key of that id".to_owned()))?;
    let key = if key.trim_start().starts_with("-----BEGIN") {
        VerifyingKey::from_pem(&key)
    } else {
        VerifyingKey::from_jwk(&key)
    };
    let key = key.map_err(|e| invalid(e.to_string()))?;
    let claims = Claims(jws::verify(token, &key).map_err(|e| invalid(e.to_string()))?);
    let back = arrival::back(platform, &claims);
    let run = checks::Run { claims: &claims, platform, world, nonce: &ticket.nonce, leeway };
    run.all().and_then(|()| arrival::of(&run)).map_err(|stop| stop.with_back(&back))
}
