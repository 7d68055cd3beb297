//! The keys of the ENT: which one signs, which ones are published, and how publishing can fail.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::jose::{self, SigningKey};

/// How the door of the key set misbehaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Fault {
    #[default]
    None,
    /// Answers this status.
    Status(u16),
    /// Answers a key set padded to at least that many bytes.
    Huge(usize),
    /// Answers rightly, but only after that time.
    Slow(Duration),
    /// Answers 200 with something that is not JSON.
    NotJson,
}

struct Ring {
    /// The first one signs.
    keys: Vec<Arc<SigningKey>>,
    fault: Fault,
}

pub(crate) struct Keys {
    ring: Mutex<Ring>,
    fetches: AtomicUsize,
}

impl Keys {
    pub(crate) fn new(key: SigningKey) -> Self {
        let ring = Ring { keys: vec![Arc::new(key)], fault: Fault::None };
        Self { ring: Mutex::new(ring), fetches: AtomicUsize::new(0) }
    }

    pub(crate) fn current(&self) -> Option<Arc<SigningKey>> {
        self.ring().keys.first().cloned()
    }

    pub(crate) fn rotate(&self, key: SigningKey, keep_old: bool) {
        let mut ring = self.ring();
        if !keep_old {
            ring.keys.clear();
        }
        ring.keys.insert(0, Arc::new(key));
    }

    pub(crate) fn misbehave(&self, fault: Fault) {
        self.ring().fault = fault;
    }

    pub(crate) fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    /// One fetch of the published set.
    pub(crate) async fn publish(&self) -> Response {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let (fault, mut set) = {
            let ring = self.ring();
            (ring.fault.clone(), jose::jwks(ring.keys.iter().map(AsRef::as_ref)))
        };
        match fault {
            Fault::None => {}
            Fault::Status(status) => {
                return StatusCode::from_u16(status)
                    .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
                    .into_response();
            }
            Fault::Huge(size) => {
                if let Some(members) = set.as_object_mut() {
                    members.insert("padding".into(), json!("x".repeat(size)));
                }
            }
            Fault::Slow(wait) => tokio::time::sleep(wait).await,
            Fault::NotJson => return "<!doctype html><title>Maintenance</title>".into_response(),
        }
        ([(CONTENT_TYPE, "application/json")], set.to_string()).into_response()
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
