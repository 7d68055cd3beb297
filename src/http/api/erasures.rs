//! Erasures: what a publisher is told about people who were erased, and that it has heard. Each by its own sectors, and by
//! the value that it knows.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::LINK;
use axum::response::{IntoResponse, Response};
use boundary::SectorId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::family::{CURSOR, LIMIT, link};
use super::once::unkept;
use super::operation::{Answer, Form, Operation, Parameter, Verb};
use super::problem::{Code, Problem};
use super::query::{Query, cursor};
use super::right::{actor, sight};
use super::{Params, Shared, body};
use crate::access::{Caller, Notified, Read, Write, area};
use crate::operate::erasure::{AskedNotices, Notice};
use crate::operate::records::{self, RecordError, RecordKind, Wrong};

const TAG: &str = "Erasures";
pub(super) const SECTOR: Parameter =
    Parameter { name: "sector", says: "The sector, by our id.", example: "secteur-exemple" };
const ALL: Parameter = Parameter {
    name: "all",
    says: "true: also notices that were acknowledged, which have no value any more.",
    example: "true",
};
/// How many notices one request may acknowledge.
const MOST: usize = 200;

/// Which notices were heard.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Heard {
    notices: Vec<String>,
}

/// The operations of this family.
pub fn operations() -> Vec<Operation> {
    let notice = json!({ "id": "mfrggzdfmztwq2lk", "value": "k5yxg2lsmvqxi33tmfzxg2dpou", "day": "2026-11-24",
                         "acknowledged": false });
    vec![
        Operation::new(Verb::Get, "/sectors/{sector}/erasures", list)
            .named(TAG, "listErasureNotices", "List who was erased, by the values that a sector knows")
            .says(
                "Delete what you hold under each value, then acknowledge the notice: its value goes here too. No value of \
                 another sector is told, and nothing by which two sectors could be compared.",
            )
            .at(&[SECTOR])
            .asks(&[ALL, LIMIT, CURSOR])
            .gives(Answer::json(200, "A page.", page(), json!({ "items": [notice], "next": null })))
            .refuses(&[Code::NotFound, Code::RequestInvalid]),
        Operation::new(Verb::Post, "/sectors/{sector}/erasures/acknowledgements", acknowledge)
            .named(TAG, "acknowledgeErasures", "Acknowledge that what was held of erased people is deleted")
            .says("The answer counts those that nobody had acknowledged; notices of other sectors are not counted.")
            .at(&[SECTOR])
            .takes(Form::Json(heard()), json!({ "notices": ["mfrggzdfmztwq2lk"] }))
            .gives(Answer::json(200, "How many.", counted(), json!({ "acknowledged": 1 })))
            .refuses(&[Code::NotFound]),
    ]
}

fn page() -> Form {
    let item = json!({ "type": "object", "required": ["id", "day", "acknowledged"], "properties": {
        "id": { "type": "string" },
        "value": { "type": "string", "description": "What the publisher calls the person; absent once acknowledged." },
        "day": { "type": "string", "format": "date", "description": "The day of the erasure, in Paris." },
        "acknowledged": { "type": "boolean" } } });
    Form::Json(json!({ "type": "object", "required": ["items", "next"], "properties": {
        "items": { "type": "array", "items": item }, "next": { "type": ["string", "null"] } } }))
}

fn heard() -> Value {
    let id = json!({ "type": "string", "minLength": 1, "maxLength": 255 });
    json!({ "type": "object", "required": ["notices"], "additionalProperties": false, "properties": {
        "notices": { "type": "array", "minItems": 1, "maxItems": MOST, "items": id } } })
}

fn counted() -> Form {
    Form::Json(json!({ "type": "object", "required": ["acknowledged"], "properties": {
        "acknowledged": { "type": "integer" } } }))
}

/// A sector that the caller sees, withdrawn or not: who was erased is told to the last.
pub(super) async fn sector(api: &Shared, caller: &Caller, params: &Params) -> Result<SectorId, Problem> {
    let id = params.0.first().map(String::as_str).unwrap_or_default();
    let id = SectorId::parse(id).map_err(|_| Problem::not_found())?;
    match records::get(&*api.records, &sight(caller), RecordKind::Sector, id.as_str()).await {
        Ok(_) => Ok(id),
        Err(RecordError::Fault(fault)) => Err(fault.into()),
        Err(_) => Err(Problem::not_found()),
    }
}

async fn list(
    right: Notified<Read<area::Privacy>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let query = Query::read(request.uri(), &[ALL.name, LIMIT.name, CURSOR.name])?;
    let uri = request.uri().clone();
    drop(request);
    let sector = sector(&api, &right, &params).await?;
    let after = query.after()?;
    let (day, id) = after.split_once('\n').unwrap_or_default();
    let limit = query.limit()?;
    let asked =
        AskedNotices { all: all(query.get(ALL.name))?, after: (day.to_owned(), id.to_owned()), limit };
    let items = api.erasures.notices(&sector, &asked).await?;
    let last = items.last().filter(|_| items.len() == limit as usize);
    let next = last.map(|Notice { day, id, .. }| cursor(&format!("{day}\n{id}")));
    let mut response = Json(json!({ "items": items, "next": next })).into_response();
    if let Some(link) = next.and_then(|next| link(&uri, &next)) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

fn all(text: Option<&str>) -> Result<bool, Problem> {
    match text {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::parameter(ALL.name, "write true or false")),
    }
}

async fn acknowledge(
    right: Notified<Write<area::Privacy>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    Query::read(request.uri(), &[])?;
    let Heard { notices } = body::members(&body::json(request).await?)?;
    if !(1..=MOST).contains(&notices.len()) {
        let (pointer, words) = ("#/notices".to_owned(), format!("name 1 to {MOST} notices"));
        return Err(Problem::invalid(vec![Wrong { pointer, words }]));
    }
    let sector = sector(&api, &right, &params).await?;
    let acknowledged = api.erasures.acknowledge(&sector, &notices, &actor(&right)).await?;
    Ok(unkept(Json(json!({ "acknowledged": acknowledged })).into_response()))
}
