//! Exports that are genuine, and exports that somebody touched.

use openssl::sha::sha256;
use time::macros::date;

use super::stand::{ONE, Process, Stand, THREE, TWO};
use crate::stage::{Engine, on_both_engines};

/// Three schools, two processes, a checkpoint, and one more event of the first school.
async fn a_journal(engine: Engine) -> (Stand, Process) {
    let stand = Stand::new(engine).await;
    let (first, second) = (stand.process("first").await, stand.process("second").await);
    for process in [&first, &second] {
        process.launch(ONE, 3).await;
        process.launch(TWO, 2).await;
        process.refuse(Some(ONE)).await;
        process.refuse(None).await;
    }
    first.launch(THREE, 1).await;
    assert_eq!(first.checkpoint().await.owners, 4);
    first.launch(ONE, 1).await;
    (stand, first)
}

/// L4: whoever holds an export and the published keys verifies it, with our verifier or another.
async fn a_school_verifies_its_own_export(engine: Engine) {
    let (stand, process) = a_journal(engine).await;
    for (school, covered, uncovered, chains) in [(ONE, 8, 1, 2), (TWO, 4, 0, 2), (THREE, 1, 0, 1)] {
        let export = process.export(school).await;
        let (report, seen) = process.genuine(&export);
        assert_eq!((seen.covered, seen.uncovered, report.chains), (covered, uncovered, chains), "{school}");
        assert!(seen.bodies.iter().all(|body| body["school"] == school));
        for other in [ONE, TWO, THREE].into_iter().filter(|other| *other != school) {
            assert!(!export.contains(other), "{other} is in the export of {school}");
        }
    }
    let report = process.audit().await;
    assert!(report.holds(), "{report}");
    assert_eq!((report.owners, report.chains, report.checkpoints), (4, 7, 1));
    assert_eq!((report.covered.events, report.uncovered.events, report.receipts), (15, 1, 12));
    drop(stand);
}

/// An export of some days shows these days, and still proves that the chains are whole.
async fn an_export_of_some_days_keeps_the_proof(engine: Engine) {
    let stand = Stand::new(engine).await;
    let process = stand.process("first").await;
    for _ in 0..4 {
        process.launch(ONE, 2).await;
        stand.wait(time::Duration::DAY);
    }
    process.checkpoint().await;
    let days = (Some(date!(2026 - 11 - 25)), Some(date!(2026 - 11 - 26)));
    let export = process.export_days(ONE, days.0, days.1).await;
    let (report, seen) = process.genuine(&export);
    assert_eq!((report.covered.events, report.digests, seen.bodies.len()), (8, 4, 4));
    let shown = |day: &str| {
        let at = seen.bodies.iter().map(|body| body["at"].as_str().unwrap());
        at.filter(|at| at.starts_with(day)).count()
    };
    assert_eq!((shown("2026-11-25"), shown("2026-11-26")), (2, 2));
    let lines: Vec<String> =
        export.lines().filter(|line| !line.contains("\"seq\":7,")).map(Into::into).collect();
    tampered(&process, &sealed(lines), "an event of another day is missing");
}

/// The export with an end line that fits whatever stands before it, as a forger writes it.
fn sealed(mut lines: Vec<String>) -> String {
    lines.pop();
    let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let of =
        |kind: &str| lines.iter().filter(|line| line.starts_with(&format!("{{\"line\":\"{kind}\""))).count();
    let sha256: String = sha256(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let events = of("event") + of("digest");
    text += &format!("{{\"line\":\"end\",\"events\":{events},\"sha256\":\"{sha256}\"}}\n");
    text
}

/// Both verifiers find that it was touched.
fn tampered(process: &Process, export: &str, what: &str) {
    assert!(!process.verify(export).holds(), "{what}: our verifier finds nothing in\n{export}");
    assert!(process.witness.export(export).is_err(), "{what}: the witness finds nothing in\n{export}");
}

fn lines(export: &str) -> Vec<String> {
    export.lines().map(str::to_owned).collect()
}

/// L4: each byte counts. Two of its bits are turned, one after the other: one that makes another letter or digit of it, or
/// no text at all, and the one that makes a capital.
#[tokio::test]
async fn a_turned_bit_anywhere_in_an_export_is_found() {
    let (_stand, process) = a_journal(Engine::Sqlite).await;
    let export = process.export(TWO).await;
    process.genuine(&export);
    for at in 0..export.len() {
        for bit in [at % 8, 5] {
            let mut bytes = export.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let report = passerelle::journal::verify_export(&mut bytes.as_slice(), &process.keys).unwrap();
            assert!(!report.holds(), "bit {bit} of byte {at}");
        }
    }
}

/// The end line is only a guard against accidents: with one that fits, a turned letter is found by the chain, the
/// checkpoint, or the receipt, in every line but the first, which says only when the export was made.
#[tokio::test]
async fn a_forger_who_seals_the_file_anew_is_found() {
    let (_stand, process) = a_journal(Engine::Sqlite).await;
    let export = process.export(TWO).await;
    assert_eq!(sealed(lines(&export)), export);
    let whole = lines(&export);
    for number in 1..whole.len() - 1 {
        for at in 0..whole[number].len() {
            let mut bytes = whole[number].clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(line) = String::from_utf8(bytes) else { continue };
            let mut touched = whole.clone();
            touched[number] = line;
            let touched = sealed(touched);
            assert!(!process.verify(&touched).holds(), "byte {at} of line {number} of\n{touched}");
        }
    }
}

#[tokio::test]
async fn dropped_doubled_moved_and_foreign_lines_are_found() {
    let (_stand, process) = a_journal(Engine::Sqlite).await;
    let export = process.export(ONE).await;
    let whole = lines(&export);
    let last = whole.len() - 1;
    let uncovered = whole.iter().position(|line| line.contains("\"seq\":5,")).unwrap();
    for at in 0..last {
        let mut dropped = whole.clone();
        dropped.remove(at);
        if at == uncovered {
            // What no checkpoint covers can be cut off unseen, and is told as such while it is there.
            assert_eq!(process.genuine(&export).0.uncovered.events, 1);
            assert_eq!(process.genuine(&sealed(dropped)).0.uncovered.events, 0);
        } else {
            tampered(&process, &sealed(dropped), &format!("line {at} dropped"));
        }
        let mut doubled = whole.clone();
        doubled.insert(at, whole[at].clone());
        assert!(!process.verify(&sealed(doubled)).holds(), "line {at} doubled");
        if at + 1 < last {
            let mut moved = whole.clone();
            moved.swap(at, at + 1);
            assert!(!process.verify(&sealed(moved)).holds(), "line {at} moved");
        }
        let cut = format!("{}\n", whole[..at].join("\n"));
        tampered(&process, &cut, &format!("cut off before line {at}"));
    }
    let unsigned = whole.iter().filter(|line| !line.contains("checkpoint") && !line.contains("\"state\""));
    tampered(&process, &sealed(unsigned.cloned().collect()), "no checkpoint at all");
    let chain = |boot: &str| {
        whole.iter().position(|line| line.contains(&format!("{ONE}/{boot}\",\"after\":0,\"hash"))).unwrap()
    };
    let (first, second) = (chain("first"), chain("second"));
    let mut without = whole.clone();
    without.drain(first.min(second)..first.max(second));
    tampered(&process, &sealed(without), "a whole chain dropped");
    let foreign = lines(&process.export(TWO).await);
    let event =
        |from: &[String]| from.iter().position(|line| line.starts_with("{\"line\":\"event\"")).unwrap();
    let mut spliced = whole.clone();
    spliced[event(&whole)].clone_from(&foreign[event(&foreign)]);
    tampered(&process, &sealed(spliced), "an event of another school");
    for kind in ["checkpoint", "state"] {
        let of = |from: &[String]| {
            from.iter().position(|line| line.contains(&format!("\"line\":\"{kind}\""))).unwrap()
        };
        let mut spliced = whole.clone();
        spliced[of(&whole)].clone_from(&foreign[of(&foreign)]);
        if spliced != whole {
            tampered(&process, &sealed(spliced), &format!("the {kind} of another school"));
        }
    }
    let mut early = whole.clone();
    early.insert(3, whole[event(&whole)].clone());
    tampered(&process, &sealed(early), "an event before every chain");
    let renamed: Vec<String> = foreign.iter().map(|line| line.replace(TWO, ONE)).collect();
    tampered(&process, &sealed(renamed), "another school's export under this school's name");
}

/// The keys of another broker, or a checkpoint of its own making, prove nothing.
#[tokio::test]
async fn nobody_else_can_sign() {
    let (_stand, process) = a_journal(Engine::Sqlite).await;
    let (_other_stand, other) = a_journal(Engine::Sqlite).await;
    let export = process.export(ONE).await;
    assert!(!other.verify(&export).holds());
    assert!(other.witness.export(&export).is_err());
}

#[test]
fn bytes_that_are_no_export_are_told_and_not_swallowed() {
    let keys = passerelle::keys::JournalKeys::default();
    for text in
        ["", "\n", "{}\n", "no json", "{\"line\":\"end\",\"events\":0,\"sha256\":\"00\"}\n", "\u{0}\n"]
    {
        let report = passerelle::journal::verify_export(&mut text.as_bytes(), &keys).unwrap();
        assert!(!report.holds(), "{text:?}");
    }
    let mut endless = std::io::BufReader::new(std::io::repeat(b'x'));
    assert!(!passerelle::journal::verify_export(&mut endless, &keys).unwrap().holds());
}

on_both_engines!(a_school_verifies_its_own_export, an_export_of_some_days_keeps_the_proof);
