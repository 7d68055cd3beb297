//! The stage of a test: a real broker process on a real database, with a reference ENT and a reference publisher.

mod broker;
mod database;
mod federation;
mod ports;

pub use broker::{Broker, Exit, passerelle};
pub use database::{Database, Engine};
pub use federation::Federation;
pub use ports::free_port;
