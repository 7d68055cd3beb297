//! The platform, asked by a publisher.

mod authorize;
mod id_token;
mod published;
mod way_back;

use boundary::{Body, Handle, Outbound, Reply, Request, Stop};
use url::Url;

use super::Platform;
use crate::tests::{Earth, block_on, tool};

/// A world with one tool in it.
fn world() -> Earth {
    let world = Earth::new();
    tool(&world);
    world
}

fn handle() -> Handle {
    Handle::parse("abcdefghijklmnopqrstuvwx27").unwrap()
}

fn step(world: &Earth, request: &Request) -> Result<boundary::Out, Stop> {
    block_on(Platform.step(world, request))
}

/// Where a form goes, and its fields.
fn posted(reply: &Reply) -> (&Url, Vec<(&'static str, &str)>) {
    let Body::AutoPost { to, fields } = &reply.body else { panic!("no form") };
    (to, fields.iter().map(|(name, value)| (*name, value.as_str())).collect())
}
