//! The demo: what a broker between a reference ENT and a reference publisher needs, all on this machine.
//!
//! It embeds an ENT that signs for anybody, so it refuses to start where a production configuration is in sight.

mod federation;
mod peers;
mod place;
mod roster;

pub use peers::Peers;
pub use place::{Demo, Options};
pub use roster::archive;

use thiserror::Error;

/// Why the demo does not start.
#[derive(Debug, Error)]
pub enum DemoError {
    /// It would stand beside a production configuration.
    #[error("the demo forges identities and does not start beside a production configuration: {0}")]
    Production(String),
    /// A folder cannot be used.
    #[error("{0}")]
    Folder(String),
    /// A port cannot be opened.
    #[error("port {port} cannot be opened: {error}; choose others with --port")]
    Port {
        /// The port.
        port: u16,
        /// Why.
        error: std::io::Error,
    },
    /// The reference ENT or publisher does not start, or a walk through them failed.
    #[error("{0}")]
    Peer(String),
}
