//! What `trace`, `doctor` and `dry-run` need of a store beyond what launches and `apply` read.

use std::time::Duration;

use async_trait::async_trait;
use boundary::registration::LtiPlatform;
use boundary::{ConnectionId, Fault, LaunchId, RefusalCode};
use time::OffsetDateTime;

use super::db::both;
use super::error::StoreError;
use super::failed::{BETWEEN, FAULT};
use super::people::form;
use super::time::{millis, moment};
use super::{Store, objects};
use crate::operate::apply::RecordKind;
use crate::operate::doctor::DoctorStore;
use crate::operate::dry_run::Connections;
use crate::operate::trace::{KeptSignOn, TraceStore};

/// How much of the journal one statement looks through: at the busiest a hundred thousand events, well within its time.
const WINDOW: Duration = Duration::from_secs(6 * 60 * 60);

const FAILED: &str =
    "SELECT connection, at, code, passed, failed FROM failed_sign_on WHERE launch = $1 AND at > $2";
/// The launch is the first member of an event's text.
const EVENT: &str =
    "SELECT body FROM event WHERE at > $1 AND at <= $2 AND body LIKE $3 ORDER BY at DESC LIMIT 1";
const SPAN: &str = "SELECT (SELECT MIN(at) FROM event), (SELECT MAX(at) FROM event)";
const EMPTY_SCHOOLS: &str = "SELECT o.id FROM object o WHERE o.kind = 'school' AND o.withdrawn = 0 \
     AND NOT EXISTS (SELECT 1 FROM affiliation a WHERE a.school = o.id) \
     AND NOT EXISTS (SELECT 1 FROM roster_school s WHERE s.school = o.id AND s.people > 0)";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[FAILED, EVENT, SPAN, EMPTY_SCHOOLS];

/// connection, at, code, passed, failed.
type FailedRow = (String, i64, String, String, String);

#[async_trait]
impl TraceStore for Store {
    async fn failed_sign_on(
        &self,
        launch: &LaunchId,
        since: OffsetDateTime,
    ) -> Result<Option<KeptSignOn>, Fault> {
        let row: Option<FailedRow> = both!("reading a failed sign-on", self.db.read(), c =>
            sqlx::query_as(FAILED).bind(launch.as_str()).bind(millis(since)).fetch_optional(c))?;
        Ok(row.map(kept).transpose()?)
    }

    /// From the newest event to the oldest: whoever asks, asks about a launch of today, and an index over a number
    /// that is random would cost every launch a page.
    async fn event_text(&self, launch: &LaunchId) -> Result<Option<String>, Fault> {
        let (Some(first), Some(last)): (Option<i64>, Option<i64>) =
            both!("reading the journal's span", self.db.read(), c => sqlx::query_as(SPAN).fetch_one(c))?
        else {
            return Ok(None);
        };
        let text = format!("{{\"launch\":\"{launch}\"%");
        let window = i64::try_from(WINDOW.as_millis()).unwrap_or(i64::MAX);
        let mut until = last;
        while until >= first {
            let found: Option<String> = both!("searching the journal", self.db.read(), c =>
                sqlx::query_scalar(EVENT).bind(until - window).bind(until).bind(&text).fetch_optional(c))?;
            if found.is_some() {
                return Ok(found);
            }
            until -= window;
        }
        Ok(None)
    }
}

fn kept(row: FailedRow) -> Result<KeptSignOn, StoreError> {
    let (connection, at, code, passed, failed) = row;
    let known = |code: &str| RefusalCode::ALL.iter().copied().find(|known| known.as_str() == code);
    let code = match code.as_str() {
        FAULT => None,
        code => Some(known(code).ok_or_else(|| form("failed_sign_on.code"))?),
    };
    Ok(KeptSignOn {
        connection: ConnectionId::parse(&connection).map_err(|_| form("failed_sign_on.connection"))?,
        at: moment(at)?,
        code,
        passed: passed.split(BETWEEN).filter(|check| !check.is_empty()).map(str::to_owned).collect(),
        failed,
    })
}

#[async_trait]
impl DoctorStore for Store {
    async fn schools_without_people(&self) -> Result<Vec<String>, Fault> {
        let mut found: Vec<String> = both!("reading schools without people", self.db.read(), c =>
            sqlx::query_scalar(EMPTY_SCHOOLS).fetch_all(c))?;
        found.sort();
        Ok(found)
    }
}

#[async_trait]
impl Connections for Store {
    async fn connections(&self) -> Result<Vec<LtiPlatform>, Fault> {
        let mut all: Vec<LtiPlatform> = objects::all_live(&self.db, RecordKind::LtiPlatform).await?;
        all.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(all)
    }
}
