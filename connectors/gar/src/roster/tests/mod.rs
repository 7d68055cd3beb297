//! Archives that are right, and all that can be wrong with one.

mod companions;
mod containers;
mod documents;
mod endless;
mod records;
mod rejects;
mod samples;
mod sets;
mod texts;
mod whole;
