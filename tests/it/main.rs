//! Everything that is tested from outside: the walls of the house, its registries, and the broker as people meet it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop where it stands; clippy's own exemption does not reach helpers"
)]

mod access;
mod api;
mod assignments;
mod attacks;
mod backup;
mod browser;
mod canaries;
mod commands;
mod containers;
mod corpus;
mod crossings;
mod documents;
mod epochs;
mod erasure;
mod faults;
mod identities;
mod journal;
mod keys;
mod launches;
mod looking;
mod monitoring;
mod operating;
mod races;
mod refusals;
mod registries;
mod resolution;
mod roster;
mod rosters;
#[cfg(feature = "otel")]
mod spans;
mod stage;
mod statistics;
mod subject;
mod threats;
mod unlinkable;
mod walls;
