//! What the fuzzer found worth keeping, and the attacks that people know, on the stable toolchain.

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Deserialize;

use crate::walls::source::root;
use fuzz::{Ending, TARGETS, target};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attacks {
    attack: Vec<Attack>,
}

/// One input with the end that it must come to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attack {
    target: String,
    name: String,
    /// The input; `\xNN` is a byte.
    input: String,
    /// A text and how often it stands in the place of `…`.
    repeat: Option<(String, usize)>,
    /// The word for how it ends.
    ends: String,
    /// Part of what the operator is told.
    #[serde(default)]
    says: String,
}

impl Attack {
    fn bytes(&self) -> Vec<u8> {
        let input = match &self.repeat {
            Some((text, times)) => self.input.replacen('…', &text.repeat(*times), 1),
            None => self.input.clone(),
        };
        let mut parts = input.split("\\x");
        let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
        for part in parts {
            bytes.extend(HEXLOWER_PERMISSIVE.decode(&part.as_bytes()[..2]).unwrap());
            bytes.extend_from_slice(&part.as_bytes()[2..]);
        }
        bytes
    }
}

fn attacks() -> Vec<Attack> {
    let text = fs::read_to_string(root().join("tests/fuzz/attacks.toml")).unwrap();
    toml::from_str::<Attacks>(&text).unwrap().attack
}

/// Runs a body; a panic is told with what led to it.
fn ending(what: &str, name: &str, bytes: &[u8]) -> Result<Ending, String> {
    let body = target(name).ok_or_else(|| format!("{what}: no target {name}"))?;
    catch_unwind(|| body(bytes)).map_err(|_| format!("{what} breaks a rule of the target {name}"))
}

#[test]
fn known_attacks_end_as_the_table_says() {
    let mut wrong = Vec::new();
    let attacks = attacks();
    for attack in &attacks {
        match ending(&attack.name, &attack.target, &attack.bytes()) {
            Ok(ending) if ending.word == attack.ends && ending.says.contains(&attack.says) => {}
            Ok(ending) => wrong.push(format!("{}, {}: ended as {ending:.300?}", attack.target, attack.name)),
            Err(broken) => wrong.push(broken),
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    let names: BTreeSet<_> = attacks.iter().map(|attack| (&attack.target, &attack.name)).collect();
    assert_eq!(names.len(), attacks.len(), "two attacks of one target have one name");
    assert!(attacks.len() >= 100);
}

#[test]
fn the_corpus_keeps_every_rule() {
    let corpus = root().join("tests/fuzz/corpus");
    let mut wrong = Vec::new();
    for (name, _) in TARGETS {
        let files = files(&corpus.join(name));
        assert!(files.len() >= 10, "the corpus of {name} has {} files", files.len());
        wrong.extend(files.iter().filter_map(|(file, bytes)| ending(file, name, bytes).err()));
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// Each target is in the manifest, has a corpus and attacks, and is called by its own name.
#[test]
fn every_target_is_fuzzed_and_attacked() {
    let manifest = fs::read_to_string(root().join("tests/fuzz/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let bins = manifest["bin"].as_array().unwrap().iter().map(|bin| bin["name"].as_str().unwrap());
    let named: BTreeSet<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(bins.collect::<BTreeSet<_>>(), named);
    for name in named {
        let source = fs::read_to_string(root().join(format!("tests/fuzz/fuzz_targets/{name}.rs"))).unwrap();
        assert!(source.contains(&format!("passerelle_fuzz::{name}::run(")), "{name} runs another body");
        assert!(attacks().iter().any(|attack| attack.target == name), "nobody attacks {name}");
    }
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
}
