//! `trace`: what became of one launch, check by check, from the journal or from the failed sign-ons of the last day.

mod event;
mod show;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use async_trait::async_trait;
use boundary::{Clock, ConnectionId, Fault, LaunchId, RefusalCode};
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use crate::journal::Hop;

/// How long failed sign-ons are kept.
pub const FAILED_KEPT: Duration = Duration::DAY;

/// A failed sign-on as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSignOn {
    /// The connection.
    pub connection: ConnectionId,
    /// When it failed.
    pub at: OffsetDateTime,
    /// Why; `None` for a fault.
    pub code: Option<RefusalCode>,
    /// The checks that passed, in their order.
    pub passed: Vec<String>,
    /// The check that did not.
    pub failed: String,
}

/// What `trace` needs of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait TraceStore: Send + Sync {
    /// The failed sign-on of a launch, where it is kept and not older than `since`.
    async fn failed_sign_on(
        &self,
        launch: &LaunchId,
        since: OffsetDateTime,
    ) -> Result<Option<KeptSignOn>, Fault>;
    /// The text of a launch's last event in the journal.
    async fn event_text(&self, launch: &LaunchId) -> Result<Option<String>, Fault>;
}

/// What the registry of refusals says about a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Meaning {
    /// What it means, for operators.
    pub meaning: String,
    /// Who can mend it.
    pub mends: &'static str,
    /// What the reader of the page was told to do.
    pub told: String,
}

/// How a launch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A publisher was answered with it.
    Delivered,
    /// It was refused.
    Refused,
    /// Something was broken.
    Fault,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Where it was made.
    pub hop: Hop,
    /// Its name.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
}

/// What became of a launch. What was not known when it ended is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// The launch.
    pub launch: LaunchId,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// How.
    pub outcome: Outcome,
    /// The refusal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<RefusalCode>,
    /// What else is known, by name: connection, ENT, school, resource, profile, sector, attributes.
    #[serde(flatten)]
    pub known: BTreeMap<&'static str, String>,
    /// The checks, in their order; only the last may have failed.
    pub checks: Vec<Check>,
    /// What the code means.
    #[serde(flatten)]
    pub meaning: Option<Meaning>,
}

/// Looks for a launch; `None` when nothing is kept about it.
///
/// # Errors
/// A [`Fault`] when the store did not answer, or an event cannot be read.
pub async fn find(
    store: &dyn TraceStore,
    clock: &dyn Clock,
    meaning: &(dyn Fn(RefusalCode) -> Option<Meaning> + Sync),
    launch: &LaunchId,
) -> Result<Option<Trace>, Fault> {
    let mut found = match store.failed_sign_on(launch, clock.now() - FAILED_KEPT).await? {
        Some(kept) => Some(of_sign_on(launch, kept)),
        None => store.event_text(launch).await?.map(|text| event::read(launch, &text)).transpose()?,
    };
    if let Some(trace) = &mut found {
        trace.meaning = trace.code.and_then(meaning);
    }
    Ok(found)
}

fn of_sign_on(launch: &LaunchId, kept: KeptSignOn) -> Trace {
    // Only what was parked before was looked at by hop B.
    let hop = if kept.passed.iter().any(|check| check == "parked") { Hop::B } else { Hop::A };
    let check = |name: String, passed| Check { hop, name, passed };
    let passed = kept.passed.into_iter().map(|name| check(name, true));
    let checks = passed.chain([check(kept.failed, false)]).collect();
    Trace {
        launch: launch.clone(),
        at: kept.at,
        outcome: if kept.code.is_some() { Outcome::Refused } else { Outcome::Fault },
        code: kept.code,
        known: BTreeMap::from([("connection", kept.connection.to_string())]),
        checks,
        meaning: None,
    }
}
