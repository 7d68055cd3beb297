//! Purge: deletes what has expired, a little at a time, so that no launch waits behind it.

use boundary::Fault;
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

use super::access::attempts::FORGOTTEN;
use super::db::{Db, rows};
use super::error::StoreError;
use super::time::millis;
use super::{Store, assignments};
use crate::operate::roster::RosterStore;
use crate::operate::trace::FAILED_KEPT;

/// As many rows as a statement deletes in a few milliseconds.
const PARKED: &str = "DELETE FROM parked WHERE handle IN \
                      (SELECT handle FROM parked WHERE expires <= $1 ORDER BY expires LIMIT 500)";
const FIRST_USES: &str = "DELETE FROM first_use WHERE name IN \
                          (SELECT name FROM first_use WHERE expires <= $1 ORDER BY expires LIMIT 500)";

const FAILED_SIGN_ONS: &str = "DELETE FROM failed_sign_on WHERE (connection, slot) IN \
                               (SELECT connection, slot FROM failed_sign_on WHERE at <= $1 ORDER BY at LIMIT 500)";

const SESSIONS: &str = "DELETE FROM console_session WHERE hash IN \
                        (SELECT hash FROM console_session WHERE expires <= $1 ORDER BY expires LIMIT 500)";
const TOKENS: &str = "DELETE FROM access_token WHERE hash IN \
                      (SELECT hash FROM access_token WHERE expires <= $1 ORDER BY expires LIMIT 500)";
const FAILURES: &str = "DELETE FROM sign_in_failure WHERE name IN \
                        (SELECT name FROM sign_in_failure WHERE last <= $1 ORDER BY last LIMIT 500)";

const ANSWERS: &str = "DELETE FROM api_answer WHERE (account, request_key) IN \
                       (SELECT account, request_key FROM api_answer WHERE expires <= $1 ORDER BY expires LIMIT 200)";

/// What was under way for somebody a day ago is not any more.
const FORMER_PEOPLE: &str = "DELETE FROM former_person WHERE id IN \
                             (SELECT id FROM former_person WHERE at <= $1 ORDER BY at LIMIT 500)";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] =
    &[PARKED, FIRST_USES, FAILED_SIGN_ONS, SESSIONS, TOKENS, FAILURES, ANSWERS, FORMER_PEOPLE];

impl Store {
    /// Ends what a process did not live to end: links changes that it noted into the journal, and undoes or settles its
    /// seatings. Deletes what has expired: parked launches, sessions, tokens and kept answers of the API, first uses a day
    /// later, failed sign-ons older than a day, failed sign-ins that are forgotten, people
    /// who were joined to others a day ago, and what rosters say no more; answers how many rows. Another process may believe a sign-on for longer than this one's clock says.
    ///
    /// # Errors
    /// A [`Fault`] when the database does not answer. What was deleted until then stays deleted.
    pub async fn purge(&self, now: OffsetDateTime) -> Result<u64, Fault> {
        // Those that a process noted and did not live to link.
        self.link_changes().await;
        let mut deleted = assignments::clear(&self.db, None, now).await?;
        let day_before = now - time::Duration::DAY;
        let kept_since = now - FAILED_KEPT;
        let over = [
            (PARKED, now),
            (FIRST_USES, day_before),
            (FAILED_SIGN_ONS, kept_since),
            (SESSIONS, now),
            (TOKENS, now),
            (FAILURES, now - FORGOTTEN),
            (ANSWERS, now),
            (FORMER_PEOPLE, day_before),
        ];
        for (statement, until) in over {
            loop {
                let began = Instant::now();
                let some = expired(&self.db, statement, millis(until)).await?;
                deleted += some;
                if some == 0 {
                    break;
                }
                sleep(began.elapsed()).await;
            }
        }
        deleted += self.purge_leavers(now).await?;
        loop {
            let began = Instant::now();
            let some = self.clear_ended().await?;
            deleted += some;
            if some == 0 {
                return Ok(deleted);
            }
            sleep(began.elapsed()).await;
        }
    }
}

async fn expired(db: &Db, statement: &'static str, until: i64) -> Result<u64, StoreError> {
    let mut tx = db.begin().await?;
    let deleted =
        rows!("deleting what has expired", tx.on(), c => sqlx::query(statement).bind(until).execute(c))?;
    tx.commit().await?;
    Ok(deleted)
}
