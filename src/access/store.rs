//! What access needs of a store. Secrets come hashed or sealed.

use async_trait::async_trait;
use boundary::Fault;
use time::OffsetDateTime;

use super::account::{AccountId, Role};
use super::hashed::Hashed;
use super::scope::Scopes;
use crate::journal::Change;

/// How a token came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Somebody made it, for a program to keep.
    Scoped,
    /// A client was given it for an hour.
    Client,
}

impl TokenKind {
    /// The name in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scoped => "scoped",
            Self::Client => "client",
        }
    }
}

/// A token as it is stored; the token itself is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Our name for it, by which it is listed and revoked.
    pub id: String,
    /// How it came to be.
    pub kind: TokenKind,
    /// As whom it works.
    pub account: AccountId,
    /// In which role.
    pub role: Role,
    /// For what.
    pub scopes: Scopes,
    /// When it was made.
    pub created: OffsetDateTime,
    /// Until when it counts; always without an end.
    pub expires: Option<OffsetDateTime>,
    /// The day on which it was used last.
    pub used: Option<OffsetDateTime>,
}

/// What tokens need of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// The token with this hash, unless it has expired or its account is disabled. It is never cached: what was revoked
    /// is gone at once.
    async fn token(&self, hash: &Hashed, now: OffsetDateTime) -> Result<Option<TokenRow>, Fault>;
    /// All scoped tokens, oldest first.
    async fn tokens(&self) -> Result<Vec<TokenRow>, Fault>;
    /// Adds a token, and journals it.
    async fn add_token(&self, hash: &Hashed, token: &TokenRow, change: Change) -> Result<(), Fault>;
    /// Takes a token away; false where there is none of this id.
    async fn revoke_token(&self, id: &str, change: Change) -> Result<bool, Fault>;
    /// Writes down the day on which a token was used.
    async fn token_used(&self, id: &str, day: OffsetDateTime) -> Result<(), Fault>;
}
