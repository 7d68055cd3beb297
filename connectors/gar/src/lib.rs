//! GAR's formats: what ENTs and publishers exchange with the broker in files.
//!
//! This crate reads and writes; it opens no socket, knows no database, reads no clock and draws no random byte. French names
//! stand only where a wire has them: in element names and in words for whoever sent a file.
//!
//! - [`roster`]: the archives in which an ENT sends its people, schools and groups.
#![deny(missing_docs)]

pub mod roster;
