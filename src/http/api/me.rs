//! Who calls, what the API says of itself, and what its problems mean.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::operation::{Answer, Form, Operation, Parameter, Verb};
use super::problem::{self, Code, Problem};
use super::right::{Everybody, Named};
use super::{Params, Shared};
use crate::access::{Anyone, Reach};

const TAG: &str = "The API";

/// The operations of this family.
pub fn operations() -> Vec<Operation> {
    let any = || Form::Json(json!({ "type": "object" }));
    let me = json!({ "type": "object", "required": ["account", "role", "scopes"], "properties": {
        "account": { "type": "string" }, "role": { "type": "string" },
        "schools": { "type": "array", "items": { "type": "string" } }, "organisation": { "type": "string" },
        "scopes": { "type": "array", "items": { "type": "string" } } } });
    let example = json!({ "account": "client-exemple", "role": "school-manager", "schools": ["0650499P"],
                          "scopes": ["subscriptions:read"] });
    let meaning = json!({ "code": "revision_stale", "status": 412, "title": "The object has another revision",
                          "meaning": "Somebody changed the object since it was read, or it is not there.",
                          "mends": "caller" });
    vec![
        Operation::new(Verb::Get, "/me", who)
            .named(TAG, "readMe", "Say who calls: account, role, and what the token was given for")
            .gives(Answer::json(200, "The caller.", Form::Json(me), example)),
        Operation::new(Verb::Get, "/openapi.json", document)
            .named(TAG, "readDocument", "This document")
            .gives(Answer::json(200, "The OpenAPI document.", any(), json!({ "openapi": "3.1.0" }))),
        Operation::new(Verb::Get, "/problems/{code}", problem)
            .named(TAG, "readProblem", "What a problem means")
            .at(&[Parameter {
                name: "code",
                says: "The member code of a problem.",
                example: "revision_stale",
            }])
            .gives(Answer::json(200, "What it means.", any(), meaning))
            .refuses(&[Code::NotFound]),
    ]
}

async fn who(right: Anyone) -> Json<Value> {
    let caller = right.caller();
    let scopes: Vec<String> = caller.scopes.to_string().split_whitespace().map(ToOwned::to_owned).collect();
    let mut me = Map::new();
    me.insert("account".to_owned(), json!(caller.account));
    me.insert("role".to_owned(), json!(caller.role.name().as_str()));
    let of = match caller.reach() {
        Reach::Everywhere => None,
        Reach::Schools(schools) => Some(("schools", json!(schools))),
        Reach::Organisation(own) => Some(("organisation", json!(own))),
    };
    me.extend(of.map(|(name, value)| (name.to_owned(), value)));
    me.insert("scopes".to_owned(), json!(scopes));
    Json(Value::Object(me))
}

async fn document(_: Everybody, State(api): State<Shared>) -> Response {
    let mut response = Response::new(Body::from(api.document.text()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

async fn problem(_: Everybody, params: Params) -> Result<Json<Value>, Problem> {
    let wanted = params.0.first().map(String::as_str).unwrap_or_default();
    let registry: Value = toml::from_str(problem::REGISTRY).unwrap_or_default();
    let entries = registry.get("problem").and_then(Value::as_array);
    let mut entries = entries.into_iter().flatten();
    let found = entries.find(|entry| entry.get("code").and_then(Value::as_str) == Some(wanted));
    found.cloned().map(Json).ok_or_else(Problem::not_found)
}
