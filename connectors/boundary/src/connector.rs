//! The two connector contracts, and what passes over them.
//!
//! A connector **returns** a value and never calls the core back. It declares its doors as values; `http/` mounts
//! them. It keeps nothing between two requests but what a ticket or a handle carries.

use async_trait::async_trait;
use thiserror::Error;
use url::Url;

use crate::arrival::Arrival;
use crate::departure::Departure;
use crate::ids::{Handle, ToolId};
use crate::pseudonym::Pseudonym;
use crate::refusal::{Back, Refusal};
use crate::registration::{LtiTool, Protocol};
use crate::reply::{BindingCookie, Reply};
use crate::request::Request;
use crate::sign_on::SignOn;
use crate::world::World;

/// The methods that doors are opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST of a form.
    Post,
}

/// One door of a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door {
    /// The method.
    pub method: Method,
    /// The path; one `{…}` may stand for a segment.
    pub path: &'static str,
    /// The largest body taken, in bytes.
    pub body_limit: usize,
    /// Whether sign-ons begin here: how many an ENT's people begin is limited.
    pub begins: bool,
}

/// Something is broken that is nobody's answer: a dead database, a peer out of reach. It is never a refusal; the
/// launch stops with 503 and can be started again. `detail` is for the operator, without personal data.
#[derive(Debug, Clone, Error)]
#[error("{detail}")]
pub struct Fault {
    /// What broke.
    pub detail: String,
    /// The way back, where it is known.
    pub back: Box<Back>,
    /// The sign-on of a known connection that it ended.
    pub sign_on: Option<Box<SignOn>>,
}

impl Fault {
    /// A fault with words for the operator.
    #[must_use]
    pub fn new(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), back: Box::default(), sign_on: None }
    }

    /// The same fault with a way back.
    #[must_use]
    pub fn with_back(mut self, back: Back) -> Self {
        *self.back = back;
        self
    }
}

/// Why a launch stops.
#[derive(Debug, Clone)]
pub enum Stop {
    /// It may not go on.
    Refused(Refusal),
    /// It cannot go on.
    Fault(Fault),
}

impl Stop {
    /// The same stop with a way back, unless it has one.
    #[must_use]
    pub fn with_back(self, back: &Back) -> Self {
        match self {
            Self::Refused(r) if r.back() == &Back::default() => Self::Refused(r.with_back(back.clone())),
            Self::Fault(f) if *f.back == Back::default() => Self::Fault(f.with_back(back.clone())),
            other => other,
        }
    }

    /// The same stop, which ended a sign-on.
    #[must_use]
    pub fn ending(self, sign_on: SignOn) -> Self {
        match self {
            Self::Refused(refusal) => Self::Refused(refusal.ending(sign_on)),
            Self::Fault(fault) => Self::Fault(Fault { sign_on: Some(Box::new(sign_on)), ..fault }),
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What a step of an inbound connector came to.
#[derive(Debug)]
pub enum In {
    /// Answer this; the sign-on goes on.
    Reply(Box<Reply>),
    /// The sign-on is complete.
    Arrived(Box<Arrival>),
}

/// What a step of an outbound connector came to.
#[derive(Debug)]
pub enum Out {
    /// Answer this.
    Reply(Box<Reply>),
    /// The publisher asks for the launch parked under this handle.
    Resume(Handle, Box<AnswerTo>),
}

/// Where an outbound answer goes: verified against the tool's registration before it was built.
#[derive(Debug, Clone)]
pub struct AnswerTo {
    /// The tool that asks.
    pub tool: ToolId,
    /// The registered address that the answer is posted to.
    pub redirect_uri: Url,
    /// The publisher's `state`, echoed untouched.
    pub state: Option<String>,
    /// The publisher's `nonce`.
    pub nonce: String,
}

/// What the first hop tells a publisher: where a launch is coming, and nothing about the person.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The tool.
    pub tool: std::sync::Arc<LtiTool>,
    /// The address that will be opened.
    pub target_url: Url,
    /// The school's pseudonym in the tool's sector.
    pub deployment: Pseudonym,
}

/// A protocol towards ENTs.
#[async_trait]
pub trait Inbound: Send + Sync {
    /// The protocol's name.
    fn protocol(&self) -> Protocol;

    /// Its doors.
    fn doors(&self) -> &'static [Door];

    /// Takes one request of a sign-on.
    ///
    /// # Errors
    /// [`Stop`] ends the launch.
    async fn step(&self, world: &dyn World, request: &Request) -> Result<In, Stop>;
}

/// A protocol towards publishers.
#[async_trait]
pub trait Outbound: Send + Sync {
    /// The protocol's name.
    fn protocol(&self) -> Protocol;

    /// Its doors.
    fn doors(&self) -> &'static [Door];

    /// The name and path of the cookie that binds a handle to the browser.
    fn binding(&self, handle: &Handle) -> (String, &'static str);

    /// Sends the browser to the publisher, who will ask for the launch under this handle.
    ///
    /// # Errors
    /// [`Stop`] ends the launch.
    async fn send(
        &self,
        world: &dyn World,
        destination: &Destination,
        handle: &Handle,
    ) -> Result<Reply, Stop>;

    /// Takes one request of a publisher.
    ///
    /// # Errors
    /// [`Stop`] ends it.
    async fn step(&self, world: &dyn World, request: &Request) -> Result<Out, Stop>;

    /// Delivers a launch to the publisher that asked.
    ///
    /// # Errors
    /// [`Stop`] ends the launch.
    async fn finish(
        &self,
        world: &dyn World,
        answer: &AnswerTo,
        departure: &Departure,
    ) -> Result<Reply, Stop>;

    /// Our own address through which a person gets back to their ENT, where the protocol can name one to the
    /// publisher without naming the ENT, and the cookie without which it leads nowhere. `request` is the publisher's,
    /// whose cookies the browser sent.
    ///
    /// # Errors
    /// [`Fault`] when no key is at hand.
    fn way_back(
        &self,
        world: &dyn World,
        request: &Request,
        return_url: &Url,
    ) -> Result<Option<(Url, BindingCookie)>, Fault>;

    /// Refuses in the protocol's own form, to the publisher that asked.
    fn refuse(&self, answer: &AnswerTo, refusal: &Refusal) -> Reply;
}
