//! The guard: which addresses may be asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

use super::TransportError;

/// Peers that the operator has listed.
#[derive(Debug, Default)]
pub struct Guard {
    hosts: Vec<(String, Option<u16>)>,
    networks: Vec<IpNet>,
}

impl Guard {
    /// Reads an allow-list.
    pub fn new(allow: &[String]) -> Result<Self, TransportError> {
        let mut guard = Self::default();
        for entry in allow {
            if let Ok(network) = entry.parse() {
                guard.networks.push(network);
                continue;
            }
            let wrong = || TransportError::Rules(entry.clone());
            let url = Url::parse(&format!("http://{entry}/")).map_err(|_| wrong())?;
            let bare = url.path() == "/" && url.query().is_none() && url.username().is_empty();
            let host = url.host_str().filter(|_| bare).ok_or_else(wrong)?;
            let port = entry.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
            guard.hosts.push((host.to_owned(), port));
        }
        Ok(guard)
    }

    /// Checks an address before anything is sent: its scheme, and its host where that is an address already (no
    /// resolver is asked about those).
    pub fn check(&self, url: &Url) -> Result<(), TransportError> {
        let host = url.host().ok_or(TransportError::Forbidden("it names no host"))?;
        if self.lists(url) {
            return Ok(());
        }
        if self.hosts.iter().any(|(name, _)| name == url.host_str().unwrap_or_default()) {
            return Err(TransportError::Forbidden("the host is listed with another port"));
        }
        if url.scheme() != "https" {
            return Err(TransportError::Forbidden("it is not https"));
        }
        let private = || TransportError::Forbidden("it is on a private network");
        match host {
            Host::Ipv4(ip) if !self.may_ask(IpAddr::V4(ip)) => Err(private()),
            Host::Ipv6(ip) if !self.may_ask(IpAddr::V6(ip)) => Err(private()),
            Host::Domain(name) if is_local(name) => Err(private()),
            _ => Ok(()),
        }
    }

    fn lists(&self, url: &Url) -> bool {
        let port = url.port_or_known_default();
        let host = url.host_str().unwrap_or_default();
        let listed = self.hosts.iter().any(|(name, own)| name == host && (own.is_none() || *own == port));
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            _ => None,
        };
        listed || ip.is_some_and(|ip| self.networks.iter().any(|network| network.contains(&ip)))
    }

    /// Whether a resolved address of a host may be asked: the host is listed (its ports were checked before), the
    /// network is, or the address is public.
    pub fn may_resolve(&self, host: &str, ip: IpAddr) -> bool {
        self.hosts.iter().any(|(name, _)| name == host) || self.may_ask(ip)
    }

    fn may_ask(&self, ip: IpAddr) -> bool {
        is_public(ip) || self.networks.iter().any(|network| network.contains(&ip))
    }
}

/// Whether an entry of the allow-list holds public addresses, which need none. Names are not looked up.
#[must_use]
pub fn holds_public(entry: &str) -> bool {
    if let Ok(network) = entry.parse::<IpNet>() {
        return match network {
            IpNet::V4(network) => !RESERVED_V4.iter().any(|(net, bits)| {
                Ipv4Net::new((*net).into(), *bits).is_ok_and(|own| own.contains(&network))
            }),
            IpNet::V6(network) => !RESERVED_V6.iter().any(|(net, bits)| {
                Ipv6Net::new((*net).into(), *bits).is_ok_and(|own| own.contains(&network))
            }),
        };
    }
    match Url::parse(&format!("http://{entry}/")).as_ref().map(Url::host) {
        Ok(Some(Host::Ipv4(ip))) => is_public(IpAddr::V4(ip)),
        Ok(Some(Host::Ipv6(ip))) => is_public(IpAddr::V6(ip)),
        _ => false,
    }
}

/// Names that always mean this machine (RFC 6761 section 6.3).
pub fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !RESERVED_V4.iter().any(|(net, bits)| within_v4(*net, *bits, ip)),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(mapped) => is_public(IpAddr::V4(mapped)),
            None => !RESERVED_V6.iter().any(|(net, bits)| within_v6(*net, *bits, ip)),
        },
    }
}

/// Networks that are nobody's on the Internet (IANA special-purpose registry).
const RESERVED_V4: [([u8; 4], u8); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// The same for IPv6; networks that carry IPv4 addresses are among them, since those may be private.
const RESERVED_V6: [([u16; 8], u8); 9] = [
    ([0, 0, 0, 0, 0, 0, 0, 0], 96),
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 6),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
];

fn within_v4(net: [u8; 4], bits: u8, ip: Ipv4Addr) -> bool {
    Ipv4Net::new(net.into(), bits).is_ok_and(|network| network.contains(&ip))
}

fn within_v6(net: [u16; 8], bits: u8, ip: Ipv6Addr) -> bool {
    Ipv6Net::new(net.into(), bits).is_ok_and(|network| network.contains(&ip))
}
