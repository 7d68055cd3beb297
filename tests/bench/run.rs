//! A broker with a crowd before it, and the runs that are made with them.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use conformance::ent::{Course, Person, Registration, Tile};
use conformance::load::{Click, Crowd, Publisher, Tally};
use conformance::{EntSettings, ReferenceEnt, World};

use crate::broker::{Broker, Place};
use crate::database::{Database, Server};
use crate::federation::{self, ATLAS, CLIENT, DICTIONARY, PUBLISHER, SCHOOLS, Size, TOOL};
use crate::processor::{self, Rsa};
use crate::report::{self, Run};
use crate::rows;
use crate::settings::Settings;

/// How a crowd comes.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// As many at a time.
    Closed(usize),
    /// As many a second.
    Open(u32),
}

/// Who launches what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// People who launched before, each once in a run: nothing is known of them in the broker's memory.
    Known,
    /// People whom the broker has never seen.
    New,
    /// Known people, into the resource that is assigned person by person.
    Indiv,
}

/// A database, a broker on it, and what a crowd needs.
pub struct Stand<'a> {
    pub server: &'a Server,
    pub size: Size,
    pub database: Database,
    pub place: Place,
    pub broker: Broker,
    ent: Arc<conformance::RunningEnt>,
    /// The first launch that nobody has made yet.
    next: std::cell::Cell<u64>,
}

impl<'a> Stand<'a> {
    /// Makes the database, fills it, and starts a broker that has launched a few.
    pub async fn new(server: &'a Server, size: &Size) -> Self {
        let database = Database::new(server);
        let place = Place::new(&database);
        let ent = Arc::new(start_ent(&place).await);
        place.command(&["keys", "init"]);
        let federation = database.folder().join("federation.toml");
        std::fs::write(&federation, federation::text(ent.url(), (world().now)().year())).unwrap();
        place.command(&["apply", federation.to_str().unwrap()]);
        rows::write(&database, size, ent.url());
        let broker = Broker::start(&place, &database);
        let stand =
            Self { server, size: size.clone(), database, place, broker, ent, next: std::cell::Cell::new(0) };
        stand.warm().await;
        stand
    }

    /// Ends the broker and starts another on the same database: nothing is in its memory.
    pub async fn again(&mut self) {
        // The port must be free before it is taken again.
        self.broker.stop();
        self.broker = Broker::start(&self.place, &self.database);
        self.warm().await;
    }

    /// Connections are open and what everybody shares is cached: what a broker is after its first second. Newcomers
    /// warm it up, so that the known people stay unknown to its memory.
    async fn warm(&self) {
        let tally = self.crowd(Who::New).closed(self.draw(400), 32).await.unwrap();
        assert_eq!(tally.failed(), 0, "the launches to warm up with failed: {:?}", tally.errors);
    }

    /// The numbers of launches that nobody has made yet.
    pub fn draw(&self, count: u64) -> Range<u64> {
        let start = self.next.replace(self.next.get() + count);
        start..start + count
    }

    /// Runs launches and notes what they cost the broker, and the server behind it.
    pub async fn run(&self, who: Who, pace: Pace, launches: Range<u64>) -> (Tally, f64) {
        let crowd = self.crowd(who);
        let before = self.seconds();
        let tally = match pace {
            Pace::Closed(concurrency) => crowd.closed(launches, concurrency).await,
            Pace::Open(rate) => crowd.open(launches, Duration::from_secs(1) / rate).await,
        };
        let (tally, seconds) = (tally.unwrap(), self.seconds() - before);
        (tally, seconds)
    }

    fn seconds(&self) -> f64 {
        processor::seconds_of(self.broker.pid()) + self.server.seconds()
    }

    fn crowd(&self, who: Who) -> Arc<Crowd> {
        let (size, issuer) = (self.size.clone(), self.ent.url().to_owned());
        let click = move |n| click(&size, &issuer, who, n);
        let publisher = Publisher { client_id: TOOL.to_owned(), redirect_uri: format!("{PUBLISHER}/launch") };
        Arc::new(Crowd::new(&self.place.url, Arc::clone(&self.ent), publisher, world(), click).unwrap())
    }
}

/// Launches go through thirty-two registrations and into sixty-four resources, where there are as many. People come in
/// an order that has nothing to do with how they are stored.
fn click(size: &Size, issuer: &str, who: Who, n: u64) -> Click {
    let issuer = match n % size.registrations.min(32) {
        0 => issuer.to_owned(),
        other => format!("{issuer}/{other}"),
    };
    let one = n.wrapping_mul(7919) % size.people;
    let (school, subject) = match who {
        Who::New => (n % SCHOOLS, format!("nouveau-{n}")),
        Who::Known | Who::Indiv => (one % SCHOOLS, format!("eleve-{one}")),
    };
    let several = (size.subscriptions / 4).min(65);
    let (school, tile) = match who {
        Who::Indiv => (school, DICTIONARY.to_owned()),
        _ if several > 1 => (0, format!("{ATLAS}-{}", 1 + n % (several - 1))),
        _ => (school, ATLAS.to_owned()),
    };
    let subject =
        if several > 1 && who == Who::Known { format!("eleve-{}", one / SCHOOLS * SCHOOLS) } else { subject };
    Click { issuer, client_id: CLIENT.to_owned(), person: school.to_string(), subject, tile, course: n % 200 }
}

/// The reference ENT: one person a school, in whose claims the crowd puts each subject.
async fn start_ent(place: &Place) -> conformance::RunningEnt {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut settings = EntSettings::new(&url, &place.url);
    settings.registrations =
        vec![Registration { client_id: CLIENT.to_owned(), deployment_id: "1".to_owned() }];
    settings.people = (0..SCHOOLS).map(pupil).collect();
    let several = (1..65).map(|n| format!("{ATLAS}-{n}"));
    settings.tiles = several.chain([ATLAS, DICTIONARY].map(str::to_owned)).map(|key| tile(&key)).collect();
    ReferenceEnt::start(listener, settings, world()).unwrap()
}

fn pupil(school: u64) -> Person {
    Person {
        id: school.to_string(),
        given_name: "Camille".to_owned(),
        family_name: "Inventée".to_owned(),
        name: "Camille Inventée".to_owned(),
        email: "camille.inventee@ent.example".to_owned(),
        school: format!("Lycée {school}"),
        uai: federation::uai(school),
        send_uai: true,
        roles: vec!["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student".to_owned()],
        deployment_id: "1".to_owned(),
        locale: "fr-FR".to_owned(),
        sourcedid: "00007095424".to_owned(),
        ..Person::default()
    }
}

fn tile(key: &str) -> Tile {
    let course =
        Course { id: "cours".to_owned(), label: "6A-GEO".to_owned(), title: "Géographie".to_owned() };
    Tile {
        key: key.to_owned(),
        resource: format!("ark:/99999/{key}"),
        title: "Une ressource".to_owned(),
        context: Some(course),
        resource_link: "lien".to_owned(),
        ..Tile::default()
    }
}

/// The judge's clock and randomness.
fn world() -> World {
    #[expect(clippy::disallowed_methods, reason = "where the bench reads the clock")]
    let now = || time::OffsetDateTime::now_utc();
    #[expect(clippy::disallowed_methods, reason = "where the bench draws randomness")]
    let fill = |bytes: &mut [u8]| getrandom::fill(bytes).unwrap();
    World { now: Arc::new(now), fill: Arc::new(fill) }
}

/// A broker's life from start to first launch, and the runs at each concurrency; the median ratio at 32.
pub async fn cases(settings: &Settings, stand: &Stand<'_>) -> Option<f64> {
    let mut before = Rsa::measure();
    let mut ratios = Vec::new();
    for (bench, who, pace, count) in plan(settings) {
        let (tally, seconds) = stand.run(who, pace, stand.draw(count)).await;
        let after = Rsa::measure();
        let run =
            Run { bench, engine: stand.database.engine, pace, tally, seconds, rsa: before.between(after) };
        report::line(&run);
        report::warn_of_noise(before, after);
        if who == Who::Known && matches!(pace, Pace::Closed(32)) {
            ratios.push(run.ratio());
        }
        before = after;
    }
    report::median(ratios)
}

/// The runs of one engine: name, people, pace, launches.
fn plan(settings: &Settings) -> Vec<(&'static str, Who, Pace, u64)> {
    let launches = settings.launches;
    let mut plan = Vec::new();
    if settings.wants("known") {
        plan.extend((0..settings.runs).map(|_| ("lti-lti", Who::Known, Pace::Closed(32), launches)));
    }
    if settings.wants("rest") {
        plan.push(("lti-lti", Who::Known, Pace::Closed(1), launches / 4));
        plan.push(("lti-lti", Who::Known, Pace::Closed(8), launches / 2));
        plan.push(("lti-lti", Who::Known, Pace::Closed(128), launches));
    }
    if settings.wants("open") {
        plan.push(("lti-lti-open-250", Who::Known, Pace::Open(250), launches.min(2500)));
    }
    if settings.wants("indiv") {
        plan.push(("lti-lti-indiv", Who::Indiv, Pace::Closed(32), launches));
    }
    if settings.wants("first") {
        plan.push(("lti-lti-first", Who::New, Pace::Closed(32), launches));
    }
    plan
}
