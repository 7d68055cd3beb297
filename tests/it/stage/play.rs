//! A whole stage: broker, ENT and publisher that know each other, and what a person meets on it.

use std::sync::Arc;

use conformance::ent::{Course, Person, Registration, Tile};
use conformance::{
    Browser, Client, EntSettings, Form, Landing, PublisherSettings, ReferenceEnt, ReferencePublisher,
    RunningEnt, RunningPublisher, World,
};
use serde_json::Value;
use tokio::net::TcpListener;

use super::{Broker, CLIENT, Database, Engine, Exit, Federation, LYCEE, free_port, passerelle_in};

/// Role URIs of LTI (core 1.3, appendix A.2).
pub mod roles {
    pub const PUPIL: &str = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student";
    pub const TEACHER: &str = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Faculty";
    pub const LEARNER: &str = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner";
    pub const INSTRUCTOR: &str = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor";
}

/// The deployments that the ENT uses; the plain federation knows the first three.
const DEPLOYMENTS: [&str; 4] = ["1", "2", "3", "unknown"];

/// How long a condition may take to hold on a slow machine.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Broker, ENT and publisher, and the database behind the first.
pub struct Stage {
    pub database: Database,
    pub broker: Broker,
    pub ent: RunningEnt,
    pub publisher: RunningPublisher,
    doors: Doors,
}

struct Doors {
    ent: String,
    publisher: String,
}

/// Where somebody's click ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// At the publisher, who accepted the token.
    Delivered,
    /// On a page of the broker, with this code.
    Refused(String),
    /// On the publisher's page about an error that the broker posted to it.
    Told(String),
    /// Elsewhere.
    Lost(String),
}

impl Stage {
    /// A stage on which the broker knows what `write` makes of a plain federation, and the ENT these people.
    pub async fn open(
        engine: Engine,
        people: Vec<Person>,
        write: impl FnOnce(Federation) -> Federation,
    ) -> Self {
        Self::open_with(engine, people, write, &[]).await
    }

    /// The same, with more of the broker's environment set.
    pub async fn open_with(
        engine: Engine,
        people: Vec<Person>,
        write: impl FnOnce(Federation) -> Federation,
        more: &[(&str, &str)],
    ) -> Self {
        Self::open_on(Database::new(engine), people, write, more).await
    }

    /// The same, on a database that the test made.
    pub async fn open_on(
        database: Database,
        people: Vec<Person>,
        write: impl FnOnce(Federation) -> Federation,
        more: &[(&str, &str)],
    ) -> Self {
        let (port, operations) = (free_port(), free_port());
        let mut environment = Broker::environment(&database, port, operations);
        environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let (ent_door, ent) = door().await;
        let (publisher_door, publisher) = door().await;
        let federation = write(Federation::new(&ent, &publisher));
        set_up(&database, &environment, &federation);
        // Where browsers reach the broker; a proxy in front has an address of its own.
        let public = environment.iter().rfind(|(name, _)| name == "PASSERELLE_PUBLIC_URL").unwrap();
        let broker_url = public.1.clone();
        let settings = EntSettings {
            registrations: DEPLOYMENTS.map(registration).to_vec(),
            people,
            tiles: vec![tile("atlas", super::ATLAS)],
            ..EntSettings::new(&ent, &broker_url)
        };
        let doors = Doors { ent, publisher };
        let ent = ReferenceEnt::start(ent_door, settings, world()).unwrap();
        let clients = vec![Client { client_id: "outil".to_owned(), name: "Atlas".to_owned() }];
        let settings = PublisherSettings { clients, ..PublisherSettings::new(&doors.publisher, &broker_url) };
        let publisher = ReferencePublisher::start(publisher_door, settings, world(), ent.board()).unwrap();
        let broker = Broker::start_in(environment, port, operations);
        Self { database, broker, ent, publisher, doors }
    }

    /// A stage where one pupil, `nina`, may open the atlas, and whoever else comes is provisioned.
    pub async fn plain(engine: Engine) -> Self {
        Self::open(engine, vec![person("nina", "1", &[roles::PUPIL])], Federation::open_to_all).await
    }

    /// A browser, new to everybody.
    pub fn browser(&self) -> Browser {
        Browser::new().unwrap()
    }

    /// Somebody clicks the tile of the atlas in a browser of their own.
    pub async fn launch(&self, person: &str) -> Landing {
        self.browser().launch(self.ent.url(), person, "atlas").await.unwrap()
    }

    /// The same, and where it ended.
    pub async fn ending(&self, person: &str) -> Ending {
        let landing = self.launch(person).await;
        self.ending_of(&landing)
    }

    /// Where a click ended.
    pub fn ending_of(&self, landing: &Landing) -> Ending {
        let refusal = landing.hops.iter().rev().find_map(|hop| hop.header("passerelle-refusal"));
        let at_publisher = landing.url.as_str().starts_with(self.publisher.url());
        match (at_publisher, landing.status, refusal) {
            (true, 200, None) => Ending::Delivered,
            (true, _, Some(code)) => Ending::Told(code.to_owned()),
            (false, _, Some(code)) => Ending::Refused(code.to_owned()),
            _ => Ending::Lost(format!("{} {}: {}", landing.status, landing.url, landing.body)),
        }
    }

    /// Begins a launch and stops where the ENT has signed: the browser, and the form that it would post to the broker.
    pub async fn until_token(&self, person: &str) -> (Browser, Form) {
        let mut browser = self.browser();
        let launch = format!("{}/launch?person={person}&tile=atlas", self.ent.url());
        let first = browser.get_once(&launch).await.unwrap();
        let door = format!("{}/lti/launch", self.broker.url);
        let (_, form) = browser.follow_until(first, &door).await.unwrap();
        (browser, form.expect("the ENT signed"))
    }

    /// Goes on to where the publisher asks for the launch: the browser, and the request that it would make.
    pub async fn until_authorize(&self, person: &str) -> (Browser, Form) {
        let (mut browser, form) = self.until_token(person).await;
        let hop = browser.post_once(form.action.as_str(), &form.fields).await.unwrap();
        let door = format!("{}/lti/authorize", self.broker.url);
        let (hops, form) = browser.follow_until(hop, &door).await.unwrap();
        let form = form.unwrap_or_else(|| panic!("the launch was parked: {:?}", hops.last()));
        (browser, form)
    }

    /// Does what a form or a link says, and follows to where it ends.
    pub async fn go(&self, browser: &mut Browser, form: &Form) -> Ending {
        let landing = if form.posts {
            browser.submit(form).await.unwrap()
        } else {
            browser.get(form.action.as_str()).await.unwrap()
        };
        self.ending_of(&landing)
    }

    /// Waits until something holds.
    pub async fn eventually(&self, holds: impl AsyncFn() -> bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !holds().await {
            assert!(
                tokio::time::Instant::now() < deadline,
                "it does not come to hold: {}",
                self.broker.log()
            );
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// Waits for the checkpoint that the broker makes when it starts, and for its end.
    pub async fn settled(&self) {
        const SETTLED: &str =
            "SELECT 'settled' FROM journal_checkpoint WHERE number >= 1 AND NOT EXISTS (SELECT 1 FROM turn)";
        self.eventually(async || !self.database.ask(SETTLED).await.is_empty()).await;
    }

    /// What the publisher received last.
    pub fn received(&self) -> Value {
        self.publisher.last().unwrap().received
    }

    /// Runs a command in the broker's environment.
    pub fn command(&self, arguments: &[&str]) -> Exit {
        passerelle_in(&self.broker.environment, arguments)
    }

    /// What the broker counts.
    pub async fn metrics(&self) -> String {
        self.browser().get_once(&format!("{}/metrics", self.broker.ops)).await.unwrap().body
    }

    /// Applies another federation over the first, while the broker runs.
    pub fn apply(&self, write: impl FnOnce(Federation) -> Federation, options: &[&str]) -> Exit {
        let federation = write(Federation::new(&self.doors.ent, &self.doors.publisher));
        apply(&self.database, &self.broker.environment, &federation, options)
    }

    /// The bodies of all events of launches in the journal, in the order in which they were written.
    pub async fn events(&self) -> Vec<Value> {
        let launches = "SELECT body FROM event WHERE body LIKE '{\"launch\"%' ORDER BY at, chain, seq";
        let bodies = self.database.ask(launches).await;
        bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }

    /// The bodies of all changes of a kind in the journal, in the order in which they were written.
    pub async fn changes(&self, kind: &str) -> Vec<Value> {
        let changes = "SELECT body FROM event WHERE body LIKE '{\"change\"%' ORDER BY at, chain, seq";
        let bodies = self.database.ask(changes).await;
        let bodies = bodies.iter().map(|body| serde_json::from_str::<Value>(body).unwrap());
        bodies.filter(|body| body["kind"] == kind).collect()
    }
}

/// Keys, and the federation.
fn set_up(database: &Database, environment: &[(String, String)], federation: &Federation) {
    let made = passerelle_in(environment, &["keys", "init"]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let applied = apply(database, environment, federation, &[]);
    assert_eq!(applied.code, Some(0), "{}\n{}", applied.stderr, federation.text());
}

fn apply(
    database: &Database,
    environment: &[(String, String)],
    federation: &Federation,
    options: &[&str],
) -> Exit {
    let file = database.folder().join("federation.toml");
    std::fs::write(&file, federation.text()).unwrap();
    let arguments: Vec<&str> =
        ["apply", file.to_str().unwrap()].into_iter().chain(options.iter().copied()).collect();
    passerelle_in(environment, &arguments)
}

async fn door() -> (TcpListener, String) {
    let port = free_port();
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    (listener, format!("http://127.0.0.1:{port}"))
}

/// The reference peers on the machine's own clock and randomness.
#[expect(clippy::disallowed_methods, reason = "a test is a caller, and callers own clock and chance")]
fn world() -> World {
    World {
        now: Arc::new(time::OffsetDateTime::now_utc),
        fill: Arc::new(|bytes: &mut [u8]| getrandom::fill(bytes).unwrap()),
    }
}

fn registration(deployment: &str) -> Registration {
    Registration { client_id: CLIENT.to_owned(), deployment_id: deployment.to_owned() }
}

/// A tile in a course.
fn tile(key: &str, ark: &str) -> Tile {
    Tile {
        key: key.to_owned(),
        resource: ark.to_owned(),
        title: "Atlas".to_owned(),
        context: Some(Course {
            id: "cours-7".to_owned(),
            label: "7".to_owned(),
            title: "Cours 7".to_owned(),
        }),
        resource_link: "lien-7".to_owned(),
        ..Tile::default()
    }
}

/// An invented person: `sub-NAME` at the ENT, in a deployment, with roles.
pub fn person(name: &str, deployment: &str, roles: &[&str]) -> Person {
    Person {
        id: name.to_owned(),
        sub: format!("sub-{name}"),
        given_name: "Prénom".to_owned(),
        family_name: "Nom".to_owned(),
        name: "Prénom Nom".to_owned(),
        email: format!("{name}@ent.example"),
        uai: LYCEE.to_owned(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        deployment_id: deployment.to_owned(),
        locale: "fr-FR".to_owned(),
        sourcedid: format!("sourced-{name}"),
        ..Person::default()
    }
}
