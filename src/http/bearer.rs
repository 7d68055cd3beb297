//! Bearer: the layer of the API. It puts beside each request whom its token stands for, and counts tokens that stand for
//! nobody against the address that brings them.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Broker;
use super::address::Network;
use super::limits::TooMany;
use crate::access::{Denied, Signed};

/// A token comes in the header alone (RFC 6750 section 2.1): addresses and forms are written down in too many places.
pub(super) async fn bearer(
    State(broker): State<Arc<Broker>>,
    Extension(network): Extension<Network>,
    mut request: Request,
    next: Next,
) -> Response {
    let signed = match brought(request.headers()) {
        Ok(None) => Ok(Signed::Nobody),
        Ok(Some(token)) => broker.access.bearer(&token).await.map(|caller| Signed::In(Box::new(caller))),
        Err(denied) => Err(denied),
    };
    match signed {
        Ok(signed) => {
            request.extensions_mut().insert(signed);
            next.run(request).await
        }
        Err(Denied::Token) => match broker.limits.stranger(network) {
            Ok(()) => Denied::Token.into_response(),
            Err(limit) => too_many(&broker, limit),
        },
        Err(denied) => denied.into_response(),
    }
}

/// The token that a request brings, if it brings one.
fn brought(headers: &HeaderMap) -> Result<Option<String>, Denied> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let (first, second) = (lines.next(), lines.next());
    let (Some(line), None) = (first, second) else {
        return if first.is_none() { Ok(None) } else { Err(Denied::Token) };
    };
    let line = line.to_str().map_err(|_| Denied::Token)?;
    let (scheme, token) = line.split_once(' ').ok_or(Denied::Token)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(Some(token.trim().to_owned())) } else { Err(Denied::Token) }
}

/// Past the limit even a right token waits a moment, so that guessing tells nothing.
fn too_many(broker: &Broker, TooMany { wait }: TooMany) -> Response {
    broker.metrics.limited();
    let mut response = Denied::Token.into_response();
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<Option<String>, Denied> {
        let headers = lines.iter().map(|line| (AUTHORIZATION, HeaderValue::from_str(line).unwrap()));
        brought(&headers.collect())
    }

    #[test]
    fn a_token_stands_in_one_header_of_one_scheme() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["Bearer abc"]), Ok(Some("abc".to_owned())));
        assert_eq!(read(&["bearer abc"]), Ok(Some("abc".to_owned())));
        for wrong in [&["Basic abc"][..], &["Bearer"], &["abc"], &["Bearer a", "Bearer b"], &["Béarer a"]] {
            assert_eq!(read(wrong), Err(Denied::Token), "{wrong:?}");
        }
    }
}
