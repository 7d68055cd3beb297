//! The launch: state, cookie, token, in this order; whatever fails first is what is said.

use std::sync::Arc;

use boundary::registration::LtiPlatform;
use boundary::{Arrival, Back, RefusalCode, Request, Stop, Trail, World};
use jose::jws::{self, KnownKeys};

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
pub async fn launch(
    world: &dyn World,
    request: &Request,
    leeway: i64,
    keys: &KnownKeys,
) -> Result<Arrival, Stop> {
    let state = field(request, "state")?.ok_or_else(|| missing("state"))?;
    let ticket = Ticket::open(state, world)?;
    let gone = || RefusalCode::RegistrationUnknown.about("the connection was withdrawn during the sign-on");
    let platform = world.lti_platform(&ticket.connection).await?.ok_or_else(gone)?;
    let mut trail = Trail::default();
    let checked = check(world, request, (&platform, &ticket), (leeway, keys), &mut trail).await;
    checked.map_err(|stop| {
        let back = Back { ent: Some(platform.ent.clone()), ..Back::default() };
        let stop = stop.with_back(&back);
        match trail.stopped(ticket.connection) {
            Some(sign_on) => stop.ending(sign_on),
            None => stop,
        }
    })
}

fn field<'r>(request: &'r Request, name: &str) -> Result<Option<&'r str>, Stop> {
    request.fields.one(name).map_err(|e| RefusalCode::LoginMalformed.about(e.to_string()).into())
}

fn missing(name: &str) -> Stop {
    RefusalCode::LaunchStale.about(format!("{name} is missing")).into()
}

async fn check(
    world: &dyn World,
    request: &Request,
    (platform, ticket): (&Arc<LtiPlatform>, &Ticket),
    (leeway, keys): (i64, &KnownKeys),
    trail: &mut Trail,
) -> Result<Arrival, Stop> {
    trail.begin("state");
    ticket.check_age(world)?;
    trail.begin("cookie");
    let state = field(request, "state")?.unwrap_or_default();
    if !request.presents(&cookie_name(state), &ticket.cookie) {
        return Err(RefusalCode::BrowserUnbound.about("the cookie of the sign-on is absent").into());
    }
    trail.begin("answer");
    if let Some(error) = field(request, "error")? {
        return Err(answered(error));
    }
    let token = field(request, "id_token")?.ok_or_else(|| missing("id_token"))?;
    token_to_arrival(world, (platform, ticket), token, (leeway, keys), trail).await
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
    (platform, ticket): (&Arc<LtiPlatform>, &Ticket),
    token: &str,
    (leeway, keys): (i64, &KnownKeys),
    trail: &mut Trail,
) -> Result<Arrival, Stop> {
    let invalid = |words: String| Stop::from(RefusalCode::TokenInvalid.about(words));
    trail.begin("header");
    let header = jws::peek(token).map_err(|e| invalid(e.to_string()))?;
    let kid = header.kid.ok_or_else(|| invalid("the header names no key (kid)".to_owned()))?;
    trail.begin("key");
    let key = world.key_of(platform, &kid).await?;
    let key = key.ok_or_else(|| invalid("the ENT publishes no key of that id".to_owned()))?;
    let key = keys.read(&key).map_err(|e| invalid(e.to_string()))?;
    trail.begin("signature");
    let claims = Claims(jws::verify(token, &key).map_err(|e| invalid(e.to_string()))?);
    let back = arrival::back(platform, &claims);
    let run = checks::Run { claims: &claims, platform, world, nonce: &ticket.nonce, leeway };
    let arrived = run.all(trail).and_then(|()| {
        trail.begin("match");
        arrival::of(&run)
    });
    arrived.map_err(|stop| stop.with_back(&back))
}
