//! What an operator does, once: the command line, the API and the console lead here.

pub mod answers;
pub mod apply;
pub mod assignments;
pub mod backup;
pub mod desk;
pub mod doctor;
pub mod dry_run;
pub mod epochs;
pub mod erasure;
pub mod identities;
pub mod identity;
pub mod people;
pub mod records;
pub mod roster;
pub mod rotation;
pub mod school_journal;
pub mod statistics;
pub mod subject;
pub mod trace;
