//! Checks of the configuration: what is allowed and still weak.

use ipnet::IpNet;

use super::{Finding, Mender, Severity};

/// The shortest prefixes of networks that somebody's proxies may fill.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 32;

/// What is configured, as far as it can be weak.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `launch.leeway_seconds`.
    pub leeway_seconds: u32,
    /// `log.level`.
    pub log_level: String,
    /// Whether `server.public_url` is this machine.
    pub public_url_is_loopback: bool,
    /// Whether `server.operations` listens for others than this machine.
    pub operations_exposed: bool,
    /// `server.trusted_proxies`.
    pub trusted_proxies: Vec<IpNet>,
    /// The entries of `transport.allow` that hold public addresses.
    pub public_allowed: Vec<String>,
}

/// All of them.
pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let wide: Vec<_> =
        settings.trusted_proxies.iter().filter(|net| is_wide(net)).map(ToString::to_string).collect();
    let talkative = ["debug", "trace"].iter().any(|level| settings.log_level.to_lowercase().contains(level));
    let found = [
        (!wide.is_empty()).then(|| {
            let what = format!("server.trusted_proxies holds {}: anybody there can say that they are your proxy", wide.join(", "));
            weak(Severity::Warning, &what, "list the addresses of your proxies alone")
        }),
        (!settings.public_allowed.is_empty()).then(|| {
            let what = format!(
                "transport.allow lists public addresses ({}): peers there may be asked over plain HTTP, where anybody on the way can change their keys",
                settings.public_allowed.join(", ")
            );
            weak(Severity::Warning, &what, "take them out: public peers need no entry, they need https")
        }),
        talkative.then(|| {
            let what = format!("log.level is \"{}\": it costs time at every launch", settings.log_level);
            weak(Severity::Note, &what, "set it back to info once you have seen what you looked for")
        }),
        settings.public_url_is_loopback.then(|| {
            weak(Severity::Note, "server.public_url is this machine: nobody else can launch", "set it to the https origin that browsers use")
        }),
        settings.operations_exposed.then(|| {
            let what = "server.operations listens beyond this machine: metrics and readiness are for whoever reaches it";
            weak(Severity::Note, what, "bind it to loopback, or let a firewall keep others away")
        }),
    ];
    found.into_iter().flatten().collect()
}

fn weak(severity: Severity, what: &str, mend: &str) -> Finding {
    Finding {
        check: "settings",
        severity,
        what: what.to_owned(),
        mends: Mender::Operator,
        mend: mend.to_owned(),
    }
}

const fn is_wide(network: &IpNet) -> bool {
    match network {
        IpNet::V4(network) => network.prefix_len() < WIDEST_V4,
        IpNet::V6(network) => network.prefix_len() < WIDEST_V6,
    }
}
