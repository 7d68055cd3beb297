//! Agreements: publishers propose which attributes a resource may see; operators approve and reject.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::family::{self, Family, ark_of};
use super::operation::{Answer, Form, Operation, Parameter, Verb};
use super::problem::{Code, Problem};
use super::query::Query;
use super::right::{Named, actor};
use super::{Params, Shared, body, conditions};
use crate::access::{Anyone, Operator, Publisher, Read, Write, area};
use crate::operate::records::{self, RecordKind, Verdict};

const RESOURCE: Parameter = Parameter {
    name: "resource",
    says: "The resource: its ARK with / as %2F, or its key.",
    example: "ark:/99999/exemple",
};

struct Agreements;

impl Family for Agreements {
    const KIND: RecordKind = RecordKind::Agreement;
    const LIST: &'static str = "/agreements";
    const ITEM: &'static str = "/agreements/{resource}";
    const TAG: &'static str = "Agreements";
    const WORDS: [&'static str; 4] = ["an agreement", "agreements", "Agreement", "Agreements"];
    const AT: &'static [Parameter] = &[RESOURCE];
    const NOTE: &'static str = "Nothing is released before an operator approves it. A line keeps its approval as long as \
                                it names the same attribute for the same purpose; approved_by and approved_on of the \
                                body are passed over. ";
    type Reader = Anyone<Read<area::Agreements>>;
    type Writer = Publisher<Write<area::Agreements>>;

    fn example() -> Value {
        json!({
            "resource": "ark:/99999/exemple",
            "attributes": [{ "name": "DIV", "purpose": "Former les groupes de travail par classe" }]
        })
    }
}

/// The lines that a verdict is about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    #[serde(default)]
    attributes: Vec<String>,
}

/// The operations of this family.
pub fn operations() -> Vec<Operation> {
    let mut all = family::operations::<Agreements>();
    all.push(verdict(
        Operation::new(Verb::Post, "/agreements/{resource}/approval", approve),
        "approveAgreement",
        "Approve attributes of an agreement",
        "From today on they are released. Without attributes, all that wait are approved.",
    ));
    all.push(verdict(
        Operation::new(Verb::Post, "/agreements/{resource}/rejection", reject),
        "rejectAgreement",
        "Reject attributes of an agreement",
        "They are taken out of it, approved or not. Without attributes, all that wait are taken out.",
    ));
    all
}

fn verdict(operation: Operation, id: &str, summary: &str, says: &str) -> Operation {
    let names = json!({ "type": "array", "maxItems": 50, "items": { "type": "string" },
                        "description": "Names of attributes of the agreement." });
    let form =
        json!({ "type": "object", "properties": { "attributes": names }, "additionalProperties": false });
    let example = json!({
        "resource": "ark:/99999/exemple",
        "attributes": [{
            "name": "DIV",
            "purpose": "Former les groupes de travail par classe",
            "approved_by": "op-exemple",
            "approved_on": "2026-09-01"
        }],
        "managed_by": "api",
        "revision": 2
    });
    operation
        .named(Agreements::TAG, id, summary)
        .says(says)
        .at(Agreements::AT)
        .takes(Form::Json(form), json!({ "attributes": ["DIV"] }))
        .gives(Answer::json(200, "The agreement as it is now.", Form::Shown(RecordKind::Agreement), example))
        .refuses(&[Code::NotFound, Code::Withdrawn, Code::ManagedElsewhere])
        .conditional()
}

async fn approve(
    right: Operator<Write<area::Agreements>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let by = right.caller().account.to_string();
    judged(right.caller(), &api, params, request, Verdict::Approve { by }).await
}

async fn reject(
    right: Operator<Write<area::Agreements>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    judged(right.caller(), &api, params, request, Verdict::Reject).await
}

async fn judged(
    caller: &crate::access::Caller,
    api: &Shared,
    params: Params,
    request: Request,
    verdict: Verdict,
) -> Result<Response, Problem> {
    let expected = conditions::expected(request.headers())?;
    Query::read(request.uri(), &[])?;
    let mut id = params.0.into_iter().next().unwrap_or_default();
    if !id.starts_with("ark:/") {
        id = ark_of(api, &id).await?;
    }
    let text = body::json(request).await?;
    let lines: Lines = body::members(&text)?;
    let put =
        records::judge(&api.means(), &actor(caller), &id, &lines.attributes, (&verdict, expected)).await?;
    Ok(family::one(StatusCode::OK, &put.record))
}
