//! Token: the door where clients ask for access tokens (RFC 6749 section 4.4), spelled as that standard wants it.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::header::{PRAGMA, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;

use super::address::Network;
use super::{Broker, doors};
use crate::access::{NotGranted, TOKEN_LIFE};

/// Where tokens are.
pub(super) const TOKEN: &str = "/api/v1/token";
/// An assertion under a key of 4096 bits has less than 2 KiB.
const LONGEST: usize = 16 * 1024;

pub(super) fn mount() -> Router<Arc<Broker>> {
    Router::new().route(TOKEN, post(token))
}

async fn token(
    State(broker): State<Arc<Broker>>,
    Extension(network): Extension<Network>,
    request: Request,
) -> Response {
    let asked = match doors::form(LONGEST, request).await {
        Ok(form) => broker.clients.grant(&form).await,
        Err((_, why)) => Err(NotGranted::Request(why)),
    };
    match asked {
        Ok(granted) => {
            let answer = json!({
                "access_token": granted.token.as_str(),
                "token_type": "Bearer",
                "expires_in": TOKEN_LIFE.whole_seconds(),
                "scope": granted.scopes.to_string(),
            });
            let mut response = Json(answer).into_response();
            response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
            response
        }
        Err(NotGranted::Client(why)) => {
            tracing::info!(why, "a client was not authenticated");
            match broker.limits.stranger(network) {
                Ok(()) => {
                    refused(StatusCode::UNAUTHORIZED, "invalid_client", "the client is not authenticated")
                }
                Err(limit) => {
                    broker.metrics.limited();
                    let words = "too many assertions were wrong";
                    let mut response = refused(StatusCode::TOO_MANY_REQUESTS, "invalid_client", words);
                    let seconds = HeaderValue::from(limit.wait.as_secs() + 1);
                    response.headers_mut().insert(RETRY_AFTER, seconds);
                    response
                }
            }
        }
        Err(NotGranted::Request(why)) => refused(StatusCode::BAD_REQUEST, "invalid_request", &why),
        Err(NotGranted::Scope(why)) => refused(StatusCode::BAD_REQUEST, "invalid_scope", &why),
        Err(error @ NotGranted::Grant) => {
            refused(StatusCode::BAD_REQUEST, "unsupported_grant_type", &error.to_string())
        }
        Err(NotGranted::Fault(fault)) => {
            tracing::warn!(%fault, "a client cannot be authenticated now");
            refused(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "try again in a minute")
        }
    }
}

/// RFC 6749 section 5.2.
fn refused(status: StatusCode, error: &'static str, description: &str) -> Response {
    // Printable ASCII without quotes and backslashes is all that the standard allows there.
    let allowed = |c: &char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
    let description: String = description.chars().filter(allowed).take(300).collect();
    (status, Json(json!({ "error": error, "error_description": description }))).into_response()
}
