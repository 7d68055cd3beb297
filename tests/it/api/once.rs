//! Requests that carry a key: done once, answered alike, and never for another request or another account.

use serde_json::{Value, json};

use super::caller::Program;
use crate::stage::{Engine, Stage, on_both_engines};

on_both_engines!(a_key_stands_for_one_request, of_many_at_once_one_is_done);

async fn a_key_stands_for_one_request(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let operator = Program::operator(&stage);
    let path = "/organisations/neuve";
    let sent = async |program: &Program, path: &str, key: &str, body: &Value| {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        program.send("PUT", path, &headers, Some(body.to_string())).await
    };
    let object = json!({ "name": "Neuve" });
    let first = sent(&operator, path, "cle-1", &object).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, ""));
    let again = sent(&operator, path, "cle-1", &object).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"), "{again:?}");
    assert_eq!(
        (again.tag(), again.header("location"), &again.text),
        (first.tag(), first.header("location"), &first.text)
    );
    assert_eq!(sent(&operator, path, "cle-1", &json!({ "name": "Autre" })).await.code(), "key_reused");
    assert_eq!(sent(&operator, "/organisations/autre", "cle-1", &object).await.code(), "key_reused");
    // Without the key it is another request.
    assert_eq!(operator.put(path, &object).await.code(), "revision_missing");
    // A refusal is an answer too.
    let stale = sent(&operator, path, "cle-2", &object).await;
    assert_eq!(stale.code(), "revision_missing");
    let again = sent(&operator, path, "cle-2", &object).await;
    assert_eq!((again.code().as_str(), again.header("idempotency-replayed")), ("revision_missing", "true"));
    // Another account has keys of its own.
    let other = Program::operator(&stage);
    assert_eq!(sent(&other, path, "cle-1", &object).await.code(), "revision_missing");
    for key in ["", "a b", "é", &"x".repeat(256)] {
        assert_eq!(sent(&operator, path, key, &object).await.code(), "request_invalid", "{key:?}");
    }
    // Who may not is not answered from what was kept.
    let auditor = Program::of(&stage, &["auditor"]);
    assert_eq!(sent(&auditor, path, "cle-1", &object).await.code(), "role_insufficient");
    assert_eq!(sent(&Program::stranger(&stage), path, "cle-1", &object).await.code(), "not_authenticated");
}

async fn of_many_at_once_one_is_done(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let operator = Program::operator(&stage);
    let headers = [("content-type", "application/json"), ("idempotency-key", "ensemble")];
    let requests = (0..8).map(|_| {
        let body = json!({ "name": "Ensemble" }).to_string();
        operator.send("PUT", "/organisations/ensemble", &headers, Some(body))
    });
    let answers = futures::future::join_all(requests).await;
    let fresh =
        answers.iter().filter(|one| one.status == 201 && one.header("idempotency-replayed").is_empty());
    assert_eq!(fresh.count(), 1, "{answers:?}");
    for answer in &answers {
        assert!(answer.status == 201 || answer.code() == "key_in_progress", "{answer:?}");
    }
    let changes = "SELECT body FROM event WHERE body LIKE '{\"change\":\"add\"%ensemble%'";
    assert_eq!(stage.database.ask(changes).await.len(), 1);
}
