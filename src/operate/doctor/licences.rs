//! Checks of agreements and subscriptions: what is about to end, and what was never begun.

use std::collections::{BTreeMap, BTreeSet};

use boundary::{Agreement, AgreementLine, Ark, paris_date};
use time::{Duration, OffsetDateTime};

use super::{Finding, Mender, Severity};
use crate::licensing::{Coverage, Subscription};
use crate::operate::apply::Record;

/// How long before its end a subscription is told.
const SOON: Duration = Duration::days(30);
/// How long an approval counts as fresh.
const FRESH: Duration = Duration::days(365);

/// All of them.
pub(super) fn examine(records: &[Record], now: OffsetDateTime) -> Vec<Finding> {
    let subscriptions: Vec<&Subscription> = records
        .iter()
        .filter_map(|record| match record {
            Record::Subscription(subscription) => Some(subscription),
            _ => None,
        })
        .collect();
    let valid = |one: &&&Subscription| one.from <= now && now < one.until;
    let open: BTreeSet<&Ark> = subscriptions.iter().filter(valid).map(|one| &one.resource).collect();
    let mut found = ending(&subscriptions, now);
    for record in records {
        match record {
            Record::Agreement(agreement) if open.contains(&agreement.resource) => {
                found.extend(unapproved(agreement, now));
                found.extend(stale(agreement, now));
            }
            Record::Resource(resource) if !open.contains(&resource.ark) => {
                found.push(closed(&resource.ark, &resource.title));
            }
            _ => {}
        }
    }
    found
}

/// Subscriptions that end soon and that no longer one follows, told together by resource.
fn ending(subscriptions: &[&Subscription], now: OffsetDateTime) -> Vec<Finding> {
    let mut last: BTreeMap<(&Ark, Vec<String>), &Subscription> = BTreeMap::new();
    for one in subscriptions.iter().filter(|one| one.from <= now + SOON) {
        let latest = last.entry((&one.resource, covered(one))).or_insert(one);
        if one.until > latest.until {
            *latest = one;
        }
    }
    let mut soon: BTreeMap<&Ark, Vec<&Subscription>> = BTreeMap::new();
    for ((resource, _), one) in last.into_iter().filter(|(_, one)| one.until > now && one.until <= now + SOON)
    {
        soon.entry(resource).or_default().push(one);
    }
    soon.into_iter().filter_map(|(resource, mut ending)| {
        ending.sort_by_key(|one| one.until);
        let first = ending.first()?;
        // The last day, as files and schools count it.
        let day = paris_date(first.until - Duration::SECOND);
        let what = match ending.len() {
            1 => format!("resource {resource}: subscription {} ends after {day}", first.id),
            many => format!("resource {resource}: {many} subscriptions end within 30 days, the first, {}, after {day}", first.id),
        };
        Some(Finding {
            check: "ending",
            severity: Severity::Warning,
            what,
            mends: Mender::School,
            mend: "renew it with its distributor, or let it end".to_owned(),
        })
    }).collect()
}

fn covered(subscription: &Subscription) -> Vec<String> {
    match &subscription.coverage {
        Coverage::Schools(schools) => schools.iter().map(ToString::to_string).collect(),
        Coverage::Nature(code) => vec![format!("nature {code}")],
    }
}

fn closed(resource: &Ark, title: &str) -> Finding {
    Finding {
        check: "unsubscribed",
        severity: Severity::Note,
        what: format!("resource {resource} ({title}) has no valid subscription: nobody can open it"),
        mends: Mender::School,
        mend: "subscribe a school to it, or take it out of the catalogue".to_owned(),
    }
}

fn unapproved(agreement: &Agreement, now: OffsetDateTime) -> Option<Finding> {
    let today = paris_date(now);
    let names = names(agreement, |line| !line.is_approved(today))?;
    Some(Finding {
        check: "unapproved",
        severity: Severity::Warning,
        what: format!(
            "resource {} is open to schools, and nobody has approved that it may see {names}: held back at every launch",
            agreement.resource
        ),
        mends: Mender::Operator,
        mend: "decide about each: write approved_by and approved_on, or take the line out of the agreement"
            .to_owned(),
    })
}

fn stale(agreement: &Agreement, now: OffsetDateTime) -> Option<Finding> {
    let (today, oldest) = (paris_date(now), paris_date(now - FRESH));
    let old =
        |line: &AgreementLine| line.is_approved(today) && line.approved_on.is_some_and(|day| day < oldest);
    let names = names(agreement, old)?;
    Some(Finding {
        check: "old_approvals",
        severity: Severity::Note,
        what: format!("resource {}: the approval of {names} is older than a year", agreement.resource),
        mends: Mender::Operator,
        mend: "ask again whether the publisher needs it, and write the new date to approved_on".to_owned(),
    })
}

/// The attributes of some lines; `None` where there is none.
fn names(agreement: &Agreement, which: impl Fn(&AgreementLine) -> bool) -> Option<String> {
    let lines = agreement.attributes.iter().filter(|line| which(line));
    let names: Vec<_> = lines.map(|line| line.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}
