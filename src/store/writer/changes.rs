//! Changes: those that were committed with what they tell of are linked into the journal's chains, by the task that owns
//! the heads.

use super::batch::{self, Failed};
use super::rows::Loose;
use crate::journal::Chains;
use crate::store::contention::Attempts;
use crate::store::db::{Db, both};

/// As many as one transaction takes.
const LINKED: &str = "DELETE FROM noted_change WHERE (boot, n) IN \
                      (SELECT boot, n FROM noted_change ORDER BY boot, n LIMIT 200) RETURNING boot, n, owner, at, body";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[LINKED];

/// Boot, place, owner, time and text.
type Row = (String, i64, String, i64, String);

/// Links some of those that wait, and answers the time of the newest; `None` when none waits. Several processes may do so
/// at once: what one took, the other does not find.
pub(super) async fn link(db: &Db, chains: &mut Chains) -> Result<Option<i64>, Failed> {
    let mut attempts = Attempts::begin();
    loop {
        let linked = link_once(db, chains).await;
        match &linked {
            Ok(_) => return linked,
            Err(failed) => {
                chains.undone();
                if !(failed.error.is_contention() && attempts.another().await) {
                    return linked;
                }
            }
        }
    }
}

async fn link_once(db: &Db, chains: &mut Chains) -> Result<Option<i64>, Failed> {
    let mut tx = db.begin().await?;
    let mut rows: Vec<Row> =
        both!("reading changes to link", tx.on(), c => sqlx::query_as(LINKED).fetch_all(c))?;
    if rows.is_empty() {
        tx.rollback().await?;
        return Ok(None);
    }
    rows.sort();
    let events = rows.into_iter().map(|(_, _, owner, at, body)| Loose { owner, at, body });
    let events: Vec<Loose> = events.collect();
    batch::append(&mut tx, chains, events.iter()).await?;
    batch::commit(tx, chains).await?;
    Ok(events.iter().map(|event| event.at).max())
}
