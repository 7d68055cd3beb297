//! Rosters: makes what an ENT says of its people count, school by school.
//!
//! [`import`] goes straight through: the archive is read and put aside; if it is whole, each school's records are put
//! together, compared with what counts there, and judged; what changes is written beside what counts, in short
//! transactions; and at the end one small update a school makes it count. Whatever stops it, what counted counts.

mod choose;
mod compare;
mod confirm;
mod entry;
mod folder;
mod import;
mod intake;
mod pace;
mod policy;
mod queue;
mod report;
mod school;
mod seal;
mod spool;
mod stage;
mod store;
mod tables;

pub use confirm::confirm;
pub use folder::{Dropped, RosterFolder};
pub use import::{ImportError, Means, Options, Progress, Quietly, Source, import};
pub use report::{Counts, Fault as ArchiveFault, Line, Report, SchoolReport, SchoolVerdict, Verdict};
pub use seal::RosterSealing;
pub use store::{
    Batch, Beginning, Flip, Hold, ImportSummary, NewRow, RosterStore, RowKey, Standing, StoredPerson,
};
pub use tables::files;
