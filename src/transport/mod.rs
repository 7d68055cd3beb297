//! Outbound HTTP with a guard: the only room that opens connections to peers.
//!
//! Addresses come from registrations, and registrations come from people: so every one is looked at as if a stranger
//! had written it. HTTPS only, public addresses only, no redirects, no proxies, bounded in time and size; peers on
//! private networks are listed by the operator.

mod guard;
mod resolve;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, DATE};
use thiserror::Error;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use url::Url;

use guard::Guard;
pub use guard::holds_public;
use resolve::GuardedResolver;

/// What the operator sets.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Peers that may be on private networks, loopback or plain HTTP: host, host:port or network.
    pub allow: Vec<String>,
    /// How long a peer may take to accept.
    pub connect: Duration,
    /// How long a peer may take to answer.
    pub total: Duration,
    /// The largest answer taken, in bytes.
    pub max_bytes: usize,
}

/// Why nothing was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TransportError {
    /// The rules cannot be read.
    #[error("transport.allow: \"{0}\" is no host, host:port or network")]
    Rules(String),
    /// The client cannot be built.
    #[error("outbound HTTP cannot be set up: {0}")]
    Client(String),
    /// The guard does not let us go there.
    #[error("the address is not allowed: {0}")]
    Forbidden(&'static str),
    /// Nobody answers there.
    #[error("nobody answers there")]
    Unreachable,
    /// The peer takes too long.
    #[error("the answer took too long")]
    Slow,
    /// The answer is not 200.
    #[error("the answer was {0}")]
    Status(u16),
    /// The answer is too large.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

/// What a peer answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The document.
    pub body: Bytes,
    /// The time of the peer's clock, where it says it (RFC 9110 section 6.6.1).
    pub date: Option<OffsetDateTime>,
}

/// A client for GET requests to peers.
pub struct Transport {
    client: reqwest::Client,
    guard: Arc<Guard>,
    max_bytes: usize,
}

impl Transport {
    /// A client under these rules.
    ///
    /// # Errors
    /// [`TransportError::Rules`] where the allow-list cannot be read.
    pub fn new(rules: &Rules) -> Result<Self, TransportError> {
        let guard = Arc::new(Guard::new(&rules.allow)?);
        let client = reqwest::Client::builder()
            .user_agent(concat!("passerelle/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(rules.connect)
            .timeout(rules.total)
            .dns_resolver(Arc::new(GuardedResolver(Arc::clone(&guard))))
            .build()
            .map_err(|e| TransportError::Client(e.to_string()))?;
        Ok(Self { client, guard, max_bytes: rules.max_bytes })
    }

    /// Fetches a document.
    ///
    /// # Errors
    /// [`TransportError`] says why there is none.
    pub async fn get(&self, url: &Url, accept: &str) -> Result<Answer, TransportError> {
        self.guard.check(url)?;
        let mut response =
            self.client.get(url.clone()).header(ACCEPT, accept).send().await.map_err(failed)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(TransportError::Status(response.status().as_u16()));
        }
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| OffsetDateTime::parse(date, &Rfc2822).ok());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > self.max_bytes {
                return Err(TransportError::TooLarge(self.max_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { body: body.freeze(), date })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err hands over")]
fn failed(error: reqwest::Error) -> TransportError {
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(this) = cause {
        if this.is::<resolve::NotAllowed>() {
            return TransportError::Forbidden("every address of the host is on a private network");
        }
        cause = this.source();
    }
    if error.is_timeout() { TransportError::Slow } else { TransportError::Unreachable }
}
