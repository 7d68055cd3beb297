//! Rosters as ENTs send them to GAR: archives of schools, groups and people, from a description or drawn from a seed.
//!
//! It is written after GAR's schemas and after what exporters do, not after the broker's reader: it shares no line with it.
//! All people in it are invented. [`write()`] streams: a million people need the memory of one school and of one file.

mod describe;
mod draw;
mod files;
mod pack;
#[cfg(test)]
mod tests;
mod write;
mod xml;

pub use describe::{Class, Degree, Group, Level, Pupil, School, Set, Staff, Subject, Taught};
pub use draw::Size;
pub use pack::pack;
pub use write::{Written, write, write_into};
