//! Watch: what every request on the public listener passes. It turns away who comes past the proxies, draws the launch
//! id, limits the time, catches a panic, counts, writes one log line, and sets the headers that every answer carries.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use boundary::{Back, LaunchId};
use futures::FutureExt;
use tracing::Instrument;

use super::address::Peer;
use super::answer::Told;
use super::metrics::End;
use super::{Broker, answer, doors, log, spans};
use crate::launch::Labels;
use crate::pages::Language;

/// The longest that a request may take, its body included.
const LONGEST: Duration = Duration::from_secs(15);

/// Headers of an answer, unless the answer brings its own. No `X-Frame-Options`: ENTs show us in frames, and
/// `frame-ancestors` says which. `no-referrer` on redirects keeps the ENT's address from the publisher.
const HEADERS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// A year, as RFC 6797 section 6.1.1 counts it.
const STAY_HTTPS: HeaderValue = HeaderValue::from_static("max-age=31536000");

pub(super) async fn watch(State(broker): State<Arc<Broker>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let _in_flight = broker.metrics.enter();
    let launch = LaunchId::draw(&*broker.chance);
    let language = doors::language(request.headers());
    let path = request.extensions().get::<MatchedPath>().cloned();
    let door = path.as_ref().map_or("other", MatchedPath::as_str);
    let method = log::method(request.method());
    // Who accepted the connection says who is at its other end; without a word nobody is.
    let peer = request.extensions().get().copied().unwrap_or(Peer::NOBODY);
    let network = broker.proxies.network(peer, request.headers());
    request.extensions_mut().insert(launch.clone());
    request.extensions_mut().insert(network);

    let span = spans::of(door);
    let mut response = if broker.proxies.admit(peer) {
        let answering = bounded(&broker, language, &launch, LONGEST, next.run(request));
        answering.instrument(span.clone()).await
    } else {
        answer::page(broker.pages.past_proxy(language))
    };

    let took = began.elapsed();
    broker.metrics.took(door, method, took);
    log::line(door, method, &response, &launch, took);
    let told = response.extensions().get::<Told>().map_or(&launch, |told| &told.launch);
    span.record("launch", told.as_str());
    dress(&mut response, broker.https);
    response
}

/// The answer, or the page of a fault when it takes too long or falls over.
pub(super) async fn bounded(
    broker: &Broker,
    language: Language,
    launch: &LaunchId,
    longest: Duration,
    answering: impl Future<Output = Response>,
) -> Response {
    let caught = AssertUnwindSafe(answering).catch_unwind();
    let (status, detail) = match tokio::time::timeout(longest, caught).await {
        Ok(Ok(response)) => return response,
        Ok(Err(_)) => (StatusCode::INTERNAL_SERVER_ERROR, "the broker panicked"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the request took too long"),
    };
    let mut response = answer::fault(broker, language, launch, &Back::default(), &[]);
    *response.status_mut() = status;
    broker.metrics.count(Some(End::Fault), Labels::default());
    response.extensions_mut().insert(Told {
        launch: launch.clone(),
        end: Some(End::Fault),
        detail: Some(detail.to_owned()),
    });
    response
}

fn dress(response: &mut Response, https: bool) {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, STAY_HTTPS);
    }
}
