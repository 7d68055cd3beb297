//! Document: the OpenAPI 3.1 description of the API, made from the operations that are mounted.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::operation::{Answer, Form, Operation, Parameter};
use super::problem::{self, Code};
use super::query::MOST;
use super::{BASE, operations};
use crate::operate::records::{RecordKind, schema_of, without_null};

/// Where schemas stand in the document.
const SCHEMAS: &str = "/components/schemas";
/// Members that we say and nobody else.
const OURS: [&str; 2] = ["managed_by", "revision"];

/// Problems that nearly every operation has: they stand once.
const SHARED: &[&[Code]] = &[
    &[Code::NotAuthenticated, Code::TokenInvalid],
    &[Code::RoleInsufficient, Code::ScopeInsufficient],
    &[Code::TooMany],
    &[Code::Fault],
    &[Code::Unavailable],
];

/// The document, and what else is read from it.
pub struct Document {
    text: String,
    columns: BTreeMap<&'static str, Vec<String>>,
}

impl Document {
    /// The document of these operations.
    pub fn of(operations: &[Operation]) -> Self {
        let schemas = schemas();
        let mut columns = BTreeMap::new();
        for kind in RecordKind::OBJECTS {
            let members = schemas.get(name(kind)).and_then(|schema| schema.get("properties"));
            let names = members.and_then(Value::as_object).map(|members| members.keys().cloned().collect());
            columns.insert(kind.as_str(), names.unwrap_or_default());
        }
        let mut text = serde_json::to_string_pretty(&whole(operations, schemas)).unwrap_or_default();
        text.push('\n');
        Self { text, columns }
    }

    /// As it is published.
    pub fn text(&self) -> String {
        self.text.clone()
    }

    /// The columns of a table of records.
    pub fn columns(&self, kind: RecordKind) -> Vec<String> {
        self.columns.get(kind.as_str()).cloned().unwrap_or_default()
    }
}

/// The document as text, the same at every call.
#[must_use]
pub fn document() -> String {
    Document::of(&operations()).text
}

/// The schema of a kind, by name.
const fn name(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Ent => "Ent",
        RecordKind::LtiPlatform => "Connection",
        RecordKind::School => "School",
        RecordKind::Organisation => "Organisation",
        RecordKind::Sector => "Sector",
        RecordKind::Tool => "Tool",
        RecordKind::Resource => "Resource",
        RecordKind::Agreement => "Agreement",
        RecordKind::Subscription => "Subscription",
        RecordKind::Person => "Person",
        RecordKind::Assignment => "Assignment",
    }
}

/// The schemas of all kinds of records, and of problems.
fn schemas() -> Map<String, Value> {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = SCHEMAS.into();
    let mut generator = settings.into_generator();
    for kind in RecordKind::OBJECTS {
        let _ = schema_of(kind, &mut generator);
    }
    let definitions: Map<String, Value> = generator.take_definitions(true).into_iter().collect();
    let text = Value::Object(definitions).to_string();
    // The names of a federation file's tables are our business.
    let text = text.replace("LtiTable", "Connection").replace("ToolConnection", "ToolLti");
    let text = text.replace("Table\"", "\"");
    let mut schemas: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
    schemas.values_mut().for_each(without_null);
    for kind in RecordKind::OBJECTS {
        if let Some(Value::Object(schema)) = schemas.get_mut(name(kind)) {
            of_record(schema);
        }
    }
    if let Some(lines) = schemas.get_mut("Attribute").and_then(|schema| schema.get_mut("properties")) {
        for ours in ["approved_by", "approved_on"] {
            mark_ours(lines.get_mut(ours));
        }
    }
    schemas.insert("Problem".to_owned(), of_problem());
    schemas
}

/// Connections have addresses of their own; who looks after a record and its revision are said by us.
fn of_record(schema: &mut Map<String, Value>) {
    let Some(Value::Object(members)) = schema.get_mut("properties") else { return };
    members
        .remove("lti")
        .filter(|lti| lti.get("type").is_none())
        .map(|lti| members.insert("lti".to_owned(), lti));
    let kept = ["file", "api", "gar", "registration", "roster", "jit"];
    let [managed_by, revision] = OURS;
    members.insert(
        managed_by.to_owned(),
        json!({ "type": "string", "enum": kept, "readOnly": true,
                "description": "Who looks after it; only api is changed here." }),
    );
    members.insert(
        revision.to_owned(),
        json!({ "type": "integer", "minimum": 1, "readOnly": true,
                "description": "Counts its changes; the ETag is this in quotation marks." }),
    );
}

fn mark_ours(member: Option<&mut Value>) {
    if let Some(Value::Object(member)) = member {
        member.insert("readOnly".to_owned(), Value::Bool(true));
    }
}

fn of_problem() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let text = || json!({ "type": "string" });
    json!({
        "type": "object",
        "description": "Why a request was not done (RFC 9457).",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": text(),
            "title": text(),
            "status": { "type": "integer" },
            "code": { "type": "string", "enum": codes, "description": "Stable for ever." },
            "detail": text(),
            "errors": { "type": "array", "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "detail": text(),
                    "pointer": { "type": "string", "description": "Where in the body: a JSON pointer in a fragment." },
                    "parameter": text(),
                    "header": text()
                }
            } },
            "managed_by": { "type": "string", "description": "With managed_elsewhere: who looks after the object." },
            "named_by": { "type": "array", "items": text(), "description": "With in_use: who names the object." }
        }
    })
}

fn whole(operations: &[Operation], schemas: Map<String, Value>) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let path = paths.entry(operation.path.to_owned()).or_insert_with(|| json!({}));
        if let Value::Object(path) = path {
            path.insert(operation.verb.as_str().to_owned(), described(operation));
        }
    }
    let mut tags: Vec<&str> = operations.iter().map(|operation| operation.tag).collect();
    tags.dedup();
    let tags: Vec<Value> = tags.into_iter().map(|tag| json!({ "name": tag })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Passerelle",
            "version": "1",
            "summary": "Interoperability gateway and resource broker for schools",
            "description": "Objects are put whole, with If-Match; lists are paged by cursor; problems are RFC 9457. \
                            docs/api.md is the guide.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "servers": [{ "url": BASE }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": shared(),
            "securitySchemes": { "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token made with passerelle, or by OAuth 2 client credentials."
            } }
        }
    })
}

fn described(operation: &Operation) -> Value {
    let mut members = Map::new();
    let mut say = |name: &str, value: Value| members.insert(name.to_owned(), value);
    say("operationId", json!(operation.id));
    say("tags", json!([operation.tag]));
    say("summary", json!(operation.summary));
    say("description", json!(description(operation)));
    let roles: Vec<&str> = operation.roles.iter().map(|role| role.as_str()).collect();
    let scopes: Vec<String> = operation.scope.iter().map(ToString::to_string).collect();
    say("security", if roles.is_empty() { json!([]) } else { json!([{ "bearer": scopes }]) });
    say("x-roles", json!(roles));
    say("x-safe", json!(operation.safe));
    let parameters = parameters(operation);
    if !parameters.is_empty() {
        say("parameters", Value::Array(parameters));
    }
    if let Some(body) = &operation.body {
        let content = json!({ body.media: { "schema": schema(&body.form), "example": body.example } });
        say("requestBody", json!({ "required": true, "content": content }));
    }
    say("responses", Value::Object(responses(operation)));
    Value::Object(members)
}

fn description(operation: &Operation) -> String {
    let roles: Vec<&str> = operation.roles.iter().map(|role| role.as_str()).collect();
    let who = match (roles.as_slice(), operation.scope) {
        ([], _) => "For everybody.".to_owned(),
        (roles, None) => format!("For {}.", roles.join(", ")),
        (roles, Some(scope)) => format!("For {}, with the scope `{scope}`.", roles.join(", ")),
    };
    if operation.description.is_empty() { who } else { format!("{} {who}", operation.description) }
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let mut all: Vec<Value> =
        operation.path_parameters.iter().map(|one| parameter(one, "path", true)).collect();
    all.extend(operation.parameters.iter().map(|one| parameter(one, "query", false)));
    let header = |name: &str, says: &str, example: &str| {
        json!({ "name": name, "in": "header", "description": says, "schema": { "type": "string" },
                "example": example })
    };
    if operation.conditional {
        all.push(header(
            "If-Match",
            "The ETag of the object that is changed; a change without one is refused.",
            "\"1\"",
        ));
    }
    if operation.keyed {
        let says =
            "A key of the caller's choice: within a day the request is done once, and answered alike again.";
        all.push(header("Idempotency-Key", says, "3f2c8f0e-rentree"));
    }
    all
}

fn parameter(one: &Parameter, place: &str, required: bool) -> Value {
    let number = one.name == "limit";
    let schema = if number {
        json!({ "type": "integer", "minimum": 1, "maximum": MOST })
    } else {
        json!({ "type": "string", "minLength": 1 })
    };
    let example = if number { json!(50) } else { json!(one.example) };
    json!({ "name": one.name, "in": place, "required": required, "description": one.says, "schema": schema,
            "example": example })
}

fn schema(form: &Form) -> Value {
    let of = |kind: RecordKind| json!({ "$ref": format!("#{SCHEMAS}/{}", name(kind)) });
    match form {
        Form::Sent(kind) | Form::Shown(kind) => of(*kind),
        Form::Page(kind) => json!({
            "type": "object",
            "required": ["items", "next"],
            "properties": {
                "items": { "type": "array", "items": of(*kind) },
                "next": { "type": ["string", "null"], "description": "The cursor of the next page." }
            }
        }),
        Form::Json(schema) => schema.clone(),
    }
}

fn responses(operation: &Operation) -> Map<String, Value> {
    let mut all: Map<String, Value> =
        operation.answers.iter().map(|answer| (answer.status.to_string(), response(answer))).collect();
    let mut codes = operation.problems.clone();
    codes.extend([Code::TooMany, Code::Fault, Code::Unavailable]);
    if !operation.roles.is_empty() {
        codes.extend([Code::NotAuthenticated, Code::TokenInvalid, Code::RoleInsufficient]);
        codes.extend(operation.scope.map(|_| Code::ScopeInsufficient));
    }
    if operation.keyed {
        codes.extend([Code::RequestInvalid, Code::KeyInProgress, Code::KeyReused]);
    }
    codes.sort();
    codes.dedup();
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status()).or_default().push(code);
    }
    for (status, codes) in by_status {
        let shared = SHARED.iter().any(|shared| **shared == *codes);
        let response = if shared {
            json!({ "$ref": format!("#/components/responses/{status}") })
        } else {
            problems(&codes)
        };
        all.insert(status.to_string(), response);
    }
    all.sort_keys();
    all
}

fn shared() -> Map<String, Value> {
    let one = |codes: &&[Code]| Some((codes.first()?.status().to_string(), problems(codes)));
    SHARED.iter().filter_map(one).collect()
}

fn response(answer: &Answer) -> Value {
    let mut content = Map::new();
    for (at, (media, form)) in answer.forms.iter().enumerate() {
        let mut one = json!({ "schema": schema(form) });
        if let (0, Some(example), Value::Object(one)) = (at, &answer.example, &mut one) {
            one.insert("example".to_owned(), example.clone());
        }
        content.insert((*media).to_owned(), one);
    }
    let mut members = Map::from_iter([("description".to_owned(), json!(answer.says))]);
    if !answer.headers.is_empty() {
        let header = |(name, says): &(&str, &str)| {
            ((*name).to_owned(), json!({ "description": says, "schema": { "type": "string" } }))
        };
        members.insert("headers".to_owned(), Value::Object(answer.headers.iter().map(header).collect()));
    }
    if !content.is_empty() {
        members.insert("content".to_owned(), Value::Object(content));
    }
    Value::Object(members)
}

fn problems(codes: &[Code]) -> Value {
    let says: Vec<String> =
        codes.iter().map(|code| format!("`{}`: {}.", code.as_str(), code.title())).collect();
    let example = codes.first().map(|code| {
        json!({ "type": format!("{BASE}/problems/{}", code.as_str()), "title": code.title(),
                "status": code.status(), "code": code.as_str(), "detail": "…" })
    });
    json!({
        "description": says.join(" "),
        "content": { (problem::MEDIA): {
            "schema": { "$ref": format!("#{SCHEMAS}/Problem") },
            "example": example
        } }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_document_that_is_checked_in_is_the_one_of_the_code() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/specs/openapi.json");
        if std::env::var_os("PASSERELLE_TEST_WRITE").is_some() {
            std::fs::write(path, document()).unwrap();
        }
        let checked_in = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            checked_in == document(),
            "operations changed: cargo run -- schema openapi > specs/openapi.json"
        );
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let text = document();
        let document: Value = serde_json::from_str(&text).unwrap();
        for reference in text.split("\"$ref\": \"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn every_operation_is_described_whole() {
        let mut seen = BTreeSet::new();
        for operation in operations() {
            let place = format!("{:?} {}", operation.verb, operation.path);
            assert!(seen.insert(operation.id.clone()), "{place}: {} stands twice", operation.id);
            assert!(
                !operation.id.is_empty() && !operation.tag.is_empty() && !operation.summary.is_empty(),
                "{place}"
            );
            assert!(!operation.answers.is_empty(), "{place}");
            let named: Vec<&str> = operation
                .path
                .split('/')
                .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            let told: Vec<&str> = operation.path_parameters.iter().map(|one| one.name).collect();
            assert_eq!(named, told, "{place}");
            for answer in operation.answers.iter().filter(|answer| !answer.forms.is_empty()) {
                assert!(answer.example.is_some(), "{place}");
            }
        }
    }
}
