//! Who works here beside launches: programs with tokens, people at the console, and those who try to be either.

mod clients;
mod managing;
mod officer;
mod sign_in;
mod tokens;
pub mod visitor;
