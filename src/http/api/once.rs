//! Once: a write that carries an `Idempotency-Key` is done once, and answered alike however often it comes within a day.
//!
//! The key belongs to the account. What fails for our fault is not kept, so that sending it again is a new try.

use aws_lc_rs::digest::{Context, SHA256};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use serde_json::{Map, Value};

use super::problem::{Code, Problem};
use super::{Shared, body};
use crate::access::{Caller, Signed};
use crate::operate::answers::{Begun, GivenAnswer, KeyedRequest};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer was given before.
const AGAIN: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Headers of an answer that are kept with it.
const KEPT: [HeaderName; 3] = [CONTENT_TYPE, ETAG, LOCATION];
/// The largest answer that is kept.
const LARGEST: usize = 4 << 20;

/// The layer.
pub async fn once(State(api): State<Shared>, request: Request, next: Next) -> Response {
    match keyed(request).await {
        Ok((request, None)) => next.run(request).await,
        Ok((request, Some(keyed))) => match api.answers.begin_request(&keyed, api.clock.now()).await {
            Ok(Begun::Now) => answered(&api, &keyed, next.run(request).await).await,
            Ok(Begun::Answered(answer)) => again(answer),
            Ok(Begun::Before) => {
                let words = "ask again in a moment with the same key";
                Problem::new(Code::KeyInProgress, words).into_response()
            }
            Ok(Begun::Otherwise) => {
                Problem::new(Code::KeyReused, "choose another Idempotency-Key for another request")
                    .into_response()
            }
            Err(fault) => Problem::from(fault).into_response(),
        },
        Err(problem) => problem.into_response(),
    }
}

/// The request, and its key with what tells it apart. Strangers are answered without: they have no account.
async fn keyed(request: Request) -> Result<(Request, Option<KeyedRequest>), Problem> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let caller = match request.extensions().get::<Signed>() {
        Some(Signed::In(caller)) => Some((**caller).clone()),
        _ => None,
    };
    let (Some(key), Some(caller), false) = (key(request.headers())?, caller, reads) else {
        return Ok((request, None));
    };
    let (parts, content) = request.into_parts();
    let whole = Request::from_parts(parts.clone(), content);
    let bytes = body::read(whole, body::RECORD).await?;
    let fingerprint = fingerprint(&caller, &parts, &bytes);
    let account = caller.account.as_str().to_owned();
    let request = Request::from_parts(parts, Body::from(bytes));
    Ok((request, Some(KeyedRequest { account, key, fingerprint })))
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let wrong = || Problem::header("Idempotency-Key", "write one key of 1 to 255 visible ASCII characters");
    let mut lines = headers.get_all(&KEY).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    let text = line.to_str().map_err(|_| wrong())?;
    let usable = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if usable && lines.next().is_none() { Ok(Some(text.to_owned())) } else { Err(wrong()) }
}

/// Method, address, conditions and body; and the role, so that who has lost it is not answered as before.
fn fingerprint(caller: &Caller, parts: &axum::http::request::Parts, body: &[u8]) -> String {
    let mut context = Context::new(&SHA256);
    let mut add = |part: &[u8]| {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    };
    add(parts.method.as_str().as_bytes());
    add(parts.uri.to_string().as_bytes());
    for header in [CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH] {
        add(parts.headers.get(header).map(HeaderValue::as_bytes).unwrap_or_default());
    }
    add(caller.role.to_string().as_bytes());
    add(caller.scopes.to_string().as_bytes());
    add(body);
    HEXLOWER.encode(context.finish().as_ref())
}

/// Marks an answer of something that changes nothing: it may tell of people, and is never kept.
#[derive(Debug, Clone, Copy)]
struct Unkept;

/// An answer that is given once, whatever key came with the request.
pub fn unkept(mut response: Response) -> Response {
    response.extensions_mut().insert(Unkept);
    response
}

/// Keeps an answer, unless it says that the request was not done and may be sent again.
async fn answered(api: &Shared, keyed: &KeyedRequest, response: Response) -> Response {
    let status = response.status();
    let not_done = status.is_server_error()
        || [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    if not_done || response.extensions().get::<Unkept>().is_some() {
        forget(api, keyed).await;
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST).await else {
        forget(api, keyed).await;
        return Problem::from(boundary::Fault::new("an answer is too large to be kept")).into_response();
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let answer = GivenAnswer { status: status.as_u16(), headers: headers(&parts.headers), body: text };
    if let Err(fault) = api.answers.answer_request(keyed, &answer).await {
        // It was done. Whoever asks again is told to wait, and after a minute it is tried anew, against what is there.
        tracing::error!(%fault, "an answer is not kept");
    }
    Response::from_parts(parts, Body::from(bytes))
}

async fn forget(api: &Shared, keyed: &KeyedRequest) {
    if let Err(fault) = api.answers.forget_request(keyed).await {
        tracing::warn!(%fault, "a request that was not done is remembered for a minute");
    }
}

fn headers(headers: &HeaderMap) -> String {
    let kept = KEPT.iter().filter_map(|name| {
        let value = headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), Value::from(value)))
    });
    Value::Object(kept.collect()).to_string()
}

fn again(answer: GivenAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = status;
    let headers: Map<String, Value> = serde_json::from_str(&answer.headers).unwrap_or_default();
    for name in KEPT {
        let value = headers.get(name.as_str()).and_then(Value::as_str);
        if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(AGAIN, HeaderValue::from_static("true"));
    response
}
