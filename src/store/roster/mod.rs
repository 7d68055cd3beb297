//! Rosters in the database: what counts of them now, and how an import writes beside it.
//!
//! A row of `roster_person` counts from the import `since` on and until the import `until`; the import that counts at a
//! school stands in `roster_school`. So an import writes for as long as it likes, in small transactions, and nobody sees
//! any of it until one update moves a school on.

mod reading;

/// Every statement of this folder that reads alike on both engines.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&[&str]] = &[reading::STATEMENTS];
