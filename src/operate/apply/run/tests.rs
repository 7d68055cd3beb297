//! One run after another, over a store in memory.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};

use async_trait::async_trait;
use boundary::{Chance, Clock, EntId, Fault, SectorId};
use time::OffsetDateTime;
use time::macros::datetime;

use super::{ApplyError, Means, NewSectorKeys, Options, apply};
use crate::journal::Actor;
use crate::keys::StoredSectorKey;
use crate::operate::apply::{
    Changes, FederationStore, ManagedBy, NoRoom, Plan, Record, RecordKind, StoredRecord,
};

const DEMO: &str = include_str!("../../../demo/federation.toml");
const NOE: &str = "microscope-indiv -> person ent-demo/ent-demo/eleve-noe";

/// A store that keeps what it is given, and counts what it was asked to write.
#[derive(Default)]
struct Memory {
    records: Mutex<Vec<StoredRecord>>,
    writes: Mutex<Vec<(usize, usize, usize)>>,
    known: Vec<&'static str>,
    full: Option<&'static str>,
    dead: bool,
}

#[async_trait]
impl FederationStore for Memory {
    async fn records(&self) -> Result<Vec<StoredRecord>, Fault> {
        if self.dead {
            return Err(Fault::new("the store is dead"));
        }
        Ok(self.records.lock().unwrap().clone())
    }

    async fn knows(&self, _: &EntId, _: &str, subject: &str) -> Result<bool, Fault> {
        Ok(self.known.contains(&subject))
    }

    async fn write(&self, changes: Changes, _: OffsetDateTime) -> Result<Result<(), NoRoom>, Fault> {
        let full = |(record, _): &(Record, _)| Some(record.id().as_str()) == self.full;
        if let Some((record, _)) = changes.put.iter().find(|put| full(put)) {
            let (kind, id) = (record.kind(), record.id());
            return Ok(Err(NoRoom { kind, id }));
        }
        let people = changes.put.iter().filter(|(_, person)| person.is_some()).count();
        let mut records = self.records.lock().unwrap();
        self.writes.lock().unwrap().push((changes.put.len(), people, changes.sector_keys.len()));
        let name = |record: &Record| (record.kind(), record.id());
        for (record, _) in changes.put {
            records.retain(|old| name(&old.record) != name(&record));
            records.push(StoredRecord { record, managed_by: ManagedBy::File, withdrawn: false });
        }
        for gone in changes.withdraw {
            let row = matches!(gone.kind(), RecordKind::Person | RecordKind::Assignment);
            records.retain(|old| !row || name(&old.record) != name(&gone));
            records
                .iter_mut()
                .filter(|old| name(&old.record) == name(&gone))
                .for_each(|old| old.withdrawn = true);
        }
        Ok(Ok(()))
    }
}

struct Keys;

impl NewSectorKeys for Keys {
    fn new_sector_key(&self, sector: &SectorId) -> Result<StoredSectorKey, Fault> {
        Ok(StoredSectorKey {
            sector: sector.clone(),
            epoch: 1,
            sealed: "sealed".to_owned(),
            created: Noon.now(),
        })
    }
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-11-24 12:00 UTC)
    }
}

struct Counter(AtomicU8);

impl Chance for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
    }
}

async fn run(store: &Memory, text: &str, options: Options) -> Result<Plan, ApplyError> {
    let chance = Counter(AtomicU8::new(0));
    let means = Means { store, keys: &Keys, clock: &Noon, chance: &chance, actor: &Actor::command() };
    apply(&means, "f.toml", text, options).await
}

const PRUNE: Options = Options { dry_run: false, prune: true };
const DRY: Options = Options { dry_run: true, prune: true };

async fn refused(store: &Memory, text: &str, options: Options) -> String {
    match run(store, text, options).await {
        Err(ApplyError::Mistakes(mistakes)) => ApplyError::Mistakes(mistakes).to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_second_run_finds_nothing_to_do() {
    let store = Memory::default();
    let first = run(&store, DEMO, PRUNE).await.unwrap();
    assert!(first.to_string().ends_with("plan: 45 to add, 0 to change, 0 to remove"));
    assert_eq!(*store.writes.lock().unwrap(), [(45, 8, 2)]);
    assert!(run(&store, DEMO, PRUNE).await.unwrap().is_empty());
    assert_eq!(store.writes.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let store = Memory::default();
    assert!(!run(&store, DEMO, DRY).await.unwrap().is_empty());
    assert!(store.records.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_sector_that_comes_back_keeps_its_key() {
    let store = Memory::default();
    run(&store, DEMO, PRUNE).await.unwrap();
    run(&store, "", PRUNE).await.unwrap();
    assert!(store.records.lock().unwrap().iter().all(|old| old.withdrawn));
    let back = run(&store, DEMO, PRUNE).await.unwrap();
    assert!(back.to_string().ends_with("plan: 45 to add, 0 to change, 0 to remove"));
    assert_eq!(*store.writes.lock().unwrap(), [(45, 8, 2), (0, 0, 0), (45, 8, 0)]);
}

#[tokio::test]
async fn a_seat_too_many_is_a_mistake_with_its_line() {
    let store = Memory { full: Some(NOE), ..Memory::default() };
    let line = DEMO[..DEMO.find("person = { ent").unwrap()].lines().count() - 1;
    let words = refused(&store, DEMO, PRUNE).await;
    assert!(words.starts_with(&format!("f.toml:{line}: no seat is left")), "{words}");
    assert!(store.records.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_seat_goes_to_somebody_known() {
    let text = DEMO.replace("subject = \"eleve-noe\" }", "subject = \"eleve-nina\" }");
    let words = refused(&Memory::default(), &text, DRY).await;
    assert!(words.contains("nobody is known under this ent, namespace and subject"), "{words}");
    assert!(!words.contains("nina"));
    let store = Memory { known: vec!["eleve-nina"], ..Memory::default() };
    run(&store, &text, PRUNE).await.unwrap();
}

#[tokio::test]
async fn a_file_may_name_what_is_registered_elsewhere() {
    let (people, rest) =
        (DEMO.find("# Who they are").unwrap(), DEMO.find("# What there is to open").unwrap());
    let store = Memory::default();
    run(&store, DEMO, PRUNE).await.unwrap();
    let only_people = &DEMO[people..rest];
    assert!(run(&store, only_people, Options::default()).await.unwrap().is_empty());
    let words = refused(&store, only_people, PRUNE).await;
    assert!(words.contains("no school \"0750001U\" is registered"), "{words}");
    let words = refused(&Memory::default(), only_people, DRY).await;
    assert!(words.contains("no ent \"ent-demo\" is registered"), "{words}");
}

#[tokio::test]
async fn a_withdrawn_resource_keeps_its_key() {
    let store = Memory::default();
    run(&store, DEMO, PRUNE).await.unwrap();
    let moved = DEMO.replace("ark:/99999/herbier", "ark:/99999/flore");
    let words = refused(&store, &moved, PRUNE).await;
    assert!(words.contains("key \"herbier\" belongs to resource \"ark:/99999/herbier\" already"), "{words}");
}

#[tokio::test]
async fn a_dead_store_is_no_mistake() {
    let store = Memory { dead: true, ..Memory::default() };
    let got = run(&store, DEMO, PRUNE).await;
    assert!(matches!(got, Err(ApplyError::Fault(_))));
}
