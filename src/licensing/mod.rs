//! Licensing: which subscriptions a school has, to whom they are assigned, and who sits on their seats.
//!
//! The decision itself is [`boundary::decide`], a pure function; this room gathers what it depends on.

mod gather;
pub mod rules;
mod store;
mod subscription;

pub use gather::Licensing;
pub use store::{Licence, LicenceStore, OPENED_EVERY, Opened, Seat};
pub use subscription::{Coverage, SetTarget, Subscription};
