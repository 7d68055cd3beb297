//! Accounts: operators, auditors, managers with a password, and clients with keys.

use async_trait::async_trait;
use boundary::registration::KeySource;
use boundary::{Fault, FirstUse};
use time::OffsetDateTime;

use super::{add_token, read, written};
use crate::access::{
    AccountId, AccountRow, AccountStore, Attempt, ClientStore, Counted, Enrolled, Hashed, Scopes, TokenRow,
};
use crate::journal::Change;
use crate::store::Store;
use crate::store::db::{Tx, both, rows};
use crate::store::error::StoreError;
use crate::store::people::form;
use crate::store::time::{millis, moment};

const ACCOUNT: &str = "SELECT id, role, disabled, password, step, enrolment, enrol_until, keys, scopes, created \
                       FROM account WHERE id = $1";
const ENROLLING: &str = "SELECT id, role, disabled, password, step, enrolment, enrol_until, keys, scopes, created \
                         FROM account WHERE enrolment = $1 AND enrol_until > $2";
const ACCOUNTS: &str = "SELECT id, role, disabled, password, step, enrolment, enrol_until, keys, scopes, created \
                        FROM account ORDER BY id";
const ADD: &str = "INSERT INTO account (id, role, enrolment, enrol_until, keys, scopes, created) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
const RESET: &str = "UPDATE account SET password = NULL, step = 0, enrolment = $2, enrol_until = $3 \
                     WHERE id = $1 AND keys IS NULL";
const SHUT: &str = "UPDATE account SET disabled = $2 WHERE id = $1 AND disabled <> $2";
const ENROL: &str = "UPDATE account SET password = $2, step = $3, enrolment = NULL, enrol_until = 0 \
                     WHERE id = $1 AND enrolment = $4 AND enrol_until > $5 AND disabled = 0";
const CHANGE: &str = "UPDATE account SET password = $3 WHERE id = $1 AND password = $2";
const STEP: &str = "UPDATE account SET step = $2 WHERE id = $1 AND step < $2";
const SECRET: &str = "SELECT sealed FROM sealed_secret WHERE name = $1";
const SET_SECRET: &str = "INSERT INTO sealed_secret (name, sealed) VALUES ($1, $2) \
                          ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed";
const ADD_RECOVERY: &str = "INSERT INTO recovery_code (account, hash) VALUES ($1, $2)";
const TAKE_RECOVERY: &str = "DELETE FROM recovery_code WHERE account = $1 AND hash = $2";
const CLEAR_RECOVERY: &str = "DELETE FROM recovery_code WHERE account = $1";
const END_SESSIONS: &str = "DELETE FROM console_session WHERE account = $1";
const END_GRANTS: &str = "DELETE FROM access_token WHERE account = $1 AND kind = 'client'";
const FIRST_USE: &str = "INSERT INTO first_use (name, expires) VALUES ($1, $2) ON CONFLICT DO NOTHING";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    ACCOUNT,
    ENROLLING,
    ACCOUNTS,
    ADD,
    RESET,
    SHUT,
    ENROL,
    CHANGE,
    STEP,
    SECRET,
    SET_SECRET,
    ADD_RECOVERY,
    TAKE_RECOVERY,
    CLEAR_RECOVERY,
    END_SESSIONS,
    END_GRANTS,
    FIRST_USE,
];

/// Nothing of this is cached.
const NOBODY: &[&str] = &[];

#[async_trait]
impl AccountStore for Store {
    async fn account(&self, id: &AccountId) -> Result<Option<AccountRow>, Fault> {
        let row: Option<Row> = both!("reading an account", self.db.read(), c =>
            sqlx::query_as(ACCOUNT).bind(id.as_str()).fetch_optional(c))?;
        Ok(row.map(account).transpose()?)
    }

    async fn enrolling(&self, enrolment: &Hashed, now: OffsetDateTime) -> Result<Option<AccountRow>, Fault> {
        let row: Option<Row> = both!("reading an enrolment", self.db.read(), c =>
            sqlx::query_as(ENROLLING).bind(enrolment.bytes()).bind(millis(now)).fetch_optional(c))?;
        Ok(row.map(account).transpose()?)
    }

    async fn accounts(&self) -> Result<Vec<AccountRow>, Fault> {
        let rows: Vec<Row> =
            both!("reading accounts", self.db.read(), c => sqlx::query_as(ACCOUNTS).fetch_all(c))?;
        Ok(rows.into_iter().map(account).collect::<Result<_, _>>()?)
    }

    async fn add_account(
        &self,
        row: &AccountRow,
        secret: Option<&str>,
        change: Change,
    ) -> Result<bool, Fault> {
        let (role, scopes) = (written(&row.role)?, row.scopes.to_string());
        let keys = row.keys.as_ref().map(written).transpose()?;
        let (hash, until) = begun(row);
        let created = millis(row.created);
        let mut tx = self.db.begin().await?;
        let added = rows!("writing an account", tx.on(), c => sqlx::query(ADD)
            .bind(row.id.as_str()).bind(&role).bind(hash).bind(until).bind(&keys).bind(&scopes).bind(created)
            .execute(c))?;
        if added == 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        if let Some(secret) = secret {
            set_secret(&mut tx, &row.id, secret).await?;
        }
        self.commit_changes(tx, NOBODY, &[change]).await?;
        Ok(true)
    }

    async fn reset_account(&self, row: &AccountRow, secret: &str, change: Change) -> Result<bool, Fault> {
        let (id, (hash, until)) = (row.id.as_str(), begun(row));
        let mut tx = self.db.begin().await?;
        let reset = rows!("resetting an account", tx.on(), c =>
            sqlx::query(RESET).bind(id).bind(hash).bind(until).execute(c))?;
        if reset == 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        rows!("deleting codes", tx.on(), c => sqlx::query(CLEAR_RECOVERY).bind(id).execute(c))?;
        rows!("ending sessions", tx.on(), c => sqlx::query(END_SESSIONS).bind(id).execute(c))?;
        set_secret(&mut tx, &row.id, secret).await?;
        self.commit_changes(tx, NOBODY, &[change]).await?;
        Ok(true)
    }

    async fn shut_account(&self, id: &AccountId, shut: bool, change: Change) -> Result<bool, Fault> {
        let mut tx = self.db.begin().await?;
        let changed = rows!("shutting an account", tx.on(), c =>
            sqlx::query(SHUT).bind(id.as_str()).bind(i64::from(shut)).execute(c))?;
        if changed == 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        rows!("ending sessions", tx.on(), c => sqlx::query(END_SESSIONS).bind(id.as_str()).execute(c))?;
        rows!("deleting tokens", tx.on(), c => sqlx::query(END_GRANTS).bind(id.as_str()).execute(c))?;
        self.commit_changes(tx, NOBODY, &[change]).await?;
        Ok(true)
    }

    async fn enrol(&self, enrolled: &Enrolled, change: Change) -> Result<bool, Fault> {
        let Enrolled { account, enrolment, password, step, recovery, at } = enrolled;
        let mut tx = self.db.begin().await?;
        let done = rows!("ending an enrolment", tx.on(), c => sqlx::query(ENROL)
            .bind(account.as_str()).bind(password).bind(step).bind(enrolment.bytes()).bind(millis(*at)).execute(c))?;
        if done == 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        rows!("deleting codes", tx.on(), c => sqlx::query(CLEAR_RECOVERY).bind(account.as_str()).execute(c))?;
        for code in recovery {
            rows!("writing a code", tx.on(), c =>
                sqlx::query(ADD_RECOVERY).bind(account.as_str()).bind(code.bytes()).execute(c))?;
        }
        self.commit_changes(tx, NOBODY, &[change]).await?;
        Ok(true)
    }

    async fn change_password(
        &self,
        id: &AccountId,
        (old, new): (&str, &str),
        change: Change,
    ) -> Result<bool, Fault> {
        let mut tx = self.db.begin().await?;
        let changed = rows!("changing a password", tx.on(), c =>
            sqlx::query(CHANGE).bind(id.as_str()).bind(old).bind(new).execute(c))?;
        if changed == 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        rows!("ending sessions", tx.on(), c => sqlx::query(END_SESSIONS).bind(id.as_str()).execute(c))?;
        self.commit_changes(tx, NOBODY, &[change]).await?;
        Ok(true)
    }

    async fn authenticator(&self, id: &AccountId) -> Result<Option<String>, Fault> {
        let name = format!("authenticator {id}");
        Ok(both!("reading an authenticator", self.db.read(), c =>
            sqlx::query_scalar(SECRET).bind(&name).fetch_optional(c))?)
    }

    async fn take_step(&self, id: &AccountId, step: i64) -> Result<bool, Fault> {
        let mut tx = self.db.begin().await?;
        let taken = rows!("taking a code", tx.on(), c =>
            sqlx::query(STEP).bind(id.as_str()).bind(step).execute(c))?;
        tx.commit().await?;
        Ok(taken == 1)
    }

    async fn take_recovery(&self, id: &AccountId, code: &Hashed) -> Result<bool, Fault> {
        let mut tx = self.db.begin().await?;
        let taken = rows!("taking a recovery code", tx.on(), c =>
            sqlx::query(TAKE_RECOVERY).bind(id.as_str()).bind(code.bytes()).execute(c))?;
        tx.commit().await?;
        Ok(taken == 1)
    }

    async fn attempt(&self, counted: &[Counted], now: OffsetDateTime) -> Result<Attempt, Fault> {
        Ok(super::attempts::attempt(&self.db, counted, now).await?)
    }

    async fn forgive(&self, names: &[Hashed], once: &Hashed) -> Result<(), Fault> {
        Ok(super::attempts::forgive(&self.db, names, once).await?)
    }
}

#[async_trait]
impl ClientStore for Store {
    async fn grant(&self, assertion: &FirstUse, hash: &Hashed, token: &TokenRow) -> Result<bool, Fault> {
        let until = millis(assertion.until);
        let mut tx = self.db.begin().await?;
        let first = rows!("writing a first use", tx.on(), c =>
            sqlx::query(FIRST_USE).bind(&assertion.key).bind(until).execute(c))?;
        if first == 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        add_token(&mut tx, hash, token).await?;
        tx.commit().await?;
        Ok(true)
    }
}

fn begun(row: &AccountRow) -> (Option<&[u8]>, i64) {
    let enrolment = row.enrolment.as_ref();
    (enrolment.map(|(hash, _)| hash.bytes()), enrolment.map_or(0, |(_, until)| millis(*until)))
}

async fn set_secret(tx: &mut Tx, id: &AccountId, sealed: &str) -> Result<(), StoreError> {
    let name = format!("authenticator {id}");
    rows!("writing an authenticator", tx.on(), c => sqlx::query(SET_SECRET).bind(&name).bind(sealed).execute(c))
        .map(drop)
}

/// id, role, disabled, password, step, enrolment, enrol_until, keys, scopes, created.
type Row = (String, String, i64, Option<String>, i64, Option<Vec<u8>>, i64, Option<String>, String, i64);

fn account(row: Row) -> Result<AccountRow, StoreError> {
    let (id, role, disabled, password, step, enrolment, enrol_until, keys, scopes, created) = row;
    let enrolment = enrolment.map(|bytes| {
        let hash = Hashed::stored(&bytes).ok_or_else(|| form("account.enrolment"))?;
        Ok::<_, StoreError>((hash, moment(enrol_until)?))
    });
    Ok(AccountRow {
        id: AccountId::parse(&id).map_err(|_| form("account.id"))?,
        role: read("account.role", &role)?,
        disabled: disabled != 0,
        password,
        step,
        enrolment: enrolment.transpose()?,
        keys: keys.map(|text| read::<KeySource>("account.keys", &text)).transpose()?,
        scopes: Scopes::parse(&scopes).map_err(|_| form("account.scopes"))?,
        created: moment(created)?,
    })
}
