//! What access needs of the store: tokens here, accounts, sessions and failed attempts beside. Secrets are hashed or
//! sealed by the time they come here.

mod accounts;
pub(in crate::store) mod attempts;
mod managing;
mod sessions;

use async_trait::async_trait;
use boundary::Fault;
use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::access::{AccountId, Hashed, Role, Scopes, TokenKind, TokenRow, TokenStore};
use crate::journal::Change;
use crate::store::Store;
use crate::store::db::{Tx, both, rows};
use crate::store::error::StoreError;
use crate::store::people::form;
use crate::store::time::{millis, moment};

/// An account that is disabled takes its tokens along.
const TOKEN: &str = "SELECT t.id, t.kind, t.account, t.role, t.scopes, t.created, t.expires, t.used \
                     FROM access_token t LEFT JOIN account a ON a.id = t.account \
                     WHERE t.hash = $1 AND (t.expires IS NULL OR t.expires > $2) \
                     AND (a.id IS NULL OR a.disabled = 0)";
const TOKENS: &str = "SELECT id, kind, account, role, scopes, created, expires, used FROM access_token \
                      WHERE kind = 'scoped' ORDER BY created, id";
const ADD_TOKEN: &str = "INSERT INTO access_token (hash, id, kind, account, role, scopes, created, expires) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const REVOKE: &str = "DELETE FROM access_token WHERE id = $1";
const USED: &str = "UPDATE access_token SET used = $2 WHERE id = $1 AND (used IS NULL OR used < $2)";

/// Every statement of this folder.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&[&str]] = &[
    &[TOKEN, TOKENS, ADD_TOKEN, REVOKE, USED],
    accounts::STATEMENTS,
    attempts::STATEMENTS,
    managing::STATEMENTS,
    sessions::STATEMENTS,
];

#[async_trait]
impl TokenStore for Store {
    async fn token(&self, hash: &Hashed, now: OffsetDateTime) -> Result<Option<TokenRow>, Fault> {
        let row: Option<Row> = both!("reading a token", self.db.read(), c =>
            sqlx::query_as(TOKEN).bind(hash.bytes()).bind(millis(now)).fetch_optional(c))?;
        Ok(row.map(token).transpose()?)
    }

    async fn tokens(&self) -> Result<Vec<TokenRow>, Fault> {
        let rows: Vec<Row> =
            both!("reading tokens", self.db.read(), c => sqlx::query_as(TOKENS).fetch_all(c))?;
        Ok(rows.into_iter().map(token).collect::<Result<_, _>>()?)
    }

    async fn add_token(&self, hash: &Hashed, token: &TokenRow, change: Change) -> Result<(), Fault> {
        let mut tx = self.db.begin().await?;
        add_token(&mut tx, hash, token).await?;
        Ok(self.commit_changes(tx, NOBODY, &[change]).await?)
    }

    async fn revoke_token(&self, id: &str, change: Change) -> Result<bool, Fault> {
        // Anybody may ask for any id; PostgreSQL's texts hold no NUL, so no token has one.
        if id.contains('\0') {
            return Ok(false);
        }
        let mut tx = self.db.begin().await?;
        let gone = rows!("deleting a token", tx.on(), c => sqlx::query(REVOKE).bind(id).execute(c))?;
        if gone == 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        self.commit_changes(tx, NOBODY, &[change]).await?;
        Ok(true)
    }

    async fn token_used(&self, id: &str, day: OffsetDateTime) -> Result<(), Fault> {
        let mut tx = self.db.begin().await?;
        rows!("noting that a token is used", tx.on(), c =>
            sqlx::query(USED).bind(id).bind(millis(day)).execute(c))?;
        Ok(tx.commit().await?)
    }
}

/// Nothing of this is cached.
const NOBODY: &[&str] = &[];

async fn add_token(tx: &mut Tx, hash: &Hashed, token: &TokenRow) -> Result<(), Fault> {
    let (role, scopes) = (written(&token.role)?, token.scopes.to_string());
    let (created, expires) = (millis(token.created), token.expires.map(millis));
    rows!("writing a token", tx.on(), c => sqlx::query(ADD_TOKEN)
        .bind(hash.bytes()).bind(&token.id).bind(token.kind.as_str()).bind(token.account.as_str())
        .bind(&role).bind(&scopes).bind(created).bind(expires).execute(c))?;
    Ok(())
}

/// id, kind, account, role, scopes, created, expires, used.
type Row = (String, String, String, String, String, i64, Option<i64>, Option<i64>);

fn token((id, kind, account, role, scopes, created, expires, used): Row) -> Result<TokenRow, StoreError> {
    let kinds = [TokenKind::Scoped, TokenKind::Client];
    let kind = kinds.into_iter().find(|known| known.as_str() == kind);
    Ok(TokenRow {
        id,
        kind: kind.ok_or_else(|| form("access_token.kind"))?,
        account: AccountId::parse(&account).map_err(|_| form("access_token.account"))?,
        role: read::<Role>("access_token.role", &role)?,
        scopes: Scopes::parse(&scopes).map_err(|_| form("access_token.scopes"))?,
        created: moment(created)?,
        expires: expires.map(moment).transpose()?,
        used: used.map(moment).transpose()?,
    })
}

fn written<T: Serialize>(value: &T) -> Result<String, Fault> {
    serde_json::to_string(value)
        .map_err(|e| Fault::new(format!("what an account may do cannot be written: {e}")))
}

fn read<T: DeserializeOwned>(column: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| form(column))
}
