//! Roster archives: a `.tar.gz` of XML files in which an ENT sends all its people, schools and groups, once a day.
//!
//! [`read`] takes an archive as a stream and hands each record to a [`Sink`], one at a time; whatever the archive holds,
//! it keeps a few mebibytes, and 6 to 8 bytes for each functional key. There are three ways in which something is wrong:
//!
//! - a [`Fault`] refuses the archive: nothing of it may be used, also not what was handed over before;
//! - a [`Reject`] leaves out one record, with its place and a reason that an ENT's team can act on;
//! - a [`Warning`] leaves a record in, and says what should be mended.
//!
//! None of them holds a value of a person. References between records (a group of a pupil) may cross files in any order and
//! are not looked at here. What is accepted and what is not stands in `docs/roster-format.md`.

mod archive;
mod companion;
mod counted;
mod document;
mod element;
mod fault;
mod fields;
mod keys;
mod limits;
mod names;
mod reader;
mod record;
mod records;
mod reject;
mod shape;
#[cfg(test)]
mod tests;

pub use companion::{Md5, NotAnMd5, md5_of};
pub use element::Element;
pub use fault::{Fault, FaultReason};
pub use limits::Limits;
pub use names::{ArchiveName, Degree, FileKind, FileName, NotAName};
pub use reader::{Seed, Sink, Summary, read};
pub use record::{
    Group, Identifier, Mef, Membership, Person, PersonLevel, PostCodes, PupilSubject, Record, RecordKind,
    Responsible, School, SchoolProfile, Subject, TeacherGroupSubject,
};
pub use reject::{Place, Reject, RejectReason, Warning, WarningReason};
