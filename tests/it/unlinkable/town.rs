//! A town of invented people, a broker inside this process, and what two publishers receive about everybody.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use boundary::registration::{LtiPlatform, LtiTool, Protocol};
use boundary::{
    Arrival, Attributes, Body, Chance, Clock, ConnectionId, ContextClaim, Door, EntId, Fault, FirstUse, In,
    Inbound, LaunchId, LinkClaim, Method, PeerKeys, PublishedKeys, Registrations, Reply, Request,
    ResourceKey, RoleClaims, SchoolClaim, SealPurpose, SectorId, SectorKey, Signatures, Stop, Tickets, Via,
    Wanted, World,
};
use bytes::Bytes;
use passerelle::directory::{Directory, DirectoryStore, RosterOpening, SealedAttributes};
use passerelle::journal::{Actor, Signer};
use passerelle::keys::{self, KeyRing, MasterKeys};
use passerelle::launch::{Dispatcher, Outcome, Rooms};
use passerelle::licensing::Licensing;
use passerelle::operate::apply::{self, Means, NewSectorKeys, Options};
use passerelle::pseudonyms::{FIRST_EPOCH, Names, SectorKeys};
use passerelle::store::{Db, Store, migrate};
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::datetime;
use url::Url;

use super::stream::Stream;

const NOW: OffsetDateTime = datetime!(2026-11-24 08:05 UTC);
const SCHOOLS: usize = 20;
/// First names, the common ones more often.
const NAMES: [&str; 24] = [
    "Adèle",
    "Basile",
    "Cléo",
    "Diane",
    "Elio",
    "Flore",
    "Gaspard",
    "Hanaé",
    "Isaure",
    "Joris",
    "Kenza",
    "Loup",
    "Maïa",
    "Naël",
    "Olga",
    "Paol",
    "Quitterie",
    "Romy",
    "Swann",
    "Tess",
    "Ulysse",
    "Vadim",
    "Wanda",
    "Yuna",
];

/// Somebody invented.
pub struct Person {
    pub school: usize,
    pub given_name: &'static str,
    pub teacher: bool,
}

impl Person {
    /// What both publishers are told, and what each could find out by counting: chance is one in so many.
    pub fn cell(&self) -> String {
        format!("{} {} {}", self.school, self.teacher, self.given_name)
    }
}

/// The town and its broker.
pub struct Town {
    pub people: Vec<Person>,
    dispatcher: Arc<Dispatcher>,
    _folder: tempfile::TempDir,
}

impl Town {
    pub async fn open(many: usize) -> Self {
        let stream = Arc::new(Stream::new(1));
        let people: Vec<Person> = (0..many)
            .map(|_| Person {
                school: stream.below(SCHOOLS),
                given_name: NAMES[stream.below(NAMES.len()).min(stream.below(NAMES.len()))],
                teacher: stream.below(12) == 0,
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let db =
            Db::open(&format!("sqlite://{}", folder.path().join("town.db").display()), true).await.unwrap();
        migrate(&db).await.unwrap();
        let store = Arc::new(Store::open(db, "town".to_owned()));
        let desk = Desk::open(store.clone(), stream).await;
        let means =
            Means { store: &*store, keys: &*desk, clock: &*desk, chance: &*desk, actor: &Actor::command() };
        apply::apply(&means, "town.toml", &federation(&people), Options::default()).await.unwrap();
        let dispatcher = Arc::new(dispatcher(&desk, &store));
        Self { people, dispatcher, _folder: folder }
    }

    /// Everybody opens one publisher's resource; what it receives about each, in the order of people.
    pub async fn launch_all(&self, publisher: &'static str) -> Vec<BTreeMap<String, String>> {
        let mut received = Vec::with_capacity(self.people.len());
        let numbers: Vec<usize> = (0..self.people.len()).collect();
        for some in numbers.chunks(200) {
            let launches = some.iter().map(|number| {
                let (dispatcher, number) = (self.dispatcher.clone(), *number);
                tokio::spawn(async move { launch(&dispatcher, number, publisher).await })
            });
            for launch in launches.collect::<Vec<_>>() {
                received.push(launch.await.unwrap());
            }
        }
        received
    }
}

fn dispatcher(desk: &Arc<Desk>, store: &Arc<Store>) -> Dispatcher {
    let clock: Arc<dyn Clock> = desk.clone();
    let rooms = Rooms {
        directory: Directory::new(store.clone(), clock.clone(), desk.clone()),
        managers: store.clone(),
        catalogue: store.clone(),
        licensing: Licensing::new(store.clone(), clock.clone()),
        names: Names::new(store.clone(), desk.clone(), clock),
        agreements: store.clone(),
        rosters: desk.clone(),
        launches: store.clone(),
        failed: store.clone(),
        receipts: desk.clone(),
    };
    Dispatcher::new(desk.clone(), Arc::new(SignOn), Arc::new(lti::Platform), rooms, Duration::from_secs(300))
}

/// Nobody in town is on a roster.
impl RosterOpening for Desk {
    fn open(&self, _: &EntId, _: &SealedAttributes) -> Option<Attributes> {
        None
    }
}

/// Both hops of one launch, and the claims that the publisher gets, leaf by leaf.
async fn launch(dispatcher: &Dispatcher, number: usize, publisher: &str) -> BTreeMap<String, String> {
    let wish = vec![("number".to_owned(), number.to_string()), ("key".to_owned(), publisher.to_owned())];
    let seed = 100 + number as u64 * 2 + u64::from(publisher == "two");
    let answer = dispatcher.arrive(request(seed, "/sign-on", Method::Post, wish, Vec::new())).await;
    let Outcome::Step(Reply { body: Body::Redirect(to), cookies, .. }) = answer.outcome else {
        panic!("{:?}", answer.outcome)
    };
    let hint = to.query_pairs().find(|(name, _)| name == "login_hint").unwrap().1.into_owned();
    let cookies = cookies.into_iter().map(|cookie| (cookie.name, cookie.value)).collect();
    let asked = [
        ("scope", "openid"),
        ("response_type", "id_token"),
        ("response_mode", "form_post"),
        ("client_id", publisher),
        ("redirect_uri", &format!("https://{publisher}.example/launch")),
        ("login_hint", &hint),
        ("nonce", "of the publisher"),
    ];
    let asked = asked.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let answer = dispatcher.depart(request(seed, "/lti/authorize", Method::Get, asked, cookies)).await;
    let Outcome::Delivered(Reply { body: Body::AutoPost { fields, .. }, .. }) = answer.outcome else {
        panic!("{:?}", answer.outcome)
    };
    let claims: Value = serde_json::from_str(&fields[0].1).unwrap();
    let mut leaves = BTreeMap::new();
    flatten("", &claims, &mut leaves);
    leaves
}

fn flatten(path: &str, value: &Value, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let short = name.rsplit('/').next().unwrap();
                flatten(&format!("{path}/{short}"), value, leaves);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| flatten(&format!("{path}/{n}"), item, leaves))
        }
        // Times are not given to the adversary: two launches in one second link their people whatever is sent.
        Value::Number(_) => {}
        // A receipt is laid open like the token around it.
        Value::String(text) if path == "/receipt" => {
            let claims = data_encoding::BASE64URL_NOPAD.decode(text.split('.').nth(1).unwrap().as_bytes());
            flatten("/receipt/claims", &serde_json::from_slice(&claims.unwrap()).unwrap(), leaves);
        }
        text => drop(leaves.insert(path.to_owned(), text.as_str().unwrap_or_default().to_owned())),
    }
}

fn request(
    seed: u64,
    door: &'static str,
    method: Method,
    fields: Vec<(String, String)>,
    cookies: Vec<(String, String)>,
) -> Request {
    let launch = LaunchId::draw(&Stream::new(seed));
    let (fields, cookies) = (boundary::Fields::new(fields), boundary::Fields::new(cookies));
    Request { launch, door, method, segment: None, fields, cookies, locale: "fr" }
}

/// The number of an invented school.
fn uai(school: usize) -> String {
    let digits = 750_000 + school;
    let letter = b"ABCDEFGHJKLMNPRSTUVWXYZ"[digits % 23];
    format!("0{digits}{}", char::from(letter))
}

fn federation(people: &[Person]) -> String {
    let mut text = String::from(
        "[[ent]]\nid = \"ent\"\nname = \"ENT\"\n\n[[ent.lti]]\nid = \"ent-lti\"\nissuer = \"https://ent.example\"\n\
         client_id = \"town\"\ndeployments = [\"1\"]\nauthorization_url = \"https://ent.example/authorize\"\n\
         jwks_uri = \"https://ent.example/jwks.json\"\nnamespace = \"ent\"\nmatch = \"sub\"\n\n",
    );
    let schools: Vec<String> = (0..SCHOOLS).map(uai).collect();
    for uai in &schools {
        writeln!(
            text,
            "[[school]]\nuai = \"{uai}\"\nname = \"É\"\ntown = \"T\"\nents = [\"ent\"]\nfictive = true\n"
        )
        .unwrap();
    }
    for publisher in ["one", "two"] {
        writeln!(
            text,
            "[[organisation]]\nid = \"{publisher}\"\nname = \"{publisher}\"\nroles = [\"publisher\", \"technical-distributor\"]\n\n\
             [[sector]]\nid = \"{publisher}\"\norganisation = \"{publisher}\"\n\n\
             [[tool]]\nid = \"{publisher}\"\nsector = \"{publisher}\"\nprotocol = \"lti\"\n[tool.lti]\nclient_id = \"{publisher}\"\n\
             login_url = \"https://{publisher}.example/login\"\nredirect_uris = [\"https://{publisher}.example/launch\"]\n\
             jwks_uri = \"https://{publisher}.example/jwks\"\ntarget_url = \"https://{publisher}.example/\"\n\n\
             [[resource]]\nark = \"ark:/99999/{publisher}\"\nkey = \"{publisher}\"\ntitle = \"R\"\ntool = \"{publisher}\"\n\n\
             [[agreement]]\nresource = \"ark:/99999/{publisher}\"\n\
             attributes = [{{ name = \"PRE\", purpose = \"greeting\", approved_by = \"dpo\", approved_on = 2026-01-01 }}]\n\n\
             [[subscription]]\nid = \"{publisher}\"\nresource = \"ark:/99999/{publisher}\"\nschools = {schools:?}\n\
             from = 2026-01-01\nuntil = 2027-01-01\nkind = \"ETABL\"\naudience = [\"pupil\", \"teacher\"]\nseats = \"unlimited\"\n"
        )
        .unwrap();
    }
    for (number, person) in people.iter().enumerate() {
        let (school, profile) = (uai(person.school), if person.teacher { "teacher" } else { "pupil" });
        writeln!(
            text,
            "[[person]]\nent = \"ent\"\nnamespace = \"ent\"\nsubject = \"{number}/{}\"\n\
             affiliations = [{{ school = \"{school}\", profile = \"{profile}\" }}]\n",
            person.given_name
        )
        .unwrap();
    }
    text
}

/// A sign-on without cryptography, for people by number. Everything that an ENT could say of them differs from person
/// to person, in value and in length.
struct SignOn;

#[async_trait]
impl Inbound for SignOn {
    fn protocol(&self) -> Protocol {
        Protocol::Lti
    }

    fn doors(&self) -> &'static [Door] {
        &[]
    }

    async fn step(&self, world: &dyn World, request: &Request) -> Result<In, Stop> {
        let field = |name: &str| request.fields.one(name).unwrap().unwrap().to_owned();
        let (number, key) = (field("number"), field("key"));
        let town = Stream::new(1);
        let n: usize = number.parse().unwrap();
        let given_name = names_until(&town, n);
        let mut attributes = Attributes::default();
        attributes.set(boundary::Attribute::Pre, vec![given_name.to_owned()]);
        attributes.set(boundary::Attribute::Nom, vec![format!("Nom-{number}")]);
        attributes.set(boundary::Attribute::PMel, vec![format!("{number}@ent.example")]);
        let return_url = format!("https://ent.example/return/{}{number}", "x".repeat(n % 61));
        Ok(In::Arrived(Box::new(Arrival {
            via: Via {
                protocol: Protocol::Lti,
                ent: EntId::parse("ent").unwrap(),
                connection: ConnectionId::parse("ent-lti").unwrap(),
                deployment: Some("1".to_owned()),
            },
            namespace: "ent".to_owned(),
            subject: format!("{number}/{given_name}"),
            school: SchoolClaim::Silent,
            roles: RoleClaims::default(),
            wanted: Wanted::Key(ResourceKey::parse(&key).unwrap()),
            context: Some(ContextClaim {
                id: format!("course of {number}"),
                kinds: vec!["CourseSection".to_owned()],
            }),
            link: Some(LinkClaim { id: format!("link of {number}") }),
            attributes,
            target: None,
            locale: Some("fr".to_owned()),
            return_url: Some(Url::parse(&return_url).unwrap()),
            proof: FirstUse { key: format!("{number} {key}"), until: world.now() + time::Duration::HOUR },
        })))
    }
}

/// The first name of a person, drawn as [`Town::open`] draws it.
fn names_until(_: &Stream, number: usize) -> &'static str {
    static DRAWN: std::sync::OnceLock<Vec<&'static str>> = std::sync::OnceLock::new();
    DRAWN.get_or_init(|| {
        let stream = Stream::new(1);
        let draw = |_| {
            stream.below(SCHOOLS);
            let name = NAMES[stream.below(NAMES.len()).min(stream.below(NAMES.len()))];
            stream.below(12);
            name
        };
        (0..super::PEOPLE).map(draw).collect()
    })[number]
}

/// What connectors and `apply` may ask of this broker.
struct Desk {
    ring: KeyRing,
    store: Arc<Store>,
    stream: Arc<Stream>,
    public_url: Url,
}

impl Desk {
    async fn open(store: Arc<Store>, stream: Arc<Stream>) -> Arc<Self> {
        let master = || {
            let text = data_encoding::BASE64URL_NOPAD.encode(&[42; 32]);
            MasterKeys::read(None, Some(&text.into())).unwrap()
        };
        let clock = Fixed;
        keys::init(&master(), &*store, &*stream, &clock).await.unwrap();
        let ring = KeyRing::open(master(), &*store).await.unwrap();
        Arc::new(Self { ring, store, stream, public_url: Url::parse("https://broker.example/").unwrap() })
    }
}

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> OffsetDateTime {
        NOW
    }
}

impl Clock for Desk {
    fn now(&self) -> OffsetDateTime {
        NOW
    }
}

impl Chance for Desk {
    fn fill(&self, bytes: &mut [u8]) {
        self.stream.fill(bytes);
    }
}

impl Tickets for Desk {
    fn seal(&self, purpose: SealPurpose, plain: &[u8]) -> Result<String, Fault> {
        self.ring.seal(purpose, plain)
    }

    fn open(&self, purpose: SealPurpose, sealed: &str) -> Option<Vec<u8>> {
        self.ring.open_sealed(purpose, sealed)
    }
}

/// A signature hides nothing from the publisher that receives it.
impl Signatures for Desk {
    fn sign_lti(&self, claims: &[u8]) -> Result<String, Fault> {
        Ok(String::from_utf8(claims.to_vec()).unwrap())
    }
}

impl Signer for Desk {
    fn sign(&self, typ: &str, claims: &[u8]) -> Result<keys::Signed, Fault> {
        self.ring.sign_journal(typ, claims)
    }

    fn keys(&self) -> keys::JournalKeys {
        self.ring.journal_keys()
    }
}

impl PublishedKeys for Desk {
    fn jwks(&self) -> Result<Bytes, Fault> {
        Ok(self.ring.jwks())
    }
}

#[async_trait]
impl Registrations for Desk {
    async fn lti_platforms(&self, issuer: &str) -> Result<Vec<Arc<LtiPlatform>>, Fault> {
        DirectoryStore::lti_platforms(&*self.store, issuer).await
    }

    async fn lti_platform(&self, connection: &ConnectionId) -> Result<Option<Arc<LtiPlatform>>, Fault> {
        DirectoryStore::lti_platform(&*self.store, connection).await
    }

    async fn lti_tool(&self, client_id: &str) -> Result<Option<Arc<LtiTool>>, Fault> {
        DirectoryStore::lti_tool(&*self.store, client_id).await
    }
}

#[async_trait]
impl PeerKeys for Desk {
    async fn key_of(&self, _: &LtiPlatform, _: &str) -> Result<Option<Arc<str>>, Fault> {
        Ok(None)
    }
}

impl World for Desk {
    fn public_url(&self) -> &Url {
        &self.public_url
    }
}

#[async_trait]
impl SectorKeys for Desk {
    async fn sector_key(&self, sector: &SectorId, epoch: u32) -> Result<SectorKey, Fault> {
        self.ring.sector_key(&*self.store, sector, epoch).await
    }
}

impl NewSectorKeys for Desk {
    fn new_sector_key(&self, sector: &SectorId) -> Result<keys::StoredSectorKey, Fault> {
        self.ring
            .new_sector_key(sector, FIRST_EPOCH, &*self.stream, self)
            .map_err(|e| Fault::new(e.to_string()))
    }
}
