//! Checks of peers: whether their key sets can be had and used, and what their clocks say.

use std::time::Duration;

use boundary::registration::KeySource;
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use tokio::time::{Instant, timeout_at};

use super::registered::connections;
use super::{Finding, Mender, Severity};
use crate::operate::apply::Record;
use crate::trust::{KeySets, Look, LookError};

/// How many key sets are fetched at a time, and how long all of it may take.
const AT_A_TIME: usize = 16;
const LONGEST: Duration = Duration::from_secs(30);
/// From how many seconds on a clock that differs is told.
const TOLD: u64 = 30;

/// Whose keys they are.
#[derive(Clone, Copy)]
struct Peer<'a> {
    kind: &'static str,
    id: &'a str,
    mends: Mender,
    /// What stops where the keys cannot be had.
    severity: Severity,
    keys: &'a KeySource,
}

/// Looks at the key sets of all connections and tools.
pub(super) async fn examine(key_sets: &KeySets, records: &[Record], leeway: u32) -> Vec<Finding> {
    let deadline = Instant::now() + LONGEST;
    let looks = peers(records).into_iter().map(|peer| look_at(key_sets, peer, deadline, leeway).boxed());
    // Gathered first: a closure in a stream would not do for every lifetime.
    let looks: Vec<BoxFuture<'_, Vec<Finding>>> = looks.collect();
    stream::iter(looks).buffered(AT_A_TIME).concat().await
}

async fn look_at(key_sets: &KeySets, peer: Peer<'_>, deadline: Instant, leeway: u32) -> Vec<Finding> {
    match timeout_at(deadline, key_sets.look(peer.keys)).await {
        Ok(Ok(look)) => judge(&peer, &look, leeway.into()),
        Ok(Err(error)) => vec![unreachable(&peer, &error)],
        Err(_) => vec![not_looked_at(&peer)],
    }
}

fn peers(records: &[Record]) -> Vec<Peer<'_>> {
    let ents = connections(records).map(|platform| Peer {
        kind: "connection",
        id: platform.id.as_str(),
        mends: Mender::Ent,
        severity: Severity::Broken,
        keys: &platform.keys,
    });
    let tools = records.iter().filter_map(|record| match record {
        Record::Tool(tool) => Some(Peer {
            kind: "tool",
            id: tool.id.as_str(),
            mends: Mender::Publisher,
            severity: Severity::Warning,
            keys: tool.lti.keys.as_ref()?,
        }),
        _ => None,
    });
    ents.chain(tools).collect()
}

impl Peer<'_> {
    fn finding(&self, check: &'static str, severity: Severity, what: &str, mend: &str) -> Finding {
        let what = format!("{} {}: {what}", self.kind, self.id);
        Finding { check, severity, what, mends: self.mends, mend: mend.to_owned() }
    }
}

fn unreachable(peer: &Peer<'_>, error: &LookError) -> Finding {
    let place = match peer.keys {
        KeySource::JwksUri(url) => format!("its key set at {url}"),
        KeySource::Jwks(_) | KeySource::Pem(_) => "the key set in its registration".to_owned(),
    };
    let what = format!("{place} cannot be had: {error}");
    let (mends, mend) = match error {
        LookError::Forbidden(_) => (
            Mender::Operator,
            "correct jwks_uri; where the peer really is on a private network, list its host in transport.allow",
        ),
        LookError::Fetch(_) | LookError::NotASet => (
            peer.mends,
            "ask them to publish it there, or correct jwks_uri; a set that was fetched before serves for a day",
        ),
    };
    Finding { mends, ..peer.finding("key_sets", peer.severity, &what, mend) }
}

fn not_looked_at(peer: &Peer<'_>) -> Finding {
    let what = format!("its key set was not looked at within {} s", LONGEST.as_secs());
    peer.finding("key_sets", Severity::Note, &what, "run doctor again once the other key sets answer")
}

fn judge(peer: &Peer<'_>, look: &Look, leeway: u64) -> Vec<Finding> {
    keys(peer, look).into_iter().chain(clock(peer, look, leeway)).collect()
}

fn keys(peer: &Peer<'_>, look: &Look) -> Option<Finding> {
    let why = look.unusable.join("; ");
    let mend = "ask them for a key that signs with RS256, 2048 bits or more, or ES256";
    match (look.usable, look.unusable.len()) {
        (0, 0) => Some(peer.finding("keys", peer.severity, "its key set holds no key for signatures", mend)),
        (0, _) => {
            let what = format!("no key of its key set can be used: {why}");
            Some(peer.finding("keys", peer.severity, &what, mend))
        }
        (_, 0) => None,
        (usable, unusable) => {
            let what =
                format!("{unusable} of the {} keys of its key set cannot be used: {why}", usable + unusable);
            Some(peer.finding("keys", Severity::Warning, &what, mend))
        }
    }
}

/// Sign-ons are refused once the clocks differ by more than `leeway` seconds.
fn clock(peer: &Peer<'_>, look: &Look, leeway: u64) -> Option<Finding> {
    let skew = look.skew.filter(|skew| skew.unsigned_abs().as_secs() > TOLD.min(leeway))?;
    let seconds = skew.unsigned_abs().as_secs();
    let direction = if skew.is_positive() { "ahead of" } else { "behind" };
    let severity = if seconds >= leeway { peer.severity } else { Severity::Warning };
    let what = format!("its clock is {seconds} s {direction} ours; from {leeway} s on sign-ons are refused");
    let mend = "synchronise the clock there (NTP); where all peers differ alike, synchronise the one here";
    Some(peer.finding("clocks", severity, &what, mend))
}
