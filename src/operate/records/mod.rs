//! Records one at a time: what `apply` does with a file, done with one object, by whoever may see it.
//!
//! The rules are the federation file's: the same forms, the same references, the same changes that never happen.
//! Only what a check needs is read, whatever the size of the country. Each write says which revision it means, is
//! journalled in its own transaction, and touches only what the API and the console look after.

mod agree;
mod document;
mod error;
mod list;
mod needed;
mod read;
mod shown;
mod sight;
mod store;
mod write;

pub use agree::{Verdict, judge};
pub use error::{RecordError, Wrong, keeper};
pub use list::{Asked, Page, list};
pub use needed::reference;
pub use read::{ent_of, get};
pub use shown::{schema_of, shown, without_null};
pub use sight::Sight;
pub use store::{Held, Matching, Naming, Pool, RecordStore, Refused, RevisedRecord, Slice, Write, WriteKind};
pub use write::{Expected, Means, Put, Wanted, put, withdraw};

pub use super::apply::{ManagedBy, NewSectorKeys, Record, RecordKind};
pub use crate::journal::Actor;
