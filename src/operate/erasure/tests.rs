//! The ledger: what was written comes back, whatever is changed is found, and a writer that dies leaves nothing half.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use boundary::{PersonId, Pseudonym, SectorId};
use proptest::prelude::*;
use secrecy::SecretString;
use time::macros::datetime;
use uuid::Uuid;

use super::{Applied, Entry, Erased, FileLedger, History, Ledger, LedgerError, Standing};
use crate::keys::MasterKeys;

const ONE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const TWO: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

fn master(lines: &[&str]) -> MasterKeys {
    MasterKeys::read(None, Some(&SecretString::from(lines.join("\n")))).unwrap()
}

fn erased(n: u128) -> Erased {
    let value = Pseudonym::stored(&format!("value{n}")).unwrap();
    let sector = SectorId::parse("secteur").unwrap();
    let person = PersonId::stored(Uuid::from_u128(n));
    Erased::new(datetime!(2026-11-24 08:05 UTC), person, vec![(sector, value)])
}

/// A ledger with so many erasures, as its lines.
fn written(many: u128, master: &MasterKeys) -> Vec<String> {
    let at = datetime!(2026-11-24 08:00 UTC);
    let mut lines = vec![History::begin("ledger", 0, at, master).unwrap()];
    for n in 1..=many {
        let history = History::read(&lines, "test", master).unwrap();
        lines.push(history.next(i64::try_from(n).unwrap(), Entry::Erased(erased(n)), master).unwrap());
    }
    lines
}

fn applied(sequence: i64) -> Applied {
    Applied { ledger: Some("ledger".to_owned()), sequence }
}

#[test]
fn what_was_written_comes_back_in_its_order() {
    let master = master(&[ONE]);
    let history = History::read(&written(3, &master), "test", &master).unwrap();
    assert_eq!((history.ledger(), history.lines(), history.end()), ("ledger", 4, 3));
    let behind = history.behind(1, &master, "test").unwrap();
    assert_eq!(behind, [(2, erased(2)), (3, erased(3))]);
    for (sequence, standing) in [
        (3, Standing::Current),
        (1, Standing::Behind { database: 1, ledger: 3 }),
        (4, Standing::Ahead { database: 4, ledger: 3 }),
    ] {
        assert_eq!(history.standing(&applied(sequence)), standing);
    }
    let other = Applied { ledger: Some("other".to_owned()), sequence: 3 };
    assert_eq!(history.standing(&other), Standing::Foreign);
    assert_eq!(
        history.standing(&Applied { ledger: None, sequence: 0 }),
        Standing::Behind { database: 0, ledger: 3 }
    );
}

#[test]
fn the_ledger_tells_nobody_who_was_erased() {
    let lines = written(2, &master(&[ONE])).join("\n");
    assert!(
        !lines.contains("value1") && !lines.contains("secteur") && !lines.contains("00000001"),
        "{lines}"
    );
}

#[test]
fn a_line_of_the_master_key_may_go_once_the_end_is_sealed_anew() {
    let (old, both, new) = (master(&[ONE]), master(&[TWO, ONE]), master(&[TWO]));
    let mut lines = written(2, &old);
    assert!(matches!(History::read(&lines, "test", &new), Err(LedgerError::Key(_))));
    let history = History::read(&lines, "test", &both).unwrap();
    assert!(!history.is_sealed_like(&both));
    let entry = Entry::SealedAnew { at: datetime!(2026-11-24 09:00 UTC) };
    lines.push(history.next(2, entry, &both).unwrap());
    let history = History::read(&lines, "test", &new).unwrap();
    assert!(history.is_sealed_like(&new));
    assert_eq!(history.standing(&applied(2)), Standing::Current);
    assert!(
        matches!(history.behind(1, &new, "test"), Err(LedgerError::Key(_))),
        "an old backup needs the old line"
    );
    assert_eq!(history.behind(1, &both, "test").unwrap(), [(2, erased(2))]);
}

#[test]
fn a_ledger_that_was_begun_anew_refuses_what_is_older() {
    let master = master(&[ONE]);
    let at = datetime!(2026-11-24 08:00 UTC);
    let history =
        History::read(&[History::begin("ledger", 5, at, &master).unwrap()], "test", &master).unwrap();
    assert_eq!(history.standing(&applied(5)), Standing::Current);
    assert_eq!(history.standing(&applied(4)), Standing::Older { base: 5 });
}

proptest! {
    /// Whatever is changed anywhere in a ledger, it is found; and no erasure is told that was not written.
    #[test]
    fn a_changed_byte_is_found(line in 0_usize..4, at: prop::sample::Index, to: u8) {
        let master = master(&[ONE]);
        let lines = written(3, &master);
        let mut bytes = lines[line].clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        let Ok(changed) = String::from_utf8(bytes) else { return Ok(()) };
        let mut lines = lines;
        lines[line] = changed;
        prop_assert!(History::read(&lines, "test", &master).is_err());
    }

    /// Nor may a line be taken out, doubled or moved. Lines cut off at the end are found by the database, which knows more.
    #[test]
    fn a_line_cannot_be_taken_out_or_moved(from in 0_usize..4, to in 0_usize..4) {
        prop_assume!(from != to);
        let master = master(&[ONE]);
        let lines = written(3, &master);
        let mut moved = lines.clone();
        moved.swap(from, to);
        prop_assert!(History::read(&moved, "test", &master).is_err());
        let mut doubled = lines.clone();
        doubled.insert(to, lines[from].clone());
        prop_assert!(History::read(&doubled, "test", &master).is_err());
        let mut short = lines;
        short.remove(from);
        let read = History::read(&short, "test", &master);
        let standing = read.map(|history| history.standing(&applied(3)));
        let found = matches!(standing, Err(_) | Ok(Standing::Ahead { .. }));
        prop_assert!(found);
    }
}

#[tokio::test]
async fn a_torn_line_counts_for_nothing_and_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("erasures");
    let ledger = FileLedger::new(path.clone());
    assert!(ledger.lines().await.unwrap().is_empty());
    assert!(ledger.append(0, "one").await.unwrap());
    assert!(ledger.append(1, "two").await.unwrap());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    for torn in ["thr", "three of which nothing but the end is missing"] {
        fs::write(&path, format!("one\ntwo\n{torn}")).unwrap();
        assert_eq!(ledger.lines().await.unwrap(), ["one", "two"]);
        assert!(ledger.append(2, "three").await.unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\n");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_write_at_once_one_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = FileLedger::new(folder.path().join("erasures"));
    let all = (0..20).map(|n| {
        let ledger = ledger.clone();
        tokio::spawn(async move { ledger.append(0, &format!("line {n}")).await.unwrap() })
    });
    let done = futures::future::join_all(all).await;
    assert_eq!(done.into_iter().filter(|done| *done.as_ref().unwrap()).count(), 1);
    assert_eq!(ledger.lines().await.unwrap().len(), 1);
    assert!(!ledger.append(0, "late").await.unwrap());
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_said() {
    let ledger = FileLedger::new("/no/where/erasures".into());
    assert!(ledger.lines().await.unwrap().is_empty(), "nothing was begun");
    let error = ledger.append(0, "one").await.unwrap_err();
    assert!(error.to_string().contains("/no/where/erasures"), "{error}");
}
