//! Health: the operations listener. Whether the process lives, whether it can serve, and what it counted.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::Metrics;

/// How long the checks of readiness may hold up the metrics.
const PATIENCE: Duration = Duration::from_secs(2);

/// What must work before requests are sent here.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Each check by name, with words for the operator where it fails.
    async fn checks(&self) -> Vec<(&'static str, Result<(), String>)>;
}

#[derive(Clone)]
struct Operations {
    metrics: Arc<Metrics>,
    readiness: Arc<dyn Readiness>,
}

/// The operations listener: `/healthz`, `/readyz`, `/metrics`.
pub fn operations(readiness: Arc<dyn Readiness>, metrics: Arc<Metrics>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(text))
        .with_state(Operations { metrics, readiness })
}

async fn readyz(State(operations): State<Operations>) -> Response {
    let results = operations.readiness.checks().await;
    let ready = results.iter().all(|(_, result)| result.is_ok());
    let said = |(name, result): (&str, Result<(), String>)| {
        let words = result.err().unwrap_or_else(|| "ok".to_owned());
        (name.to_owned(), Value::String(words))
    };
    let checks: Map<String, Value> = results.into_iter().map(said).collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": ready, "checks": checks }))).into_response()
}

async fn text(State(operations): State<Operations>) -> Response {
    // A database that says nothing must not take the metrics with it, which tell why.
    let checks = timeout(PATIENCE, operations.readiness.checks()).await;
    operations.metrics.set_ready(checks.is_ok_and(|checks| checks.iter().all(|(_, check)| check.is_ok())));
    let media = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match operations.metrics.text() {
        Some(text) => ([(CONTENT_TYPE, media)], text).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    struct Database(Result<(), String>);

    #[async_trait]
    impl Readiness for Database {
        async fn checks(&self) -> Vec<(&'static str, Result<(), String>)> {
            vec![("keys", Ok(())), ("database", self.0.clone())]
        }
    }

    async fn ask(path: &str, database: Result<(), String>) -> (StatusCode, String) {
        let router = operations(Arc::new(Database(database)), Arc::new(Metrics::new()));
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.into()).unwrap())
    }

    #[tokio::test]
    async fn a_process_lives_whatever_its_database_does() {
        let (status, body) = ask("/healthz", Err("gone".to_owned())).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "ok"));
    }

    #[tokio::test]
    async fn it_is_ready_when_every_check_is() {
        let (status, body) = ask("/readyz", Ok(())).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(body, r#"{"ready":true,"checks":{"keys":"ok","database":"ok"}}"#);
        let (status, body) = ask("/readyz", Err("no answer".to_owned())).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(body, r#"{"ready":false,"checks":{"keys":"ok","database":"no answer"}}"#);
    }

    #[tokio::test]
    async fn metrics_are_text() {
        let (status, body) = ask("/metrics", Ok(())).await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.ends_with("# EOF\n"));
    }
}
