//! OpenTelemetry: what a collector hears of a launch. Only in a build with the feature `otel`.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::stage::{Ending, Engine, Federation, Stage, person, roles};

/// A collector: whatever is posted to it, with the address it was posted to.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<u8>>>);

impl Collector {
    async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self::default();
        let own = collector.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(own.clone().hear(stream));
            }
        });
        (collector, url)
    }

    async fn hear(self, mut stream: TcpStream) {
        let mut heard = Vec::new();
        let mut buffer = [0; 4096];
        while !is_whole(&heard) {
            match stream.read(&mut buffer).await {
                Ok(some) if some > 0 => heard.extend_from_slice(&buffer[..some]),
                _ => return,
            }
        }
        self.0.lock().unwrap().extend(heard);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    }

    fn heard(&self, what: &str) -> usize {
        let bytes = self.0.lock().unwrap();
        bytes.windows(what.len()).filter(|window| *window == what.as_bytes()).count()
    }
}

/// Whether head and body are there.
fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length:")).unwrap().trim().to_owned();
    request.len() >= end + 4 + length.parse::<usize>().unwrap()
}

/// A collector hears the doors and the launch id, and nothing about the person (L1).
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_hears_the_launch_and_nothing_about_the_person() {
    let (collector, url) = Collector::start().await;
    let somebody = conformance::ent::Person {
        sub: "kanari-sub".to_owned(),
        given_name: "Zoraïde".to_owned(),
        family_name: "Quenneville".to_owned(),
        email: "zq.quenneville@ent.example".to_owned(),
        ..person("nina", "1", &[roles::PUPIL])
    };
    let settings =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()), ("PASSERELLE_LOG__LEVEL", "warn,passerelle=debug")];
    let stage = Stage::open_with(Engine::Sqlite, vec![somebody], Federation::open_to_all, &settings).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let launch = stage.events().await[0]["launch"].as_str().unwrap().to_owned();
    let ent = stage.ent.url().to_owned();
    let publisher = stage.publisher.url().to_owned();
    let (code, log) = stage.broker.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(collector.heard("POST /v1/traces") >= 1, "what it had is sent before it ends: {log}");
    // Both hops of the launch carry its id, and each span its door.
    assert_eq!(collector.heard(&launch), 2, "{log}");
    for door in ["/lti/login", "/lti/launch", "/lti/authorize", "passerelle"] {
        assert!(collector.heard(door) >= 1, "{door}");
    }
    for secret in [
        "kanari",
        "Zora",
        "Quenneville",
        "quenneville",
        "nina",
        "0750001U",
        &ent,
        &publisher,
        "id_token",
        "state",
    ] {
        assert_eq!(collector.heard(secret), 0, "{secret} was heard");
    }
}
