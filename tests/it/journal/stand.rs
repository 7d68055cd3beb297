//! A journal on a database of its own, with processes that write into it and a clock that the test sets.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use boundary::{
    Ark, Attribute, Chance, Clock, EntId, Fault, FirstUse, LaunchId, Profile, Pseudonym, Root, SectorId, Uai,
    commitment,
};
use jose::ed25519::Ed25519Signer;
use passerelle::journal::{
    Asked, Event, Happened, Hop, JournalStore, Keeper, Kept, Made, Parties, Reach, Report, Signer, export,
    issue, verify_database, verify_export,
};
use passerelle::keys::{JournalKeys, Signed};
use passerelle::launch::{Gate, Item, LaunchStore, Write};
use passerelle::store::{Db, Store, migrate};
use time::macros::datetime;
use time::{Date, Duration, OffsetDateTime};

use super::witness::{Seen, Witness};
use crate::stage::{Database, Engine};

pub const ONE: &str = "0750001U";
pub const TWO: &str = "0440001M";
pub const THREE: &str = "0352235R";
pub const RETENTION: u32 = 30;

/// What keeps the journal's tables aside, and puts them back.
const ASIDE: [[&str; 3]; 4] = [
    [
        "CREATE TABLE aside_event AS SELECT * FROM event",
        "DELETE FROM event",
        "INSERT INTO event SELECT * FROM aside_event",
    ],
    [
        "CREATE TABLE aside_checkpoint AS SELECT * FROM journal_checkpoint",
        "DELETE FROM journal_checkpoint",
        "INSERT INTO journal_checkpoint SELECT * FROM aside_checkpoint",
    ],
    [
        "CREATE TABLE aside_leaf AS SELECT * FROM journal_leaf",
        "DELETE FROM journal_leaf",
        "INSERT INTO journal_leaf SELECT * FROM aside_leaf",
    ],
    [
        "CREATE TABLE aside_held AS SELECT * FROM journal_held",
        "DELETE FROM journal_held",
        "INSERT INTO journal_held SELECT * FROM aside_held",
    ],
];

/// The hands of a clock.
pub struct Hands(Mutex<OffsetDateTime>);

impl Clock for Hands {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}

/// A key of the journal.
struct Key(Ed25519Signer);

impl Signer for Key {
    fn sign(&self, typ: &str, claims: &[u8]) -> Result<Signed, Fault> {
        let token = self.0.sign(typ, claims).map_err(|e| Fault::new(e.to_string()))?;
        Ok(Signed { kid: self.0.kid().to_owned(), token })
    }

    fn keys(&self) -> JournalKeys {
        let set = serde_json::json!({ "keys": [self.0.public_jwk()] }).to_string();
        JournalKeys::parse(set.as_bytes()).unwrap()
    }
}

/// Numbers instead of chance: the journal does not depend on it.
#[derive(Default)]
struct Numbers(AtomicU64);

impl Chance for Numbers {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes.fill(0);
        let from = bytes.len() - number.len();
        bytes[from..].copy_from_slice(&number);
    }
}

/// A journal.
pub struct Stand {
    pub database: Database,
    clock: Arc<Hands>,
    key: Arc<Key>,
    numbers: Arc<Numbers>,
}

impl Stand {
    pub async fn new(engine: Engine) -> Self {
        let database = Database::new(engine);
        let db = Db::open(&database.url, true).await.unwrap();
        migrate(&db).await.unwrap();
        db.close().await;
        let clock = Arc::new(Hands(Mutex::new(datetime!(2026-11-24 08:05 UTC))));
        let key = Arc::new(Key(Ed25519Signer::generate().unwrap()));
        Self { database, clock, key, numbers: Arc::default() }
    }

    /// A process that writes into the journal.
    pub async fn process(&self, boot: &str) -> Process {
        let db = Db::open(&self.database.url, false).await.unwrap();
        let store = Arc::new(Store::open(db, boot.to_owned()));
        let issuer = "https://broker.example".to_owned();
        let keeper = Keeper::new(store.clone(), self.key.clone(), self.clock.clone(), issuer, RETENTION);
        let (clock, key, numbers) = (self.clock.clone(), self.key.clone(), self.numbers.clone());
        let keys = self.published();
        let witness = Witness::new(&keys);
        let keys = self.key.keys();
        Process { store, keeper, clock, key, numbers, keys, witness }
    }

    pub fn wait(&self, time: Duration) {
        *self.clock.0.lock().unwrap() += time;
    }

    /// Keeps a copy of the journal aside.
    pub async fn copy(&self) {
        for [copy, ..] in ASIDE {
            self.database.change(copy).await;
        }
    }

    /// Puts the copy back.
    pub async fn restore(&self) {
        for [_, empty, fill] in ASIDE {
            self.database.change(empty).await;
            self.database.change(fill).await;
        }
    }

    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    pub fn published(&self) -> String {
        serde_json::json!({ "keys": [self.key.0.public_jwk()] }).to_string()
    }
}

/// A process that writes into the journal.
pub struct Process {
    pub store: Arc<Store>,
    pub keeper: Keeper,
    pub keys: JournalKeys,
    pub witness: Witness,
    clock: Arc<Hands>,
    key: Arc<Key>,
    numbers: Arc<Numbers>,
}

impl Process {
    /// Delivers launches at a school.
    pub async fn launch(&self, school: &str, many: usize) {
        for _ in 0..many {
            let mut event = self.event(school);
            let deployment = Pseudonym::stored("schoolpseudonymaaaaaaaaaaa").unwrap();
            let to = Parties { issuer: "https://broker.example", client: "atlas", deployment: &deployment };
            issue(&mut event, to, &*self.key).unwrap();
            self.write(event).await;
        }
    }

    /// Refuses a launch, of a school or of nobody knows which.
    pub async fn refuse(&self, school: Option<&str>) {
        let event = self.event(school.unwrap_or(ONE));
        let happened = Happened::Refused(boundary::RefusalCode::NoSeat);
        let school = school.and(event.school.clone());
        self.write(Event { happened, school, attributes: vec![], commitment: None, ..event }).await;
    }

    /// Writes a delivered launch that no publisher has a receipt of, as whoever can write into the database may.
    pub async fn invent(&self, school: &str) {
        self.write(self.event(school)).await;
    }

    fn event(&self, school: &str) -> Event {
        let sector = SectorId::parse("secteur").unwrap();
        let person = Pseudonym::stored("personpseudonymaaaaaaaaaaa").unwrap();
        Event {
            launch: LaunchId::draw(&*self.numbers),
            at: self.clock.now(),
            hop: Hop::B,
            ent: EntId::parse("ent").unwrap(),
            school: Some(Uai::parse_any_letter(school).unwrap()),
            resource: Some(Ark::parse("ark:/99999/atlas").unwrap()),
            profile: Some(Profile::Pupil),
            happened: Happened::Delivered,
            attributes: vec![Attribute::Pre, Attribute::Div],
            commitment: Some(commitment(&Root::stored([7; 16]), &sector, &person)),
            sector: Some(sector),
            receipt: None,
        }
    }

    async fn write(&self, event: Event) {
        let at = event.at;
        let proof = FirstUse { key: event.launch.to_string(), until: at + Duration::HOUR };
        let item = Item { gate: Gate::FirstUse(proof), writes: vec![Write::Event(event)], at };
        self.store.commit(item).await.unwrap();
    }

    /// Makes a checkpoint that has something to say.
    pub async fn checkpoint(&self) -> Made {
        match self.keeper.checkpoint(Reach::Recent).await.unwrap() {
            Kept::Made(made) => made,
            other => panic!("{other:?}"),
        }
    }

    /// Makes the checkpoint of the hour, where it is due and has something to say.
    pub async fn hourly(&self) -> Option<Made> {
        match self.keeper.hourly().await.unwrap() {
            Kept::Made(made) => Some(made),
            _ => None,
        }
    }

    /// Exports what is held of a school.
    pub async fn export(&self, school: &str) -> String {
        self.export_days(school, None, None).await
    }

    pub async fn export_days(&self, school: &str, from: Option<Date>, until: Option<Date>) -> String {
        let mut out = Vec::new();
        let asked = Asked { of: school.to_owned(), from, until };
        export(&mut *self.store.look().await.unwrap(), &asked, self.clock.now(), &mut out).await.unwrap();
        String::from_utf8(out).unwrap()
    }

    /// What our own verifier says of an export.
    pub fn verify(&self, export: &str) -> Report {
        verify_export(&mut export.as_bytes(), &self.keys).unwrap()
    }

    /// Both verifiers find it genuine; what they saw.
    pub fn genuine(&self, export: &str) -> (Report, Seen) {
        let report = self.verify(export);
        assert!(report.holds(), "{report}");
        let seen = self.witness.export(export).unwrap();
        assert_eq!((report.covered.events, report.uncovered.events), (seen.covered, seen.uncovered));
        assert_eq!(report.receipts, seen.receipts);
        (report, seen)
    }

    /// What our verifier says of the whole database.
    pub async fn audit(&self) -> Report {
        verify_database(&mut *self.store.look().await.unwrap(), &self.keys, "test").await.unwrap()
    }
}
