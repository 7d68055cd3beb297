//! The way back: an address of ours that leads to the ENT without naming it (LTI Core 1.3, section 5.4.4).
//!
//! It leads nowhere without the cookie of the browser that was sent on: the publisher knows the address, and asking it
//! from elsewhere would tell the ENT and whatever its return address holds.

use boundary::{BindingCookie, Body, Fault, PageName, Request, SealPurpose, World};
use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use url::Url;

use crate::{COOKIE_PATH, own_url};

/// The cookie of a browser's ways back: one for all of them, so that they do not fill its jar.
const COOKIE: &str = "passerelle-back";
/// How long somebody may stay with a publisher and still find back.
const LIFE: Duration = SealPurpose::Return.life();
/// Tickets are as long as a multiple of this, in bytes: the length of an address tells ENTs, and people, apart.
const STEP: usize = 512;
/// What a tool may say on the way back, and how much of it.
const MESSAGES: [&str; 4] = ["lti_msg", "lti_log", "lti_errormsg", "lti_errorlog"];
const LONGEST: usize = 1000;

#[derive(Serialize, Deserialize)]
struct Ticket {
    to: Url,
    cookie: String,
    #[serde(with = "time::serde::timestamp")]
    issued: OffsetDateTime,
}

/// The address that leads to a return address, which was checked to be the ENT's, and its cookie.
pub fn link(world: &dyn World, request: &Request, return_url: &Url) -> Result<(Url, BindingCookie), Fault> {
    let value = presented(request).unwrap_or_else(|| draw(world));
    let ticket = Ticket { to: return_url.clone(), cookie: value.clone(), issued: world.now() };
    let mut plain = serde_json::to_vec(&ticket).map_err(|e| Fault::new(format!("return ticket: {e}")))?;
    plain.resize(plain.len().next_multiple_of(STEP), b' ');
    let sealed = world.seal(SealPurpose::Return, &plain)?;
    let url = own_url(world.public_url(), &format!("/lti/return/{sealed}"))?;
    let (name, max_age) = (COOKIE.to_owned(), u32::try_from(LIFE.whole_seconds()).unwrap_or_default());
    Ok((url, BindingCookie { name, value, path: COOKIE_PATH, max_age }))
}

/// The value that the browser has already, in either form.
fn presented(request: &Request) -> Option<String> {
    let of = |name: &str| request.cookies.one(name).ok().flatten();
    let value = of(COOKIE).or_else(|| of(&format!("{COOKIE}-p")))?;
    let ours = value.len() == 26 && value.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
    ours.then(|| value.to_owned())
}

fn draw(world: &dyn World) -> String {
    let mut bits = [0; 16];
    world.fill(&mut bits);
    BASE32_NOPAD.encode(&bits).to_ascii_lowercase()
}

/// Follows such an address; what cannot be followed ends on a page that says so.
pub fn follow(world: &dyn World, request: &Request) -> Body {
    let opened = request.segment.as_deref().and_then(|sealed| world.open(SealPurpose::Return, sealed));
    let ticket = opened.and_then(|plain| serde_json::from_slice::<Ticket>(&plain).ok());
    let counts = |ticket: &Ticket| {
        let age = world.now() - ticket.issued;
        Duration::ZERO <= age + Duration::MINUTE && age <= LIFE && request.presents(COOKIE, &ticket.cookie)
    };
    match ticket.filter(counts) {
        Some(ticket) => Body::Redirect(with_messages(ticket.to, request)),
        None => Body::Page(PageName::ComeBack),
    }
}

fn with_messages(mut to: Url, request: &Request) -> Url {
    for name in MESSAGES {
        if let Ok(Some(text)) = request.fields.one(name) {
            let short: String = text.chars().take(LONGEST).collect();
            to.query_pairs_mut().append_pair(name, &short);
        }
    }
    to
}
