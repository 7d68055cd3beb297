//! LTI 1.3: [`Tool`] towards ENTs, [`Platform`] towards publishers.
//!
//! The four requests of a launch and who answers them:
//!
//! 1. `/lti/login`: [`Tool`] seals a ticket and sends the browser to the ENT (LTI Core 1.3, section 5.1.1.1);
//! 2. `/lti/launch`: [`Tool`] checks ticket, cookie and id_token, and returns an `Arrival` (5.1.1.5);
//! 3. `Platform::send` sends the browser to the publisher with a one-time handle as hint;
//! 4. `/lti/authorize`: [`Platform`] checks the publisher's request; `Platform::finish` signs the id_token.
#![deny(missing_docs)]

mod inbound;
mod outbound;
#[cfg(test)]
mod tests;
mod wire;

pub use inbound::Tool;
pub use outbound::Platform;

use data_encoding::HEXLOWER;
use url::Url;

/// The name of the cookie that binds a state or a handle to the browser: part of its digest, so that launches side
/// by side do not collide and the name gives nothing away.
fn cookie_name(value: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, value.as_bytes());
    let short = digest.as_ref().get(..8).unwrap_or_default();
    format!("passerelle-{}", HEXLOWER.encode(short))
}

/// The path under which all cookies of this protocol are presented.
const COOKIE_PATH: &str = "/lti";

/// Our issuer: the public origin without a slash at its end, the same in every message.
fn issuer(public_url: &Url) -> String {
    public_url.as_str().trim_end_matches('/').to_owned()
}

/// An address of ours.
fn own_url(public_url: &Url, path: &str) -> Result<Url, boundary::Fault> {
    public_url
        .join(path)
        .map_err(|e| boundary::Fault::new(format!("{public_url} does not carry {path}: {e}")))
}
