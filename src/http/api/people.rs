//! People: what is held of somebody under an identity that the caller knows.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use boundary::EntId;
use serde::Deserialize;
use serde_json::json;

use super::once::unkept;
use super::operation::{Answer, Form, Operation, Verb};
use super::problem::{Code, Problem};
use super::query::Query;
use super::{Shared, body};
use crate::access::{Read, SchoolStaff, area};
use crate::operate::identity::Identity;
use crate::operate::people::look_up;

/// The body of a look-up. An address is written down by every proxy; so a subject never stands in one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    ent: String,
    namespace: String,
    subject: String,
}

/// The operations of this family.
pub fn operations() -> Vec<Operation> {
    let text =
        |says: &str| json!({ "type": "string", "minLength": 1, "maxLength": 255, "description": says });
    let asked = json!({
        "type": "object",
        "required": ["ent", "namespace", "subject"],
        "additionalProperties": false,
        "properties": {
            "ent": text("The ENT, by our id."),
            "namespace": text("The namespace of its people."),
            "subject": text("The person's key in it.")
        }
    });
    let group = json!({ "type": "object", "properties": { "status": { "type": "string" },
                                                          "code": { "type": "string" } } });
    let at = json!({ "type": "object", "required": ["school", "profile", "groups"], "properties": {
        "school": { "type": "string" }, "profile": { "type": "string" }, "level": { "type": "string" },
        "year": { "type": "string" }, "groups": { "type": "array", "items": group } } });
    let found = json!({ "type": "object", "required": ["schools"], "properties": {
        "schools": { "type": "array", "items": at } } });
    let example = json!({ "schools": [{ "school": "0650499P", "profile": "pupil", "year": "2026-2027",
                                        "groups": [{ "status": "division", "code": "6A" }] }] });
    vec![
        Operation::new(Verb::Post, "/people/lookup", find)
            .named("People", "lookUpPerson", "Look up what is held of a person")
            .says(
                "By an identity that the caller knows: schools, profile, level and groups, and never a name. A manager \
                 is told what concerns their schools. Nothing is changed.",
            )
            .takes(Form::Json(asked), json!({ "ent": "ent-exemple", "namespace": "ent-exemple", "subject": "4f1c" }))
            .gives(Answer::json(200, "What is held.", Form::Json(found), example))
            .refuses(&[Code::NotFound])
            .reads(),
    ]
}

async fn find(
    right: SchoolStaff<Read<area::People>>,
    State(api): State<Shared>,
    request: Request,
) -> Result<Response, Problem> {
    Query::read(request.uri(), &[])?;
    let text = body::json(request).await?;
    let asked: Asked = body::members(&text)?;
    let ent = EntId::parse(&asked.ent).map_err(|_| Problem::not_found())?;
    let identity = Identity { ent, namespace: asked.namespace, subject: asked.subject };
    let found = look_up(&*api.people, &identity, right.schools()).await?;
    let schools = found.ok_or_else(Problem::not_found)?;
    Ok(unkept(Json(json!({ "schools": schools })).into_response()))
}
