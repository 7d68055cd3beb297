//! A history of launches as it is seen from outside, and what the database must say about it at the end.
//!
//! Everybody in it launches once, so a pseudonym stands for one launch: it is written down with the launch's event, in
//! one commit.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use conformance::ent::Person;
use conformance::{Browser, Form, Hop};
use data_encoding::BASE64URL_NOPAD;
use futures::StreamExt;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::stage::{Stage, person, roles};

/// How many people there are; more than any history comes to.
const PEOPLE: usize = 5000;
/// How many launch at the same time.
const AT_ONCE: usize = 4;
/// How long somebody waits before the next click when the broker does not answer.
const PAUSE: Duration = Duration::from_millis(200);
/// How many tokens are posted again at the same time.
const AGAIN_AT_ONCE: usize = 8;

/// How an attempt ended, for whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The broker answered with a token for the publisher: the pseudonym in it.
    Delivered(String),
    /// It refused, with this code.
    Refused(String),
    /// It said that something is broken.
    Fault,
    /// It did not answer.
    Silence,
}

/// A token of the ENT, in the browser that it was made for, ready to be posted again.
struct Token {
    browser: Browser,
    form: Form,
    /// Whether the broker said what it made of it. Else nobody knows whether it was used.
    answered: bool,
}

impl Token {
    async fn post(&self) -> Hop {
        self.browser.clone().post_once(self.form.action.as_str(), &self.form.fields).await.unwrap()
    }
}

/// One person's launch.
pub struct Attempt {
    pub person: String,
    pub began: Instant,
    pub ended: Instant,
    pub outcome: Outcome,
    token: Option<Token>,
}

/// People who launch, one after the other, until they are told to stop.
pub struct Load {
    over: Arc<AtomicBool>,
    counts: Arc<Counts>,
    workers: Vec<JoinHandle<Vec<Attempt>>>,
}

#[derive(Default)]
struct Counts {
    next: AtomicUsize,
    delivered: AtomicUsize,
    refused: AtomicUsize,
    faults: AtomicUsize,
}

/// Every attempt of a load.
pub struct History {
    pub attempts: Vec<Attempt>,
}

/// The people of a load.
pub fn people() -> Vec<Person> {
    (0..PEOPLE).map(|n| person(&format!("p{n}"), "1", &[roles::PUPIL])).collect()
}

impl Load {
    pub fn start(stage: &Stage) -> Self {
        let (over, counts) = (Arc::new(AtomicBool::new(false)), Arc::new(Counts::default()));
        let workers = (0..AT_ONCE).map(|_| {
            let addresses = Addresses { ent: stage.ent.url().to_owned(), broker: stage.broker.url.clone() };
            tokio::spawn(work(addresses, over.clone(), counts.clone()))
        });
        let workers = workers.collect();
        Self { over, counts, workers }
    }

    /// How many launches were delivered so far.
    pub fn delivered(&self) -> usize {
        self.counts.delivered.load(Ordering::SeqCst)
    }

    /// How many were refused so far.
    pub fn refused(&self) -> usize {
        self.counts.refused.load(Ordering::SeqCst)
    }

    /// How many stopped with a fault so far.
    pub fn faults(&self) -> usize {
        self.counts.faults.load(Ordering::SeqCst)
    }

    /// Lets everybody finish.
    pub async fn stop(self) -> History {
        self.over.store(true, Ordering::SeqCst);
        let mut attempts = Vec::new();
        for worker in self.workers {
            attempts.extend(worker.await.unwrap());
        }
        History { attempts }
    }
}

async fn work(addresses: Addresses, over: Arc<AtomicBool>, counts: Arc<Counts>) -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = Vec::new();
    let mut n = counts.next.fetch_add(1, Ordering::SeqCst);
    while !over.load(Ordering::SeqCst) {
        // Who got no token was not here yet, and tries again.
        if attempts.last().is_some_and(|attempt| attempt.token.is_some()) {
            n = counts.next.fetch_add(1, Ordering::SeqCst);
        }
        assert!(n < PEOPLE, "everybody has launched, and it is not over");
        let attempt = addresses.attempt(&format!("p{n}")).await;
        match attempt.outcome {
            Outcome::Delivered(_) => drop(counts.delivered.fetch_add(1, Ordering::SeqCst)),
            Outcome::Refused(_) => drop(counts.refused.fetch_add(1, Ordering::SeqCst)),
            Outcome::Fault => drop(counts.faults.fetch_add(1, Ordering::SeqCst)),
            Outcome::Silence => {}
        }
        if matches!(attempt.outcome, Outcome::Fault | Outcome::Silence) {
            tokio::time::sleep(PAUSE).await;
        }
        attempts.push(attempt);
    }
    attempts
}

/// Where a launch goes.
pub struct Addresses {
    pub ent: String,
    pub broker: String,
}

impl Addresses {
    /// Somebody clicks the tile of the atlas, in a browser of their own. Their launch ends where the broker has answered
    /// the publisher.
    pub async fn attempt(&self, person: &str) -> Attempt {
        let began = Instant::now();
        let mut token = None;
        let outcome = self.walk(person, &mut token).await.unwrap_or_else(|stopped| stopped);
        Attempt { person: person.to_owned(), began, ended: Instant::now(), outcome, token }
    }

    async fn walk(&self, person: &str, token: &mut Option<Token>) -> Result<Outcome, Outcome> {
        let mut browser = Browser::new().unwrap();
        let silence = |_| Outcome::Silence;
        let launch = format!("{}/launch?person={person}&tile=atlas", self.ent);
        let first = browser.get_once(&launch).await.unwrap();
        let door = format!("{}/lti/launch", self.broker);
        let (hops, form) = browser.follow_until(first, &door).await.map_err(silence)?;
        let form = form.ok_or_else(|| stopped(hops.last()))?;
        let held = token.insert(Token { browser: browser.clone(), form: form.clone(), answered: false });
        let hop = browser.post_once(form.action.as_str(), &form.fields).await.map_err(silence)?;
        held.answered = hop.status != 503;
        let door = format!("{}/lti/authorize", self.broker);
        let (hops, form) = browser.follow_until(hop, &door).await.map_err(silence)?;
        let request = form.ok_or_else(|| stopped(hops.last()))?;
        let hop = if request.posts {
            browser.post_once(request.action.as_str(), &request.fields).await
        } else {
            browser.get_once(request.action.as_str()).await
        };
        let hop = hop.map_err(silence)?;
        match hop.form().and_then(|form| form.value("id_token").map(sub_of)) {
            Some(sub) => Ok(Outcome::Delivered(sub)),
            None => Err(stopped(Some(&hop))),
        }
    }
}

/// Why a walk went no further.
fn stopped(hop: Option<&Hop>) -> Outcome {
    let hop = hop.unwrap();
    match (hop.status, hop.header("passerelle-refusal")) {
        (_, Some(code)) => Outcome::Refused(code.to_owned()),
        (503, None) => Outcome::Fault,
        _ => panic!("neither a refusal nor a fault: {hop:?}"),
    }
}

/// The pseudonym that a token for the publisher carries.
pub fn sub_of(token: &str) -> String {
    let payload = BASE64URL_NOPAD.decode(token.split('.').nth(1).unwrap().as_bytes()).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    claims["sub"].as_str().unwrap().to_owned()
}

impl History {
    /// Those who were delivered, with their pseudonyms.
    pub fn delivered(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attempts.iter().filter_map(|attempt| match &attempt.outcome {
            Outcome::Delivered(sub) => Some((attempt.person.as_str(), sub.as_str())),
            _ => None,
        })
    }

    /// How many ended so.
    pub fn count(&self, ended: impl Fn(&Outcome) -> bool) -> usize {
        self.attempts.iter().filter(|attempt| ended(&attempt.outcome)).count()
    }

    /// Everything that must hold, whatever happened.
    pub async fn check(self, stage: &Stage) {
        self.nothing_acknowledged_is_lost(stage).await;
        self.pseudonyms_are_what_they_were(stage).await;
        self.no_token_counts_twice().await;
        self.nothing_acknowledged_is_lost(stage).await;
    }

    /// What was delivered is in the journal, once for each person, and the journal's chains have no holes.
    async fn nothing_acknowledged_is_lost(&self, stage: &Stage) {
        let ask = async |sql| stage.database.ask(sql).await;
        let written = ask("SELECT value FROM pseudonym WHERE sector = 'secteur' AND kind = 'person'").await;
        let known: BTreeSet<&str> = written.iter().map(String::as_str).collect();
        let acknowledged: BTreeSet<&str> = self.delivered().map(|(_, sub)| sub).collect();
        assert_eq!(acknowledged.len(), self.delivered().count(), "a pseudonym of two people");
        let lost: Vec<_> = acknowledged.difference(&known).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}\n{}", stage.broker.log());
        let events = stage.events().await;
        let delivered = events.iter().filter(|event| event["outcome"] == "delivered");
        let people: BTreeSet<&str> = delivered.map(|event| event["commitment"].as_str().unwrap()).collect();
        assert_eq!(people.len(), known.len(), "a launch has its pseudonym and its event, or neither");
        let holes = "SELECT chain FROM event GROUP BY chain HAVING count(*) <> max(seq) - min(seq) + 1";
        assert_eq!(ask(holes).await, Vec::<String>::new());
    }

    /// People who were delivered launch again: each under the pseudonym that the publisher knows already.
    async fn pseudonyms_are_what_they_were(&self, stage: &Stage) {
        let addresses = Addresses { ent: stage.ent.url().to_owned(), broker: stage.broker.url.clone() };
        let all: Vec<_> = self.delivered().collect();
        for (person, sub) in all.iter().step_by(all.len() / 8 + 1) {
            assert_eq!(
                addresses.attempt(person).await.outcome,
                Outcome::Delivered((*sub).to_owned()),
                "{person}"
            );
        }
    }

    /// Each token is posted twice more. One that was answered is used; of any other, one post at most may pass.
    async fn no_token_counts_twice(&self) {
        let tokens = self.attempts.iter().filter_map(|attempt| Some((attempt, attempt.token.as_ref()?)));
        let again = async |(attempt, token): (&Attempt, &Token)| {
            for used in [token.answered, true] {
                let hop = token.post().await;
                // Many replays from one address are slowed: refused all the same.
                let refused = hop.status == 429 || hop.header("passerelle-refusal") == Some("replayed");
                assert!(refused || !used, "{} passed again: {hop:?}", attempt.person);
            }
        };
        futures::stream::iter(tokens).for_each_concurrent(AGAIN_AT_ONCE, again).await;
    }
}
