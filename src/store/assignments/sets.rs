//! Sets that a subscription is assigned to. A federation file and a school may both assign one; it goes when both have
//! taken it back.

use boundary::{Ark, Fault, SubscriptionId, Uai};

use crate::journal::Change;
use crate::licensing::{SetTarget, Subscription};
use crate::operate::apply::RecordKind;
use crate::operate::assignments::StoredSet;
use crate::store::contention::Attempts;
use crate::store::db::{Db, Tx, both, rows};
use crate::store::error::StoreError;
use crate::store::licensing::{licences_of, set_target};
use crate::store::time::moment;
use crate::store::{Store, objects};

const OF: &str = "SELECT target, since, managed_by FROM assignment WHERE subscription = $1";
const OF_SCHOOL: &str =
    "SELECT target, since, managed_by FROM assignment WHERE subscription = $1 AND school IN ('', $2)";
/// Whoever comes second leaves it to both.
const ASSIGN: &str = "INSERT INTO assignment (subscription, target, school, since, managed_by) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (subscription, target) DO UPDATE SET managed_by = 'both' \
     WHERE assignment.managed_by NOT IN ('both', excluded.managed_by)";
const LEAVE: &str = "UPDATE assignment SET managed_by = CASE $3 WHEN 'file' THEN 'api' ELSE 'file' END \
     WHERE subscription = $1 AND target = $2 AND managed_by = 'both'";
const UNASSIGN: &str = "DELETE FROM assignment WHERE subscription = $1 AND target = $2 AND managed_by = $3";

/// Why sets were not written.
pub(in crate::store) enum NotDone {
    /// The database did not do it.
    Store(StoreError),
    /// What is stored cannot be read.
    Fault(Fault),
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Fault> for NotDone {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[OF, OF_SCHOOL, ASSIGN, LEAVE, UNASSIGN];

/// The sets of a subscription: all of them, or those that hold at a school.
pub(super) async fn of(
    db: &Db,
    subscription: &SubscriptionId,
    school: Option<&Uai>,
) -> Result<Vec<StoredSet>, Fault> {
    let id = subscription.as_str();
    let rows: Vec<(String, i64, String)> = match school {
        Some(school) => both!("reading assignments", db.read(), c =>
            sqlx::query_as(OF_SCHOOL).bind(id).bind(school.as_str()).fetch_all(c))?,
        None => both!("reading assignments", db.read(), c => sqlx::query_as(OF).bind(id).fetch_all(c))?,
    };
    let one = |(target, since, managed_by): (String, i64, String)| {
        let set = set_target(id, &target)?;
        let since = (since > 0).then(|| moment(since)).transpose()?;
        let (of_file, ours) = (managed_by != "api", managed_by != "file");
        Ok(StoredSet { set, since, of_file, ours })
    };
    let mut sets: Vec<StoredSet> = rows.into_iter().map(one).collect::<Result<_, Fault>>()?;
    sets.sort_by(|a, b| a.set.cmp(&b.set));
    Ok(sets)
}

/// Assigns a subscription to a set; whether that changed anything.
pub(in crate::store) async fn assign(
    tx: &mut Tx,
    subscription: &SubscriptionId,
    set: &SetTarget,
    since: i64,
    by: &'static str,
) -> Result<bool, NotDone> {
    let (id, target) = (subscription.as_str(), text(subscription, set)?);
    let school = set.school().map_or("", Uai::as_str);
    let done = rows!("writing an assignment", tx.on(), c =>
        sqlx::query(ASSIGN).bind(id).bind(&target).bind(school).bind(since).bind(by).execute(c))?;
    Ok(done > 0)
}

/// Takes back what somebody assigned; whether they had.
pub(in crate::store) async fn unassign(
    tx: &mut Tx,
    subscription: &SubscriptionId,
    set: &SetTarget,
    by: &'static str,
) -> Result<bool, NotDone> {
    let (id, target) = (subscription.as_str(), text(subscription, set)?);
    for statement in [LEAVE, UNASSIGN] {
        let done = rows!("taking an assignment back", tx.on(), c =>
            sqlx::query(statement).bind(id).bind(&target).bind(by).execute(c))?;
        if done > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

fn text(subscription: &SubscriptionId, set: &SetTarget) -> Result<String, Fault> {
    serde_json::to_string(set)
        .map_err(|e| Fault::new(format!("a set of subscription {subscription} cannot be written: {e}")))
}

/// The topic of a subscription's sets, as a transaction sees it.
pub(super) async fn topic(tx: &mut Tx, subscription: &SubscriptionId) -> Result<Option<String>, NotDone> {
    const KIND: RecordKind = RecordKind::Subscription;
    let document = objects::document_in(tx, KIND, subscription.as_str()).await?;
    let read = |document: String| objects::read::<Subscription>(KIND, subscription.as_str(), &document);
    let resource: Option<Ark> = document.map(read).transpose()?.map(|subscription| subscription.resource);
    Ok(resource.as_ref().map(licences_of))
}

impl Store {
    /// Takes sets back that were assigned here; how many there were.
    pub(super) async fn unset_all(
        &self,
        subscription: &SubscriptionId,
        sets: &[SetTarget],
        changes: &[Change],
    ) -> Result<u64, Fault> {
        let mut attempts = Attempts::begin();
        loop {
            match self.unset_once(subscription, sets, changes).await {
                Err(NotDone::Store(error)) if error.is_contention() && attempts.another().await => {}
                Err(NotDone::Store(error)) => return Err(error.into()),
                Err(NotDone::Fault(fault)) => return Err(fault),
                Ok(done) => return Ok(done),
            }
        }
    }

    async fn unset_once(
        &self,
        subscription: &SubscriptionId,
        sets: &[SetTarget],
        changes: &[Change],
    ) -> Result<u64, NotDone> {
        let mut tx = self.db.begin().await?;
        let mut done = 0;
        for set in sets {
            done += u64::from(unassign(&mut tx, subscription, set, "api").await?);
        }
        if done == 0 {
            tx.rollback().await?;
            return Ok(0);
        }
        let topics: Vec<String> = topic(&mut tx, subscription).await?.into_iter().collect();
        self.commit_changes(tx, &topics, changes).await?;
        Ok(done)
    }
}
