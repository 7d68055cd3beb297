//! Log: one line a request. It names the door as it was declared and never the address asked for; no query, form,
//! cookie, address or browser. A panic is logged by its place, since its words may hold anything.

use std::time::Duration;

use axum::http::Method;
use axum::response::Response;
use boundary::LaunchId;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use super::answer::Told;
use super::lines::Lines;
use super::metrics::End;
use super::spans::Exporter;

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
    /// The system has no thread for it.
    #[error("the log cannot be started: {0}")]
    Thread(std::io::Error),
    /// The environment names a collector that cannot be used.
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT: {0}")]
    Collector(String),
}

/// A log that was started. Dropped, it writes the lines that wait and sends the spans that a collector waits for.
#[derive(Debug)]
#[must_use]
pub struct Log {
    _lines: Lines,
    _exporter: Option<Exporter>,
}

/// Starts the log, on standard error. `level` is a level or a list of directives such as `info,sqlx=warn`.
///
/// # Errors
/// [`LogError`] when the level cannot be read, the log was started before, or the collector that the environment names
/// cannot be used.
pub fn start(format: Format, level: &str) -> Result<Log, LogError> {
    let exporter = Exporter::from_environment().map_err(LogError::Collector)?;
    let spans = if exporter.is_some() { Exporter::DIRECTIVE } else { "" };
    // A PostgreSQL server remarks on every start that our tables are there already.
    let filter = EnvFilter::try_new(format!("sqlx::postgres::notice=warn,{spans}{level}"))
        .map_err(|e| LogError::Level(level.to_owned(), e))?;
    let kept = Lines::start().map_err(LogError::Thread)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(kept.handle());
    let lines = match format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().with_current_span(false).with_span_list(false).boxed(),
    };
    let layers =
        tracing_subscriber::registry().with(exporter.as_ref().map(Exporter::layer)).with(filter).with(lines);
    layers.try_init().map_err(|_| LogError::Started)?;
    Exporter::remark();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panic");
    }));
    Ok(Log { _lines: kept, _exporter: exporter })
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
