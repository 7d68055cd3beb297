//! Address: whose request it is, for the limits alone. It is never logged, and kept beyond memory only as a digest under a
//! key, for an hour, where somebody failed to sign in.
//!
//! The broker speaks plain HTTP behind proxies. They alone are answered, and they alone are believed when they name
//! who asked: in `X-Forwarded-For` or, where a request has none, in `Forwarded` (RFC 7239).

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED: HeaderName = HeaderName::from_static("forwarded");

/// The other end of a connection. It travels beside the request.
#[derive(Clone, Copy)]
pub(super) struct Peer(IpAddr);

/// Where a request comes from: an IPv4 address, or 64 bits of an IPv6 address, which one customer has to himself.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Network(IpAddr);

/// The proxies in front.
pub(super) struct Proxies(Vec<IpNet>);

impl Peer {
    /// Nobody who may speak to us.
    pub(super) const NOBODY: Self = Self(IpAddr::V6(Ipv6Addr::UNSPECIFIED));

    pub(super) fn of(address: SocketAddr) -> Self {
        Self(address.ip().to_canonical())
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => Self(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into()),
            address => Self(address),
        }
    }
}

impl Network {
    /// As text, to be hashed.
    pub(super) fn text(self) -> String {
        self.0.to_string()
    }
}

impl Proxies {
    pub(super) const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether somebody may speak to us without a proxy in between: the proxies, and this machine.
    pub(super) fn admit(&self, peer: Peer) -> bool {
        self.trust(peer.0)
    }

    /// The network of whoever asked. Each proxy adds whom it heard to the right, so the way leads from the peer leftwards
    /// to the first who is no proxy of ours; what stands left of that, anybody may have written.
    pub(super) fn network(&self, peer: Peer, headers: &HeaderMap) -> Network {
        let mut asked = peer.0;
        for named in named(headers).into_iter().rev() {
            match named {
                Some(address) if self.trust(asked) => asked = address,
                _ => break,
            }
        }
        Network::from(asked)
    }

    fn trust(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.0.iter().any(|network| network.contains(&address))
    }
}

/// Whom the headers name, in their order; `None` for what is no address.
fn named(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let elements = |name| {
        let lines = headers.get_all(name).iter();
        lines.flat_map(|line| line.to_str().unwrap_or_default().split(','))
    };
    if headers.contains_key(FORWARDED_FOR) {
        elements(FORWARDED_FOR).map(address).collect()
    } else {
        elements(FORWARDED).map(|element| address(forwarded_for(element)?)).collect()
    }
}

/// The parameter `for` of an element (RFC 7239 section 4).
fn forwarded_for(element: &str) -> Option<&str> {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let mut named = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("for"));
    named.next().map(|(_, node)| node.trim_matches('"'))
}

/// An address as proxies write it: alone, in brackets, with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    bare.parse::<IpAddr>().or_else(|_| with_port()).ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(peer: &str, headers: &[(&'static str, &str)]) -> IpAddr {
        let proxies = Proxies::new(vec!["192.0.2.0/24".parse().unwrap(), "2001:db8:9::/48".parse().unwrap()]);
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let peer = Peer::of(SocketAddr::new(peer.parse().unwrap(), 4711));
        proxies.network(peer, &headers.collect()).0
    }

    #[test]
    fn only_proxies_are_believed_and_only_as_far_as_they_heard_somebody() {
        let xff = "x-forwarded-for";
        for (peer, headers, wanted) in [
            ("203.0.113.7", &[][..], "203.0.113.7"),
            ("203.0.113.7", &[(xff, "198.51.100.1")], "203.0.113.7"),
            ("192.0.2.1", &[], "192.0.2.1"),
            ("192.0.2.1", &[(xff, "198.51.100.1")], "198.51.100.1"),
            ("::ffff:192.0.2.1", &[(xff, "::ffff:198.51.100.1")], "198.51.100.1"),
            ("192.0.2.1", &[(xff, "1.2.3.4, 198.51.100.1")], "198.51.100.1"),
            ("192.0.2.1", &[(xff, "1.2.3.4, 198.51.100.1 , 192.0.2.9,2001:db8:9::1")], "198.51.100.1"),
            ("192.0.2.1", &[(xff, "1.2.3.4"), (xff, "198.51.100.1")], "198.51.100.1"),
            ("192.0.2.1", &[(xff, "1.2.3.4, unknown")], "192.0.2.1"),
            ("192.0.2.1", &[(xff, "1.2.3.4,")], "192.0.2.1"),
            ("192.0.2.1", &[(xff, "198.51.100.1:55555")], "198.51.100.1"),
            ("127.0.0.1", &[(xff, "198.51.100.1")], "198.51.100.1"),
            ("2001:db8:9::1", &[(xff, "[2001:db8:1:2:3:4:5:6]:443")], "2001:db8:1:2::"),
            (
                "192.0.2.1",
                &[("forwarded", "for=1.2.3.4, proto=https;For=\"[2001:db8:1:2::3]:4711\"")],
                "2001:db8:1:2::",
            ),
            ("192.0.2.1", &[("forwarded", "for=198.51.100.1;by=_x, for=_hidden")], "192.0.2.1"),
            ("192.0.2.1", &[("forwarded", "for=1.2.3.4"), (xff, "198.51.100.1")], "198.51.100.1"),
        ] {
            assert_eq!(asked(peer, headers).to_string(), wanted, "{peer} {headers:?}");
        }
    }

    #[test]
    fn a_customers_ipv6_addresses_are_one_network() {
        let network = |text: &str| Network::from(text.parse::<IpAddr>().unwrap()).0;
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("198.51.100.1"), network("198.51.100.2"));
    }

    #[test]
    fn nobody_speaks_past_the_proxies() {
        let proxies = Proxies::new(vec!["192.0.2.0/24".parse().unwrap()]);
        let admitted = |peer: &str| proxies.admit(Peer::of(SocketAddr::new(peer.parse().unwrap(), 1)));
        assert!(
            admitted("192.0.2.7") && admitted("::ffff:192.0.2.7") && admitted("127.0.0.1") && admitted("::1")
        );
        assert!(!admitted("192.0.3.7") && !admitted("10.0.0.1") && !admitted("2001:db8::1"));
    }
}
