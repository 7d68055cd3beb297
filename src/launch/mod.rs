//! The dispatcher: what happens to a launch between the ENT and the publisher.
//!
//! Hop A ([`Dispatcher::arrive`]) ends the ENT's sign-on, decides, parks the launch under a handle and sends the
//! browser on. Hop B ([`Dispatcher::depart`]) is the publisher's request for it: it reads the parked launch, decides
//! again, takes and journals it in one commit, and delivers. What is parked is the sealed arrival and the resource
//! wanted, never a decision.

mod answer;
mod arrive;
mod console;
mod depart;
mod dispatcher;
mod failed;
mod parked;
mod rehearse;
mod store;
mod weigh;

pub use answer::{Answer, ConsoleEntry, Labels, Outcome, SchoolChoice};
pub use dispatcher::{Dispatcher, Rooms};
pub use failed::{FailedSignOn, FailedSignOns};
pub use rehearse::Rehearsed;
pub use store::{Committed, Gate, Item, LaunchStore, ParkedRow, Write};
