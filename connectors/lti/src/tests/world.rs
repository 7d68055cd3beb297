//! The world as these tests make it: a clock that the test moves, chance that never repeats itself, registrations in
//! lists, real seals and real signatures.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use boundary::registration::{LtiPlatform, LtiTool};
use boundary::{
    Chance, Clock, ConnectionId, Fault, PeerKeys, PublishedKeys, Registrations, SealPurpose, Signatures,
    Tickets, World,
};
use bytes::Bytes;
use jose::seal::{Seal, SealingKey};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use url::Url;

use super::peers::{NOW, ours};

/// A world of one broker.
pub struct Earth {
    now: Mutex<OffsetDateTime>,
    drawn: AtomicU64,
    silent: AtomicBool,
    seal: Seal,
    public_url: Url,
    pub platforms: Mutex<Vec<LtiPlatform>>,
    pub tools: Mutex<Vec<LtiTool>>,
    /// Connection, key id, and the key as JWK or PEM.
    pub peer_keys: Mutex<Vec<(ConnectionId, String, String)>>,
}

impl Earth {
    /// An empty world at 8:05 on a school day.
    pub fn new() -> Self {
        Self {
            now: Mutex::new(NOW),
            drawn: AtomicU64::new(0),
            silent: AtomicBool::new(false),
            seal: Seal::new(vec![SealingKey::from_bits([7; 32])]),
            public_url: Url::parse("https://broker.example/").unwrap(),
            platforms: Mutex::default(),
            tools: Mutex::default(),
            peer_keys: Mutex::default(),
        }
    }

    /// Moves the clock.
    pub fn wait(&self, time: Duration) {
        *self.now.lock().unwrap() += time;
    }

    /// From now on the store does not answer.
    pub fn fall_silent(&self) {
        self.silent.store(true, Ordering::Relaxed);
    }

    fn answering(&self) -> Result<(), Fault> {
        if self.silent.load(Ordering::Relaxed) { Err(Fault::new("the store is silent")) } else { Ok(()) }
    }
}

impl Clock for Earth {
    fn now(&self) -> OffsetDateTime {
        *self.now.lock().unwrap()
    }
}

impl Chance for Earth {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.drawn.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&next.to_be_bytes()[..chunk.len()]);
        }
    }
}

impl Tickets for Earth {
    fn seal(&self, purpose: SealPurpose, plain: &[u8]) -> Result<String, Fault> {
        self.seal.seal(purpose.as_str(), plain).map_err(|e| Fault::new(e.to_string()))
    }

    fn open(&self, purpose: SealPurpose, sealed: &str) -> Option<Vec<u8>> {
        self.seal.open(purpose.as_str(), sealed)
    }
}

impl Signatures for Earth {
    fn sign_lti(&self, claims: &[u8]) -> Result<String, Fault> {
        ours().sign(claims).map_err(|e| Fault::new(e.to_string()))
    }
}

impl PublishedKeys for Earth {
    fn jwks(&self) -> Result<Bytes, Fault> {
        Ok(Bytes::from(json!({ "keys": [ours().public_jwk()] }).to_string()))
    }
}

#[async_trait]
impl Registrations for Earth {
    async fn lti_platforms(&self, issuer: &str) -> Result<Vec<Arc<LtiPlatform>>, Fault> {
        self.answering()?;
        let platforms = self.platforms.lock().unwrap();
        Ok(platforms.iter().filter(|platform| platform.issuer == issuer).cloned().map(Arc::new).collect())
    }

    async fn lti_platform(&self, connection: &ConnectionId) -> Result<Option<Arc<LtiPlatform>>, Fault> {
        self.answering()?;
        let platforms = self.platforms.lock().unwrap();
        Ok(platforms.iter().find(|platform| platform.id == *connection).cloned().map(Arc::new))
    }

    async fn lti_tool(&self, client_id: &str) -> Result<Option<Arc<LtiTool>>, Fault> {
        self.answering()?;
        let tools = self.tools.lock().unwrap();
        Ok(tools.iter().find(|tool| tool.client_id == client_id).cloned().map(Arc::new))
    }
}

#[async_trait]
impl PeerKeys for Earth {
    async fn key_of(&self, platform: &LtiPlatform, kid: &str) -> Result<Option<Arc<str>>, Fault> {
        let keys = self.peer_keys.lock().unwrap();
        let found = keys.iter().find(|(connection, name, _)| *connection == platform.id && name == kid);
        Ok(found.map(|(_, _, key)| Arc::from(key.as_str())))
    }
}

impl World for Earth {
    fn public_url(&self) -> &Url {
        &self.public_url
    }
}

/// Runs to its end something that never waits: nothing in this world does.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("something waits, and nothing here would wake it"),
    }
}
