//! The tool towards ENTs.

mod arrival;
mod checks;
mod launch;
mod login;
#[cfg(test)]
mod tests;
mod ticket;

use async_trait::async_trait;
use boundary::registration::Protocol;
use boundary::{Body, Door, In, Inbound, Method, PageName, Reply, Request, Stop, World};
use jose::jws::KnownKeys;

const LOGIN: &str = "/lti/login";
const LOGIN_OF: &str = "/lti/login/{connection}";
const LAUNCH: &str = "/lti/launch";
const RESOURCE: &str = "/lti/r/{key}";

const fn door(method: Method, path: &'static str, body_limit: usize) -> Door {
    Door { method, path, body_limit, begins: false }
}

const fn login(method: Method, path: &'static str, body_limit: usize) -> Door {
    Door { begins: true, ..door(method, path, body_limit) }
}

/// We are a tool: ENTs launch into us.
#[derive(Debug)]
pub struct Tool {
    /// How far the clocks of an ENT and ours may differ, in seconds.
    leeway: u32,
    /// The keys of ENTs, read once.
    keys: KnownKeys,
}

impl Tool {
    /// A tool that lets clocks differ by this many seconds (T-25).
    #[must_use]
    pub const fn with_leeway(seconds: u32) -> Self {
        Self { leeway: seconds, keys: KnownKeys::none() }
    }
}

#[async_trait]
impl Inbound for Tool {
    fn protocol(&self) -> Protocol {
        Protocol::Lti
    }

    fn doors(&self) -> &'static [Door] {
        const DOORS: &[Door] = &[
            login(Method::Get, LOGIN, 0),
            login(Method::Post, LOGIN, 16 * 1024),
            login(Method::Get, LOGIN_OF, 0),
            login(Method::Post, LOGIN_OF, 16 * 1024),
            door(Method::Post, LAUNCH, 48 * 1024),
            door(Method::Get, RESOURCE, 0),
        ];
        DOORS
    }

    async fn step(&self, world: &dyn World, request: &Request) -> Result<In, Stop> {
        match request.door {
            LAUNCH => launch::launch(world, request, self.leeway.into(), &self.keys)
                .await
                .map(|arrival| In::Arrived(Box::new(arrival))),
            RESOURCE => Ok(In::Reply(Box::new(Reply::of(Body::Page(PageName::OpenFromEnt))))),
            _ => login::login(world, request).await.map(|reply| In::Reply(Box::new(reply))),
        }
    }
}
