//! Denied: why a request was not let through, spelled for programs (RFC 9457, RFC 6750). The console shows pages instead;
//! it finds the reason beside the answer.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use thiserror::Error;

use super::scope::Scope;

/// Why a request was not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Denied {
    /// It brought nothing that says who asks.
    #[error("nobody is signed in")]
    Nobody,
    /// What it brought does not count: unknown, expired, revoked.
    #[error("the token is unknown, has expired or was revoked")]
    Token,
    /// The role is not one of those that may.
    #[error("this role may not do this")]
    Role,
    /// The token was given for other things.
    #[error("the token lacks the scope {0}")]
    Scope(Scope),
    /// It is about a school or an organisation that is not the caller's.
    #[error("this belongs to somebody else")]
    NotYours,
    /// A form came from elsewhere, or from a session that has ended (CSRF).
    #[error("the form does not come from a page of this session")]
    Forged,
    /// Whether somebody may cannot be found out now.
    #[error("who asks cannot be found out now")]
    Fault,
}

impl Denied {
    /// The code, stable for ever.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Nobody => "not_authenticated",
            Self::Token => "token_invalid",
            Self::Role => "role_insufficient",
            Self::Scope(_) => "scope_insufficient",
            Self::NotYours => "not_yours",
            Self::Forged => "form_forged",
            Self::Fault => "unavailable",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Nobody | Self::Token => StatusCode::UNAUTHORIZED,
            Self::Role | Self::Scope(_) | Self::NotYours | Self::Forged => StatusCode::FORBIDDEN,
            Self::Fault => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The challenge that goes with it (RFC 6750 section 3).
    #[must_use]
    pub fn challenge(&self) -> Option<String> {
        match self {
            Self::Nobody => Some("Bearer realm=\"passerelle\"".to_owned()),
            Self::Token => Some("Bearer realm=\"passerelle\", error=\"invalid_token\"".to_owned()),
            Self::Scope(scope) => {
                Some(format!("Bearer realm=\"passerelle\", error=\"insufficient_scope\", scope=\"{scope}\""))
            }
            Self::Role | Self::NotYours | Self::Forged | Self::Fault => None,
        }
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let problem = json!({
            "type": "about:blank",
            "title": self.status().canonical_reason(),
            "status": self.status().as_u16(),
            "code": self.code(),
            "detail": self.to_string(),
        });
        let mut response = Response::new(Body::from(problem.to_string()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(Ok(challenge)) = self.challenge().map(HeaderValue::try_from) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        response.extensions_mut().insert(self);
        response
    }
}
