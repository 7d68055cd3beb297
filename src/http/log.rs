//! Log: one line a request. It names the door as it was declared and never the address asked for; no query, form,
//! cookie, address or browser. A panic is logged by its place, since its words may hold anything.

use std::time::Duration;

use axum::http::Method;
use axum::response::Response;
use boundary::LaunchId;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tracing_subscriber::EnvFilter;

use super::answer::Told;
use super::metrics::End;

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The log cannot be started.
#[derive(Debug, Error)]
pub enum LogError {
    /// The level is none.
    #[error("\"{0}\" is no log level: {1}")]
    Level(String, tracing_subscriber::filter::ParseError),
    /// There is one already.
    #[error("the log was started before")]
    Started,
}

/// Starts the log, on standard error. `level` is a level or a list of directives such as `info,sqlx=warn`.
///
/// # Errors
/// [`LogError`] when the level cannot be read, or the log was started before.
pub fn start(format: Format, level: &str) -> Result<(), LogError> {
    // A PostgreSQL server remarks on every start that our tables are there already.
    let filter = EnvFilter::try_new(format!("sqlx::postgres::notice=warn,{level}"))
        .map_err(|e| LogError::Level(level.to_owned(), e))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        Format::Text => lines.try_init(),
        Format::Json => lines.json().try_init(),
    };
    started.map_err(|_| LogError::Started)?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panic");
    }));
    Ok(())
}

/// A method out of a fixed set, since a stranger may send any word.
pub(super) fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}

/// Writes the line. `drawn` is the launch id of a request that no launch answered.
pub(super) fn line(door: &str, method: &'static str, response: &Response, drawn: &LaunchId, took: Duration) {
    let told = response.extensions().get::<Told>();
    let launch = told.map_or(drawn, |told| &told.launch);
    let refusal = match told.and_then(|told| told.end) {
        Some(End::Refused(code)) => Some(code.as_str()),
        _ => None,
    };
    let detail = told.and_then(|told| told.detail.as_deref());
    let status = response.status().as_u16();
    let ms = took.as_secs_f64() * 1000.0;
    tracing::info!(door, method, status, ms, %launch, refusal, detail, "request");
}
