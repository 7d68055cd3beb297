//! The way back: an address of ours that leads to the ENT without naming it (LTI Core 1.3, section 5.4.4).

use boundary::{Body, Fault, PageName, Request, SealPurpose, World};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use url::Url;

use crate::own_url;

/// How long somebody may stay with a publisher and still find back.
const LIFE: Duration = Duration::hours(12);
/// Tickets are as long as a multiple of this, in bytes: the length of an address tells ENTs, and people, apart.
const STEP: usize = 512;
/// What a tool may say on the way back, and how much of it.
const MESSAGES: [&str; 4] = ["lti_msg", "lti_log", "lti_errormsg", "lti_errorlog"];
const LONGEST: usize = 1000;

#[derive(Serialize, Deserialize)]
struct Ticket {
    to: Url,
    #[serde(with = "time::serde::timestamp")]
    issued: OffsetDateTime,
}

/// The address that leads to a return address, which was checked to be the ENT's.
pub fn link(world: &dyn World, return_url: &Url) -> Result<Url, Fault> {
    let ticket = Ticket { to: return_url.clone(), issued: world.now() };
    let mut plain = serde_json::to_vec(&ticket).map_err(|e| Fault::new(format!("return ticket: {e}")))?;
    plain.resize(plain.len().next_multiple_of(STEP), b' ');
    let sealed = world.seal(SealPurpose::Return, &plain)?;
    own_url(world.public_url(), &format!("/lti/return/{sealed}"))
}

/// Follows such an address; what cannot be followed ends on a page that says so.
pub fn follow(world: &dyn World, request: &Request) -> Body {
    let opened = request.segment.as_deref().and_then(|sealed| world.open(SealPurpose::Return, sealed));
    let ticket = opened.and_then(|plain| serde_json::from_slice::<Ticket>(&plain).ok());
    match ticket.filter(|ticket| world.now() - ticket.issued <= LIFE) {
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
