//! The judge: a reference ENT (LTI platform), a reference publisher (LTI tool) and a scripted browser between them.
//!
//! It speaks HTTP only and shares no code with the broker it judges, so that a mistake made in the broker cannot be
//! made here a second time. `passerelle demo` and the integration tests start it inside their own process:
//!
//! 1. [`ent::ReferenceEnt::start`] on a listener; its [`board::Board`] remembers the claims it signs,
//! 2. [`publisher::ReferencePublisher::start`] with that board; it pairs what was sent with what arrives,
//! 3. [`browser::Browser::launch`] walks from a tile of the ENT to the landing page, as a pupil would.
//!
//! [`roster`] writes what an ENT sends without HTTP: archives of its schools, groups and people.

pub mod board;
pub mod browser;
pub mod ent;
pub mod jose;
pub mod load;
pub mod publisher;
pub mod roster;
pub mod withheld;
pub mod world;

mod comparison;
mod fetch;
mod language;
mod listening;
mod page;
mod params;

pub use board::{Board, Exchange};
pub use browser::{Browser, Form, Hop, Landing};
pub use ent::{EntSettings, Fault, Launch, ReferenceEnt, RunningEnt};
pub use language::{Language, Words};
pub use publisher::{Client, PublisherSettings, ReferencePublisher, RunningPublisher};
pub use world::World;
