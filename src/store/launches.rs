//! Launches: what the dispatcher writes at each hop, and the parked launches that it reads.

use async_trait::async_trait;
use boundary::{Fault, Handle};
use time::OffsetDateTime;

use super::Store;
use super::db::both;
use super::time::{millis, moment};
use crate::launch::{Committed, Item, LaunchStore, ParkedRow};

const PARKED: &str = "SELECT sealed, expires FROM parked WHERE handle = $1 AND expires > $2";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[PARKED];

#[async_trait]
impl LaunchStore for Store {
    async fn commit(&self, item: Item) -> Result<Committed, Fault> {
        self.writer.commit(item).await
    }

    async fn parked(&self, handle: &Handle, now: OffsetDateTime) -> Result<Option<ParkedRow>, Fault> {
        let row: Option<(String, i64)> = both!("reading a parked launch", self.db.read(), c =>
            sqlx::query_as(PARKED).bind(handle.as_str()).bind(millis(now)).fetch_optional(c))?;
        let Some((sealed, expires)) = row else {
            return Ok(None);
        };
        Ok(Some(ParkedRow { handle: handle.clone(), sealed, until: moment(expires)? }))
    }
}
