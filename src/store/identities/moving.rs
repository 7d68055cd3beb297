//! Moving: identities get another namespace, or another key. Whose they are stays, and so does what publishers call them.

use boundary::EntId;

use super::{Undone, told};
use crate::journal::Change;
use crate::operate::identities::{Act, Moving, Refused};
use crate::store::Store;
use crate::store::db::{Tx, both, rows};
use crate::store::directory::people_of;
use crate::store::error::StoreError;
use crate::store::people::identified_in;

/// People who are others in the new namespace.
const OTHERS: &str = "SELECT COUNT(*) FROM identity a JOIN identity b ON b.ent = a.ent AND b.namespace = $3 \
                      AND b.subject = a.subject AND b.person <> a.person WHERE a.ent = $1 AND a.namespace = $2";
/// Who has both names needs the old one no more.
const BOTH: &str = "DELETE FROM identity WHERE ent = $1 AND namespace = $2 \
                    AND subject IN (SELECT b.subject FROM identity b WHERE b.ent = $1 AND b.namespace = $3)";
const MOVE: &str = "UPDATE identity SET namespace = $3 WHERE ent = $1 AND namespace = $2";
const DROP: &str = "DELETE FROM identity WHERE ent = $1 AND namespace = $2 AND subject = $3";
const RENAME: &str =
    "UPDATE identity SET namespace = $4, subject = $5 WHERE ent = $1 AND namespace = $2 AND subject = $3";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[OTHERS, BOTH, MOVE, DROP, RENAME];

impl Store {
    pub(super) async fn move_all_once(
        &self,
        moving: &Moving<'_>,
        act: Act<'_>,
    ) -> Result<Result<u64, Refused>, StoreError> {
        let mut tx = self.db.begin().await?;
        let outcome = told(all(&mut tx, moving).await)?;
        let count = outcome.as_ref().copied().unwrap_or_default();
        self.end_move(tx, moving.ent, count, act).await?;
        Ok(outcome)
    }

    pub(super) async fn move_some_once(
        &self,
        moving: &Moving<'_>,
        keys: &[(String, String)],
        act: Act<'_>,
    ) -> Result<Vec<Result<(), Refused>>, StoreError> {
        let (mut tx, mut outcomes) = (self.db.begin().await?, Vec::new());
        for (old, new) in keys {
            outcomes.push(told(one(&mut tx, moving, old, new).await)?);
        }
        let fits = outcomes.iter().all(Result::is_ok);
        let count = if fits { outcomes.len() as u64 } else { 0 };
        self.end_move(tx, moving.ent, count, act).await?;
        Ok(outcomes)
    }

    async fn end_move(&self, tx: Tx, ent: &EntId, count: u64, act: Act<'_>) -> Result<(), StoreError> {
        if count == 0 || act.dry_run {
            return tx.rollback().await;
        }
        let change = Change::new(act.at, act.actor, "move", "identity", ent.as_str()).ent(ent).count(count);
        self.commit_changes(tx, &[people_of(ent)], &[change]).await
    }
}

async fn all(tx: &mut Tx, moving: &Moving<'_>) -> Result<u64, Undone> {
    let (ent, from, to) = (moving.ent.as_str(), moving.from, moving.to);
    let others: i64 = both!("reading identities", tx.on(), c =>
        sqlx::query_scalar(OTHERS).bind(ent).bind(from).bind(to).fetch_one(c))?;
    if others > 0 {
        return Err(Refused::Others(others).into());
    }
    let mut moved = 0;
    for statement in [BOTH, MOVE] {
        moved += rows!("moving identities", tx.on(), c =>
            sqlx::query(statement).bind(ent).bind(from).bind(to).execute(c))?;
    }
    Ok(moved)
}

async fn one(tx: &mut Tx, moving: &Moving<'_>, old: &str, new: &str) -> Result<(), Undone> {
    let (ent, from, to) = (moving.ent.as_str(), moving.from, moving.to);
    let person = identified_in(tx, moving.ent, from, old).await?.ok_or(Refused::Unknown("old"))?;
    if (from, old) == (to, new) {
        return Ok(());
    }
    match identified_in(tx, moving.ent, to, new).await? {
        Some(other) if other != person => Err(Refused::Other.into()),
        Some(_) => {
            rows!("moving an identity", tx.on(), c =>
                sqlx::query(DROP).bind(ent).bind(from).bind(old).execute(c))?;
            Ok(())
        }
        None => {
            rows!("moving an identity", tx.on(), c => sqlx::query(RENAME)
                .bind(ent).bind(from).bind(old).bind(to).bind(new).execute(c))?;
            Ok(())
        }
    }
}
