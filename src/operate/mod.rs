//! What an operator does, by the command line: once, so that whatever other door comes later leads to the same.

pub mod answers;
pub mod apply;
pub mod assignments;
pub mod backup;
pub mod desk;
pub mod doctor;
pub mod dry_run;
pub mod people;
pub mod records;
pub mod rotation;
pub mod school_journal;
pub mod subject;
pub mod trace;
