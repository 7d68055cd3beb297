//! The demonstration's federation works on any day.

use super::*;
use crate::operate::apply::{Record, parse};
use time::macros::datetime;

/// The ids of the subscriptions that are valid at a moment.
fn valid_at(now: OffsetDateTime) -> Vec<String> {
    let records = parse("federation.toml", &federation(now), now).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let subscriptions = records.into_iter().filter_map(|record| match record.value {
        Record::Subscription(one) if one.from <= now && now < one.until => Some(one.id.to_string()),
        _ => None,
    });
    subscriptions.collect()
}

#[test]
fn it_works_on_any_day() {
    let wanted = [
        "atlas-etabl",
        "dictionnaire-indiv",
        "guide-etabl",
        "microscope-indiv",
        "echiquier-indiv",
        "exerciseur-indiv",
        "laboratoire-indiv",
        "contes-indiv",
        "revue-etabl",
    ];
    for now in [
        datetime!(2026-01-01 00:00 UTC),
        datetime!(2026-08-15 12:00 UTC),
        datetime!(2026-08-16 12:00 UTC),
        datetime!(2027-08-15 21:59:59 UTC),
        datetime!(2027-08-15 22:00 UTC),
        datetime!(2036-02-29 12:00 UTC),
        datetime!(2099-12-31 23:00 UTC),
    ] {
        assert_eq!(valid_at(now), wanted, "{now}");
    }
    let today = datetime!(2026-11-24 12:00 UTC);
    assert_eq!(federation(today), include_str!("../federation.toml"));
}
