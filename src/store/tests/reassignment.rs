//! P16: no value is ever given to a second person, and none changes unasked, whatever is created, withdrawn, found again,
//! joined, parted and launched, in which order.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use boundary::registration::Protocol;
use boundary::{
    Arrival, ConnectionId, ContextClaim, EntId, Fault, FirstUse, LinkClaim, PersonId, Profile, RoleClaims,
    Root, SchoolClaim, SectorId, SectorKey, Subject, Uai, Via, Wanted,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use secrecy::SecretString;
use time::Duration;

use super::examples::{NOW, college, lycee, newcomer, putting, withdrawing, write};
use super::{Place, Scratch, count};
use crate::boot::{SystemChance, SystemClock};
use crate::directory::{DirectoryStore, Newcomer, Sector, SectorScope};
use crate::journal::Actor;
use crate::keys::{KeyRing, KeyStore, MasterKeys, init};
use crate::launch::{Committed, Gate, Item, LaunchStore, Write};
use crate::operate::apply::{PersonRecord, PersonSchool, Record};
use crate::operate::identities::{Act, Identity, IdentityStore, Leaving};
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
    /// Two turn out to be one.
    Merge(u8, u8),
    /// They are taken out of whom they were joined to; as somebody new, or as whom they were.
    Part(u8, bool),
}

fn happens() -> impl Strategy<Value = Happens> {
    let who = 0_u8..4;
    prop_oneof![
        2 => who.clone().prop_map(Happens::Provision),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, both)| Happens::Listed(who, both)),
        2 => who.clone().prop_map(Happens::Withdrawn),
        4 => (who.clone(), any::<bool>(), any::<bool>()).prop_map(|(who, at, to)| Happens::Launch(who, at, to)),
        1 => (who.clone(), any::<bool>(), any::<bool>()).prop_map(|(who, at, to)| Happens::Twice(who, at, to)),
        3 => (who.clone(), who.clone()).prop_map(|(one, other)| Happens::Merge(one, other)),
        3 => (who, any::<bool>()).prop_map(|(who, fresh)| Happens::Part(who, fresh)),
    ]
}

struct RingKeys {
    ring: KeyRing,
    store: Arc<Store>,
}

#[async_trait]
impl SectorKeys for RingKeys {
    async fn sector_key(&self, sector: &SectorId, epoch: u32) -> Result<SectorKey, Fault> {
        self.ring.sector_key(&*self.store, sector, epoch).await
    }
}

/// The rooms over one database, and what was seen of every name so far, over all sequences.
struct World {
    store: Arc<Store>,
    names: Names,
    sectors: [Sector; 2],
    sequences: u32,
    launches: u32,
    merges: u32,
    splits: u32,
    /// Of each person of this sequence, one of those who were ever joined to them.
    lineage: [u8; 4],
    /// Values that somebody may not be called by any more, since they are somebody new.
    banned: HashMap<u8, HashSet<String>>,
    /// Sector and value of people, the sequence, and who was called so first.
    people: HashMap<(String, String), (u32, u8)>,
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
            let key = ring.new_sector_key(&sector.id, 1, &SystemChance, &SystemClock).unwrap();
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
            merges: 0,
            splits: 0,
            lineage: [0, 1, 2, 3],
            banned: HashMap::new(),
            people: HashMap::new(),
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
            Happens::Merge(one, other) => self.merge(one, other).await,
            Happens::Part(who, fresh) => self.part(who, fresh).await,
        }
        Ok(())
    }

    async fn begin(&mut self) {
        self.sequences += 1;
        for who in [0, 1] {
            let ent = self.ent();
            self.store.provision(Newcomer { ent, ..newcomer(&subject(who)) }).await.unwrap();
        }
        self.lineage = [0, 1, 2, 3];
        self.banned.clear();
    }

    fn identity(&self, who: u8) -> Identity {
        Identity { ent: self.ent(), namespace: "ent".to_owned(), subject: subject(who) }
    }

    async fn merge(&mut self, one: u8, other: u8) {
        let pair = (self.identity(one), self.identity(other));
        let act = Act { actor: &Actor::command(), at: NOW, dry_run: false };
        if self.store.join(&[pair], act).await.unwrap().iter().all(Result::is_ok) {
            self.merges += 1;
            let (from, to) = (self.lineage[usize::from(one)], self.lineage[usize::from(other)]);
            self.lineage = self.lineage.map(|of| if of == from { to } else { of });
            self.banned.clear();
            self.values.retain(|(_, _, owner), _| !owner.starts_with("person"));
        }
    }

    async fn part(&mut self, who: u8, fresh: bool) {
        let identities = [self.identity(who)];
        let (person, root) = (PersonId::draw(NOW, &SystemChance), Root::draw(&SystemChance));
        let leaving = Leaving { identities: &identities, fresh, person, root };
        let act = Act { actor: &Actor::command(), at: NOW, dry_run: false };
        if self.store.part(&leaving, act).await.unwrap().is_ok() {
            self.splits += 1;
            if fresh {
                self.banned.insert(who, self.people.keys().map(|(_, value)| value.clone()).collect());
            }
            self.values.retain(|(_, _, owner), _| !owner.starts_with("person"));
        }
    }

    /// Whoever is called by a value is the person who was called so first, or was joined to them at some time; and
    /// somebody new is called by none that went out before.
    fn note_person(
        &mut self,
        sector: &Sector,
        scope: String,
        who: u8,
        value: &str,
    ) -> Result<(), TestCaseError> {
        let key = (sector.id.to_string(), value.to_owned());
        let (sequence, first) = *self.people.entry(key).or_insert((self.sequences, who));
        prop_assert_eq!(sequence, self.sequences, "a value of somebody in another sequence");
        let of = |who: u8| self.lineage[usize::from(who)];
        prop_assert_eq!(of(first), of(who), "a value of somebody else");
        let banned = self.banned.get(&who).is_some_and(|banned| banned.contains(value));
        prop_assert!(!banned, "somebody new is called as somebody was before");
        let place = (sector.id.to_string(), scope, format!("person {} {who}", self.sequences));
        let current = self.values.entry(place).or_insert_with(|| value.to_owned());
        prop_assert_eq!(current.as_str(), value, "and whoever has one keeps it");
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
            self.check(&sector, &subject, &arrival, &named, who)?;
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
        who: u8,
    ) -> Result<(), TestCaseError> {
        let scope = match sector.scope {
            SectorScope::Portable => String::new(),
            SectorScope::School => subject.school.to_string(),
        };
        let ids = &named.identifiers;
        let (ent, course) = (&arrival.via.ent, &arrival.context.as_ref().unwrap().id);
        let link = &arrival.link.as_ref().unwrap().id;
        self.note_person(sector, scope, who, ids.person.as_str())?;
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
        let enough = |world: &World| world.launches > 20 && world.merges > 3 && world.splits > 1;
        // What is drawn may hold few merges and splits: then more is drawn.
        for _ in 0..10 {
            let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
            let sequences = prop::collection::vec(happens(), 1..LONGEST);
            let tried = TestRunner::new(config).run(&sequences, |sequence| {
                let mut world = world.borrow_mut();
                runtime.block_on(async {
                    world.begin().await;
                    for one in sequence {
                        world.happen(one).await?;
                    }
                    Ok(())
                })
            });
            tried.unwrap_or_else(|wrong| panic!("{wrong}"));
            if enough(&world.borrow()) {
                break;
            }
        }
        let world = world.into_inner();
        assert!(enough(&world), "{} {} {} prove little", world.launches, world.merges, world.splits);
        let stored = runtime.block_on(count(&world.store, "SELECT COUNT(*) FROM pseudonym"));
        assert_eq!(
            stored,
            i64::try_from(world.owners.len() + world.people.len()).unwrap(),
            "every value that went out is written down"
        );
        runtime.block_on(world.store.close());
    }
    runtime.block_on(scratch.close());
}
