//! School years and school days: dates without a zone are Europe/Paris dates, and a year ends on 15 August.

use std::fmt;

use jiff::civil;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// The text is not a school year.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{0}\" is not a school year: two years in a row, such as 2026-2027")]
pub struct NotASchoolYear(pub String);

/// A school year, `2026-2027`: from 16 August to 15 August, Europe/Paris.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchoolYear(u16);

impl SchoolYear {
    /// Reads `2026-2027`.
    ///
    /// # Errors
    /// [`NotASchoolYear`] unless it is two consecutive years of four digits.
    pub fn parse(text: &str) -> Result<Self, NotASchoolYear> {
        let refused = || NotASchoolYear(text.chars().take(20).collect());
        let (first, second) = text.split_once('-').ok_or_else(refused)?;
        let year = |part: &str| (part.len() == 4).then(|| part.parse::<u16>().ok()).flatten();
        match (year(first), year(second)) {
            (Some(first), Some(second)) if (1900..=9998).contains(&first) && second == first + 1 => {
                Ok(Self(first))
            }
            _ => Err(refused()),
        }
    }

    /// The school year of a moment.
    #[must_use]
    pub fn at(moment: OffsetDateTime) -> Self {
        let date = paris_date(moment);
        let begun = (u8::from(date.month()), date.day()) > (8, 15);
        Self(u16::try_from(date.year() - i32::from(!begun)).unwrap_or_default())
    }

    /// The first moment after this year.
    #[must_use]
    pub fn end(self) -> OffsetDateTime {
        let day = Date::from_calendar_date(i32::from(self.0) + 1, Month::August, 16).unwrap_or(Date::MAX);
        paris_midnight(day)
    }
}

/// The date in Paris at a moment.
#[must_use]
pub fn paris_date(moment: OffsetDateTime) -> Date {
    let fallback = moment.date();
    let Ok(timestamp) = jiff::Timestamp::from_second(moment.unix_timestamp()) else {
        return fallback;
    };
    let day = paris().to_datetime(timestamp).date();
    let month = u8::try_from(day.month()).ok().and_then(|m| Month::try_from(m).ok());
    let date = month.zip(u8::try_from(day.day()).ok());
    date.and_then(|(m, d)| Date::from_calendar_date(i32::from(day.year()), m, d).ok()).unwrap_or(fallback)
}

/// What a clock in Paris shows at a moment, to the second.
#[must_use]
pub fn paris_clock(moment: OffsetDateTime) -> PrimitiveDateTime {
    let Ok(timestamp) = jiff::Timestamp::from_second(moment.unix_timestamp()) else {
        return PrimitiveDateTime::new(moment.date(), moment.time());
    };
    let offset = paris().to_offset(timestamp).seconds();
    let there = moment.to_offset(UtcOffset::from_whole_seconds(offset).unwrap_or(UtcOffset::UTC));
    PrimitiveDateTime::new(there.date(), there.time().replace_nanosecond(0).unwrap_or(there.time()))
}

/// The first moment of a date in Paris.
#[must_use]
pub fn paris_midnight(date: Date) -> OffsetDateTime {
    let fallback = date.midnight().assume_utc();
    let year = i16::try_from(date.year()).unwrap_or(i16::MAX);
    let month = i8::try_from(u8::from(date.month())).unwrap_or(1);
    let day = i8::try_from(date.day()).unwrap_or(1);
    let civil = civil::Date::new(year, month, day).map(|day| day.to_datetime(civil::Time::midnight()));
    let moment = civil.and_then(|midnight| paris().to_timestamp(midnight));
    moment.ok().and_then(|m| OffsetDateTime::from_unix_timestamp(m.as_second()).ok()).unwrap_or(fallback)
}

/// The zone is bundled with the binary, so that a host without tzdata gives the same answers.
fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC)
}

impl fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.0 + 1)
    }
}

impl Serialize for SchoolYear {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SchoolYear {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime};

    #[test]
    fn the_clock_in_paris_knows_summer_from_winter() {
        assert_eq!(paris_clock(datetime!(2026-11-24 08:05:06.789 UTC)), datetime!(2026-11-24 09:05:06));
        assert_eq!(paris_clock(datetime!(2026-06-30 22:30 UTC)), datetime!(2026-07-01 00:30));
    }

    #[test]
    fn a_year_ends_on_15_august_in_paris() {
        let year = SchoolYear::parse("2026-2027").unwrap();
        assert_eq!(SchoolYear::at(datetime!(2027-08-15 21:59:59 UTC)), year);
        assert_eq!(
            SchoolYear::at(datetime!(2027-08-15 22:00:00 UTC)),
            SchoolYear::parse("2027-2028").unwrap()
        );
        assert_eq!(year.end(), datetime!(2027-08-15 22:00:00 UTC));
    }

    #[test]
    fn midnight_follows_summer_and_winter_time() {
        assert_eq!(paris_midnight(date!(2026 - 07 - 01)), datetime!(2026-06-30 22:00 UTC));
        assert_eq!(paris_midnight(date!(2026 - 12 - 01)), datetime!(2026-11-30 23:00 UTC));
    }

    #[test]
    fn years_must_follow_each_other() {
        for bad in ["2026", "2026-2028", "2027-2026", "26-27", "2026–2027"] {
            assert!(SchoolYear::parse(bad).is_err(), "{bad:?} was taken");
        }
    }
}
