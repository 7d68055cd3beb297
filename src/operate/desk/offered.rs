//! What a school has: its subscriptions, each with the resource's title, the publisher's name and the seats.

use std::collections::BTreeSet;

use boundary::{Ark, Fault, Kind, Profile, SubscriptionId, Uai};
use time::{Duration, OffsetDateTime};

use super::{Means, gone};
use crate::licensing::Subscription;
use crate::operate::assignments::{self, Bounds, PoolSupply};
use crate::operate::records::{self, Asked, Record, RecordError, RecordKind, Sight};

/// How long before its end a subscription is said to end soon.
const SOON: Duration = Duration::days(60);

/// Where a subscription stands in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It has not begun.
    Coming,
    /// It is open.
    Open,
    /// It is open, and ends within sixty days.
    EndsSoon,
    /// It is over.
    Ended,
}

/// A subscription as a school sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The resource.
    pub resource: Ark,
    /// Its title; the permanent name where the resource is gone.
    pub title: String,
    /// The publisher's name, where it is registered.
    pub publisher: Option<String>,
    /// Person by person, or the whole school.
    pub kind: Kind,
    /// Whom it is for.
    pub audience: BTreeSet<Profile>,
    /// Its first moment.
    pub from: OffsetDateTime,
    /// The first moment after it.
    pub until: OffsetDateTime,
    /// Where it stands in time.
    pub state: State,
    /// Whether a seat may pass from one person to another.
    pub transferable: bool,
    /// Its seats, for subscriptions that have any.
    pub pools: Vec<PoolSupply>,
}

/// A page of what a school has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfferedPage {
    /// The subscriptions.
    pub items: Vec<Offered>,
    /// After which one the next page begins, where there is one.
    pub next: Option<String>,
}

/// What a school has, in the order of its subscriptions' ids; with `words`, only what has them in title, publisher or id.
///
/// # Errors
/// A [`Fault`] when the store did not answer.
pub async fn offered(
    means: &Means<'_>,
    school: &Uai,
    words: &str,
    after: &str,
    limit: usize,
) -> Result<OfferedPage, Fault> {
    let sight = Sight::Schools(vec![school.clone()]);
    let words = words.trim().to_lowercase();
    let mut page = OfferedPage::default();
    let mut after = after.to_owned();
    loop {
        let asked =
            Asked { kind: RecordKind::Subscription, about: Vec::new(), words: None, after, limit: 100 };
        let found = records::list(means.store, &sight, &asked).await?;
        for record in found.records {
            let Record::Subscription(subscription) = record.stored.record else { continue };
            if record.stored.withdrawn {
                continue;
            }
            let about = about(means, &subscription.resource).await?;
            if !words.is_empty() && !has(&subscription.id, &about, &words) {
                continue;
            }
            if page.items.len() == limit {
                page.next = page.items.last().map(|last| last.subscription.to_string());
                return Ok(page);
            }
            page.items.push(describe(means, school, subscription, about).await?);
        }
        match found.next {
            Some(next) => after = next,
            None => return Ok(page),
        }
    }
}

/// One subscription of a school; `None` where it has none of this id.
///
/// # Errors
/// A [`Fault`] when the store did not answer.
pub async fn one(means: &Means<'_>, school: &Uai, id: &SubscriptionId) -> Result<Option<Offered>, Fault> {
    let sight = Sight::Schools(vec![school.clone()]);
    let record = match records::get(means.store, &sight, RecordKind::Subscription, id.as_str()).await {
        Ok(record) => record,
        Err(RecordError::Fault(fault)) => return Err(fault),
        Err(_) => return Ok(None),
    };
    match record.stored.record {
        Record::Subscription(subscription) if !record.stored.withdrawn => {
            let about = about(means, &subscription.resource).await?;
            describe(means, school, subscription, about).await.map(Some)
        }
        _ => Ok(None),
    }
}

fn has(id: &SubscriptionId, (title, publisher): &About, words: &str) -> bool {
    let publisher = publisher.as_deref().unwrap_or_default();
    [title, publisher, id.as_str()].iter().any(|text| text.to_lowercase().contains(words))
}

async fn describe(
    means: &Means<'_>,
    school: &Uai,
    subscription: Subscription,
    (title, publisher): About,
) -> Result<Offered, Fault> {
    let now = means.clock.now();
    let assigning = assignments::Means { store: means.store, clock: means.clock, chance: means.chance };
    let bounds = Bounds::School(school.clone());
    let pools = if subscription.kind == Kind::Etabl {
        Vec::new()
    } else {
        match assignments::seats(&assigning, &subscription.id, &bounds).await {
            Ok(supply) => supply.pools,
            Err(error) => {
                gone(error)?;
                Vec::new()
            }
        }
    };
    let state = state_of(&subscription, now);
    Ok(Offered {
        subscription: subscription.id,
        resource: subscription.resource,
        title,
        publisher,
        kind: subscription.kind,
        audience: subscription.audience,
        from: subscription.from,
        until: subscription.until,
        state,
        transferable: subscription.transferable,
        pools,
    })
}

fn state_of(subscription: &Subscription, now: OffsetDateTime) -> State {
    if now >= subscription.until {
        State::Ended
    } else if now < subscription.from {
        State::Coming
    } else if subscription.until - now <= SOON {
        State::EndsSoon
    } else {
        State::Open
    }
}

/// The title of a resource, and its publisher's name.
type About = (String, Option<String>);

async fn about(means: &Means<'_>, ark: &Ark) -> Result<About, Fault> {
    let Some(resource) = means.store.resource(ark).await? else { return Ok((ark.to_string(), None)) };
    let title = resource.value.title.clone();
    let Some(tool) = means.store.tool(&resource.value.tool).await? else { return Ok((title, None)) };
    let Some(sector) = means.store.sector(&tool.value.sector).await? else { return Ok((title, None)) };
    let id = sector.organisation.as_str();
    let found = means.store.revised(RecordKind::Organisation, id).await?;
    let name = found.and_then(|found| match found.stored.record {
        Record::Organisation(organisation) => Some(organisation.name),
        _ => None,
    });
    Ok((title, name))
}
