//! Failed sign-ons: what is kept, for a day, of launches that ended without an event, so that `trace` can tell where.

use boundary::{Arrival, ConnectionId, LaunchId, RefusalCode, SignOn, Stop};
use time::OffsetDateTime;

/// A launch that ended without an event: a sign-on that failed, one that came twice, a fault on the way. It holds names
/// of checks and nothing of what they looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedSignOn {
    /// The launch, by the id that its page shows.
    pub launch: LaunchId,
    /// When it ended.
    pub at: OffsetDateTime,
    /// Why; `None` for a fault.
    pub code: Option<RefusalCode>,
    /// How far it came.
    pub sign_on: SignOn,
}

/// Where failed sign-ons are kept.
pub trait FailedSignOns: Send + Sync {
    /// Keeps one, at some later moment. It never waits: where too many come, some are dropped and counted.
    fn note(&self, failed: FailedSignOn);
}

/// A launch whose sign-on was good, and which hop A could not decide: something broke.
pub(super) fn in_decision(connection: ConnectionId, stop: Stop) -> Stop {
    stop.ending(SignOn { connection, passed: vec!["sign_on"], failed: "decision" })
}

/// A launch that hop A decided and did not park: its sign-on was used before, or something broke.
pub(super) fn at_the_end_of_hop_a(connection: ConnectionId, stop: Stop) -> Stop {
    let failed = match &stop {
        Stop::Refused(_) => "first_use",
        Stop::Fault(_) => "parked",
    };
    stop.ending(SignOn { connection, passed: vec!["sign_on", "decision"], failed })
}

/// A launch that was parked, and which hop B did not deliver.
pub(super) fn at_hop_b(parked: &Arrival, failed: &'static str) -> SignOn {
    let passed = vec!["sign_on", "decision", "parked"];
    SignOn { connection: parked.via.connection.clone(), passed, failed }
}
