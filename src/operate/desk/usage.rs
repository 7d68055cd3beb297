//! What a school opened and what was refused, day by day and resource by resource, and why.

use std::collections::BTreeMap;

use boundary::{Ark, Fault, RefusalCode, Uai};
use time::Date;

use super::Means;
use crate::operate::statistics::{Period, Sum};

/// A day, or a resource, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uses {
    /// Launches that were delivered.
    pub delivered: u64,
    /// Launches that were refused.
    pub refused: u64,
}

/// A resource in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceUse {
    /// Its title; the permanent name where the resource is gone, nothing where none was found.
    pub title: String,
    /// How often it was opened.
    pub uses: Uses,
    /// How many people opened it in the last month of the period: one number a sector, which are not to be summed.
    pub users: Vec<u64>,
}

/// What a school opened in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The period.
    pub period: Period,
    /// Each of its days.
    pub days: Vec<(Date, Uses)>,
    /// Resources, those most asked for first.
    pub resources: Vec<ResourceUse>,
    /// Refusals by reason, the most frequent first. Codes that are no more have none.
    pub refusals: Vec<(Option<RefusalCode>, u64)>,
}

/// What a school opened in a period.
///
/// # Errors
/// A [`Fault`] when the store did not answer.
pub async fn usage(means: &Means<'_>, school: &Uai, period: Period) -> Result<Usage, Fault> {
    let days = means.store.by_day(school, period).await?;
    let reasons = means.store.by_reason(school, period).await?;
    Ok(Usage {
        period,
        days: every_day(period, &days),
        resources: resources(means, school, period).await?,
        refusals: reasons.into_iter().map(|(code, refused)| (code_of(&code), refused)).collect(),
    })
}

/// Every day of a period, also those on which nothing was opened.
fn every_day(period: Period, found: &[Sum]) -> Vec<(Date, Uses)> {
    let found: BTreeMap<&str, Uses> = found.iter().map(|sum| (sum.key.as_str(), uses(sum))).collect();
    period.days().map(|day| (day, found.get(day.to_string().as_str()).copied().unwrap_or_default())).collect()
}

async fn resources(means: &Means<'_>, school: &Uai, period: Period) -> Result<Vec<ResourceUse>, Fault> {
    let mut users: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (resource, count) in means.store.users_of_month(school, &period.last_month()).await? {
        users.entry(resource).or_default().push(count);
    }
    let mut all = Vec::new();
    for sum in means.store.by_resource(school, period).await? {
        let title = title(means, &sum.key).await?;
        let users = users.remove(&sum.key).unwrap_or_default();
        all.push(ResourceUse { title, uses: uses(&sum), users });
    }
    Ok(all)
}

async fn title(means: &Means<'_>, key: &str) -> Result<String, Fault> {
    let Ok(ark) = Ark::parse(key) else { return Ok(key.to_owned()) };
    let found = means.store.resource(&ark).await?;
    Ok(found.map_or_else(|| key.to_owned(), |found| found.value.title.clone()))
}

const fn uses(sum: &Sum) -> Uses {
    Uses { delivered: sum.delivered, refused: sum.refused }
}

fn code_of(text: &str) -> Option<RefusalCode> {
    RefusalCode::ALL.iter().copied().find(|code| code.as_str() == text)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_day_without_launches_stands_there_too() {
        let period = Period { from: date!(2026 - 11 - 29), until: date!(2026 - 12 - 01) };
        let sum = Sum { key: "2026-11-30".to_owned(), delivered: 3, refused: 1 };
        let days = every_day(period, &[sum]);
        let days: Vec<_> = days.iter().map(|(day, uses)| (day.day(), uses.delivered, uses.refused)).collect();
        assert_eq!(days, [(29, 0, 0), (30, 3, 1), (1, 0, 0)]);
        assert_eq!(period.last_month(), "2026-12");
    }
}
