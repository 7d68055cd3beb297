//! Rosters: what became of the archives that an ENT sent, and whose departures are confirmed.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use boundary::{EntId, Uai};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::operation::{Answer, Form, Operation, Parameter, Verb};
use super::problem::{Code, Problem};
use super::query::Query;
use super::right::actor;
use super::{Params, Shared, body};
use crate::access::{Operator, Oversight, Read, Write, area};
use crate::operate::records::Wrong;
use crate::operate::roster::{ImportError, ImportSummary, Options, confirm};

const TAG: &str = "Rosters";
const ENT: Parameter = Parameter { name: "ent", says: "The ENT, by our id.", example: "ent-exemple" };
/// How long a confirmation waits for an import of the same ENT.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many schools one request may confirm: each takes a moment, and the request has seconds.
const MOST: usize = 20;

/// At which schools those who are missing have left.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmed {
    schools: Vec<String>,
}

/// The operations of this family.
pub fn operations() -> Vec<Operation> {
    let import = json!({ "number": 12, "state": "taken", "began": "2026-09-01T21:00:00Z", "ended": "2026-09-01T21:00:42Z",
        "actor": "command", "archive": "A0_GAR-ENT_Complet_20260901_210000_2D.tar.gz", "report": null });
    vec![
        Operation::new(Verb::Get, "/ents/{ent}/rosters", list)
            .named(TAG, "listRosters", "List the imports of an ENT's rosters, the newest first")
            .says(
                "Of each the acceptance report, without lines about single records: those are written beside the archive, \
                 for the ENT alone. At most 400 are kept in sight.",
            )
            .at(&[ENT])
            .gives(Answer::json(200, "The imports.", imports(), json!({ "items": [import] })))
            .refuses(&[Code::NotFound]),
        Operation::new(Verb::Post, "/ents/{ent}/rosters/confirmations", confirmed)
            .named(TAG, "confirmDepartures", "Confirm that those who are held at schools have left")
            .says("They keep their access for their days of grace. It is an import of its own; the answer is its report.")
            .at(&[ENT])
            .takes(Form::Json(schools()), json!({ "schools": ["0650499P"] }))
            .gives(Answer::json(200, "Its report.", Form::Json(json!({ "type": "object" })), json!({ "number": 13 })))
            .refuses(&[Code::NotFound, Code::ImportRuns]),
    ]
}

fn imports() -> Form {
    let moment = json!({ "type": "string", "format": "date-time" });
    let item = json!({ "type": "object",
        "required": ["number", "state", "began", "ended", "actor", "archive", "report"],
        "properties": {
            "number": { "type": "integer" },
            "state": { "type": "string", "enum": ["running", "taken", "refused", "broken"] },
            "began": moment,
            "ended": { "type": ["string", "null"], "format": "date-time" },
            "actor": { "type": "string" },
            "archive": { "type": "string" },
            "report": { "type": ["object", "null"] }
        } });
    Form::Json(json!({ "type": "object", "required": ["items"],
                       "properties": { "items": { "type": "array", "items": item } } }))
}

fn schools() -> Value {
    let uai = json!({ "type": "string", "minLength": 1, "maxLength": 255 });
    json!({ "type": "object", "required": ["schools"], "additionalProperties": false, "properties": {
        "schools": { "type": "array", "minItems": 1, "maxItems": MOST, "items": uai } } })
}

/// An ENT that is registered.
async fn ent(api: &Shared, params: &Params) -> Result<EntId, Problem> {
    let id = params.0.first().map(String::as_str).unwrap_or_default();
    let id = EntId::parse(id).map_err(|_| Problem::not_found())?;
    let known = api.rosters.store.ents().await?.iter().any(|ent| ent.id == id);
    if known { Ok(id) } else { Err(Problem::not_found()) }
}

async fn list(
    _: Oversight<Read<area::Rosters>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    Query::read(request.uri(), &[])?;
    let imports = api.rosters.store.rosters(&ent(&api, &params).await?).await?;
    let items: Vec<Value> = imports.iter().map(shown).collect();
    Ok(Json(json!({ "items": items })).into_response())
}

fn shown(import: &ImportSummary) -> Value {
    let moment = |at: OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
    let ImportSummary { number, state, began, ended, actor, archive, report } = import;
    json!({ "number": number, "state": state, "began": moment(*began), "ended": ended.map(moment), "actor": actor,
            "archive": archive, "report": report })
}

async fn confirmed(
    right: Operator<Write<area::Rosters>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    Query::read(request.uri(), &[])?;
    let Confirmed { schools } = body::members(&body::json(request).await?)?;
    let ent = ent(&api, &params).await?;
    let options = Options { ent: None, confirm: named(&schools)?, actor: actor(&right), patience: PATIENCE };
    match confirm(&api.rosters, &ent, &options).await {
        Ok(report) => Ok(Json(report).into_response()),
        Err(ImportError::Fault(fault)) => Err(fault.into()),
        Err(ImportError::Wrong(words)) => Err(wrong("#/schools", words)),
        Err(error @ (ImportError::Busy(_) | ImportError::Lost)) => {
            Err(Problem::new(Code::ImportRuns, error.to_string()))
        }
    }
}

fn named(schools: &[String]) -> Result<BTreeSet<Uai>, Problem> {
    if !(1..=MOST).contains(&schools.len()) {
        return Err(wrong("#/schools", format!("name 1 to {MOST} schools")));
    }
    let mut all = BTreeSet::new();
    for (n, school) in schools.iter().enumerate() {
        let uai = Uai::parse_any_letter(school);
        all.insert(uai.map_err(|error| wrong(&format!("#/schools/{n}"), error.to_string()))?);
    }
    Ok(all)
}

fn wrong(pointer: &str, words: String) -> Problem {
    Problem::invalid(vec![Wrong { pointer: pointer.to_owned(), words }])
}
