//! Every command that a document shows is run: block by block, in the order of the document, on a stage where a broker
//! serves; and every command that stands in a line is one that the program knows, with its options.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::documents::{documents, spans};
use crate::stage::{ATLAS, Ending, Engine, Federation, LYCEE, Stage, free_port, passerelle, person, roles};
use crate::walls::source::root;

/// With what a block begins that is to be typed. Other blocks show files, formulas and what is printed.
const TYPED: [&str; 11] = [
    "passerelle ",
    "cargo ",
    "make ",
    "curl ",
    "kill ",
    "umask ",
    "openssl ",
    "export ",
    "psql ",
    "systemctl ",
    "scripts/",
];

/// What takes the machine for itself: `make demo` is `cargo run` of what `operating` and `browser` run, after the
/// preparation that `make test`, which runs all of these, makes too.
const ELSEWHERE: [&str; 2] = ["make demo", "make test"];

/// `passerelle`: a broker that a document starts runs until it is ready, and is stopped.
const PASSERELLE: &str = r#"#!/bin/bash
if [ "$1" != serve ]; then exec "$REAL" "$@"; fi
export PASSERELLE_SERVER__LISTEN=$BESIDE PASSERELLE_SERVER__OPERATIONS=$BESIDE_OPERATIONS
coproc BROKER { exec "$REAL" "$@"; }
pid=$BROKER_PID
while read -r line; do
    case $line in ready*) kill -TERM "$pid" ;; esac
done <&"${BROKER[0]}"
wait "$pid"
"#;

/// `cargo run --locked -- …` in the repository.
const CARGO: &str = r#"#!/bin/bash
if [ "$1" = --version ]; then exec "$CARGO" --version; fi
[ "$1 $2 $3" = "run --locked --" ] || { echo "cargo $* is not known here" >&2; exit 2; }
shift 3
exec passerelle "$@"
"#;

/// `systemctl kill --signal=HUP passerelle`: the signal goes to the broker of the stage.
const SYSTEMCTL: &str = r#"#!/bin/bash
[ "$*" = "kill --signal=HUP passerelle" ] || { echo "systemctl $* is not known here" >&2; exit 2; }
exec kill -HUP "$BROKER_ID"
"#;

/// The blocks of a document that are typed, each as one script.
fn blocks(text: &str) -> Vec<String> {
    let mut found: Vec<Vec<&str>> = Vec::new();
    let (mut fenced, mut inside) = (false, false);
    for line in text.lines() {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        let shown = !fence && (fenced || line.starts_with("    "));
        if shown && !inside {
            found.push(Vec::new());
        }
        if let (true, Some(block)) = (shown, found.last_mut()) {
            block.push(line.trim_start());
        }
        inside = shown;
    }
    found.into_iter().filter_map(|lines| typed(&lines)).collect()
}

/// The lines of a block that are typed: those behind a prompt where it has one.
fn typed(lines: &[&str]) -> Option<String> {
    let prompted: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("$ ")).collect();
    let typed = if prompted.is_empty() { lines.to_vec() } else { prompted.clone() };
    let starts = TYPED.iter().any(|start| typed[0].starts_with(start));
    assert!(starts || prompted.is_empty(), "nobody knows how to run what stands behind a prompt: {typed:?}");
    starts.then(|| typed.join("\n").replace(" \\\n", " "))
}

/// A block without what is optional, and, where something is, with it.
fn variants(block: &str) -> Vec<String> {
    // Brackets of JSON and of addresses are meant as they stand.
    if !block.contains(" [--") {
        return vec![block.to_owned()];
    }
    let (mut without, mut rest) = (String::new(), block);
    while let Some((before, after)) = rest.split_once(" [") {
        without.push_str(before);
        rest = after.split_once(']').unwrap().1;
    }
    without.push_str(rest);
    let with = block.replace(" [", " ").replace(']', "");
    if with == block { vec![with] } else { vec![without, with] }
}

/// Where the commands of a document are typed.
struct Desk {
    stage: Stage,
    folder: tempfile::TempDir,
    /// Of a launch that was delivered.
    launch: String,
}

impl Desk {
    async fn open() -> Self {
        let people = ["nina", "omar"].map(|name| person(name, "1", &[roles::PUPIL]));
        let stage = Stage::open(Engine::Sqlite, people.to_vec(), Federation::open_to_all).await;
        for name in ["nina", "omar"] {
            assert_eq!(stage.ending(name).await, Ending::Delivered);
        }
        let launch = stage.events().await[0]["launch"].as_str().unwrap().to_owned();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("bin")).unwrap();
        for (name, script) in [("passerelle", PASSERELLE), ("cargo", CARGO), ("systemctl", SYSTEMCTL)] {
            fs::write(at("bin").join(name), script).unwrap();
            fs::set_permissions(at("bin").join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        for name in ["src", "scripts"] {
            symlink(root().join(name), at(name)).unwrap();
        }
        symlink(stage.database.folder().join("federation.toml"), at("federation.toml")).unwrap();
        fs::copy(stage.database.folder().join("master.key"), at("master.key")).unwrap();
        Self { stage, folder, launch }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A document's names, as they are on this desk.
    fn fill(&self, script: &str) -> String {
        let here = self.folder.path().display().to_string();
        let export = format!("{LYCEE} --out export.jsonl");
        [
            ("LAUNCH_ID", self.launch.as_str()),
            ("--ent ENT", "--ent ent"),
            ("--namespace NS", "--namespace ent"),
            ("--subject SUBJECT", "--subject sub-nina"),
            ("ENT/NAMESPACE/SUBJECT", "ent/ent/sub-nina"),
            ("UAI/", &format!("{LYCEE}/")),
            ("--everyone UAI", &format!("--everyone {LYCEE}")),
            ("ARK_OR_KEY", ATLAS),
            ("--school UAI", &format!("--school {LYCEE}")),
            ("--deployment ID", "--deployment 1"),
            ("/var/backups", &here),
            ("https://broker.example", &self.stage.broker.url),
            ("EXPORT_OF", &export),
            ("ENT/NAMESPACE/SUBJECT", "ent/ent/sub-nina"),
            ("notices SECTOR", "notices secteur"),
        ]
        .into_iter()
        .fold(script.to_owned(), |script, (from, to)| script.replace(from, to))
    }

    /// Types a script as somebody would who has this broker's settings, or none.
    fn run(&self, script: &str, database: &str) -> Output {
        let [beside, operations] = [free_port(), free_port()].map(|port| format!("127.0.0.1:{port}"));
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.at("bin").display());
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", script]).current_dir(self.folder.path()).env_clear();
        if !script.contains("export PASSERELLE_DATABASE_URL") {
            bash.envs(self.stage.broker.environment.iter().cloned());
            bash.env("PASSERELLE_DATABASE_URL", database);
            bash.env("PASSERELLE_MASTER_KEY_FILE", self.at("master.key"));
        }
        bash.env("PATH", path).env("REAL", env!("CARGO_BIN_EXE_passerelle")).env("CARGO", env!("CARGO"));
        bash.env("BESIDE", beside).env("BESIDE_OPERATIONS", operations);
        bash.env("BROKER_ID", self.stage.broker.pid().to_string()).output().unwrap()
    }
}

/// What a document takes for granted before a block: an export for `journal verify`, an empty database for a restore.
fn prepare(desk: &Desk, script: &str) -> String {
    let own = desk.stage.broker.environment.iter().find(|(name, _)| name == "PASSERELLE_DATABASE_URL");
    let own = own.unwrap().1.clone();
    if script.contains("journal verify export.jsonl") {
        let export =
            desk.fill("passerelle journal checkpoint && passerelle journal export --school EXPORT_OF");
        assert!(desk.run(&export, &own).status.success());
    }
    if script.contains("pairs.csv") {
        fs::write(desk.at("pairs.csv"), "first,second\nent/ent/sub-nina,ent/ent/sub-omar\n").unwrap();
    }
    if script.contains("keys.csv") {
        fs::write(desk.at("keys.csv"), "old,new\nsub-nina,sub-nina-2\n").unwrap();
    }
    if script.contains("marees-2026") {
        let lines =
            "from = 2026-01-01\nuntil = 2036-01-01\nkind = \"INDIV\"\naudience = [\"pupil\"]\nseats = 30";
        let applied = desk.stage.apply(|plain| plain.open_to_all().subscription("marees-2026", lines), &[]);
        assert_eq!(applied.code, Some(0), "{}", applied.stderr);
    }
    if script.contains("A0_GAR-ENT_Complet_20260901_210000_2D") {
        crate::roster::small_archive(desk.folder.path(), "20260901_210000");
    }
    if script.contains("passerelle restore") {
        return format!("sqlite://{}", desk.at("restored.db").display());
    }
    own
}

async fn every_command_of(name: &str, text: &str) -> usize {
    let desk = Desk::open().await;
    let mut ran = 0;
    for block in blocks(text) {
        if ELSEWHERE.iter().any(|start| block.starts_with(start)) {
            continue;
        }
        for variant in variants(&block) {
            let script = desk.fill(&variant);
            let database = prepare(&desk, &script);
            let output = desk.run(&script, &database);
            let (out, err) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(output.status.success(), "{name}: {script}\n{}\n{out}\n{err}", output.status);
            ran += 1;
        }
    }
    ran
}

#[tokio::test(flavor = "multi_thread")]
async fn what_documents_show_can_be_typed() {
    let mut ran = 0;
    for (name, text) in documents() {
        if !blocks(&text).is_empty() {
            ran += every_command_of(&name, &text).await;
        }
    }
    assert!(ran > 15, "{ran} scripts were found");
}

/// `passerelle journal export --school UAI [--from DATE]` is the command `journal export` with two options.
fn is_known(span: &str) -> Result<(), String> {
    let words: Vec<&str> = span.split([' ', '[', ']']).skip(1).filter(|word| !word.is_empty()).collect();
    let lower =
        |word: &&&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-');
    let command: Vec<&str> = words.iter().take_while(lower).copied().collect();
    // What follows a command may be an argument in lower letters, such as the purpose of a key.
    let helps = (1..=command.len()).rev().map(|n| [&command[..n], &["--help"]].concat());
    let help = helps.map(|arguments| passerelle(&arguments, &[])).find(|exit| exit.code == Some(0));
    let help = help.ok_or_else(|| format!("`{span}`: there is no such command"))?.stdout;
    let unknown = words.iter().find(|word| word.starts_with("--") && !help.contains(**word));
    unknown.map_or(Ok(()), |word| Err(format!("`{span}`: {word} is no option")))
}

#[test]
fn commands_that_stand_in_a_line_exist() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (name, text) in documents() {
        for (line, span) in spans(&text).into_iter().filter(|(_, span)| span.starts_with("passerelle ")) {
            seen += 1;
            wrong.extend(is_known(span).err().map(|words| format!("{name}:{line}: {words}")));
        }
    }
    assert!(seen > 10, "{seen} commands were found");
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn blocks_are_told_from_what_is_shown() {
    let text = "Type:\n\n    passerelle doctor [--json]\n\nIt prints\n\n    nothing\n\n- and\n\n        $ make x\n        y\n";
    assert_eq!(blocks(text), ["passerelle doctor [--json]", "make x"]);
    assert_eq!(variants("a [--b] c"), ["a c", "a --b c"]);
    assert!(is_known("passerelle doctor --json").is_ok());
    assert!(is_known("passerelle doctor --jsonl").is_err() && is_known("passerelle doktor").is_err());
}
