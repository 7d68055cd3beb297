//! Leavers whose days of grace are over: what the roster said of them goes, and no earlier launch speaks for them any more.

use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

use crate::store::Store;
use crate::store::db::{Engine, both, rows};
use crate::store::error::StoreError;
use crate::store::time::millis;

/// Only rows that count: what an import has written beside them is its own to finish.
const GONE: (&str, &str) = (
    "SELECT json_array(r.ent, r.school, r.subject, r.since, hex(r.person)) FROM roster_person r \
     JOIN roster_school s ON s.ent = r.ent AND s.school = r.school \
     WHERE r.leaves IS NOT NULL AND r.leaves <= $1 AND r.since <= s.current \
     AND (r.until IS NULL OR r.until > s.current) ORDER BY r.leaves LIMIT 200",
    "SELECT json_build_array(r.ent, r.school, r.subject, r.since, replace(r.person::text, '-', ''))::text \
     FROM roster_person r JOIN roster_school s ON s.ent = r.ent AND s.school = r.school \
     WHERE r.leaves IS NOT NULL AND r.leaves <= $1 AND r.since <= s.current \
     AND (r.until IS NULL OR r.until > s.current) ORDER BY r.leaves LIMIT 200",
);
/// From now on their identity is known by itself: a launch does not make them somebody new.
const HAND_OVER: (&str, &str) = (
    "UPDATE identity SET managed_by = 'jit' WHERE managed_by = 'roster' AND (ent, person) IN \
     (SELECT value->>0, unhex(value->>4) FROM json_each($1))",
    "UPDATE identity SET managed_by = 'jit' WHERE managed_by = 'roster' AND (ent, person) IN \
     (SELECT value->>0, (value->>4)::uuid FROM json_array_elements($1::json) AS gone(value))",
);
/// What launches said before the roster did: else who has left would be what they once said.
const FORGET: (&str, &str) = (
    "DELETE FROM affiliation WHERE managed_by = 'jit' AND (ent, person) IN \
     (SELECT value->>0, unhex(value->>4) FROM json_each($1))",
    "DELETE FROM affiliation WHERE managed_by = 'jit' AND (ent, person) IN \
     (SELECT value->>0, (value->>4)::uuid FROM json_array_elements($1::json) AS gone(value))",
);
const DELETE: (&str, &str) = (
    "DELETE FROM roster_person WHERE (ent, school, subject, since) IN \
     (SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each($1))",
    "DELETE FROM roster_person WHERE (ent, school, subject, since) IN \
     (SELECT value->>0, value->>1, value->>2, (value->>3)::bigint FROM json_array_elements($1::json) AS gone(value))",
);

/// Every pair of this file.
#[cfg(test)]
pub(super) const PAIRS: &[(&str, &str)] = &[GONE, HAND_OVER, FORGET, DELETE];

impl Store {
    /// Deletes what rosters said of leavers whose time is over, in small steps, and answers how many.
    pub(in crate::store) async fn purge_leavers(&self, now: OffsetDateTime) -> Result<u64, StoreError> {
        let mut gone = 0;
        loop {
            let began = Instant::now();
            let some = self.purge_some_leavers(now).await?;
            if some == 0 {
                return Ok(gone);
            }
            gone += some;
            sleep(began.elapsed()).await;
        }
    }

    async fn purge_some_leavers(&self, now: OffsetDateTime) -> Result<u64, StoreError> {
        let on = self.db.read();
        let sql = if matches!(on, Engine::Lite(_)) { GONE.0 } else { GONE.1 };
        let found: Vec<String> =
            both!("reading who has left", on, c => sqlx::query_scalar(sql).bind(millis(now)).fetch_all(c))?;
        if found.is_empty() {
            return Ok(0);
        }
        let list = format!("[{}]", found.join(","));
        let mut tx = self.db.begin().await?;
        let mut deleted = 0;
        for (lite, postgres) in [HAND_OVER, FORGET, DELETE] {
            let sql = if matches!(tx.on(), Engine::Lite(_)) { lite } else { postgres };
            deleted =
                rows!("forgetting who has left", tx.on(), c => sqlx::query(sql).bind(&list).execute(c))?;
        }
        tx.commit().await?;
        Ok(deleted)
    }
}
