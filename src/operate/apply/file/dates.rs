//! Dates of a file. Those without a zone are days in Paris.

use boundary::paris_midnight;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};
use toml::value::{Datetime, Offset};

use super::at::{At, TomlDate};
use super::notes::Notes;

/// Which edge of a day a date without a time means.
#[derive(Clone, Copy)]
pub enum Edge {
    /// Its first moment.
    First,
    /// The first moment after it.
    After,
}

/// A moment: a day in Paris, or a date-time with its offset.
pub fn moment(key: &str, at: &At<TomlDate>, edge: Edge, notes: &mut Notes<'_>) -> Option<OffsetDateTime> {
    let given = &at.value.0;
    let read = match (given.time, given.offset) {
        (None, _) => date(given).and_then(|day| edge_of(day, edge)),
        (Some(_), Some(_)) => date_time(given),
        (Some(_), None) => None,
    };
    if read.is_none() {
        notes.at(
            at.start,
            format!("{key}: write a date such as 2026-09-01, or a date-time with its offset such as 2026-09-01T08:00:00+02:00"),
        );
    }
    read
}

/// A day.
pub fn day(key: &str, at: &At<TomlDate>, notes: &mut Notes<'_>) -> Option<Date> {
    let read = Some(&at.value.0).filter(|given| given.time.is_none()).and_then(date);
    if read.is_none() {
        notes.at(at.start, format!("{key}: write a day such as 2026-09-01, without a time"));
    }
    read
}

fn date(given: &Datetime) -> Option<Date> {
    let day = given.date?;
    let month = Month::try_from(day.month).ok()?;
    Date::from_calendar_date(i32::from(day.year), month, day.day).ok()
}

fn edge_of(day: Date, edge: Edge) -> Option<OffsetDateTime> {
    match edge {
        Edge::First => Some(paris_midnight(day)),
        Edge::After => day.next_day().map(paris_midnight),
    }
}

fn date_time(given: &Datetime) -> Option<OffsetDateTime> {
    let time = given.time?;
    let second = time.second.unwrap_or_default();
    let nanosecond = time.nanosecond.unwrap_or_default();
    let time = Time::from_hms_nano(time.hour, time.minute, second, nanosecond).ok()?;
    let minutes = match given.offset? {
        Offset::Z => 0,
        Offset::Custom { minutes } => i32::from(minutes),
    };
    let offset = UtcOffset::from_whole_seconds(minutes * 60).ok()?;
    let moment = date(given)?.with_time(time).assume_offset(offset);
    moment.checked_to_offset(UtcOffset::UTC)
}
