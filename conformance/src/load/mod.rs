//! The load generator: a crowd of browsers that walk complete launches through a broker.
//!
//! A launch is three requests to the broker: the ENT's login initiation, the ENT's signed answer, and the publisher's
//! authorization request. The crowd plays ENT and publisher itself, keeps its connections open as a proxy in front of
//! a broker does, and judges every page that should have delivered a launch: a form for the publisher, with an id_token
//! that the broker's published key verifies, and with the nonce and state of that very launch.
//!
//! An id_token repeats a nonce that the broker draws, so none can be signed before its launch has begun. In a closed
//! loop ([`Crowd::closed`]) the crowd begins a batch of launches, signs their tokens while the broker rests, and then
//! finishes them while it begins the next batch: so all three requests reach the broker in equal numbers and mixed, and
//! the crowd's own signing takes no processor from it. In an open loop ([`Crowd::open`]) each launch signs its own.

mod crowd;
mod tally;
mod walk;

pub use crowd::{Click, Crowd, Publisher};
pub use tally::Tally;
pub use walk::Error;
