//! What an operator does, once, for the command line, the API and the console.

pub mod apply;
pub mod backup;
pub mod doctor;
pub mod dry_run;
pub mod rotation;
pub mod trace;
