//! The registries in `specs/` are whole, and equal to the code: refusals, and requirements with the tests that hold them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use boundary::RefusalCode;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusals {
    refusal: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: String,
    status: u16,
    mends: String,
    meaning: String,
    fr: Words,
    en: Words,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    title: String,
    words: String,
    mend: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirements {
    requirement: Vec<Requirement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirement {
    id: String,
    section: String,
    level: String,
    asks: String,
    test: String,
}

/// Who can mend what is refused.
const MENDERS: &[&str] = &["school", "publisher", "ent", "operator", "person"];
impl Words {
    fn texts(&self) -> [&str; 3] {
        [&self.title, &self.words, &self.mend]
    }
}

#[test]
fn every_refusal_is_told_whole_in_both_languages() {
    let mut seen = BTreeSet::new();
    for entry in refusals() {
        let code = &entry.code;
        assert!(seen.insert(code.clone()), "{code}: stands twice");
        let snake = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        assert!(code.chars().all(snake), "{code}: not snake_case");
        assert!([400, 403, 404].contains(&entry.status), "{code}: status {}", entry.status);
        assert!(MENDERS.contains(&entry.mends.as_str()), "{code}: {}", entry.mends);
        assert!(!entry.meaning.trim().is_empty(), "{code}: no meaning");
        for text in entry.fr.texts().into_iter().chain(entry.en.texts()) {
            assert!(!text.trim().is_empty() && text.trim() == text, "{code}: empty or ragged: {text:?}");
        }
        for text in entry.fr.texts() {
            let loose = [" ;", " :", " ?", " !", " »", "« "].into_iter().find(|pair| text.contains(pair));
            assert_eq!(loose, None, "{code}: French wants U+00A0 there, not a space: {text}");
        }
    }
}

#[test]
fn registry_and_code_know_the_same_refusals() {
    let told: BTreeSet<String> = refusals().into_iter().map(|entry| entry.code).collect();
    let coded: BTreeSet<String> = RefusalCode::ALL.iter().map(|code| code.as_str().to_owned()).collect();
    let untold: Vec<_> = coded.difference(&told).collect();
    let uncoded: Vec<_> = told.difference(&coded).collect();
    assert!(
        untold.is_empty() && uncoded.is_empty(),
        "without an entry in specs/refusals.toml: {untold:?}; unknown to boundary::RefusalCode: {uncoded:?}"
    );
}

#[test]
fn requirements_are_whole_and_no_id_stands_twice() {
    let mut seen = BTreeMap::new();
    for (path, requirement) in requirements() {
        let Requirement { id, section, level, asks, .. } = &requirement;
        if let Some(other) = seen.insert(id.clone(), path.clone()) {
            panic!("{}: {id} stands in {} too", path.display(), other.display());
        }
        assert!(["MUST", "MUST NOT", "SHOULD", "MAY"].contains(&level.as_str()), "{id}: level {level}");
        assert!(!section.is_empty() && asks.ends_with('.'), "{id}: section and one sentence");
    }
}

#[test]
fn a_requirement_names_tests_that_exist() {
    let tests = test_functions();
    let mut wrong = Vec::new();
    for (path, requirement) in requirements() {
        if requirement.test == "not yet" {
            continue;
        }
        for test in requirement.test.split(',').map(str::trim) {
            let name = test.rsplit("::").next().unwrap_or(test);
            if !tests.contains(name) {
                wrong.push(format!("{}: {}: no test `{test}`", path.display(), requirement.id));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap())
}

fn refusals() -> Vec<Entry> {
    let text = fs::read_to_string(root().join("specs/refusals.toml")).unwrap();
    toml::from_str::<Refusals>(&text).unwrap().refusal
}

/// Every requirement of every standard, with the file that holds it.
fn requirements() -> Vec<(PathBuf, Requirement)> {
    let mut found = Vec::new();
    for folder in fs::read_dir(root().join("specs")).unwrap() {
        let path = folder.unwrap().path().join("requirements.toml");
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let file: Requirements =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let shown = path.strip_prefix(root()).unwrap().to_owned();
        found.extend(file.requirement.into_iter().map(|requirement| (shown.clone(), requirement)));
    }
    assert!(!found.is_empty());
    found
}

fn test_functions() -> BTreeSet<String> {
    tests_by_file().into_iter().map(|(_, name)| name).collect()
}

/// The functions that are marked as tests, anywhere, and all functions below a `tests` folder, where a macro may mark
/// them: each with its file.
pub fn tests_by_file() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["src", "connectors", "conformance", "tests"] {
        gather(&root().join(folder), folder == "tests", &mut found);
    }
    found
}

fn gather(folder: &Path, in_tests: bool, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            gather(&path, in_tests || path.ends_with("tests"), found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let mut marked = in_tests;
            for line in text.lines().map(str::trim_start) {
                marked |= line.starts_with("#[") && line.contains("test");
                let Some((before, after)) = line.split_once("fn ") else {
                    continue;
                };
                if marked && !before.starts_with("//") {
                    let name: String = after
                        .chars()
                        .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                        .collect();
                    let path = path.strip_prefix(root()).unwrap().display().to_string();
                    found.push((path, name));
                }
                marked = in_tests;
            }
        }
    }
}
