//! The tool, asked by an ENT whose clock and words the test holds.

mod claims;
mod hostile;
mod keys;
mod login;
mod state;

use boundary::{Arrival, Body, In, Inbound, Reply, Request, Stop};
use serde_json::Value;
use url::Url;

use super::{LAUNCH, LOGIN, Tool};
use crate::tests::{ENT_ISSUER, Earth, block_on, ent, ent_key, person, request, token_by};

/// A sign-on under way: what the browser carries to the ENT and back.
struct Begun {
    to: Url,
    state: String,
    nonce: String,
    cookie: (String, String),
}

/// The fields of a login initiation.
const LOGIN_FIELDS: [(&str, &str); 4] = [
    ("iss", ENT_ISSUER),
    ("login_hint", "hint"),
    ("target_link_uri", "https://broker.example/lti/r/atlas"),
    ("client_id", "broker"),
];

fn step(world: &Earth, request: &Request) -> Result<In, Stop> {
    block_on(Tool::with_leeway(60).step(world, request))
}

fn reply(world: &Earth, request: &Request) -> Result<Reply, Stop> {
    step(world, request).map(|done| match done {
        In::Reply(reply) => *reply,
        In::Arrived(_) => panic!("a login does not arrive"),
    })
}

fn param(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
}

fn begin_with(world: &Earth, fields: &[(&str, &str)]) -> Begun {
    let mut reply = reply(world, &request(LOGIN, fields, &[])).unwrap();
    let Body::Redirect(to) = reply.body else { panic!("no redirect") };
    let cookie = reply.cookies.pop().unwrap();
    assert!(reply.cookies.is_empty() && cookie.max_age <= 600 && cookie.path == "/lti");
    let (state, nonce) = (param(&to, "state").unwrap(), param(&to, "nonce").unwrap());
    Begun { to, state, nonce, cookie: (cookie.name, cookie.value) }
}

/// A world with one ENT, and a sign-on begun in it.
fn begun() -> (Earth, Begun) {
    let world = Earth::new();
    ent(&world, "ent-lti", "broker");
    let begun = begin_with(&world, &LOGIN_FIELDS);
    (world, begun)
}

/// The ENT's answer comes back through the browser.
fn launch(world: &Earth, begun: &Begun, fields: &[(&str, &str)]) -> Result<Arrival, Stop> {
    let cookies = [(begun.cookie.0.as_str(), begun.cookie.1.as_str())];
    launch_presenting(world, fields, &cookies)
}

fn launch_presenting(
    world: &Earth,
    fields: &[(&str, &str)],
    cookies: &[(&str, &str)],
) -> Result<Arrival, Stop> {
    step(world, &request(LAUNCH, fields, cookies)).map(|done| match done {
        In::Arrived(arrival) => *arrival,
        In::Reply(_) => panic!("a launch arrives or stops"),
    })
}

/// The ENT signs claims, and the browser brings them.
fn bring(world: &Earth, begun: &Begun, claims: &Value) -> Result<Arrival, Stop> {
    launch(world, begun, &[("state", &begun.state), ("id_token", &token_by(ent_key(), claims))])
}

/// A launch with the usual claims, changed.
fn launch_changed(change: impl FnOnce(&mut Value)) -> Result<Arrival, Stop> {
    let (world, begun) = begun();
    let mut claims = person(&begun.nonce);
    change(&mut claims);
    bring(&world, &begun, &claims)
}

/// The name of an LTI claim.
fn lti(name: &str) -> String {
    format!("https://purl.imsglobal.org/spec/lti/claim/{name}")
}
