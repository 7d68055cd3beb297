//! Outbound HTTP of the judge: no redirects, no proxies, bounded bodies, and `*.localhost` is this machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Response};

/// The largest body that is read.
pub(crate) const BODY_LIMIT: usize = 4 * 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(20);

/// Why nothing usable came back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("HTTP: {0}")]
    Http(#[from] reqwest::Error),
    #[error("the body is larger than {BODY_LIMIT} bytes")]
    TooLarge,
    #[error("{url} answered {status}")]
    Status { url: String, status: u16 },
    #[error("{url} is not JSON: {error}")]
    NotJson { url: String, error: serde_json::Error },
}

/// Browsers resolve `*.localhost` by themselves (RFC 6761 section 6.3); the C library does not.
struct Loopback;

impl Resolve for Loopback {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let host = name.as_str().to_owned();
            if host == "localhost" || host.ends_with(".localhost") {
                let here = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
                return Ok(Box::new(std::iter::once(here)) as Addrs);
            }
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

pub(crate) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .user_agent("passerelle-conformance")
        .dns_resolver(Loopback)
        .build()
}

pub(crate) async fn body(mut response: Response) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > BODY_LIMIT {
            return Err(Error::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

pub(crate) async fn json(client: &Client, url: &str) -> Result<serde_json::Value, Error> {
    let response = client.get(url).send().await?;
    let status = response.status().as_u16();
    if status != 200 {
        return Err(Error::Status { url: url.to_owned(), status });
    }
    let bytes = body(response).await?;
    serde_json::from_slice(&bytes).map_err(|error| Error::NotJson { url: url.to_owned(), error })
}
