//! `apply`: makes the broker's registrations what a federation file says.
//!
//! [`apply`] goes straight through: the file is read into records ([`parse`]), what they name is checked, a [`Plan`]
//! compares them with what is stored, and the store writes all of it or nothing.

pub(in crate::operate) mod file;
pub(in crate::operate) mod mistake;
pub(in crate::operate) mod plan;
mod record;
pub mod references;
mod run;
pub(in crate::operate) mod schema;
pub(in crate::operate) mod store;
mod told;

pub use file::parse;
pub use mistake::{Located, Mistake};
pub use plan::Plan;
pub use record::{
    AssignmentRecord, AssignmentTarget, ManagedBy, PersonRecord, PersonSchool, Record, RecordKind,
};
pub use run::{ApplyError, Means, NewSectorKeys, Options, apply};
pub use schema::schema;
pub use store::{Changes, FederationStore, NewPerson, NoRoom, StoredRecord};
