//! Every operation of the document, asked by every role and by two tenants, against the table `roles.toml`. An operation
//! without a row fails.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::caller::Program;
use super::world::{BOTH, SCHOOLS, objects, register};
use crate::stage::{Engine, Stage, on_both_engines};
use crate::walls::source::root;

on_both_engines!(every_operation_answers_every_role_as_the_table_says);

/// The table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    callers: Vec<String>,
    parameters: BTreeMap<String, String>,
    operations: BTreeMap<String, Vec<u16>>,
}

/// An operation of the document.
struct Asked {
    id: String,
    verb: String,
    path: String,
    body: Option<Value>,
}

fn table() -> Table {
    let text = std::fs::read_to_string(root().join("tests/it/api/roles.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

/// The operations of the document, with what the table says for the parameters of their addresses.
fn operations(parameters: &BTreeMap<String, String>) -> Vec<Asked> {
    let text = std::fs::read_to_string(root().join("specs/openapi.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let mut all = Vec::new();
    for (path, verbs) in document["paths"].as_object().unwrap() {
        let filled = parameters
            .iter()
            .fold(path.clone(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value));
        assert!(!filled.contains('{'), "roles.toml has no parameter for {path}");
        for (verb, operation) in verbs.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let content = operation["requestBody"]["content"].as_object();
            let example =
                content.and_then(|content| content.values().next()).map(|media| media["example"].clone());
            let record = objects(0)
                .into_iter()
                .map(|(path, object)| (path.replace("ark:%2F99999%2F", "cle-"), object));
            let record = record.into_iter().find(|(path, _)| *path == filled).map(|(_, object)| object);
            let body = if verb == "put" { record.or(example) } else { example };
            all.push(Asked { id, verb: verb.clone(), path: filled.clone(), body });
        }
    }
    all
}

/// The callers, in the order of the table's columns.
fn callers(stage: &Stage) -> Vec<(String, Program)> {
    let school = |n: usize| Program::of(stage, &["school-manager", "--school", SCHOOLS[n]]);
    let publisher = |n: usize| {
        let organisation = format!("editeur-{}", BOTH[n]);
        Program::of(stage, &["publisher-manager", "--organisation", &organisation])
    };
    vec![
        ("stranger".to_owned(), Program::stranger(stage)),
        ("unscoped".to_owned(), Program::with(stage, &["operator"], &["accounts:read"])),
        ("operator".to_owned(), Program::operator(stage)),
        ("dpo".to_owned(), Program::of(stage, &["dpo"])),
        ("auditor".to_owned(), Program::of(stage, &["auditor"])),
        ("school".to_owned(), school(0)),
        ("other school".to_owned(), school(1)),
        ("publisher".to_owned(), publisher(0)),
        ("other publisher".to_owned(), publisher(1)),
    ]
}

async fn every_operation_answers_every_role_as_the_table_says(engine: Engine) {
    let table = table();
    let stage = Stage::plain(engine).await;
    register(&Program::operator(&stage)).await;
    let callers = callers(&stage);
    assert_eq!(
        callers.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        table.callers.iter().collect::<Vec<_>>()
    );
    let operations = operations(&table.parameters);
    let mut wrong = Vec::new();
    for Asked { id, verb, path, body } in &operations {
        let Some(wanted) = table.operations.get(id) else {
            wrong.push(format!("{id}: roles.toml has no row for it"));
            continue;
        };
        let mut found = Vec::new();
        for (name, program) in &callers {
            let headers = [("content-type", "application/json"), ("if-match", "\"999\"")];
            let headers = if verb == "get" { &headers[..0] } else { &headers[..] };
            let answer = program.send(verb, path, headers, body.as_ref().map(Value::to_string)).await;
            if answer.status >= 400 {
                answer.code();
            }
            assert!(answer.status < 500, "{id} as {name}: {answer:?}");
            found.push(answer.status);
        }
        if found != *wanted {
            wrong.push(format!("{id} = {found:?}, and the table says {wanted:?}"));
        }
    }
    let known: Vec<&String> = operations.iter().map(|operation| &operation.id).collect();
    let stale = table.operations.keys().filter(|id| !known.contains(id));
    wrong.extend(stale.map(|id| format!("{id}: the document has no such operation")));
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
