//! Races and deaths: seats, replays over processes, a revocation that everybody must see, and a kill between the hops.

use std::time::{Duration, Instant};

use conformance::Browser;

use crate::stage::{Broker, Ending, Engine, Federation, Stage, in_days, on_both_engines, person, roles};

/// Within what time a change must be seen by every process (design, section 8).
const SEEN: Duration = Duration::from_secs(2);

pub fn seats(federation: Federation, seats: u32) -> Federation {
    let lines = format!(
        "from = {}\nuntil = {}\nkind = \"INDIV\"\naudience = [\"pupil\"]\nseats = {seats}",
        in_days(-1),
        in_days(1)
    );
    federation.subscription("abo", &lines).with("\n[[assignment]]\nsubscription = \"abo\"\neveryone = true\n")
}

async fn a_hundred_launches_get_ten_seats(engine: Engine) {
    let people = (0..100).map(|n| person(&format!("p{n}"), "1", &[roles::PUPIL])).collect();
    let stage = Stage::open(engine, people, |f| seats(f, 10)).await;
    let clicks = (0..100).map(|n| {
        let (url, mut browser) = (stage.ent.url().to_owned(), stage.browser());
        tokio::spawn(async move { browser.launch(&url, &format!("p{n}"), "atlas").await.unwrap() })
    });
    let mut delivered = Vec::new();
    for (n, click) in clicks.collect::<Vec<_>>().into_iter().enumerate() {
        match stage.ending_of(&click.await.unwrap()) {
            Ending::Delivered => delivered.push(n),
            Ending::Refused(code) | Ending::Told(code) => assert_eq!(code, "no_seat"),
            Ending::Lost(what) => panic!("{what}"),
        }
    }
    assert_eq!(delivered.len(), 10);
    assert_eq!(stage.database.ask("SELECT CAST(used AS TEXT) FROM pool").await, ["10"]);
    assert_eq!(stage.database.ask("SELECT CAST(count(*) AS TEXT) FROM seat").await, ["10"]);
    for n in 0..100 {
        let wanted =
            if delivered.contains(&n) { Ending::Delivered } else { Ending::Refused("no_seat".to_owned()) };
        assert_eq!(
            stage.ending(&format!("p{n}")).await,
            wanted,
            "a holder keeps the seat, nobody else has one"
        );
    }
}

/// Each hop may be answered by either of two processes on one database, and each hint counts once for both.
async fn two_processes_are_one_broker(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let second = Broker::beside(&stage.broker);
    let (mut browser, form) = stage.until_token("nina").await;
    let mut elsewhere = form.clone();
    elsewhere.action = url::Url::parse(&format!("{}/lti/launch", second.url)).unwrap();
    let hop = browser.post_once(elsewhere.action.as_str(), &elsewhere.fields).await.unwrap();
    assert_eq!(hop.header("passerelle-refusal"), None, "what one sealed, the other opens: {}", hop.body);
    let refused = browser.post_once(form.action.as_str(), &form.fields).await.unwrap();
    assert_eq!(refused.header("passerelle-refusal"), Some("replayed"), "a token used there is used here");
    let landing = browser.follow(hop).await.unwrap();
    assert_eq!(stage.ending_of(&landing), Ending::Delivered, "parked there, delivered here");
    let (browser, request) = stage.until_authorize("nina").await;
    let there = request.action.as_str().replace(&stage.broker.url, &second.url);
    let asks = [request.action.to_string(), there].map(|url| {
        let mut twin = browser.clone();
        tokio::spawn(
            async move { twin.get_once(&url).await.unwrap().form().unwrap().value("id_token").is_some() },
        )
    });
    let mut tokens = 0;
    for ask in asks {
        tokens += u32::from(ask.await.unwrap());
    }
    assert_eq!(tokens, 1, "one of two processes delivers");
}

/// A subscription is revoked by a third process: both brokers refuse, within two seconds.
async fn a_revocation_is_seen_by_every_process(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let second = Broker::beside(&stage.broker);
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    assert_eq!(hop_a(&stage, &second).await, None, "the second process has it in its caches too");
    let applied = stage.apply(|f| f, &["--prune"]);
    assert_eq!(applied.code, Some(0), "{}", applied.stderr);
    let revoked = Instant::now();
    for broker in [&stage.broker, &second] {
        loop {
            let began = Instant::now();
            match hop_a(&stage, broker).await.as_deref() {
                Some("no_subscription") => break,
                None => assert!(began.duration_since(revoked) < SEEN, "a launch passed too late"),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(stage.ending("nina").await, Ending::Refused("no_subscription".to_owned()));
}

/// The refusal that a broker gives at hop A, if it gives one.
async fn hop_a(stage: &Stage, broker: &Broker) -> Option<String> {
    let (mut browser, form) = stage.until_token("nina").await;
    let url = format!("{}/lti/launch", broker.url);
    let hop = browser.post_once(&url, &form.fields).await.unwrap();
    hop.header("passerelle-refusal").map(str::to_owned)
}

/// SIGKILL between the hops: what was parked is there, what was used stays used, and the journal is whole.
async fn a_kill_between_the_hops_loses_nothing(engine: Engine) {
    let mut stage = Stage::plain(engine).await;
    let (mut browser, token) = stage.until_token("nina").await;
    let hop = browser.post_once(token.action.as_str(), &token.fields).await.unwrap();
    let door = format!("{}/lti/authorize", stage.broker.url);
    let (_, request) = browser.follow_until(hop, &door).await.unwrap();
    stage.broker.crash_and_restart();
    assert_eq!(
        stage.go(&mut browser, &request.unwrap()).await,
        Ending::Delivered,
        "parked before, delivered after"
    );
    assert_eq!(stage.go(&mut browser, &token).await, Ending::Refused("replayed".to_owned()));
    stage.broker.crash_and_restart();
    assert_eq!(stage.go(&mut browser, &token).await, Ending::Refused("replayed".to_owned()), "for good");
    let events = stage.events().await;
    assert_eq!(events.iter().filter(|event| event["outcome"] == "delivered").count(), 1);
}

/// SIGTERM while launches are under way: each request that was begun is answered, and the exit code is 0.
async fn a_stop_finishes_what_is_in_flight(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let url = stage.ent.url().to_owned();
    let clicks: Vec<_> = (0..40)
        .map(|_| {
            let (url, mut browser) = (url.clone(), Browser::new().unwrap());
            tokio::spawn(async move { browser.launch(&url, "nina", "atlas").await })
        })
        .collect();
    stage.eventually(async || !stage.events().await.is_empty()).await;
    stage.broker.signal("-TERM");
    let mut delivered = 0;
    for click in clicks {
        // A connection that is refused is a launch that did not begin; one that breaks off is a launch that was lost.
        match click.await.unwrap() {
            Ok(landing)
                if landing.url.as_str().starts_with(stage.publisher.url()) && landing.status == 200 =>
            {
                delivered += 1
            }
            Ok(landing) => panic!("{} at {}", landing.status, landing.url),
            Err(error) => assert!(
                format!("{error:?}").contains("ConnectionRefused")
                    || format!("{error:?}").contains("Connect"),
                "{error:?}"
            ),
        }
    }
    let Stage { broker, database, .. } = stage;
    assert_eq!(broker.stop().0, Some(0));
    let journalled =
        database.ask("SELECT CAST(count(*) AS TEXT) FROM event WHERE chain NOT LIKE 'broker/%'").await;
    assert!(journalled[0].parse::<usize>().unwrap() >= delivered);
}

on_both_engines!(
    a_hundred_launches_get_ten_seats,
    two_processes_are_one_broker,
    a_revocation_is_seen_by_every_process,
    a_kill_between_the_hops_loses_nothing,
    a_stop_finishes_what_is_in_flight,
);
