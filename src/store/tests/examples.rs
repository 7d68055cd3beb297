//! Registrations that the suites write, and how. Everybody and everything is invented.

use boundary::{Ark, ConnectionId, EntId, PersonId, Root, SectorId, SubscriptionId, ToolId, Uai};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::boot::SystemChance;
use crate::directory::{DirectoryStore, Newcomer};
use crate::operate::apply::{Changes, FederationStore, NewPerson, NoRoom, Record, parse};
use crate::pseudonyms::PseudonymStore;
use crate::store::Store;

pub const NOW: OffsetDateTime = datetime!(2026-11-24 08:05 UTC);

/// One ENT, two schools, one publisher with an atlas; and an atlas for one.
pub const WORLD: &str = r#"
[[ent]]
id = "ent"
name = "ENT"
code = "D0"

[[ent.lti]]
id = "ent-lti"
issuer = "https://ent.example"
client_id = "broker"
authorization_url = "https://ent.example/authorize"
jwks_uri = "https://ent.example/jwks.json"
namespace = "ent"
match = "sub"
provision = true
deployments = [{ id = "1", schools = ["0750001U"] }]

[[school]]
uai = "0750001U"
name = "Lycée"
town = "Paris"
nature = "302"
ents = ["ent"]
fictive = true

[[school]]
uai = "0440001M"
name = "Collège"
town = "Nantes"
nature = "340"
ents = ["ent"]
fictive = true

[[organisation]]
id = "publisher"
name = "Publisher"
siren_isni = "000000001_0000000000000000"
roles = ["publisher", "commercial-distributor", "technical-distributor"]

[[sector]]
id = "atlas"
organisation = "publisher"
scope = "portable"

[[tool]]
id = "atlas-web"
sector = "atlas"
protocol = "lti"

[tool.lti]
client_id = "atlas"
login_url = "https://publisher.example/login"
redirect_uris = ["https://publisher.example/launch"]
jwks_uri = "https://publisher.example/jwks.json"
target_url = "https://publisher.example/"

[[resource]]
ark = "ark:/99999/atlas"
key = "atlas"
title = "Atlas vivant"
tool = "atlas-web"

[[agreement]]
resource = "ark:/99999/atlas"
attributes = [{ name = "PRE", purpose = "greeting", approved_by = "dpo", approved_on = 2025-01-06 }]
"#;

/// A subscription to the atlas, person by person, at the lycée.
pub fn subscription(id: &str, seats: &str) -> String {
    format!(
        r#"
[[subscription]]
id = "{id}"
resource = "ark:/99999/atlas"
distributor = "publisher"
schools = ["0750001U"]
from = 2026-09-01
school_year = "2026-2027"
kind = "INDIV"
audience = ["pupil", "teacher"]
seats = {seats}
"#
    )
}

/// A pupil of the lycée.
pub fn pupil(subject: &str) -> String {
    format!(
        r#"
[[person]]
ent = "ent"
namespace = "ent"
subject = "{subject}"
affiliations = [{{ school = "0750001U", profile = "pupil", groups = ["2DE3"] }}]
"#
    )
}

/// A seat by name.
pub fn seat(subscription: &str, subject: &str) -> String {
    format!(
        r#"
[[assignment]]
subscription = "{subscription}"
person = {{ ent = "ent", namespace = "ent", subject = "{subject}" }}
"#
    )
}

/// The records of a file that stands alone, in the order in which they are written.
pub fn records(text: &str) -> Vec<Record> {
    let read = parse("f.toml", text, NOW).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let mut records: Vec<Record> = read.into_iter().map(|located| located.value).collect();
    records.sort_by_key(|record| (record.kind(), record.id()));
    records
}

/// The records of `text`, which refers to [`WORLD`], without those of the world.
pub fn beside_world(text: &str) -> Vec<Record> {
    let world: Vec<String> = records(WORLD).iter().map(name).collect();
    let mut records = records(&format!("{WORLD}{text}"));
    records.retain(|record| !world.contains(&name(record)));
    records
}

/// Kind and id.
pub fn name(record: &Record) -> String {
    format!("{} {}", record.kind().as_str(), record.id())
}

pub fn putting(records: Vec<Record>) -> Changes {
    let drawn = || NewPerson { person: PersonId::draw(NOW, &SystemChance), root: Root::draw(&SystemChance) };
    let put = records.into_iter().map(|record| {
        let person = matches!(record, Record::Person(_)).then(drawn);
        (record, person)
    });
    Changes { put: put.collect(), ..Changes::default() }
}

pub fn withdrawing(mut records: Vec<Record>) -> Changes {
    records.reverse();
    Changes { withdraw: records, ..Changes::default() }
}

pub async fn write(store: &Store, changes: Changes) -> Result<(), NoRoom> {
    store.write(changes, NOW).await.unwrap()
}

/// Writes [`WORLD`] and what stands in `text` beside it.
pub async fn fill(store: &Store, text: &str) {
    write(store, putting(records(&format!("{WORLD}{text}")))).await.unwrap();
}

/// Somebody new at the lycée.
pub fn newcomer(subject: &str) -> Newcomer {
    Newcomer {
        person: PersonId::draw(NOW, &SystemChance),
        root: Root::draw(&SystemChance),
        ent: ent(),
        namespace: "ent".to_owned(),
        subject: subject.to_owned(),
        affiliation: crate::directory::Affiliation {
            school: lycee(),
            profile: boundary::Profile::Pupil,
            level: None,
            year: None,
            jit: true,
            until: None,
        },
        at: NOW,
    }
}

/// The person behind a subject of the ENT.
pub async fn person(store: &Store, subject: &str) -> PersonId {
    store.known(&ent(), "ent", subject).await.unwrap().unwrap().person
}

pub fn ent() -> EntId {
    EntId::parse("ent").unwrap()
}

pub fn connection() -> ConnectionId {
    ConnectionId::parse("ent-lti").unwrap()
}

pub fn sector() -> SectorId {
    SectorId::parse("atlas").unwrap()
}

pub fn tool() -> ToolId {
    ToolId::parse("atlas-web").unwrap()
}

pub fn atlas() -> Ark {
    Ark::parse("ark:/99999/atlas").unwrap()
}

pub fn lycee() -> Uai {
    Uai::parse_any_letter("0750001U").unwrap()
}

pub fn college() -> Uai {
    Uai::parse_any_letter("0440001M").unwrap()
}

pub fn subscribed(id: &str) -> SubscriptionId {
    SubscriptionId::parse(id).unwrap()
}

/// The root of a person, where it was not erased.
pub async fn root(store: &Store, person: PersonId) -> Option<Root> {
    store.person(&sector(), "portable", person).await.unwrap().map(|known| known.root)
}
