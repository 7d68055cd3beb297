//! Pseudonyms: how each publisher's sector calls people, schools, courses and links.
//!
//! A value is derived (see [`boundary::derive_for_person`]) and written down at its first release, in the same commit
//! as the launch; from then on what is written counts, so that a merge, an import or a change of epoch can change it.

mod names;
mod store;

pub use names::{Named, Names};
pub use store::{FIRST_EPOCH, KnownName, KnownPerson, NameRow, PseudonymStore, SectorKeys};
