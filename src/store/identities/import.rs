//! Import: values that a publisher holds already, byte for byte, one person's for ever.

use aws_lc_rs::digest;
use boundary::Pseudonym;

use super::{Undone, hold, told, who};
use crate::journal::Change;
use crate::operate::identities::{Act, Identity, Importing, Refused};
use crate::store::Store;
use crate::store::db::{Tx, both, rows};
use crate::store::error::StoreError;
use crate::store::pseudonyms::CURRENT;
use crate::store::time::millis;

const SPENT: &str = "SELECT 1 FROM spent_value WHERE sector = $1 AND hash = $2";
const GIVE: &str = "INSERT INTO pseudonym (sector, value, scope, kind, subject, is_current, created, epoch) \
                    VALUES ($1, $2, $3, 'person', $4, 1, $5, (SELECT MAX(epoch) FROM sector_key WHERE sector = $1)) \
                    ON CONFLICT DO NOTHING";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[SPENT, GIVE];

impl Store {
    pub(super) async fn import_once(
        &self,
        importing: &Importing<'_>,
        act: Act<'_>,
    ) -> Result<Vec<Result<(), Refused>>, StoreError> {
        let (mut tx, mut outcomes) = (self.db.begin().await?, Vec::new());
        hold(&mut tx).await?;
        for (identity, value) in importing.values {
            outcomes.push(told(give(&mut tx, importing, identity, value, millis(act.at)).await)?);
        }
        if act.dry_run || outcomes.iter().any(Result::is_err) {
            tx.rollback().await?;
            return Ok(outcomes);
        }
        let (sector, count) = (importing.sector.as_str(), outcomes.len() as u64);
        let change = Change::new(act.at, act.actor, "import", "pseudonym", sector).count(count);
        self.commit_changes::<&str>(tx, &[], &[change]).await?;
        Ok(outcomes)
    }
}

async fn give(
    tx: &mut Tx,
    importing: &Importing<'_>,
    identity: &Identity,
    value: &Pseudonym,
    at: i64,
) -> Result<(), Undone> {
    let (sector, scope, value) = (importing.sector.as_str(), importing.scope, value.as_str());
    let person = who(tx, identity, "named").await?.uuid().to_string();
    let stored: Option<String> = both!("reading a pseudonym", tx.on(), c => sqlx::query_scalar(CURRENT)
        .bind(sector).bind(scope).bind("person").bind(&person).fetch_optional(c))?;
    match stored {
        Some(stored) if stored == value => return Ok(()),
        Some(_) => return Err(Refused::Named.into()),
        None => {}
    }
    let hash = digest::digest(&digest::SHA256, value.as_bytes());
    let spent: Option<i32> = both!("reading spent values", tx.on(), c =>
        sqlx::query_scalar(SPENT).bind(sector).bind(hash.as_ref()).fetch_optional(c))?;
    let given = match spent {
        Some(_) => 0,
        None => rows!("importing a pseudonym", tx.on(), c => sqlx::query(GIVE)
            .bind(sector).bind(value).bind(scope).bind(&person).bind(at).execute(c))?,
    };
    if given == 1 { Ok(()) } else { Err(Refused::Taken.into()) }
}
