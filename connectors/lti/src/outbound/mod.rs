//! The platform towards publishers.

mod authorize;
mod discovery;
mod id_token;
mod send;
#[cfg(test)]
mod tests;
mod way_back;

use async_trait::async_trait;
use boundary::registration::Protocol;
use boundary::{
    AnswerTo, BindingCookie, Body, Departure, Destination, Door, Fault, Handle, KEY_SET_LIFE, Method, Out,
    Outbound, Refusal, RefusalCode, Reply, Request, Stop, World,
};
use bytes::Bytes;
use url::Url;

use crate::{COOKIE_PATH, cookie_name};

const AUTHORIZE: &str = "/lti/authorize";
const CONFIGURATION: &str = "/.well-known/openid-configuration";
const KEYS: &str = "/.well-known/jwks.json";
const RETURN: &str = "/lti/return/{ticket}";

const fn door(method: Method, path: &'static str, body_limit: usize) -> Door {
    Door { method, path, body_limit, begins: false }
}

/// We are a platform: publishers' tools are launched by us.
#[derive(Debug, Clone, Copy)]
pub struct Platform;

#[async_trait]
impl Outbound for Platform {
    fn protocol(&self) -> Protocol {
        Protocol::Lti
    }

    fn doors(&self) -> &'static [Door] {
        const DOORS: &[Door] = &[
            door(Method::Get, AUTHORIZE, 0),
            door(Method::Post, AUTHORIZE, 16 * 1024),
            door(Method::Get, CONFIGURATION, 0),
            door(Method::Get, KEYS, 0),
            door(Method::Get, RETURN, 0),
        ];
        DOORS
    }

    fn binding(&self, handle: &Handle) -> (String, &'static str) {
        (cookie_name(handle.as_str()), COOKIE_PATH)
    }

    async fn send(
        &self,
        world: &dyn World,
        destination: &Destination,
        handle: &Handle,
    ) -> Result<Reply, Stop> {
        Ok(Reply::of(Body::Redirect(send::login_initiation(world.public_url(), destination, handle))))
    }

    async fn step(&self, world: &dyn World, request: &Request) -> Result<Out, Stop> {
        let max_age = u32::try_from(KEY_SET_LIFE.whole_seconds()).unwrap_or_default();
        let wire =
            |media, body| Out::Reply(Box::new(Reply::of(Body::Wire { status: 200, media, max_age, body })));
        match request.door {
            CONFIGURATION => Ok(wire(
                "application/json",
                Bytes::from(discovery::document(world.public_url())?.to_string()),
            )),
            KEYS => Ok(wire("application/jwk-set+json", world.jwks()?)),
            RETURN => Ok(Out::Reply(Box::new(Reply::of(way_back::follow(world, request))))),
            _ => authorize::authorize(world, request).await,
        }
    }

    async fn finish(
        &self,
        world: &dyn World,
        answer: &AnswerTo,
        departure: &Departure,
    ) -> Result<Reply, Stop> {
        let claims = id_token::claims(world, answer, departure);
        let token = world.sign_lti(claims.to_string().as_bytes())?;
        Ok(post(answer, vec![("id_token", token)]))
    }

    fn way_back(
        &self,
        world: &dyn World,
        request: &Request,
        return_url: &Url,
    ) -> Result<Option<(Url, BindingCookie)>, Fault> {
        way_back::link(world, request, return_url).map(Some)
    }

    fn refuse(&self, answer: &AnswerTo, refusal: &Refusal) -> Reply {
        let code = refusal.code();
        let words = match code {
            RefusalCode::AuthorizationInvalid => "the request is not the one of this launch",
            RefusalCode::HandleSpent | RefusalCode::Replayed => "the launch was used, or began too long ago",
            _ => "the school's licence or account does not allow it; the portal says more at the next click",
        };
        authorize::error_post(answer, authorize::error_of(code), &format!("{}: {words}", code.as_str()))
    }
}

/// An answer to the publisher: a form that posts itself (OAuth 2.0 Form Post Response Mode), with the state untouched.
fn post(answer: &AnswerTo, mut fields: Vec<(&'static str, String)>) -> Reply {
    fields.extend(answer.state.clone().map(|state| ("state", state)));
    Reply::of(Body::AutoPost { to: answer.redirect_uri.clone(), fields })
}
