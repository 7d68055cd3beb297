//! The REST API as programs meet it, on both engines.

mod assignments;
mod caller;
mod journalled;
mod lists;
mod looks;
mod once;
mod records;
mod roles;
mod tenants;
mod world;

pub use caller::Program;
