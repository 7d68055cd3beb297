//! Epochs: when a sector began to call everybody anew, and, for its publisher alone and until it has said that it has it, what
//! replaces what.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use boundary::SectorId;
use futures::stream;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::erasures::{SECTOR, sector};
use super::export::NDJSON;
use super::once::unkept;
use super::operation::{Answer, Form, Operation, Parameter, Verb};
use super::problem::{Code, Problem};
use super::query::Query;
use super::right::actor;
use super::{Params, Shared};
use crate::access::{Notified, PublisherOnly, Read, Write, area};
use crate::operate::desk::Change;
use crate::operate::epochs::{Rotation, Told, tell};

const TAG: &str = "Epochs";
const EPOCH: Parameter = Parameter { name: "epoch", says: "The epoch that began.", example: "2" };

/// The operations of this family.
pub fn operations() -> Vec<Operation> {
    let change = json!({ "epoch": 2, "began": "2026-08-20T10:00:00Z", "filled": "2026-08-20T10:04:11Z", "values": 48210,
                         "delivered": null });
    let lines = json!("{\"new\":\"k5yxg2lsmvqxi33tmfzxg2dpou\",\"old\":\"mfrggzdfmztwq2lkmfrggzdfmz\"}\n");
    vec![
        Operation::new(Verb::Get, "/sectors/{sector}/epochs", list)
            .named(TAG, "listEpochs", "List when a sector began to call everybody anew")
            .says("Oldest first. The first epoch, in which every sector begins, is not listed.")
            .at(&[SECTOR])
            .gives(Answer::json(200, "The changes.", changes(), json!({ "items": [change] })))
            .refuses(&[Code::NotFound]),
        Operation::new(Verb::Get, "/sectors/{sector}/epochs/{epoch}/map", map)
            .named(TAG, "readEpochMap", "Read what replaces what")
            .says(
                "For the publisher alone, and each reading stands in the journal: one object a line, old and new, in the order of old. The last line has lines, sha256 \
                 (of all bytes before it) and signature, a compact JWS of type passerelle-epoch+jwt under the published keys of \
                 the journal, over iss, sector, epoch, lines and sha256: whoever has it has the whole map. It can be read until it \
                 is acknowledged.",
            )
            .at(&[SECTOR, EPOCH])
            .gives(Answer {
                forms: vec![(NDJSON, Form::Json(json!({ "type": "string" })))],
                example: Some(lines),
                ..Answer::empty(200, "The map.")
            })
            .refuses(&[Code::NotFound, Code::MapNotReady, Code::MapDelivered]),
        Operation::new(Verb::Post, "/sectors/{sector}/epochs/{epoch}/acknowledgement", acknowledge)
            .named(TAG, "acknowledgeEpochMap", "Acknowledge that the map is there")
            .says("From then on it is not told any more, and the next change of epoch may begin.")
            .at(&[SECTOR, EPOCH])
            .gives(Answer::json(200, "It was.", acknowledged(), json!({ "acknowledged": true })))
            .refuses(&[Code::NotFound, Code::MapNotReady, Code::MapDelivered]),
    ]
}

fn changes() -> Form {
    let moment = json!({ "type": ["string", "null"], "format": "date-time" });
    let item = json!({ "type": "object", "required": ["epoch", "began", "filled", "values", "delivered"], "properties": {
        "epoch": { "type": "integer" }, "began": { "type": "string", "format": "date-time" },
        "filled": moment, "values": { "type": "integer" }, "delivered": moment } });
    Form::Json(json!({ "type": "object", "required": ["items"], "properties": {
        "items": { "type": "array", "items": item } } }))
}

fn acknowledged() -> Form {
    Form::Json(json!({ "type": "object", "required": ["acknowledged"], "properties": {
        "acknowledged": { "type": "boolean" } } }))
}

async fn list(
    right: Notified<Read<area::Privacy>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    Query::read(request.uri(), &[])?;
    drop(request);
    let sector = sector(&api, &right, &params).await?;
    let items: Vec<Value> = api.epochs.rotations(&sector).await?.iter().map(shown).collect();
    Ok(Json(json!({ "items": items })).into_response())
}

fn shown(rotation: &Rotation) -> Value {
    let moment = |at: OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
    let Rotation { epoch, began, filled, people, delivered } = rotation;
    json!({ "epoch": epoch, "began": moment(*began), "filled": filled.map(moment), "values": people,
            "delivered": delivered.map(moment) })
}

/// A change of epoch whose map can be told.
async fn open(api: &Shared, sector: &SectorId, params: &Params) -> Result<u32, Problem> {
    let epoch: Option<u32> = params.0.get(1).and_then(|text| text.parse().ok());
    let all = api.epochs.rotations(sector).await?;
    let found = all.iter().find(|rotation| Some(rotation.epoch) == epoch).ok_or_else(Problem::not_found)?;
    match (found.filled, found.delivered) {
        (_, Some(_)) => Err(Problem::new(
            Code::MapDelivered,
            "it was acknowledged, and is told once: the publisher has it",
        )),
        (None, _) => Err(Problem::new(
            Code::MapNotReady,
            "not everybody has their new value yet: ask again later; the operator can finish it with directory rotate",
        )),
        (Some(_), None) => Ok(found.epoch),
    }
}

async fn map(
    right: PublisherOnly<Read<area::Privacy>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    Query::read(request.uri(), &[])?;
    drop(request);
    let sector = sector(&api, &right, &params).await?;
    let epoch = open(&api, &sector, &params).await?;
    let told = Change::new(api.clock.now(), &actor(&right), "read", "epoch", sector.as_str());
    api.epochs.tell(told).await?;
    let pieces = stream::unfold(Some(Told::default()), move |told| {
        let (api, sector) = (Shared::clone(&api), sector.clone());
        async move {
            let signing = (&*api.signer, api.issuer.as_str());
            match tell(&*api.epochs, signing, (&sector, epoch), told?).await {
                Ok(Some((text, told))) => Some((Ok(Bytes::from(text)), Some(told))),
                Ok(None) => None,
                Err(fault) => {
                    tracing::error!(%fault, "a map of an epoch broke off");
                    Some((Err(std::io::Error::other("the database did not answer")), None))
                }
            }
        }
    });
    let mut response = Response::new(Body::from_stream(pieces));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn acknowledge(
    right: PublisherOnly<Write<area::Privacy>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    Query::read(request.uri(), &[])?;
    drop(request);
    let sector = sector(&api, &right, &params).await?;
    let epoch = open(&api, &sector, &params).await?;
    let at = api.clock.now();
    let told = Change::new(at, &actor(&right), "acknowledge", "epoch", sector.as_str());
    let acknowledged = api.epochs.deliver(&sector, epoch, at, &told).await?;
    Ok(unkept(Json(json!({ "acknowledged": acknowledged })).into_response()))
}
