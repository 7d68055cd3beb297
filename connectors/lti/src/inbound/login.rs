//! Third-party login initiation (LTI Core 1.3, section 5.1.1.1): find the registration, send the browser to the ENT.

use std::sync::Arc;

use boundary::registration::LtiPlatform;
use boundary::{Back, BindingCookie, Body, ConnectionId, RefusalCode, Reply, Request, Stop, Trail, World};
use url::Url;

use super::ticket::Ticket;
use crate::{COOKIE_PATH, cookie_name, own_url};

/// The longest hint that is carried back.
const LONGEST: usize = 4096;

struct Wish<'a> {
    issuer: &'a str,
    login_hint: &'a str,
    message_hint: Option<&'a str>,
    client_id: Option<&'a str>,
}

pub async fn login(world: &dyn World, request: &Request) -> Result<Reply, Stop> {
    let mut trail = Trail::default();
    match begin(world, request, &mut trail).await {
        Err(Stop::Refused(refusal)) => {
            let connection = named(world, request).await;
            let refusal = match connection.and_then(|connection| trail.stopped(connection)) {
                Some(sign_on) => refusal.ending(sign_on),
                None => refusal,
            };
            Err(refusal.into())
        }
        other => other,
    }
}

async fn begin(world: &dyn World, request: &Request, trail: &mut Trail) -> Result<Reply, Stop> {
    trail.begin("parameters");
    let wish = read(request)?;
    trail.begin("target_link_uri");
    check_target(world, request)?;
    trail.begin("registration");
    let platform = find(world, request, &wish).await?;
    let back = Back { ent: Some(platform.ent.clone()), ..Back::default() };
    let ticket = Ticket::new(platform.id.clone(), world);
    let state = ticket.seal(world).map_err(|fault| fault.with_back(back))?;
    let to = authorization(world, &platform, &wish, &state, &ticket.nonce)?;
    let cookie =
        BindingCookie { name: cookie_name(&state), value: ticket.cookie, path: COOKIE_PATH, max_age: 600 };
    Ok(Reply::of(Body::Redirect(to)).with_cookie(cookie).within(platform.ent.clone()))
}

/// The connection that a request which failed was meant for, so that its operator can be helped: the one of the
/// address, else the one of issuer and client id, else the issuer's only one.
async fn named(world: &dyn World, request: &Request) -> Option<ConnectionId> {
    let field = |name: &str| request.fields.one(name).ok().flatten();
    if let Some(segment) = &request.segment {
        let id = ConnectionId::parse(segment).ok()?;
        return world.lti_platform(&id).await.ok()?.map(|platform| platform.id.clone());
    }
    let issuer = field("iss").filter(|issuer| issuer.len() <= LONGEST)?;
    let platforms = world.lti_platforms(issuer).await.ok()?;
    let asked = platforms.iter().find(|platform| field("client_id") == Some(platform.client_id.as_str()));
    let only = match platforms.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    asked.or(only).map(|platform| platform.id.clone())
}

fn read(request: &Request) -> Result<Wish<'_>, Stop> {
    let field = |name: &str| -> Result<Option<&str>, Stop> {
        let value = request.fields.one(name).map_err(|e| RefusalCode::LoginMalformed.about(e.to_string()))?;
        match value {
            Some(text) if text.len() > LONGEST => {
                Err(malformed(&format!("{name} is longer than {LONGEST} bytes")))
            }
            other => Ok(other.filter(|text| !text.is_empty())),
        }
    };
    let missing = |name: &str| RefusalCode::LoginIncomplete.about(format!("{name} is missing"));
    let required = |name: &str| -> Result<&str, Stop> { Ok(field(name)?.ok_or_else(|| missing(name))?) };
    required("target_link_uri")?;
    Ok(Wish {
        issuer: required("iss")?,
        login_hint: required("login_hint")?,
        message_hint: field("lti_message_hint")?,
        client_id: field("client_id")?,
    })
}

fn malformed(words: &str) -> Stop {
    RefusalCode::LoginMalformed.about(words).into()
}

/// The target link is unsigned here, so it only has to be ours; the id_token's decides (T-18, T-19).
fn check_target(world: &dyn World, request: &Request) -> Result<(), Stop> {
    let target = request.fields.one("target_link_uri").ok().flatten().unwrap_or_default();
    let ours = Url::parse(target).is_ok_and(|url| url.origin() == world.public_url().origin());
    if ours {
        Ok(())
    } else {
        Err(RefusalCode::TargetElsewhere.about("target_link_uri is not on our host").into())
    }
}

async fn find(world: &dyn World, request: &Request, wish: &Wish<'_>) -> Result<Arc<LtiPlatform>, Stop> {
    let unknown = |words: &str| Stop::from(RefusalCode::RegistrationUnknown.about(words));
    if let Some(segment) = &request.segment {
        let id =
            ConnectionId::parse(segment).map_err(|_| unknown("the login address names no connection"))?;
        let platform = world.lti_platform(&id).await?;
        let fits = |p: &Arc<LtiPlatform>| {
            p.issuer == wish.issuer && wish.client_id.is_none_or(|id| id == p.client_id)
        };
        return platform
            .filter(fits)
            .ok_or_else(|| unknown("issuer or client id is not that of the login address"));
    }
    let mut platforms = world.lti_platforms(wish.issuer).await?;
    platforms.retain(|platform| wish.client_id.is_none_or(|id| id == platform.client_id));
    match platforms.as_slice() {
        [only] => Ok(Arc::clone(only)),
        [] => Err(unknown("no registration has this issuer and client id")),
        several => {
            let words =
                format!("{} registrations have this issuer; the request must name client_id", several.len());
            Err(RefusalCode::RegistrationAmbiguous.about(words).into())
        }
    }
}

/// OpenID Connect parameters, exactly those that LTI asks for (T-16, T-17).
fn authorization(
    world: &dyn World,
    platform: &LtiPlatform,
    wish: &Wish<'_>,
    state: &str,
    nonce: &str,
) -> Result<Url, Stop> {
    let redirect_uri = own_url(world.public_url(), super::LAUNCH)?;
    let mut to = platform.authorization_url.clone();
    to.query_pairs_mut()
        .append_pair("scope", "openid")
        .append_pair("response_type", "id_token")
        .append_pair("response_mode", "form_post")
        .append_pair("prompt", "none")
        .append_pair("client_id", &platform.client_id)
        .append_pair("redirect_uri", redirect_uri.as_str())
        .append_pair("login_hint", wish.login_hint)
        .append_pair("state", state)
        .append_pair("nonce", nonce);
    if let Some(hint) = wish.message_hint {
        to.query_pairs_mut().append_pair("lti_message_hint", hint);
    }
    Ok(to)
}
