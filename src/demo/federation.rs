//! The demonstration's federation file, with the school years of today.

use boundary::{SchoolYear, paris_date};
use time::OffsetDateTime;

/// The text of the file. It ends its subscriptions in 2035-2036, as seen from 2026-2027; from any other day, as many
/// school years ahead.
#[must_use]
pub fn federation(now: OffsetDateTime) -> String {
    let next = |year: SchoolYear| SchoolYear::at(year.end());
    let before = (0..8).fold(SchoolYear::at(now), |year, _| next(year));
    include_str!("federation.toml")
        .replace("2035-2036", &next(before).to_string())
        .replace("2035-08-16", &paris_date(before.end()).to_string())
}

#[cfg(test)]
mod tests;
