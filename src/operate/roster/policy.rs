//! Policy: when a school keeps what it had, and when those who are missing stay until somebody confirms that they left.
//! Pure functions of counts and days.

use time::{Date, Month};

/// Whether so many of a school's records were rejected that it keeps its old state: more than 5 % of all that came.
pub(super) const fn keeps_its_state(taken: u64, rejected: u64) -> bool {
    rejected * 20 > taken + rejected
}

/// Whether those who are missing from a school are held: more than half of its people, or more than a fifth outside the
/// weeks between two school years. `day` is the day in Paris.
pub(super) fn holds(day: Date, people: u64, missing: u64) -> bool {
    missing * 2 > people || missing * 5 > people && !is_between_years(day)
}

/// From 15 July to 30 September everybody moves.
fn is_between_years(day: Date) -> bool {
    match day.month() {
        Month::July => day.day() >= 15,
        Month::August | Month::September => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn five_percent_are_borne() {
        assert!(!keeps_its_state(0, 0) && !keeps_its_state(95, 5) && keeps_its_state(94, 6));
        assert!(keeps_its_state(0, 1), "nothing but rejects");
    }

    #[test]
    fn departures_are_held_above_half_and_in_the_year_above_a_fifth() {
        // (day, people, missing) -> held
        let table = [
            (date!(2026 - 07 - 14), 100, 20, false),
            (date!(2026 - 07 - 14), 100, 21, true),
            (date!(2026 - 07 - 15), 100, 21, false),
            (date!(2026 - 07 - 15), 100, 50, false),
            (date!(2026 - 07 - 15), 100, 51, true),
            (date!(2026 - 08 - 16), 100, 50, false),
            (date!(2026 - 09 - 30), 100, 50, false),
            (date!(2026 - 10 - 01), 100, 50, true),
            (date!(2026 - 12 - 01), 0, 0, false),
            (date!(2026 - 12 - 01), 3, 1, true),
        ];
        for (day, people, missing, held) in table {
            assert_eq!(holds(day, people, missing), held, "{day} {missing} of {people}");
        }
    }
}
