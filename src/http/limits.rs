//! Limits: how often one network may fail, and how many sign-ons at one ENT it may begin.
//!
//! What succeeds counts against nobody's address: a school sits behind one, and 1,500 launches a minute from it pass.
//! Nor does a limit stop what would succeed. Past it, a failure is answered otherwise, and that is all: else one pupil
//! with a script would lock a school out. To examine a request that fails is cheap; what is dear has limits of its own:
//! fetches of key sets in `trust`, connections to the database in `store`.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use boundary::{Door, EntId, RefusalCode};
use governor::clock::Clock;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::address::Network;
use crate::launch::{Answer, Outcome};

/// Failures of a network: so many at once, then one a second. A class that opens a link which has gone stale is within.
const FAILURES: Quota = Quota::per_second(NonZeroU32::MIN).allow_burst(NonZeroU32::new(120).unwrap());
/// Sign-ons at one ENT that a network begins in this process: so many a second, ten times that at once. A country's
/// network begins a few hundred in its worst second. The network counts too, because anybody may begin sign-ons at any
/// ENT: a stranger who does so without end, or a loop in a portal's page, must cost nobody else their share.
const SIGN_ONS: Quota =
    Quota::per_second(NonZeroU32::new(1000).unwrap()).allow_burst(NonZeroU32::new(10_000).unwrap());
/// How many networks, and pairs of ENT and network, are remembered, and for how long after their last: then their allowance is full again.
const KEPT: u64 = 100_000;
const IDLE: Duration = Duration::from_secs(300);

/// Failures that strangers make without end. Others, such as a blocked cookie, whole schools make in good faith, and
/// their page says what to do.
const COUNTED: [RefusalCode; 14] = [
    RefusalCode::LoginIncomplete,
    RefusalCode::LoginMalformed,
    RefusalCode::RegistrationUnknown,
    RefusalCode::RegistrationAmbiguous,
    RefusalCode::TargetElsewhere,
    RefusalCode::LaunchStale,
    RefusalCode::TokenInvalid,
    RefusalCode::MessageUnsupported,
    RefusalCode::Replayed,
    RefusalCode::HandleSpent,
    RefusalCode::AuthorizationInvalid,
    RefusalCode::RedirectUriUnregistered,
    RefusalCode::ToolUnknown,
    RefusalCode::NotFound,
];

/// There were too many; another try makes sense after this time.
#[derive(Debug, Clone, Copy)]
pub(super) struct TooMany {
    pub(super) wait: Duration,
}

/// What each may still do.
pub(super) struct Limits {
    failures: Allowances<Network>,
    sign_ons: Allowances<(EntId, Network)>,
}

struct Allowances<K> {
    quota: Quota,
    kept: Cache<K, Arc<DefaultDirectRateLimiter>>,
}

impl Limits {
    /// Nobody has done anything yet.
    pub(super) fn new() -> Self {
        Self { failures: Allowances::new(FAILURES), sign_ons: Allowances::new(SIGN_ONS) }
    }

    /// Counts a refusal against a network, where it is one that counts.
    pub(super) fn fail(&self, network: Network, code: RefusalCode) -> Result<(), TooMany> {
        if COUNTED.contains(&code) { self.failures.take(network) } else { Ok(()) }
    }

    /// Counts a token or a name and password that stand for nobody against whoever brings them.
    pub(super) fn stranger(&self, network: Network) -> Result<(), TooMany> {
        self.failures.take(network)
    }

    /// Counts a sign-on that begins.
    pub(super) fn begin(&self, network: Network, door: Door, answer: &Answer) -> Result<(), TooMany> {
        match &answer.outcome {
            Outcome::Step(reply) if door.begins => {
                reply.embedder.clone().map_or(Ok(()), |ent| self.sign_ons.take((ent, network)))
            }
            _ => Ok(()),
        }
    }
}

impl<K: Hash + Eq + Send + Sync + 'static> Allowances<K> {
    /// Whoever comes new always finds room: a policy that favours those who came often would keep others uncounted.
    fn new(quota: Quota) -> Self {
        let kept =
            Cache::builder().max_capacity(KEPT).time_to_idle(IDLE).eviction_policy(EvictionPolicy::lru());
        Self { quota, kept: kept.build() }
    }

    fn take(&self, key: K) -> Result<(), TooMany> {
        let limiter = self.kept.get_with(key, || Arc::new(RateLimiter::direct(self.quota)));
        let too_many =
            |until: governor::NotUntil<_>| TooMany { wait: until.wait_time_from(limiter.clock().now()) };
        limiter.check().map_err(too_many)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use boundary::{Body, Chance, LaunchId, Method, PageName, Reply};

    use super::*;
    use crate::launch::Labels;

    struct Fixed;

    impl Chance for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn door(begins: bool) -> Door {
        Door { method: Method::Get, path: "/", body_limit: 0, begins }
    }

    fn step(ent: &str) -> Answer {
        let reply = Reply::of(Body::Page(PageName::ComeBack)).within(EntId::parse(ent).unwrap());
        let launch = LaunchId::draw(&Fixed);
        Answer { launch, outcome: Outcome::Step(reply), embedders: Vec::new(), labels: Labels::default() }
    }

    #[test]
    fn a_network_begins_so_many_sign_ons_at_an_ent_and_nobody_else_pays_for_it() {
        let limits = Limits::new();
        let [school, stranger] =
            ["192.0.2.1", "192.0.2.2"].map(|ip| Network::from(ip.parse::<IpAddr>().unwrap()));
        let (one, other) = (step("one"), step("other"));
        let begun =
            (0..).take_while(|_| limits.begin(stranger, door(true), &one).is_ok()).take(1_000_000).count();
        assert!((10_000..1_000_000).contains(&begun), "{begun}");
        assert!(
            limits.begin(stranger, door(true), &one).is_err_and(|limit| limit.wait <= Duration::from_secs(1))
        );
        assert!(limits.begin(stranger, door(false), &one).is_ok(), "what has begun goes on");
        assert!(limits.begin(stranger, door(true), &other).is_ok());
        assert!(limits.begin(school, door(true), &one).is_ok());
    }
}
