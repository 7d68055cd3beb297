//! What licensing needs of a store.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use boundary::{Ark, Fault, PersonId, Pool, SeatOffer, SubscriptionId, Uai};
use time::OffsetDateTime;

use super::db::{Db, both};
use super::time::moment;
use super::{Store, objects};
use crate::directory::School;
use crate::licensing::{Licence, LicenceStore, Seat, SetTarget};
use crate::operate::apply::RecordKind;

const SUBSCRIPTIONS: &str = "SELECT o.id, o.document \
     FROM object_name n JOIN object o ON o.kind = n.kind AND o.id = n.id \
     WHERE n.kind = 'subscription' AND n.name IN ($1, $2) AND o.withdrawn = 0";
const SETS: &str = "SELECT a.subscription, a.target \
     FROM object_name n JOIN assignment a ON a.subscription = n.id \
     WHERE n.kind = 'subscription' AND n.name IN ($1, $2) AND a.school IN ('', $3)";
/// A seat of a seating that is not done counts for nobody.
const SEAT: &str = "SELECT CASE WHEN g.state = 'done' THEN 1 ELSE s.by_name END, s.opened \
     FROM seat s LEFT JOIN seating g ON g.id = s.seating WHERE s.subscription = $1 AND s.person = $2 \
     AND (s.seating IS NULL OR s.by_name = 0 OR g.state = 'done')";
const ROOM: &str = "SELECT used FROM pool \
     WHERE subscription = $1 AND pool = $2 AND (seats IS NULL OR used < seats)";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[SUBSCRIPTIONS, SETS, SEAT, ROOM];

#[async_trait]
impl LicenceStore for Store {
    async fn licences(&self, resource: &Ark, school: &School) -> Result<Arc<[Licence]>, Fault> {
        let key = (resource.clone(), school.uai.clone(), school.nature.clone());
        let load = || async {
            let found = read(&self.db, resource, school).await?;
            Ok((!found.is_empty()).then(|| found.into()))
        };
        let found = self.kept.licences.get(&licences_of(resource), &key, load).await?;
        Ok(found.unwrap_or_default())
    }

    async fn seat(&self, subscription: &SubscriptionId, person: PersonId) -> Result<Option<Seat>, Fault> {
        let seat: Option<(i64, Option<i64>)> = both!("reading a seat", self.db.read(), c =>
            sqlx::query_as(SEAT).bind(subscription.as_str()).bind(person.uuid()).fetch_optional(c))?;
        let Some((by_name, opened)) = seat else { return Ok(None) };
        Ok(Some(Seat { by_name: by_name != 0, opened: opened.map(moment).transpose()? }))
    }

    async fn has_room(&self, subscription: &SubscriptionId, pool: Pool) -> Result<bool, Fault> {
        let used: Option<i64> = both!("reading a pool", self.db.read(), c =>
            sqlx::query_scalar(ROOM).bind(subscription.as_str()).bind(pool.as_str()).fetch_optional(c))?;
        Ok(used.is_some())
    }

    async fn take_seat(
        &self,
        offer: &SeatOffer,
        person: PersonId,
        school: &Uai,
        at: OffsetDateTime,
    ) -> Result<bool, Fault> {
        self.writer.take_seat(offer, person, school, at).await
    }
}

/// The topic of the subscriptions to a resource and of the sets they are assigned to.
pub(super) fn licences_of(resource: &Ark) -> String {
    format!("licences {resource}")
}

/// The subscriptions that cover a school, each with its sets, in the order of their ids.
async fn read(db: &Db, resource: &Ark, school: &School) -> Result<Vec<Licence>, Fault> {
    let by_school = objects::school_name(resource, &school.uai);
    let nature = school.nature.as_ref();
    let by_nature = nature.map_or_else(|| by_school.clone(), |code| objects::nature_name(resource, code));
    let mut subscriptions: Vec<(String, String)> = both!("reading subscriptions", db.read(), c =>
        sqlx::query_as(SUBSCRIPTIONS).bind(&by_school).bind(&by_nature).fetch_all(c))?;
    if subscriptions.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(String, String)> = both!("reading assignments", db.read(), c =>
        sqlx::query_as(SETS).bind(&by_school).bind(&by_nature).bind(school.uai.as_str()).fetch_all(c))?;
    let mut sets: HashMap<String, Vec<SetTarget>> = HashMap::new();
    for (id, target) in rows {
        let set = set_target(&id, &target)?;
        sets.entry(id).or_default().push(set);
    }
    subscriptions.sort();
    subscriptions
        .into_iter()
        .map(|(id, document)| licence(&id, &document, sets.remove(&id).unwrap_or_default()))
        .collect()
}

fn licence(id: &str, document: &str, mut sets: Vec<SetTarget>) -> Result<Licence, Fault> {
    sets.sort();
    let subscription = objects::read(RecordKind::Subscription, id, document)?;
    Ok(Licence { subscription, sets })
}

/// The set of an assignment row.
pub(super) fn set_target(subscription: &str, target: &str) -> Result<SetTarget, Fault> {
    serde_json::from_str(target)
        .map_err(|e| Fault::new(format!("an assignment of subscription {subscription} is unreadable: {e}")))
}
