//! Body: reads what a request brings, as far as an operation takes it.

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};

use super::problem::{Code, Problem};

/// The largest body of a record, in bytes: a connection may name every school of a country.
pub const RECORD: usize = 2 << 20;

/// The JSON text of a request.
pub async fn json(request: Request) -> Result<Bytes, Problem> {
    is(request.headers(), &["application/json"])?;
    read(request, RECORD).await
}

/// Whether a body is of one of these media types, and not packed.
pub fn is(headers: &HeaderMap, media: &[&str]) -> Result<(), Problem> {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default().trim();
    if !media.iter().any(|media| essence.eq_ignore_ascii_case(media)) {
        let words = format!("send it as {}", media.join(" or "));
        return Err(Problem::new(Code::MediaUnsupported, words));
    }
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(Problem::new(Code::MediaUnsupported, "send it without Content-Encoding"));
    }
    Ok(())
}

/// A whole body. One that announces more than the limit is refused unread.
pub async fn read(request: Request, limit: usize) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(Code::TooLarge, format!("send at most {limit} bytes"));
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|text| text.parse::<usize>().ok()).is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    to_bytes(request.into_body(), limit).await.map_err(|_| too_large())
}

/// A small JSON object with these members and no others.
pub fn members<T: serde::de::DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    // PostgreSQL's texts hold no NUL, and no value of ours has one.
    if text.windows(6).any(|six| six == b"\\u0000") {
        return Err(Problem::new(Code::Malformed, "a text has a NUL in it"));
    }
    let read = serde_json::from_slice(text);
    read.map_err(|error: serde_json::Error| {
        let code = if error.is_data() { Code::Invalid } else { Code::Malformed };
        Problem::new(code, error.to_string())
    })
}
