//! Documents stay true: every path and link in them is looked up, and every name of Rust in the architecture.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::walls::source::{root, rust_files};

/// The documents, with their text.
pub fn documents() -> Vec<(String, String)> {
    let mut found = vec![("README.md".to_owned(), fs::read_to_string(root().join("README.md")).unwrap())];
    gather(&root().join("docs"), &mut found);
    found
}

fn gather(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// What stands in `code` type within lines, outside code blocks.
pub fn spans(text: &str) -> Vec<(usize, &str)> {
    let mut block = false;
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            block = !block;
        } else if !block && !line.starts_with("    ") {
            let inside = line.split('`').skip(1).step_by(2);
            found.extend(inside.map(|span| (index + 1, span)));
        }
    }
    found
}

/// Whether a span is a path of this repository.
fn is_path(span: &str) -> bool {
    const ROOTS: [&str; 8] =
        ["src/", "connectors/", "conformance", "specs/", "tests/", "docs/", "docker/", "scripts/"];
    ROOTS.iter().any(|start| span.starts_with(start)) && !span.contains([' ', '*', '{'])
}

/// Whether a span is a name of Rust: `Type`, `Type::function`, `module::function`.
fn is_name(span: &str) -> bool {
    let parts: Vec<&str> = span.split("::").collect();
    let word = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    let camel = span.starts_with(|c: char| c.is_uppercase()) && span.contains(|c: char| c.is_lowercase());
    parts.iter().all(word) && (parts.len() > 1 || camel)
}

#[test]
fn paths_in_documents_exist() {
    let mut wrong = Vec::new();
    for (name, text) in documents() {
        for (line, span) in spans(&text).into_iter().filter(|(_, span)| is_path(span)) {
            if !root().join(span).exists() {
                wrong.push(format!("{name}:{line}: `{span}` is not there"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn names_in_the_architecture_exist() {
    let mut words = BTreeSet::new();
    for file in rust_files(&["src", "connectors", "conformance"]) {
        let split = file.text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        words.extend(split.map(str::to_owned));
    }
    let mut wrong = Vec::new();
    for (name, text) in documents().into_iter().filter(|(name, _)| name.ends_with("architecture.md")) {
        for (line, span) in spans(&text).into_iter().filter(|(_, span)| is_name(span)) {
            for word in span.split("::").filter(|word| !words.contains(*word)) {
                wrong.push(format!("{name}:{line}: `{span}`: nothing is called {word}"));
            }
        }
        assert!(spans(&text).iter().filter(|(_, span)| is_name(span)).count() > 10, "names are recognised");
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut wrong = Vec::new();
    for (name, text) in documents() {
        let folder = root().join(&name).parent().unwrap().to_owned();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let local = !target.is_empty() && !target.contains("://");
            if local && !folder.join(target).exists() {
                wrong.push(format!("{name}: the link to {target} leads nowhere"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
