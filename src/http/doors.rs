//! Doors: mounts what connectors declare, and reads each request within its bounds before anybody else sees it.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{Extension, RawPathParams, Request};
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use boundary::{Door, Fields, LaunchId, Method, RefusalCode};

use super::address::Network;
use super::answer::Reader;
use super::{Broker, answer, form};
use crate::launch::{Answer, Labels, Outcome};
use crate::pages::{Language, SCHOOL_PATH};

/// The door where a person with several schools names one.
const SCHOOL: Door = Door { method: Method::Post, path: SCHOOL_PATH, body_limit: 4 * 1024, begins: false };

/// Which part of the dispatcher stands behind a door.
#[derive(Debug, Clone, Copy)]
enum Behind {
    Arrive,
    Depart,
    Choose,
}

/// What makes a request unreadable: a status and words for the operator.
pub(super) type Unreadable = (StatusCode, String);

/// Mounts the doors of both sides. A door that is declared twice is a mistake that axum reports at the start.
pub(super) fn mount(broker: &Arc<Broker>) -> Router<Arc<Broker>> {
    let inbound = broker.launches.arriving().iter().map(|door| (*door, Behind::Arrive));
    let outbound = broker.launches.departing().iter().map(|door| (*door, Behind::Depart));
    let doors = inbound.chain(outbound).chain([(SCHOOL, Behind::Choose)]);
    doors.fold(Router::new(), |router, (door, behind)| open(router, Arc::clone(broker), door, behind))
}

/// A door for GET answers HEAD too, unless told otherwise, and a launch must not be spent by a link checker.
fn open(router: Router<Arc<Broker>>, broker: Arc<Broker>, door: Door, behind: Behind) -> Router<Arc<Broker>> {
    let enter = move |Extension(launch), Extension(network), params, request| {
        enter(broker, (door, behind), launch, network, params, request)
    };
    match door.method {
        Method::Post => router.route(door.path, on(MethodFilter::POST, enter)),
        Method::Get => {
            let get = on(MethodFilter::GET, enter);
            router.route(door.path, get.on(MethodFilter::HEAD, super::not_this_way))
        }
    }
}

async fn enter(
    broker: Arc<Broker>,
    (door, behind): (Door, Behind),
    launch: LaunchId,
    network: Network,
    params: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
) -> Response {
    let language = language(request.headers());
    let framed =
        request.headers().get("sec-fetch-dest").is_some_and(|dest| dest == "iframe" || dest == "frame");
    let reader = Reader { method: door.method, language, network, framed };
    match read(door, launch.clone(), params, language, request).await {
        Ok(request) => {
            let answer = dispatch(&broker, behind, request).await;
            match broker.limits.begin(network, door, &answer) {
                Ok(()) => answer::spell(&broker, answer, reader),
                Err(limit) => answer::too_many(&broker, language, &launch, limit, &answer.embedders),
            }
        }
        Err((status, why)) => {
            let mut response = answer::spell(&broker, unreadable(launch, why), reader);
            if response.status() != StatusCode::TOO_MANY_REQUESTS {
                *response.status_mut() = status;
            }
            response
        }
    }
}

async fn dispatch(broker: &Broker, behind: Behind, request: boundary::Request) -> Answer {
    match behind {
        Behind::Arrive => broker.launches.arrive(request).await,
        Behind::Depart => broker.launches.depart(request).await,
        Behind::Choose => broker.launches.choose(request).await,
    }
}

fn unreadable(launch: LaunchId, why: String) -> Answer {
    Answer {
        launch,
        outcome: Outcome::Refused { refusal: RefusalCode::LoginMalformed.about(why), told: None },
        embedders: Vec::new(),
        labels: Labels::default(),
    }
}

async fn read(
    door: Door,
    launch: LaunchId,
    params: Result<RawPathParams, RawPathParamsRejection>,
    language: Language,
    request: Request,
) -> Result<boundary::Request, Unreadable> {
    let params = params.map_err(|_| bad("the path cannot be read"))?;
    let segment = params.iter().next().map(|(_, value)| value.to_owned());
    let cookies = cookies(request.headers());
    let fields = match door.method {
        Method::Get => fields(request.uri().query().unwrap_or_default().as_bytes())?,
        Method::Post => fields(&body(door.body_limit, request).await?)?,
    };
    Ok(boundary::Request {
        launch,
        door: door.path,
        method: door.method,
        segment,
        fields,
        cookies,
        locale: language.tag(),
    })
}

fn fields(encoded: &[u8]) -> Result<Fields, Unreadable> {
    form::read(encoded).map_err(|malformed| bad(&malformed.to_string()))
}

fn bad(why: &str) -> Unreadable {
    (StatusCode::BAD_REQUEST, why.to_owned())
}

/// The body of a form. One that announces more than the limit is refused unread.
async fn body(limit: usize, request: Request) -> Result<Vec<u8>, Unreadable> {
    if !is_form(request.headers()) {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "not a urlencoded form".to_owned()));
    }
    let too_large = || {
        let why = format!("a body of more than {limit} bytes");
        (StatusCode::PAYLOAD_TOO_LARGE, why)
    };
    if announced(request.headers()).is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    read_body(request.into_body(), limit).await.ok_or_else(too_large)
}

async fn read_body(body: Body, limit: usize) -> Option<Vec<u8>> {
    to_bytes(body, limit).await.ok().map(Vec::from)
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn is_form(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = media.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The fields of a form of at most so many bytes.
pub(super) async fn form(limit: usize, request: Request) -> Result<Fields, Unreadable> {
    fields(&body(limit, request).await?)
}

/// Cookies by name (RFC 6265 section 5.4). Those of neighbours on a shared domain may be anything, so what is not
/// UTF-8 is passed over.
pub(super) fn cookies(headers: &HeaderMap) -> Fields {
    let pair = |raw: &[u8]| {
        let (name, value) = str::from_utf8(raw).ok()?.trim().split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    };
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';').filter_map(pair));
    Fields::new(pairs.collect())
}

/// The language that the browser asks for.
pub(super) fn language(headers: &HeaderMap) -> Language {
    Language::negotiate(headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()))
}
