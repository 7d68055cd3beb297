//! Session: the layer of the console. It reads the cookie, tells forged forms apart, and turns what was denied into pages.

use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use axum::http::header::{LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use boundary::Fields;

use super::LONGEST;
use crate::access::{Denied, Secret, SecretKind, Session, Signed, Stage};
use crate::http::{Broker, answer, doors};
use crate::pages::{SIGN_IN, Unshown};

/// The name of the cookie, which a browser takes from this host alone; on this machine without TLS it has another.
const COOKIE: &str = "__Host-passerelle-console";
const PLAIN_COOKIE: &str = "passerelle-console";
/// The field in which a form brings the token of its session.
const TOKEN: &str = "form";

/// Every page of the console stands under this.
pub(in crate::http) async fn layer(
    State(broker): State<Arc<Broker>>,
    mut request: Request,
    next: Next,
) -> Response {
    let (language, method) = (doors::language(request.headers()), request.method().clone());
    let safe = matches!(method, Method::GET | Method::HEAD);
    let forged = !safe && !comes_from_us(&broker, request.headers());
    let cookie = cookie(&broker, request.headers());
    let answered = match admit(&broker, forged, cookie).await {
        Ok(session) => {
            let full = session.as_ref().filter(|session| session.stage == Stage::Full);
            let signed = full.map_or(Signed::Nobody, |session| Signed::In(Box::new(session.caller.clone())));
            request.extensions_mut().insert(signed);
            if let Some(session) = session {
                request.extensions_mut().insert(session);
            }
            next.run(request).await
        }
        Err(denied) => denied.into_response(),
    };
    let shown = match answered.extensions().get::<Denied>() {
        None => return answered,
        Some(Denied::Nobody | Denied::Token) if method == Method::GET => return to(SIGN_IN),
        Some(Denied::Nobody | Denied::Token | Denied::Forged) => Unshown::Forged,
        Some(Denied::Role | Denied::Scope(_) | Denied::NotYours) => Unshown::Forbidden,
        Some(Denied::Fault) => Unshown::Fault,
    };
    answer::page(broker.pages.unshown(language, shown))
}

async fn admit(broker: &Broker, forged: bool, cookie: Option<String>) -> Result<Option<Session>, Denied> {
    match cookie {
        _ if forged => Err(Denied::Forged),
        Some(cookie) => broker.console.session(&cookie).await,
        None => Ok(None),
    }
}

/// Whether the browser says that a page of ours sent this. One that says nothing about it is older than all that is
/// supported.
fn comes_from_us(broker: &Broker, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    origin.is_some_and(|origin| origin == broker.origin)
}

fn cookie(broker: &Broker, headers: &HeaderMap) -> Option<String> {
    let cookies = doors::cookies(headers);
    cookies.one(name(broker)).ok().flatten().map(str::to_owned)
}

/// The session that a request brings, as its secret.
pub(super) fn brought(broker: &Broker, headers: &HeaderMap) -> Option<Secret> {
    Secret::parse(SecretKind::Session, &cookie(broker, headers)?)
}

const fn name(broker: &Broker) -> &'static str {
    if broker.https { COOKIE } else { PLAIN_COOKIE }
}

/// Gives the browser a session, or takes it away.
pub(super) fn with_session(broker: &Broker, session: Option<&Secret>, mut response: Response) -> Response {
    let secure = if broker.https { "; Secure" } else { "" };
    let (value, life) = session.map_or(("", "; Max-Age=0"), |session| (session.as_str(), ""));
    let line = format!("{}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{life}", name(broker));
    if let Ok(value) = HeaderValue::try_from(line) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

/// Sends the browser to another page of ours.
pub(super) fn to(path: &'static str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(LOCATION, HeaderValue::from_static(path));
    response
}

/// The fields of a form that a page of this session sent.
pub(in crate::http) struct Posted(pub(in crate::http) Fields);

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Denied;

    async fn from_request(request: Request, _: &S) -> Result<Self, Denied> {
        let session = request.extensions().get::<Session>().cloned().ok_or(Denied::Nobody)?;
        let fields = doors::form(LONGEST, request).await.map_err(|_| Denied::Forged)?;
        session.check(fields.one(TOKEN).ok().flatten())?;
        Ok(Self(fields))
    }
}
