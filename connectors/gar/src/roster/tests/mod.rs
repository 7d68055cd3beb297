//! Archives that are right, and all that can be wrong with one.

mod samples;
mod sets;
mod whole;
