//! The walls of the house: which room may name which, and which crate may be named where.
//!
//! The tables below are the rule; the tests read manifests and sources and hold them. Arrows run downwards only. A new room or
//! crate has to be added here, which is the moment to ask what it may know.

mod shape;
pub mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use source::{Named, RustFile, root, rust_files};

/// What a launch is made of. These rooms may name one another, without circles, and nothing above them.
const DOMAIN: &[&str] =
    &["directory", "pseudonyms", "agreements", "catalogue", "licensing", "journal", "keys"];
/// The rooms through which something passes: a launch, a service call, a session, a right of access.
const WAYS: &[&str] = &["launch", "services", "sessions", "access"];
/// Stands for every room.
const ANY: &[&str] = &["*"];

/// Each room of `src/`, and the rooms that it may name besides itself.
const ROOMS: &[(&str, &[&[&str]])] = &[
    ("lib", &[]),
    ("main", &[&["boot", "config", "operate", "demo"]]),
    ("boot", &[ANY]),
    ("http", &[WAYS, &["operate", "config", "pages"]]),
    ("pages", &[WAYS, &["operate"]]),
    ("jobs", &[WAYS, &["operate"]]),
    ("demo", &[&["config"]]),
    ("operate", &[&["launch", "services", "trust"], DOMAIN]),
    ("launch", &[DOMAIN, &["trust"]]),
    ("services", &[DOMAIN, &["trust"]]),
    ("sessions", &[DOMAIN, &["trust"]]),
    ("access", &[DOMAIN, &["trust"]]),
    ("directory", &[DOMAIN]),
    ("pseudonyms", &[DOMAIN]),
    ("agreements", &[DOMAIN]),
    ("catalogue", &[DOMAIN]),
    ("licensing", &[DOMAIN]),
    ("journal", &[DOMAIN]),
    ("keys", &[DOMAIN]),
    ("trust", &[&["transport"]]),
    ("transport", &[]),
    ("config", &[]),
    // The traits that rooms declare beside their use, and the values in them.
    ("store", &[DOMAIN, WAYS, &["trust", "operate", "jobs"]]),
];

/// Crates that only some rooms of `src/` may name. A crate that is not here may be named anywhere.
const CRATES_IN_ROOMS: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("lti", &["boot"]),
    ("saml", &["boot"]),
    ("cas", &["boot"]),
    ("oidc", &["boot"]),
    ("gar", &["http", "operate", "catalogue"]),
    ("jose", &["keys", "trust", "launch", "sessions", "access"]),
    ("xmldsig", &[]),
    ("josekit", &[]),
    ("jsonwebtoken", &[]),
    ("bergshamra", &[]),
    ("openssl", &[]),
    ("conformance", &["demo"]),
    ("axum", &["http", "pages", "access", "boot"]),
    ("reqwest", &["transport"]),
    ("opentelemetry", &["http"]),
    ("opentelemetry_sdk", &["http"]),
    ("opentelemetry_otlp", &["http"]),
    ("tracing_opentelemetry", &["http"]),
];

/// Each member of the workspace ("." is the broker), and the crates of ours that its manifest may name.
const MEMBERS: &[(&str, &[&str])] = &[
    (".", &["boundary", "jose", "lti", "saml", "cas", "oidc", "gar", "conformance"]),
    ("connectors/boundary", &[]),
    ("connectors/jose", &[]),
    ("connectors/xmldsig", &[]),
    ("connectors/lti", &["boundary", "jose"]),
    ("connectors/oidc", &["boundary", "jose"]),
    ("connectors/saml", &["boundary", "xmldsig"]),
    ("connectors/cas", &["boundary", "xmldsig"]),
    ("connectors/gar", &["boundary"]),
    // A judge that shares the parser shares its bug.
    ("conformance", &[]),
];

/// Crates of others that only some manifests may name. "dev" after a member: only for its tests.
const CRATES_IN_MANIFESTS: &[(&str, &[&str])] = &[
    ("josekit", &["connectors/jose"]),
    ("jsonwebtoken", &["connectors/jose"]),
    ("bergshamra", &["connectors/xmldsig"]),
    ("sqlx", &["."]),
    ("axum", &[".", "conformance"]),
    ("reqwest", &[".", "conformance"]),
    ("openssl", &["conformance", ". dev"]),
    ("thirtyfour", &[". dev"]),
];

#[test]
fn every_room_is_in_the_table() {
    let known: BTreeSet<&str> = ROOMS.iter().map(|(name, _)| *name).collect();
    let mut wrong = Vec::new();
    for file in rust_files(&["src"]) {
        let room = file.room();
        if !known.contains(room.as_str()) {
            wrong.push(format!("{}:1: the room `{room}` is new: add it to the table ROOMS", file.path));
        }
    }
    complain(wrong);
}

#[test]
fn arrows_between_rooms_run_downwards() {
    let mut wrong = Vec::new();
    for file in built() {
        let room = file.room();
        for (line, other) in rooms_named(&file) {
            if other == "*" {
                wrong.push(format!("{}:{line}: `crate::*` hides what it names", file.path));
            } else if !may_name(&room, &other) {
                wrong.push(format!("{}:{line}: `{room}` may not name `{other}` (table ROOMS)", file.path));
            }
        }
    }
    complain(wrong);
}

#[test]
fn rooms_do_not_go_in_circles() {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in built() {
        let named = rooms_named(&file).into_iter().map(|(_, other)| other);
        arrows.entry(file.room()).or_default().extend(named);
    }
    for start in arrows.keys() {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&String> = arrows.get(start).into_iter().flatten().collect();
        while let Some(room) = next.pop() {
            assert_ne!(
                room, start,
                "the room `{start}` reaches itself through others: arrows run downwards only"
            );
            if seen.insert(room) {
                next.extend(arrows.get(room).into_iter().flatten());
            }
        }
    }
}

#[test]
fn walled_crates_are_named_only_in_their_rooms() {
    let mut wrong = Vec::new();
    for file in built() {
        let room = file.room();
        for (line, named) in file.names() {
            let Named::Crate(name) = named else { continue };
            let wall = CRATES_IN_ROOMS.iter().find(|(walled, _)| *walled == name);
            if let Some((_, rooms)) = wall
                && !rooms.contains(&room.as_str())
            {
                wrong.push(format!(
                    "{}:{line}: `{room}` may not name the crate `{name}`; only {rooms:?} may (table CRATES_IN_ROOMS)",
                    file.path
                ));
            }
        }
    }
    complain(wrong);
}

#[test]
fn manifests_keep_the_walls() {
    let workspace = manifest(".");
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let members: Vec<&str> = members.iter().map(|member| member.as_str().unwrap()).collect();
    let ours: BTreeSet<String> =
        members.iter().map(|member| package_name(&manifest(member)).to_owned()).collect();
    let mut wrong = Vec::new();
    for member in members.into_iter().chain(["."]) {
        let path = format!("{member}/Cargo.toml");
        let Some((_, allowed)) = MEMBERS.iter().find(|(name, _)| *name == member) else {
            wrong.push(format!("{path}:1: the member is new: add it to the table MEMBERS"));
            continue;
        };
        for (section, name) in dependencies(&manifest(member), &workspace) {
            let line = line_of(&path, &name);
            if ours.contains(&name) && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{path}:{line}: {member} may not depend on {name} (table MEMBERS)"));
            }
            let wall = CRATES_IN_MANIFESTS.iter().find(|(walled, _)| *walled == name);
            let for_tests = format!("{member} dev");
            if let Some((_, places)) = wall
                && !places.contains(&member)
                && !(section == "dev-dependencies" && places.contains(&for_tests.as_str()))
            {
                wrong.push(format!(
                    "{path}:{line}: {name} may stand only in {places:?} (table CRATES_IN_MANIFESTS)"
                ));
            }
        }
    }
    complain(wrong);
}

/// The sources that the walls stand in. A test may name whatever shows what it tests; its crates are walled by the
/// manifests, which name them for tests alone.
fn built() -> impl Iterator<Item = RustFile> {
    rust_files(&["src"]).into_iter().filter(|file| !file.is_test())
}

fn complain(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// The other rooms that a file names, each with its line.
fn rooms_named(file: &RustFile) -> Vec<(usize, String)> {
    let room = file.room();
    let mut found = Vec::new();
    for (line, named) in file.names() {
        if let Named::Module(other) = named
            && other != room
            && (other == "*" || source::is_room(&other))
        {
            found.push((line, other));
        }
    }
    found
}

fn may_name(room: &str, other: &str) -> bool {
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return false;
    };
    allowed.iter().any(|row| *row == ANY || row.contains(&other))
}

fn manifest(member: &str) -> toml::Table {
    let path = root().join(member).join("Cargo.toml");
    let text = fs::read_to_string(&path).unwrap();
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn package_name(manifest: &toml::Table) -> &str {
    manifest["package"]["name"].as_str().unwrap()
}

/// The packages that a manifest depends on, by the section that says so; renames are undone.
fn dependencies(manifest: &toml::Table, workspace: &toml::Table) -> Vec<(&'static str, String)> {
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let targets = targets.into_iter().flat_map(|table| table.values().filter_map(toml::Value::as_table));
    let mut found = Vec::new();
    for table in std::iter::once(manifest).chain(targets) {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (key, value) in table.get(section).and_then(toml::Value::as_table).into_iter().flatten() {
                let inherited = value.get("workspace").is_some();
                let shared = inherited.then(|| workspace["workspace"]["dependencies"].get(key)).flatten();
                let renamed = shared.unwrap_or(value).get("package").and_then(toml::Value::as_str);
                found.push((section, renamed.unwrap_or(key).to_owned()));
            }
        }
    }
    found
}

fn line_of(path: &str, key: &str) -> usize {
    let text = fs::read_to_string(root().join(path)).unwrap();
    let starts = |line: &str| {
        let rest = line.strip_prefix(key);
        rest.is_some_and(|rest| rest.starts_with([' ', '.', '=']))
    };
    text.lines().position(starts).map_or(1, |index| index + 1)
}
