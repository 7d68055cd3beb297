//! Metrics: how many launches ended how, and how long requests take. Every label has a fixed set of values and none
//! is about a person, a school or an ENT.
//!
//! `passerelle_launches_total{outcome,reason,via,to}` counts ends, not steps: `delivered` when a publisher was
//! answered with a launch, `refused` with the code as reason, whoever was told, and `fault` when it could not go on.
//! A step on the way counts nothing. `via` and `to` are the protocols, `none` where they are not known.
//!
//! What other rooms count is asked for when somebody reads the metrics ([`Measured`]).

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use boundary::RefusalCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::measured::{Elsewhere, Measured};
use crate::launch::Labels;

/// Seconds: a launch's hop takes milliseconds, a peer's key set up to seconds, and 15 is the end.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 5.0, 15.0];

/// How a launch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// A publisher was answered with it.
    Delivered,
    /// It may not go on.
    Refused(RefusalCode),
    /// It could not go on.
    Fault,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    outcome: &'static str,
    reason: &'static str,
    via: &'static str,
    to: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Door {
    door: String,
    method: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SignedIn {
    outcome: &'static str,
}

/// What the broker counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    launches: Family<Ended, Counter<u64, AtomicU64>>,
    durations: Family<Door, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    ready: Gauge,
    limited: Counter,
    sign_ins: Family<SignedIn, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// A request in flight, until it is dropped: answered, or left by its client.
#[derive(Debug)]
pub(super) struct InFlight<'a>(&'a Gauge);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// Everything at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("passerelle");
        let launches = Family::default();
        let durations = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        let in_flight = Gauge::default();
        registry.register("launches", "Launches that ended, by how they ended", launches.clone());
        registry.register_with_unit(
            "request_duration",
            "Time from request to answer, by door",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register("requests_in_flight", "Requests that are being answered", in_flight.clone());
        let (ready, limited) = (Gauge::default(), Counter::default());
        registry.register("ready", "1 when every check of readiness passes, else 0", ready.clone());
        registry.register("limited", "Requests that were over a limit", limited.clone());
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version that runs", build);
        let sign_ins = Family::default();
        registry.register(
            "sign_ins",
            "Attempts to sign in to the console, by how they ended",
            sign_ins.clone(),
        );
        Self { registry, launches, durations, in_flight, ready, limited, sign_ins }
    }

    /// The same, with what other rooms count.
    #[must_use]
    pub fn measuring(measured: Arc<dyn Measured>) -> Self {
        let mut metrics = Self::new();
        metrics.registry.register_collector(Box::new(Elsewhere(measured)));
        metrics
    }

    /// Counts an attempt to sign in to the console: `in`, `wrong`, or `slowed`.
    pub(super) fn signed_in(&self, outcome: &'static str) {
        self.sign_ins.get_or_create(&SignedIn { outcome }).inc();
    }

    /// Counts the end of a launch; a step on the way is none.
    pub(super) fn count(&self, end: Option<End>, labels: Labels) {
        let (outcome, reason) = match end {
            None => return,
            Some(End::Delivered) => ("delivered", "none"),
            Some(End::Refused(code)) => ("refused", code.as_str()),
            Some(End::Fault) => ("fault", "none"),
        };
        let ended =
            Ended { outcome, reason, via: labels.via.unwrap_or("none"), to: labels.to.unwrap_or("none") };
        self.launches.get_or_create(&ended).inc();
    }

    /// Counts a request that was over a limit.
    pub(super) fn limited(&self) {
        self.limited.inc();
    }

    /// Counts a request in until the value is dropped.
    pub(super) fn enter(&self) -> InFlight<'_> {
        self.in_flight.inc();
        InFlight(&self.in_flight)
    }

    /// Notes how long a request took.
    pub(super) fn took(&self, door: &str, method: &'static str, took: Duration) {
        let door = Door { door: door.to_owned(), method };
        self.durations.get_or_create(&door).observe(took.as_secs_f64());
    }

    /// Notes whether it can serve.
    pub(super) fn set_ready(&self, ready: bool) {
        self.ready.set(i64::from(ready));
    }

    /// Everything, as OpenMetrics text; `None` when it cannot be written.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let mut text = String::new();
        encode(&mut text, &self.registry).ok().map(|()| text)
    }
}
