//! Answers that are given again: a request that carries a key is done once, however often it comes within a day.

use async_trait::async_trait;
use boundary::Fault;
use time::{Duration, OffsetDateTime};

/// How long an answer is given again.
pub const KEPT: Duration = Duration::DAY;
/// How long a request may be worked on; one that takes longer was broken off, and may be sent again.
pub const WORKED_ON: Duration = Duration::seconds(60);

/// A request that carries a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Whose.
    pub account: String,
    /// The key.
    pub key: String,
    /// Tells requests apart that carry the same key.
    pub fingerprint: String,
}

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenAnswer {
    /// Its status.
    pub status: u16,
    /// Its headers, as JSON.
    pub headers: String,
    /// Its body.
    pub body: String,
}

/// What is known of a request with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: it is worked on from now on.
    Now,
    /// It is being worked on.
    Before,
    /// The key was used for another request.
    Otherwise,
    /// It was answered.
    Answered(GivenAnswer),
}

/// What keyed requests need of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait AnswerStore: Send + Sync {
    /// Begins a request, unless it was begun before.
    async fn begin_request(&self, request: &KeyedRequest, now: OffsetDateTime) -> Result<Begun, Fault>;

    /// Keeps the answer of a request that was begun.
    async fn answer_request(&self, request: &KeyedRequest, answer: &GivenAnswer) -> Result<(), Fault>;

    /// Forgets a request that was begun and not done.
    async fn forget_request(&self, request: &KeyedRequest) -> Result<(), Fault>;
}
