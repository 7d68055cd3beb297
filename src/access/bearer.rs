//! Bearer tokens (RFC 6750): whom one stands for, and how one is made.

use std::sync::Arc;

use boundary::{Chance, Clock, Fault};
use data_encoding::BASE32_NOPAD;
use thiserror::Error;
use time::OffsetDateTime;

use super::account::{AccountId, Caller, Role};
use super::denied::Denied;
use super::scope::Scopes;
use super::secret::{Secret, SecretKind};
use super::store::{TokenKind, TokenRow, TokenStore};
use crate::journal::{Actor, Change};

/// Knows who asks.
pub struct Access {
    pub(super) tokens: Arc<dyn TokenStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) chance: Arc<dyn Chance>,
}

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// As whom it works; a client of its own where nobody is named.
    pub account: Option<AccountId>,
    /// In which role.
    pub role: Role,
    /// For what.
    pub scopes: Scopes,
    /// Until when it counts.
    pub expires: Option<OffsetDateTime>,
}

/// A token that was made. It is shown once.
#[derive(Debug)]
pub struct Issued {
    /// The token.
    pub token: Secret,
    /// What is stored of it.
    pub row: TokenRow,
}

/// Why no token was made.
#[derive(Debug, Error)]
pub enum NotIssued {
    /// It would be good for nothing.
    #[error("a token without scope is good for nothing: name at least one")]
    NoScope,
    /// It would have expired already.
    #[error("the token would have expired already")]
    Expired,
    /// The store did not answer.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Access {
    /// Access over a store.
    #[must_use]
    pub fn new(tokens: Arc<dyn TokenStore>, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        Self { tokens, clock, chance }
    }

    /// Whom a bearer token stands for.
    ///
    /// # Errors
    /// [`Denied::Token`] where it does not count, [`Denied::Fault`] where that cannot be found out.
    pub async fn bearer(&self, text: &str) -> Result<Caller, Denied> {
        let kinds = [SecretKind::Scoped, SecretKind::Client];
        let secret = kinds.into_iter().find_map(|kind| Secret::parse(kind, text)).ok_or(Denied::Token)?;
        let now = self.clock.now();
        let found = self.tokens.token(&secret.hashed(), now).await.map_err(fault)?;
        let row = found.ok_or(Denied::Token)?;
        let day = now.replace_time(time::Time::MIDNIGHT);
        if row.kind == TokenKind::Scoped && row.used.is_none_or(|used| used < day) {
            self.tokens.token_used(&row.id, day).await.map_err(fault)?;
        }
        Ok(Caller { account: row.account, role: row.role, scopes: row.scopes })
    }

    /// Makes a scoped token.
    ///
    /// # Errors
    /// [`NotIssued`] says why not.
    pub async fn issue(&self, new: NewToken, actor: &Actor) -> Result<Issued, NotIssued> {
        let now = self.clock.now();
        if new.scopes.is_empty() {
            return Err(NotIssued::NoScope);
        }
        if new.expires.is_some_and(|expires| expires <= now) {
            return Err(NotIssued::Expired);
        }
        let id = draw_id(&*self.chance);
        let account = match new.account {
            Some(account) => account,
            None => AccountId::parse(&format!("client-{id}")).map_err(|e| Fault::new(e.to_string()))?,
        };
        let row = TokenRow {
            id: format!("tok-{id}"),
            kind: TokenKind::Scoped,
            account,
            role: new.role,
            scopes: new.scopes,
            created: now,
            expires: new.expires,
            used: None,
        };
        let token = Secret::draw(SecretKind::Scoped, &*self.chance);
        let change = Change::new(now, actor, "add", "token", row.id.as_str());
        self.tokens.add_token(&token.hashed(), &row, of_one_school(change, &row.role)).await?;
        Ok(Issued { token, row })
    }

    /// Takes a token away; false where there is none of this id. It counts no more from that moment on.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    pub async fn revoke(&self, id: &str, actor: &Actor) -> Result<bool, Fault> {
        let known = self.tokens.tokens().await?.into_iter().find(|row| row.id == id);
        let Some(row) = known else { return Ok(false) };
        let change = Change::new(self.clock.now(), actor, "revoke", "token", id);
        self.tokens.revoke_token(id, of_one_school(change, &row.role)).await
    }
}

/// A name of ours for something new: 40 random bits, which are no secret.
pub(super) fn draw_id(chance: &dyn Chance) -> String {
    let mut bits = [0; 5];
    chance.fill(&mut bits);
    BASE32_NOPAD.encode(&bits).to_ascii_lowercase()
}

/// What concerns one school stands in that school's own export.
pub(super) fn of_one_school(change: Change, role: &Role) -> Change {
    match role {
        Role::SchoolManager(schools) => match schools.iter().collect::<Vec<_>>()[..] {
            [only] => change.school(only),
            _ => change,
        },
        _ => change,
    }
}

/// Who asks learns that it is not their fault; the log, what it is.
pub(super) fn fault(fault: Fault) -> Denied {
    tracing::warn!(%fault, "who asks cannot be found out");
    Denied::Fault
}
