//! Clients: programs that ask for a token by an assertion which they sign (RFC 6749 section 4.4, RFC 7523).
//!
//! No secret is shared: we hold a client's public keys, or the address of its key set. An assertion counts once and for
//! minutes; the token that it brings is opaque, counts for an hour, and is kept hashed like every other.

use std::sync::Arc;

use boundary::{Chance, Clock, ConnectionId, Fault, Fields, FirstUse};
use data_encoding::BASE64URL_NOPAD;
use jose::jws::{self, VerifyingKey};
use serde_json::{Map, Value};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::account::AccountId;
use super::bearer::draw_id;
use super::hashed::Hashed;
use super::records::{AccountRow, ClientStore};
use super::scope::Scopes;
use super::secret::{Secret, SecretKind};
use super::store::{TokenKind, TokenRow};
use crate::trust::KeySets;

/// How long a token counts.
pub const TOKEN_LIFE: Duration = Duration::HOUR;
/// The longest that an assertion may count.
const ASSERTION_LIFE: Duration = Duration::minutes(5);
/// The longest `jti`.
const LONGEST_ID: usize = 255;
const GRANT: &str = "client_credentials";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Gives tokens to clients.
pub struct Clients {
    /// Where clients and tokens are.
    pub store: Arc<dyn ClientStore>,
    /// The clients' keys.
    pub keys: Arc<KeySets>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
    /// Whom an assertion must be meant for: the issuer, or the token endpoint.
    pub audiences: Vec<String>,
    /// How far clocks may differ.
    pub leeway: Duration,
}

/// A token that was given. It is shown once.
#[derive(Debug)]
pub struct Granted {
    /// The token.
    pub token: Secret,
    /// For what.
    pub scopes: Scopes,
}

/// Why no token was given (RFC 6749 section 5.2).
#[derive(Debug, Error)]
pub enum NotGranted {
    /// A parameter is missing, doubled or of another form.
    #[error("{0}")]
    Request(String),
    /// The client is not who it says, as far as we can tell. The words are for the log.
    #[error("{0}")]
    Client(&'static str),
    /// Another grant than client credentials.
    #[error("the grant type is {GRANT}")]
    Grant,
    /// More than the client may have, or no scope at all.
    #[error("{0}")]
    Scope(String),
    /// The store or the client's key set did not answer.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Clients {
    /// Answers a request at the token endpoint.
    ///
    /// # Errors
    /// [`NotGranted`] says why not.
    pub async fn grant(&self, form: &Fields) -> Result<Granted, NotGranted> {
        let one = |name: &str| {
            let value = form.one(name).map_err(|e| NotGranted::Request(e.to_string()))?;
            Ok::<_, NotGranted>(value.filter(|value| !value.is_empty()))
        };
        let needed = |name: &str| one(name)?.ok_or_else(|| NotGranted::Request(format!("{name} is missing")));
        if needed("grant_type")? != GRANT {
            return Err(NotGranted::Grant);
        }
        if needed("client_assertion_type")? != ASSERTION {
            return Err(NotGranted::Request(format!("client_assertion_type is {ASSERTION}")));
        }
        let assertion = needed("client_assertion")?;
        let (client, seen) = self.authenticate(assertion, one("client_id")?).await?;
        let scopes = wanted(&client, one("scope")?)?;
        self.give(client, scopes, seen).await
    }

    async fn authenticate(
        &self,
        assertion: &str,
        named: Option<&str>,
    ) -> Result<(AccountRow, FirstUse), NotGranted> {
        let header =
            jws::peek(assertion).map_err(|_| NotGranted::Client("the assertion is no compact JWS"))?;
        let claimed = claimed_issuer(assertion).ok_or(NotGranted::Client("the assertion has no issuer"))?;
        if named.is_some_and(|named| named != claimed.as_str()) {
            return Err(NotGranted::Client("client_id is another one than the assertion's issuer"));
        }
        let id = AccountId::parse(&claimed).map_err(|_| NotGranted::Client("unknown client"))?;
        let client = self.store.account(&id).await?.filter(|row| !row.disabled);
        let client = client.ok_or(NotGranted::Client("unknown client"))?;
        let source = client.keys.as_ref().ok_or(NotGranted::Client("the account has no keys"))?;
        let owner = ConnectionId::parse(id.as_str()).map_err(|e| Fault::new(e.to_string()))?;
        let kid = header.kid.unwrap_or_default();
        let key = self.keys.key_from(&owner, source, &kid).await?;
        let key = key.ok_or(NotGranted::Client("its key set has no such key"))?;
        let key = if key.trim_start().starts_with('{') {
            VerifyingKey::from_jwk(&key)
        } else {
            VerifyingKey::from_pem(&key)
        };
        let key = key.map_err(|_| NotGranted::Client("its key cannot be used"))?;
        let claims =
            jws::verify(assertion, &key).map_err(|_| NotGranted::Client("the signature is wrong"))?;
        let seen = self.check(&claims, &id)?;
        Ok((client, seen))
    }

    /// RFC 7523 section 3, with a life that is short.
    fn check(&self, claims: &Map<String, Value>, id: &AccountId) -> Result<FirstUse, NotGranted> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(id.as_str()) || text("sub") != Some(id.as_str()) {
            return Err(NotGranted::Client("issuer and subject are not the client"));
        }
        let meant =
            |value: &Value| value.as_str().is_some_and(|aud| self.audiences.iter().any(|own| own == aud));
        let for_us = match claims.get("aud") {
            Some(Value::Array(all)) => all.iter().any(meant),
            Some(one) => meant(one),
            None => false,
        };
        if !for_us {
            return Err(NotGranted::Client("the assertion is meant for somebody else"));
        }
        let now = self.clock.now();
        let time = |name: &str| {
            claims.get(name).map(|value| moment(value).ok_or(NotGranted::Client("a time is none")))
        };
        let expires = time("exp").transpose()?.ok_or(NotGranted::Client("the assertion does not expire"))?;
        if expires + self.leeway <= now {
            return Err(NotGranted::Client("the assertion has expired"));
        }
        if expires > now + ASSERTION_LIFE + self.leeway {
            return Err(NotGranted::Client("the assertion counts for more than five minutes"));
        }
        for name in ["iat", "nbf"] {
            if time(name).transpose()?.is_some_and(|at| at > now + self.leeway) {
                return Err(NotGranted::Client("the assertion comes from the future"));
            }
        }
        let usable = |jti: &&str| (1..=LONGEST_ID).contains(&jti.len());
        let jti = text("jti").filter(usable).ok_or(NotGranted::Client("the assertion has no jti"))?;
        // Hashed: a text of any form, as long as any other.
        let name = Hashed::of(&format!("{id}\n{jti}"));
        let key = format!("assertion {}", BASE64URL_NOPAD.encode(name.bytes()));
        Ok(FirstUse { key, until: expires + self.leeway })
    }

    async fn give(&self, client: AccountRow, scopes: Scopes, seen: FirstUse) -> Result<Granted, NotGranted> {
        let now = self.clock.now();
        let row = TokenRow {
            id: format!("tok-{}", draw_id(&*self.chance)),
            kind: TokenKind::Client,
            account: client.id,
            role: client.role,
            scopes: scopes.clone(),
            created: now,
            expires: Some(now + TOKEN_LIFE),
            used: None,
        };
        let token = Secret::draw(SecretKind::Client, &*self.chance);
        if self.store.grant(&seen, &token.hashed(), &row).await? {
            Ok(Granted { token, scopes })
        } else {
            Err(NotGranted::Client("the assertion was used before"))
        }
    }
}

/// What is asked for, all of it, or everything that the client may have where nothing is.
fn wanted(client: &AccountRow, scope: Option<&str>) -> Result<Scopes, NotGranted> {
    let wanted = match scope {
        Some(text) => Scopes::parse(text).map_err(|e| NotGranted::Scope(e.to_string()))?,
        None => client.scopes.clone(),
    };
    if wanted.is_empty() || !client.scopes.include(&wanted) {
        return Err(NotGranted::Scope(format!("this client may have: {}", client.scopes)));
    }
    Ok(wanted)
}

/// Who an assertion says that it comes from, before anything is believed: it only tells whose keys to look for.
fn claimed_issuer(assertion: &str) -> Option<String> {
    let claims = BASE64URL_NOPAD.decode(assertion.split('.').nth(1)?.as_bytes()).ok()?;
    let claims: Map<String, Value> = serde_json::from_slice(&claims).ok()?;
    claims.get("iss")?.as_str().map(str::to_owned)
}

/// A NumericDate (RFC 7519 section 2).
fn moment(value: &Value) -> Option<OffsetDateTime> {
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))?;
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}
