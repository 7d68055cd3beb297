//! The resolver: what a name resolves to is looked at before it is connected to, so that no name leads inside.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use super::guard::{Guard, is_local};

/// Every address of a name is on a network that may not be asked.
#[derive(Debug, Error)]
#[error("every address of the host is on a private network")]
pub struct NotAllowed;

/// Resolves names and drops what the guard does not allow.
pub struct GuardedResolver(pub Arc<Guard>);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str();
            // The C library does not know names under localhost; browsers do.
            let found: Vec<SocketAddr> = if is_local(host) {
                vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)]
            } else {
                tokio::net::lookup_host((host, 0)).await?.collect()
            };
            let allowed: Vec<_> = found.into_iter().filter(|a| guard.may_resolve(host, a.ip())).collect();
            if allowed.is_empty() {
                return Err(NotAllowed.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
