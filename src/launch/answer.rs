//! Answer: what the dispatcher says to one request. `http/` spells it.

use std::sync::Arc;

use boundary::{BindingCookie, EntId, Fault, Handle, LaunchId, Refusal, Reply};

use crate::directory::School;

/// The schools that somebody chooses among, on our page.
#[derive(Debug, Clone)]
pub struct SchoolChoice {
    /// The parked launch.
    pub handle: Handle,
    /// Their schools.
    pub schools: Vec<Arc<School>>,
    /// The ENT they came from, whose pages may show the choice in a frame.
    pub ent: Option<EntId>,
    /// The cookie that binds the choice to the browser.
    pub cookie: BindingCookie,
    /// The reader's language, where the ENT named one.
    pub locale: Option<String>,
}

/// Somebody whom a sign-on brought to the console.
#[derive(Debug, Clone)]
pub struct ConsoleEntry {
    /// The name of what is parked for their browser.
    pub handle: Handle,
    /// The ENT they came from, whose pages may show ours in a frame.
    pub ent: EntId,
    /// The reader's language, where the ENT named one.
    pub locale: Option<String>,
}

/// How a request ended.
#[derive(Debug)]
pub enum Outcome {
    /// A step on the way: answer this.
    Step(Reply),
    /// The person must choose a school first.
    Choose(Box<SchoolChoice>),
    /// The launch ends at our console: lead the browser there.
    Console(Box<ConsoleEntry>),
    /// The launch was delivered: answer this.
    Delivered(Reply),
    /// It was refused; to a publisher in its protocol's form, else on our page.
    Refused {
        /// Why.
        refusal: Refusal,
        /// The protocol's form.
        told: Option<Reply>,
    },
    /// Something is broken.
    Fault(Fault),
}

/// Which protocols a request belonged to, for the metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Labels {
    /// The ENT's.
    pub via: Option<&'static str>,
    /// The publisher's.
    pub to: Option<&'static str>,
}

/// The answer to one request.
#[derive(Debug)]
pub struct Answer {
    /// The launch that it belongs to.
    pub launch: LaunchId,
    /// How it ended.
    pub outcome: Outcome,
    /// Origins whose pages may show the answer in a frame.
    pub embedders: Vec<String>,
    /// The protocols.
    pub labels: Labels,
}
