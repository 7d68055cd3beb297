//! What every request passes: limits, metrics, the log.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request as HttpRequest, StatusCode};
use boundary::{Fault, LaunchId, RefusalCode, Reply};

use super::{App, Fixed, broker, redirect, refused, told};
use crate::http::watch::bounded;
use crate::launch::Outcome;
use crate::pages::Language;

#[tokio::test]
async fn a_panic_becomes_a_fault() {
    let app = App::answering(|_| panic!("at the disco"));
    let answered = app.get("/lti/login").await;
    assert_eq!(answered.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!answered.body.contains("disco"));
    assert_eq!(answered.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_request_without_end_becomes_a_fault() {
    let broker = broker(App::replying(redirect()).launches, Arc::default());
    let launch = LaunchId::draw(&Fixed);
    let limit = Duration::from_millis(5);
    let response = bounded(&broker, Language::Fr, &launch, limit, std::future::pending()).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("passerelle-launch"));
}

#[tokio::test]
async fn metrics_count_ends_by_outcome_and_time_by_door() {
    let app = App::answering(|request| match request.segment.as_deref() {
        Some("delivered") => Outcome::Delivered(Reply::of(redirect())),
        Some("refused") => told(RefusalCode::NoSeat, Reply::of(redirect())),
        Some("fault") => Outcome::Fault(Fault::new("x")),
        Some("expired") => refused(RefusalCode::Expired),
        _ => Outcome::Step(Reply::of(redirect())),
    });
    for path in ["step", "delivered", "delivered", "refused", "fault", "expired"] {
        app.get(&format!("/lti/r/{path}?secret=canary")).await;
    }
    app.get("/canary").await;
    app.post("/lti/login", "a=%").await;
    let text = app.metrics.text().unwrap();
    for line in [
        r#"passerelle_launches_total{outcome="delivered",reason="none",via="lti",to="none"} 2"#,
        r#"passerelle_launches_total{outcome="refused",reason="no_seat",via="lti",to="none"} 1"#,
        r#"passerelle_launches_total{outcome="refused",reason="expired",via="lti",to="none"} 1"#,
        r#"passerelle_launches_total{outcome="refused",reason="login_malformed",via="none",to="none"} 1"#,
        r#"passerelle_launches_total{outcome="fault",reason="none",via="lti",to="none"} 1"#,
        r#"passerelle_request_duration_seconds_count{door="/lti/r/{key}",method="GET"} 6"#,
        r#"passerelle_request_duration_seconds_count{door="other",method="GET"} 1"#,
        "passerelle_requests_in_flight 0",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("canary"));
}

/// A log that a test can read.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_the_door_and_nothing_that_came_through_it() {
    let lines = Lines::default();
    let writer = lines.clone();
    // While there is one subscriber alone, a thread of another test that comes first to a line of the log turns that
    // line off for everybody.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let app = App::answering(|_| refused(RefusalCode::Expired));
    let request = HttpRequest::get("/lti/r/canary?id_token=canary")
        .header("cookie", "passerelle_a=canary")
        .header("user-agent", "canary")
        .header("x-forwarded-for", "canary");
    app.send(request.body(Body::empty()).unwrap()).await;
    let canary = HttpRequest::builder().method("CANARY").uri("/canary");
    app.send(canary.body(Body::empty()).unwrap()).await;

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    for field in [
        r#""door":"/lti/r/{key}""#,
        r#""method":"GET""#,
        r#""status":403"#,
        r#""refusal":"expired""#,
        r#""detail":"over since June""#,
        &format!(r#""launch":"{}""#, LaunchId::draw(&Fixed)),
    ] {
        assert!(text.contains(field), "{field} is not in {text}");
    }
    assert!(!text.to_lowercase().contains("canary"), "{text}");
}
