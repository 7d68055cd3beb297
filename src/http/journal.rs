//! The public keys of the journal, for schools and publishers that verify what it signed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use boundary::KEY_SET_LIFE;
use bytes::Bytes;

use super::Broker;

/// Where the keys are published. Not among the keys of id_tokens: `docs/decisions/0005-what-the-journal-changed.md` says why.
pub(super) const KEYS: &str = "/.well-known/passerelle-journal.json";

/// The keys that the journal signs with.
pub trait JournalKeySet: Send + Sync {
    /// Their public halves as a JSON Web Key Set (RFC 7517 section 5).
    fn jwks(&self) -> Bytes;
}

pub(super) async fn keys(State(broker): State<Arc<Broker>>) -> Response {
    let keep = format!("public, max-age={}", KEY_SET_LIFE.whole_seconds());
    let headers = [(CONTENT_TYPE, "application/jwk-set+json".to_owned()), (CACHE_CONTROL, keep)];
    (headers, broker.journal.jwks()).into_response()
}
