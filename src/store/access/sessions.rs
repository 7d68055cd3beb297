//! Sessions at the console, and what launches park for it.

use async_trait::async_trait;
use boundary::{Fault, Handle};
use time::OffsetDateTime;

use super::{read, written};
use crate::access::{AccountId, Hashed, SessionRow, SessionStore, Stage};
use crate::journal::Change;
use crate::store::Store;
use crate::store::db::{both, rows};
use crate::store::error::StoreError;
use crate::store::people::form;
use crate::store::time::{millis, moment};

const SESSION: &str = "SELECT s.account, s.role, s.stage, s.sealed, s.created, s.seen, s.expires \
                       FROM console_session s LEFT JOIN account a ON a.id = s.account \
                       WHERE s.hash = $1 AND s.expires > $2 AND s.seen > $3 AND (a.id IS NULL OR a.disabled = 0)";
const BEGIN: &str = "INSERT INTO console_session (hash, account, role, stage, sealed, created, seen, expires) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const SEEN: &str = "UPDATE console_session SET seen = $2 WHERE hash = $1 AND seen < $2";
const END: &str = "DELETE FROM console_session WHERE hash = $1";
const ENTRY: &str = "SELECT sealed FROM parked WHERE handle = $1 AND expires > $2";
const TAKE_ENTRY: &str = "DELETE FROM parked WHERE handle = $1 AND expires > $2";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[SESSION, BEGIN, SEEN, END, ENTRY, TAKE_ENTRY];

/// Nothing of this is cached.
const NOBODY: &[&str] = &[];

#[async_trait]
impl SessionStore for Store {
    async fn session(
        &self,
        hash: &Hashed,
        now: OffsetDateTime,
        idle: OffsetDateTime,
    ) -> Result<Option<SessionRow>, Fault> {
        let row: Option<Row> = both!("reading a session", self.db.read(), c => sqlx::query_as(SESSION)
            .bind(hash.bytes()).bind(millis(now)).bind(millis(idle)).fetch_optional(c))?;
        Ok(row.map(session).transpose()?)
    }

    async fn begin_session(
        &self,
        hash: &Hashed,
        row: &SessionRow,
        instead: Option<&Hashed>,
        change: Option<Change>,
    ) -> Result<(), Fault> {
        let role = written(&row.role)?;
        let (created, seen, expires) = (millis(row.created), millis(row.seen), millis(row.expires));
        let mut tx = self.db.begin().await?;
        if let Some(old) = instead {
            rows!("ending a session", tx.on(), c => sqlx::query(END).bind(old.bytes()).execute(c))?;
        }
        rows!("beginning a session", tx.on(), c => sqlx::query(BEGIN)
            .bind(hash.bytes()).bind(row.account.as_str()).bind(&role).bind(row.stage.as_str()).bind(&row.sealed)
            .bind(created).bind(seen).bind(expires).execute(c))?;
        match change {
            Some(change) => self.commit_changes(tx, NOBODY, &[change]).await?,
            None => tx.commit().await?,
        }
        Ok(())
    }

    async fn session_seen(&self, hash: &Hashed, at: OffsetDateTime) -> Result<(), Fault> {
        let mut tx = self.db.begin().await?;
        rows!("noting that a session is used", tx.on(), c =>
            sqlx::query(SEEN).bind(hash.bytes()).bind(millis(at)).execute(c))?;
        Ok(tx.commit().await?)
    }

    async fn entry(&self, handle: &Handle, now: OffsetDateTime) -> Result<Option<String>, Fault> {
        Ok(both!("reading an entry", self.db.read(), c =>
            sqlx::query_scalar(ENTRY).bind(handle.as_str()).bind(millis(now)).fetch_optional(c))?)
    }

    async fn take_entry(&self, handle: &Handle, now: OffsetDateTime) -> Result<bool, Fault> {
        let mut tx = self.db.begin().await?;
        let taken = rows!("taking an entry", tx.on(), c =>
            sqlx::query(TAKE_ENTRY).bind(handle.as_str()).bind(millis(now)).execute(c))?;
        tx.commit().await?;
        Ok(taken == 1)
    }

    async fn end_session(&self, hash: &Hashed) -> Result<(), Fault> {
        let mut tx = self.db.begin().await?;
        rows!("ending a session", tx.on(), c => sqlx::query(END).bind(hash.bytes()).execute(c))?;
        Ok(tx.commit().await?)
    }
}

/// account, role, stage, sealed, created, seen, expires.
type Row = (String, String, String, Option<String>, i64, i64, i64);

fn session((account, role, stage, sealed, created, seen, expires): Row) -> Result<SessionRow, StoreError> {
    Ok(SessionRow {
        account: AccountId::parse(&account).map_err(|_| form("console_session.account"))?,
        role: read("console_session.role", &role)?,
        stage: Stage::named(&stage).ok_or_else(|| form("console_session.stage"))?,
        sealed,
        created: moment(created)?,
        seen: moment(seen)?,
        expires: moment(expires)?,
    })
}
