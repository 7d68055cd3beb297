//! What `apply` needs of a store: everything at once out, everything at once in.

mod assignments;
mod people;
pub(in crate::store) mod pools;
pub(in crate::store) mod records;

use std::collections::BTreeSet;

use async_trait::async_trait;
use boundary::{Ark, EntId, Fault};
use serde::Deserialize;
use thiserror::Error;
use time::OffsetDateTime;

use super::assignments::sets::NotDone;
use super::contention::Attempts;
use super::db::Tx;
use super::directory::people_of;
use super::error::StoreError;
use super::licensing::licences_of;
use super::{Store, keys, objects};
use crate::operate::apply::{
    Changes, FederationStore, ManagedBy, NewPerson, NoRoom, Record, RecordKind, StoredRecord,
};

pub(in crate::store) use pools::{TAKE, give_back};

/// Every statement of this file and of those under it.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&[&str]] =
    &[assignments::STATEMENTS, people::STATEMENTS, pools::STATEMENTS, records::STATEMENTS];

/// Why nothing was written.
#[derive(Debug, Error)]
enum Undone {
    /// A pool is too small.
    #[error("a pool has no room")]
    NoRoom(NoRoom),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored cannot be read, or names what is not there.
    #[error(transparent)]
    Fault(#[from] Fault),
}

#[async_trait]
impl FederationStore for Store {
    async fn records(&self) -> Result<Vec<StoredRecord>, Fault> {
        records::all(&self.db).await
    }

    async fn knows(&self, ent: &EntId, namespace: &str, subject: &str) -> Result<bool, Fault> {
        let known = super::people::identified(&self.db, ent, namespace, subject).await?;
        Ok(known.is_some())
    }

    async fn write(&self, changes: Changes, at: OffsetDateTime) -> Result<Result<(), NoRoom>, Fault> {
        let mut attempts = Attempts::begin();
        loop {
            match self.write_once(&changes, at).await {
                Ok(()) => return Ok(Ok(())),
                Err(Undone::NoRoom(no_room)) => return Ok(Err(no_room)),
                Err(Undone::Store(error)) if error.is_contention() && attempts.another().await => {}
                Err(Undone::Store(error)) => return Err(error.into()),
                Err(Undone::Fault(fault)) => return Err(fault),
            }
        }
    }
}

impl From<NotDone> for Undone {
    fn from(error: NotDone) -> Self {
        match error {
            NotDone::Store(error) => Self::Store(error),
            NotDone::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl Store {
    async fn write_once(&self, changes: &Changes, at: OffsetDateTime) -> Result<(), Undone> {
        let mut tx = self.db.begin().await?;
        super::records::lock(&mut tx).await?;
        match write_all(&mut tx, changes, at).await {
            Ok(topics) => Ok(self.commit_changes(tx, &topics, &changes.told).await?),
            Err(undone) => {
                // Whatever becomes of that, nothing is committed.
                tx.rollback().await.ok();
                Err(undone)
            }
        }
    }
}

/// Writes everything and returns the topics that it changes.
async fn write_all(tx: &mut Tx, changes: &Changes, at: OffsetDateTime) -> Result<Vec<String>, Undone> {
    let mut topics = BTreeSet::new();
    for key in &changes.sector_keys {
        keys::add_sector_key(tx, key).await?;
    }
    // First, so that the seats of those who go are there for those who come.
    for record in &changes.withdraw {
        withdraw(tx, record, &mut topics).await?;
    }
    for (record, new) in &changes.put {
        put(tx, record, new.as_ref(), at, &mut topics).await?;
    }
    Ok(topics.into_iter().collect())
}

async fn put(
    tx: &mut Tx,
    record: &Record,
    new: Option<&NewPerson>,
    at: OffsetDateTime,
    topics: &mut BTreeSet<String>,
) -> Result<(), Undone> {
    // The resource that a subscription was for, before it is written.
    touch(tx, record, topics).await?;
    match record {
        Record::Person(person) => people::put(tx, person, new, at).await,
        Record::Assignment(assignment) => assignments::put(tx, assignment, at).await,
        _ => {
            let document = objects::document_of(record)?.unwrap_or_default();
            objects::put(tx, record, &document, ManagedBy::File).await?;
            if let Record::Subscription(subscription) = record {
                pools::fit(tx, subscription).await?;
            }
            Ok(())
        }
    }
}

async fn withdraw(tx: &mut Tx, record: &Record, topics: &mut BTreeSet<String>) -> Result<(), Undone> {
    touch(tx, record, topics).await?;
    match record {
        Record::Person(person) => Ok(people::withdraw(tx, person).await?),
        Record::Assignment(assignment) => Ok(assignments::withdraw(tx, assignment).await?),
        _ => Ok(objects::withdraw(tx, record).await?),
    }
}

/// Notes the topics that writing a record changes.
pub(in crate::store) async fn touch(
    tx: &mut Tx,
    record: &Record,
    topics: &mut BTreeSet<String>,
) -> Result<(), StoreError> {
    let subscription = match record {
        Record::Person(person) => {
            topics.insert(people_of(&person.ent));
            return Ok(());
        }
        Record::Subscription(subscription) => {
            topics.insert(licences_of(&subscription.resource));
            &subscription.id
        }
        Record::Assignment(assignment) => &assignment.subscription,
        _ => {
            topics.insert(record.kind().as_str().to_owned());
            return Ok(());
        }
    };
    let stored = objects::document_in(tx, RecordKind::Subscription, subscription.as_str()).await?;
    // One that cannot be read is not kept anywhere either.
    let about = stored.and_then(|document| serde_json::from_str::<About>(&document).ok());
    topics.extend(about.map(|about| licences_of(&about.resource)));
    Ok(())
}

/// What of a stored subscription tells its topic.
#[derive(Deserialize)]
struct About {
    resource: Ark,
}
