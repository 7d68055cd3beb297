//! The file: what was written comes back, and whatever is changed is found.

use std::fs;
use std::path::{Path, PathBuf};

use time::macros::datetime;

use super::{BackupError, Copied, Item, Kind, Reader, Snapshot, Table, Writer};

fn quietly() -> super::Progress {
    Box::new(|_| {})
}

fn written(folder: &Path) -> (PathBuf, Vec<Item>) {
    let path = folder.join("one.backup");
    let file = fs::File::create(&path).unwrap();
    let made = datetime!(2026-11-24 08:00 UTC);
    let mut out = Writer::new(file, "one.backup".to_owned(), made, quietly());
    out.begin(Snapshot { schema: 2, engine: "sqlite", check: "sealed".to_owned() }).unwrap();
    let table = |name: &str, columns: &[(&str, Kind)]| Table {
        table: name.to_owned(),
        columns: columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect(),
    };
    let mut items = vec![Item::Table(table("fact", &[("name", Kind::Text), ("value", Kind::Text)]))];
    items.push(Item::Row("[\"a\",\"ligne\\nsuivante\"]\n".to_owned()));
    items.push(Item::Table(table("empty", &[("n", Kind::Integer)])));
    items.push(Item::Table(table("person", &[("id", Kind::Bytes)])));
    items.extend((0..40).map(|n| Item::Row(format!("[\"{n:032x}\"]\n"))));
    for item in &items {
        match item {
            Item::Table(table) => out.table(table).unwrap(),
            Item::Row(row) => out.row(row.trim_end()).unwrap(),
            Item::End => {}
        }
    }
    items.push(Item::End);
    assert_eq!(out.finish().unwrap(), Copied { tables: 3, rows: 41 });
    (path, items)
}

fn read(path: &Path) -> Result<Vec<Item>, BackupError> {
    let mut reader = Reader::open(path, quietly())?;
    let mut items = Vec::new();
    while items.last() != Some(&Item::End) {
        items.push(reader.next_item()?);
    }
    Ok(items)
}

#[test]
fn what_was_written_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (path, items) = written(folder.path());
    assert_eq!(read(&path).unwrap(), items);
    let header = Reader::open(&path, quietly()).unwrap().header().clone();
    assert_eq!((header.schema, header.engine.as_str(), header.check.as_str()), (2, "sqlite", "sealed"));
}

#[test]
fn every_changed_byte_and_every_missing_one_is_found() {
    /// The first ten bytes name the form; what stands in them beside that is not content.
    const NAME_OF_THE_FORM: usize = 10;
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = written(folder.path());
    let whole = fs::read(&path).unwrap();
    for at in NAME_OF_THE_FORM..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        fs::write(&path, changed).unwrap();
        assert!(matches!(read(&path), Err(BackupError::Damaged(..))), "byte {at} of {}", whole.len());
        fs::write(&path, &whole[..at]).unwrap();
        assert!(matches!(read(&path), Err(BackupError::Damaged(..))), "cut at {at}");
    }
    let mut longer = whole.clone();
    longer.extend_from_slice(&whole);
    fs::write(&path, longer).unwrap();
    assert!(matches!(read(&path), Err(BackupError::Damaged(..))), "two of them");
    for other in [&b""[..], b"no backup at all", b"SQLite format 3\0"] {
        fs::write(&path, other).unwrap();
        assert!(matches!(read(&path), Err(BackupError::Damaged(..))));
    }
    assert!(matches!(read(&folder.path().join("none")), Err(BackupError::File(..))));
}
