//! Answers that are given again, a row a key of an account.

use async_trait::async_trait;
use boundary::Fault;
use time::OffsetDateTime;

use super::Store;
use super::contention::Attempts;
use super::db::{both, rows};
use super::error::StoreError;
use super::people::form;
use super::time::millis;
use crate::operate::answers::{AnswerStore, Begun, GivenAnswer, KEPT, KeyedRequest, WORKED_ON};

/// One that has expired, or was begun long ago and never answered, is as if it were not there.
const BEGIN: &str = "INSERT INTO api_answer (account, request_key, fingerprint, began, expires) \
                     VALUES ($1, $2, $3, $4, $5) \
                     ON CONFLICT (account, request_key) DO UPDATE SET fingerprint = excluded.fingerprint, \
                     began = excluded.began, expires = excluded.expires, status = NULL, headers = NULL, body = NULL \
                     WHERE api_answer.expires <= excluded.began \
                     OR (api_answer.status IS NULL AND api_answer.began <= $6)";
const READ: &str =
    "SELECT fingerprint, status, headers, body FROM api_answer WHERE account = $1 AND request_key = $2";
const ANSWER: &str = "UPDATE api_answer SET status = $4, headers = $5, body = $6 \
                      WHERE account = $1 AND request_key = $2 AND fingerprint = $3 AND status IS NULL";
const FORGET: &str = "DELETE FROM api_answer \
                      WHERE account = $1 AND request_key = $2 AND fingerprint = $3 AND status IS NULL";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[BEGIN, READ, ANSWER, FORGET];

type Row = (String, Option<i64>, Option<String>, Option<String>);

#[async_trait]
impl AnswerStore for Store {
    async fn begin_request(&self, request: &KeyedRequest, now: OffsetDateTime) -> Result<Begun, Fault> {
        let mut attempts = Attempts::begin();
        let begun = loop {
            match self.begin_once(request, now).await {
                Err(error) if error.is_contention() && attempts.another().await => {}
                begun => break begun?,
            }
        };
        if begun {
            return Ok(Begun::Now);
        }
        let KeyedRequest { account, key, fingerprint } = request;
        let row: Option<Row> = both!("reading a kept answer", self.db.read(), c =>
            sqlx::query_as(READ).bind(account).bind(key).fetch_optional(c))?;
        Ok(match row {
            Some((other, ..)) if other != *fingerprint => Begun::Otherwise,
            Some((_, Some(status), Some(headers), Some(body))) => {
                let status = u16::try_from(status).map_err(|_| form("api_answer.status"))?;
                Begun::Answered(GivenAnswer { status, headers, body })
            }
            // Where it is gone already, it was not done, and may be sent again.
            _ => Begun::Before,
        })
    }

    async fn answer_request(&self, request: &KeyedRequest, answer: &GivenAnswer) -> Result<(), Fault> {
        let KeyedRequest { account, key, fingerprint } = request;
        let mut tx = self.db.begin().await?;
        rows!("keeping an answer", tx.on(), c =>
            sqlx::query(ANSWER).bind(account).bind(key).bind(fingerprint)
                .bind(i64::from(answer.status)).bind(&answer.headers).bind(&answer.body).execute(c))?;
        Ok(tx.commit().await?)
    }

    async fn forget_request(&self, request: &KeyedRequest) -> Result<(), Fault> {
        let KeyedRequest { account, key, fingerprint } = request;
        let mut tx = self.db.begin().await?;
        rows!("forgetting a request", tx.on(), c =>
            sqlx::query(FORGET).bind(account).bind(key).bind(fingerprint).execute(c))?;
        Ok(tx.commit().await?)
    }
}

impl Store {
    async fn begin_once(&self, request: &KeyedRequest, now: OffsetDateTime) -> Result<bool, StoreError> {
        let KeyedRequest { account, key, fingerprint } = request;
        let mut tx = self.db.begin().await?;
        let begun = rows!("beginning a request", tx.on(), c =>
            sqlx::query(BEGIN).bind(account).bind(key).bind(fingerprint)
                .bind(millis(now)).bind(millis(now + KEPT)).bind(millis(now - WORKED_ON)).execute(c))?;
        tx.commit().await?;
        Ok(begun == 1)
    }
}
