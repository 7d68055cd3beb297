//! P16: no value is ever given to a second person, and none changes unasked, whatever is created, withdrawn, found again
//! and launched, in which order.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use boundary::registration::Protocol;
use boundary::{
    Arrival, ConnectionId, ContextClaim, EntId, Fault, FirstUse, LinkClaim, Profile, RoleClaims, SchoolClaim,
    SectorId, SectorKey, Subject, Uai, Via, Wanted,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use secrecy::SecretString;
use time::Duration;

use super::examples::{NOW, college, lycee, newcomer, putting, withdrawing, write};
use super::{Place, Scratch, count};
use crate::boot::{SystemChance, SystemClock};
use crate::directory::{DirectoryStore, Newcomer, Sector, SectorScope};
use crate::keys::{KeyRing, KeyStore, MasterKeys, init};
use crate::launch::{Committed, Gate, Item, LaunchStore, Write};
use crate::operate::apply::{PersonRecord, PersonSchool, Record};
use crate::pseudonyms::{Named, Names, PseudonymStore, SectorKeys};
use crate::store::Store;

/// How many sequences are tried on each engine, and how long they are.
const CASES: u32 = 16;
const LONGEST: usize = 30;

/// What can happen to one of a few people.
#[derive(Debug, Clone, Copy)]
enum Happens {
    /// A first launch writes them down.
    Provision(u8),
    /// A file names them, at one school or at both.
    Listed(u8, bool),
    /// The file leaves them out.
    Withdrawn(u8),
    /// They launch, from a school into a sector.
    Launch(u8, bool, bool),
    /// They launch twice at once.
    Twice(u8, bool, bool),
}

fn happens() -> impl Strategy<Value = Happens> {
    let who = 0_u8..4;
    prop_oneof![
        2 => who.clone().prop_map(Happens::Provision),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, both)| Happens::Listed(who, both)),
        2 => who.clone().prop_map(Happens::Withdrawn),
        4 => (who.clone(), any::<bool>(), any::<bool>()).prop_map(|(who, at, to)| Happens::Launch(who, at, to)),
        1 => (who, any::<bool>(), any::<bool>()).prop_map(|(who, at, to)| Happens::Twice(who, at, to)),
    ]
}

struct RingKeys {
    ring: KeyRing,
    store: Arc<Store>,
}

#[async_trait]
impl SectorKeys for RingKeys {
    async fn sector_key(&self, sector: &SectorId) -> Result<SectorKey, Fault> {
        self.ring.sector_key(&*self.store, sector).await
    }
}

/// The rooms over one database, and what was seen of every name so far, over all sequences.
struct World {
    store: Arc<Store>,
    names: Names,
    sectors: [Sector; 2],
    sequences: u32,
    launches: u32,
    /// Sector and value, and whose it is.
    owners: HashMap<(String, String), String>,
    /// Sector, scope and owner, and the value.
    values: HashMap<(String, String, String), String>,
}

impl World {
    async fn new(place: &Place) -> Self {
        let store = Arc::new(place.store().await);
        let master = || MasterKeys::read(None, Some(&SecretString::from("A".repeat(43)))).unwrap();
        init(&master(), &*store, &SystemChance, &SystemClock).await.unwrap();
        let ring = KeyRing::open(master(), &*store).await.unwrap();
        let sector = |id: &str, scope| Sector {
            id: SectorId::parse(id).unwrap(),
            organisation: boundary::OrganisationId::parse("publisher").unwrap(),
            scope,
        };
        let sectors = [sector("portable", SectorScope::Portable), sector("by-school", SectorScope::School)];
        for sector in &sectors {
            let key = ring.new_sector_key(&sector.id, &SystemChance, &SystemClock).unwrap();
            assert!(store.add_sector_key(&key).await.unwrap());
        }
        let keys = Arc::new(RingKeys { ring, store: Arc::clone(&store) });
        let pseudonyms: Arc<dyn PseudonymStore> = Arc::<Store>::clone(&store);
        let names = Names::new(pseudonyms, keys, Arc::new(SystemClock));
        Self {
            store,
            names,
            sectors,
            sequences: 0,
            launches: 0,
            owners: HashMap::new(),
            values: HashMap::new(),
        }
    }

    /// The people of one sequence have an ENT of their own, so that sequences do not meet but in the sectors.
    fn ent(&self) -> EntId {
        EntId::parse(&format!("ent-{}", self.sequences)).unwrap()
    }

    async fn happen(&mut self, happens: Happens) -> Result<(), TestCaseError> {
        let ent = self.ent();
        match happens {
            Happens::Provision(who) => {
                self.store.provision(Newcomer { ent, ..newcomer(&subject(who)) }).await.unwrap();
            }
            Happens::Listed(who, both) => {
                write(&self.store, putting(vec![listed(ent, who, both)])).await.unwrap();
            }
            Happens::Withdrawn(who) => {
                write(&self.store, withdrawing(vec![listed(ent, who, false)])).await.unwrap();
            }
            Happens::Launch(who, at, to) => self.launch(who, school(at), usize::from(to), 1).await?,
            Happens::Twice(who, at, to) => self.launch(who, school(at), usize::from(to), 2).await?,
        }
        Ok(())
    }

    /// As the dispatcher does it: names found or derived, and written in the launch's own commit.
    async fn launch(&mut self, who: u8, school: Uai, to: usize, times: u32) -> Result<(), TestCaseError> {
        let (ent, subject) = (self.ent(), subject(who));
        let Some(known) = self.store.known(&ent, "ent", &subject).await.unwrap() else { return Ok(()) };
        let person = known.person;
        let subject = Subject { person, school, profile: Profile::Pupil, groups: vec![], level: None };
        let arrival = arrival(ent, who);
        let sector = self.sectors[to].clone();
        let mut named = Vec::new();
        for _ in 0..times {
            named.push(self.names.of_launch(&sector, &subject, &arrival).await.unwrap());
        }
        let items: Vec<Item> = named.iter().map(|named| self.item(named)).collect();
        let done = futures::future::join_all(items.into_iter().map(|item| self.store.commit(item))).await;
        for done in done {
            prop_assert_eq!(
                done.unwrap(),
                Committed::Done,
                "nothing that is derived ever meets another's value"
            );
        }
        for named in named {
            self.check(&sector, &subject, &arrival, &named)?;
        }
        Ok(())
    }

    fn item(&mut self, named: &Named) -> Item {
        self.launches += 1;
        let proof = FirstUse { key: self.launches.to_string(), until: NOW + Duration::DAY };
        let writes = named.fresh.iter().cloned().map(Write::Name).collect();
        Item { gate: Gate::FirstUse(proof), writes, at: NOW }
    }

    fn check(
        &mut self,
        sector: &Sector,
        subject: &Subject,
        arrival: &Arrival,
        named: &Named,
    ) -> Result<(), TestCaseError> {
        let scope = match sector.scope {
            SectorScope::Portable => String::new(),
            SectorScope::School => subject.school.to_string(),
        };
        let ids = &named.identifiers;
        let (ent, course) = (&arrival.via.ent, &arrival.context.as_ref().unwrap().id);
        let link = &arrival.link.as_ref().unwrap().id;
        self.note(sector, scope, format!("person {}", subject.person.uuid()), ids.person.as_str())?;
        self.note(sector, String::new(), format!("school {}", subject.school), ids.school.as_str())?;
        self.note(
            sector,
            String::new(),
            format!("course {ent} {course}"),
            ids.context.as_ref().unwrap().as_str(),
        )?;
        self.note(sector, String::new(), format!("link {ent} {link}"), ids.link.as_ref().unwrap().as_str())
    }

    fn note(
        &mut self,
        sector: &Sector,
        scope: String,
        owner: String,
        value: &str,
    ) -> Result<(), TestCaseError> {
        let sector = sector.id.to_string();
        let kept = self
            .owners
            .entry((sector.clone(), value.to_owned()))
            .or_insert_with(|| format!("{owner} {scope}"));
        prop_assert_eq!(kept.as_str(), format!("{owner} {scope}"), "a value belongs to one, in one scope");
        let current = self.values.entry((sector, scope, owner)).or_insert_with(|| value.to_owned());
        prop_assert_eq!(current.as_str(), value, "and whoever has one keeps it");
        Ok(())
    }
}

fn subject(who: u8) -> String {
    format!("pupil-{who}")
}

fn school(second: bool) -> Uai {
    if second { college() } else { lycee() }
}

fn listed(ent: EntId, who: u8, both: bool) -> Record {
    let at = |school| PersonSchool {
        school,
        profile: Profile::Pupil,
        level: None,
        groups: vec![],
        year: None,
        manages: false,
    };
    let schools = if both { vec![at(college()), at(lycee())] } else { vec![at(lycee())] };
    Record::Person(PersonRecord { ent, namespace: "ent".to_owned(), subject: subject(who), schools })
}

/// A launch of somebody from a course that all share and by a link of their own.
fn arrival(ent: EntId, who: u8) -> Arrival {
    let (connection, deployment) = (ConnectionId::parse("lti").unwrap(), Some("1".to_owned()));
    Arrival {
        via: Via { protocol: Protocol::Lti, ent, connection, deployment },
        namespace: "ent".to_owned(),
        subject: subject(who),
        school: SchoolClaim::Silent,
        roles: RoleClaims::default(),
        wanted: Wanted::Unnamed,
        context: Some(ContextClaim { id: "course".to_owned(), kinds: vec![] }),
        link: Some(LinkClaim { id: subject(who) }),
        attributes: boundary::Attributes::default(),
        target: None,
        locale: None,
        return_url: None,
        proof: FirstUse { key: String::new(), until: NOW },
    }
}

#[test]
fn p16_no_value_is_reassigned_over_any_sequence() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let scratch = runtime.block_on(Scratch::new("reassignment"));
    for place in [&scratch.lite, &scratch.postgres] {
        let world = RefCell::new(runtime.block_on(World::new(place)));
        let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
        let tried = TestRunner::new(config).run(&prop::collection::vec(happens(), 1..LONGEST), |sequence| {
            let mut world = world.borrow_mut();
            world.sequences += 1;
            runtime.block_on(async {
                for one in sequence {
                    world.happen(one).await?;
                }
                Ok(())
            })
        });
        tried.unwrap_or_else(|wrong| panic!("{wrong}"));
        let world = world.into_inner();
        assert!(world.launches > 20 && !world.values.is_empty(), "{} launches prove little", world.launches);
        let stored = runtime.block_on(count(&world.store, "SELECT COUNT(*) FROM pseudonym"));
        assert_eq!(
            stored,
            i64::try_from(world.owners.len()).unwrap(),
            "every value that went out is written down"
        );
        runtime.block_on(world.store.close());
    }
    runtime.block_on(scratch.close());
}
