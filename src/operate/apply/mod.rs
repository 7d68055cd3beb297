//! `apply`: makes the broker's registrations what a federation file says.
//!
//! [`apply`] goes straight through: the file is read into records ([`parse`]), what they name is checked, a [`Plan`]
//! compares them with what is stored, and the store writes all of it or nothing.

mod file;
mod mistake;
mod plan;
mod record;
mod references;
mod run;
mod schema;
mod store;
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
