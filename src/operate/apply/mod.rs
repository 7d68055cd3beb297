//! `apply`: makes the broker's registrations what a federation file says.

mod record;
mod store;

pub use record::{
    AssignmentRecord, AssignmentTarget, ManagedBy, PersonRecord, PersonSchool, Record, RecordKind,
};
pub use store::{Changes, FederationStore, NewPerson, NoRoom, StoredRecord};
