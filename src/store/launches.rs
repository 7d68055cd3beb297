//! Launches: what the dispatcher writes at each hop, and the parked launches that it reads.

use async_trait::async_trait;
use boundary::{Fault, Handle};
use time::OffsetDateTime;

use super::Store;
use super::db::both;
use super::time::{millis, moment};
use crate::launch::{Committed, Gate, Item, LaunchStore, ParkedRow, Write};

const PARKED: &str = "SELECT sealed, expires FROM parked WHERE handle = $1 AND expires > $2";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[PARKED];

#[async_trait]
impl LaunchStore for Store {
    async fn commit(&self, item: Item) -> Result<Committed, Fault> {
        let parked = item.writes.iter().find_map(|write| match write {
            Write::Park(row) => Some(row.clone()),
            Write::Name(_) | Write::Event(_) => None,
        });
        let taken = match &item.gate {
            Gate::Take(handle) => Some(handle.clone()),
            Gate::FirstUse(_) => None,
        };
        let committed = self.writer.commit(item).await?;
        if let Some(handle) = taken {
            self.kept.parked.invalidate(&handle);
        }
        if let (Some(row), Committed::Done) = (parked, committed) {
            self.kept.parked.insert(row.handle.clone(), row);
        }
        Ok(committed)
    }

    async fn parked(&self, handle: &Handle, now: OffsetDateTime) -> Result<Option<ParkedRow>, Fault> {
        // Whether it may still be taken is not asked here: the commit that takes it decides.
        if let Some(row) = self.kept.parked.get(handle).filter(|row| row.until > now) {
            return Ok(Some(row));
        }
        let row: Option<(String, i64)> = both!("reading a parked launch", self.db.read(), c =>
            sqlx::query_as(PARKED).bind(handle.as_str()).bind(millis(now)).fetch_optional(c))?;
        let Some((sealed, expires)) = row else {
            return Ok(None);
        };
        Ok(Some(ParkedRow { handle: handle.clone(), sealed, until: moment(expires)? }))
    }
}
