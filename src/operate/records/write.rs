//! Writes of one record: put and withdraw.

use boundary::{Clock, EntId, Fault, OrganisationId};
use time::OffsetDateTime;

use super::agree::keep_approvals;
use super::document::{Document, name_of};
use super::error::{RecordError, Wrong, wrongs};
use super::needed::{around, own_name, who_must_fit};
use super::sight::{Sight, owner_of_resource};
use super::store::{RecordStore, Refused, RevisedRecord, Write, WriteKind};
use crate::journal::{Actor, Change};
use crate::licensing::Coverage;
use crate::operate::apply::file::one;
use crate::operate::apply::mistake::Mistake;
use crate::operate::apply::plan::{Plan, Verb};
use crate::operate::apply::references::{check, misfits, names};
use crate::operate::apply::{ManagedBy, NewSectorKeys, Record, RecordKind, StoredRecord};

/// How often a write is tried while others write what it was checked against.
const TRIES: usize = 3;

/// What writes work with.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Where the records are.
    pub store: &'a dyn RecordStore,
    /// What makes the keys of new sectors.
    pub keys: &'a dyn NewSectorKeys,
    /// The time.
    pub clock: &'a dyn Clock,
}

/// Which revision a write means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It did not say: the record must not be there.
    Unsaid,
    /// The record must not be there.
    Nothing,
    /// Any.
    Any,
    /// This one.
    Revision(u64),
}

/// A record that somebody wants.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// What they see.
    pub sight: &'a Sight,
    /// The kind.
    pub kind: RecordKind,
    /// Its id.
    pub id: &'a str,
    /// The ENT of a connection.
    pub ent: Option<&'a EntId>,
    /// JSON.
    pub body: &'a [u8],
    /// Which revision it changes.
    pub expected: Expected,
}

/// What became of a write.
pub struct Put {
    /// The record as it is now.
    pub record: RevisedRecord,
    /// Whether it was not there before.
    pub created: bool,
}

/// Puts a record there. What is equal already is not written.
///
/// # Errors
/// [`RecordError`]; nothing is written then.
pub async fn put(means: &Means<'_>, actor: &Actor, wanted: Wanted<'_>) -> Result<Put, RecordError> {
    let mut document = Document::read(wanted.body).map_err(RecordError::Malformed)?;
    if wanted.kind == RecordKind::Agreement {
        document.without_approvals();
    }
    if wanted.kind == RecordKind::Ent && document.has("lti") {
        let words = "connections are objects of their own: put each at its own address".to_owned();
        return Err(RecordError::Invalid(vec![Wrong { pointer: "#/lti".to_owned(), words }]));
    }
    if !document.has(name_of(wanted.kind)) {
        document.say(name_of(wanted.kind), wanted.id);
    }
    document.complete(wanted.kind);
    for _ in 0..TRIES {
        if let Some(put) = put_once(means, actor, &wanted, &document).await? {
            return Ok(put);
        }
    }
    Err(RecordError::Stale)
}

/// One try; none where somebody wrote meanwhile.
async fn put_once(
    means: &Means<'_>,
    actor: &Actor,
    wanted: &Wanted<'_>,
    document: &Document,
) -> Result<Option<Put>, RecordError> {
    let now = means.clock.now();
    let before = current(means.store, wanted).await?;
    let mut reading = one(document.table(wanted.kind, wanted.ent.map(EntId::as_str)), now);
    for located in &mut reading.records {
        keep_approvals(&mut located.value, before.as_ref());
    }
    let records: Vec<&Record> = reading.records.iter().map(|located| &located.value).collect();
    let old = before.iter().map(|before| &before.stored.record);
    let mut others = around(means.store, &records.into_iter().chain(old).collect::<Vec<_>>()).await?;
    others.retain(|other| (other.record.kind(), other.record.id()) != (wanted.kind, wanted.id.to_owned()));
    others.extend(before.iter().map(|before| before.stored.clone()));
    check(&mut reading, &others, false);
    let records = reading.mistakes.or_else(reading.records).map_err(|found| wrongs(document, &found))?;
    let record = records.first().map(|located| located.value.clone()).ok_or_else(lost)?;
    named_as_asked(document, wanted, &record)?;
    in_sight(means.store, wanted.sight, document, &record).await?;
    let plan = Plan::make_for(ManagedBy::Api, "", records, others.clone(), false);
    let plan = plan.map_err(|found| wrongs(document, &found))?;
    let Some(step) = plan.steps.first() else {
        let record = before.ok_or_else(lost)?;
        return Ok(Some(Put { record, created: false }));
    };
    others_fit(means.store, document, &record, &others).await?;
    let (verb, fields) = match &step.verb {
        Verb::Change(fields) => ("change", fields.clone()),
        Verb::Add { .. } | Verb::Remove => ("add", Vec::new()),
    };
    let change =
        about(Change::new(now, actor, verb, wanted.kind.as_str(), record.id()), &record).fields(fields);
    let kind = WriteKind::Put {
        revision: before.as_ref().map(|before| before.revision),
        names: names(&record),
        sector_key: new_key(means, &record, before.as_ref())?,
        own: own_name(&record),
    };
    let written = means.store.write_record(&Write { record: record.clone(), kind, change }).await?;
    let stored = StoredRecord { record, managed_by: ManagedBy::Api, withdrawn: false };
    let created = matches!(step.verb, Verb::Add { .. });
    Ok(written.ok().map(|revision| Put { record: RevisedRecord { stored, revision }, created }))
}

fn lost() -> Fault {
    Fault::new("a record was read and is not there")
}

/// The record as it is, where the write may go on.
async fn current(store: &dyn RecordStore, wanted: &Wanted<'_>) -> Result<Option<RevisedRecord>, RecordError> {
    let before = store.revised(wanted.kind, wanted.id).await?;
    let Some(found) = &before else {
        return match wanted.expected {
            Expected::Unsaid | Expected::Nothing => Ok(None),
            Expected::Any | Expected::Revision(_) => Err(RecordError::Stale),
        };
    };
    if !wanted.sight.sees(store, &found.stored.record).await? {
        return Err(RecordError::Unknown);
    }
    if let (Record::LtiPlatform(platform), Some(ent)) = (&found.stored.record, wanted.ent)
        && platform.ent != *ent
    {
        return Err(RecordError::Unknown);
    }
    ours(&found.stored)?;
    match (found.stored.withdrawn, wanted.expected) {
        (true, Expected::Unsaid | Expected::Nothing) | (false, Expected::Any) => Ok(before),
        (false, Expected::Revision(revision)) if revision == found.revision => Ok(before),
        (false, Expected::Unsaid) => Err(RecordError::Unconditional),
        (true | false, _) => Err(RecordError::Stale),
    }
}

/// What files and others look after is theirs.
const fn ours(stored: &StoredRecord) -> Result<(), RecordError> {
    match stored.managed_by {
        ManagedBy::Api => Ok(()),
        other => Err(RecordError::Elsewhere(other)),
    }
}

fn named_as_asked(document: &Document, wanted: &Wanted<'_>, record: &Record) -> Result<(), RecordError> {
    if record.id() == wanted.id {
        return Ok(());
    }
    let member = name_of(wanted.kind);
    let words = format!("{member} is not the one of the address: write \"{}\", or leave it out", wanted.id);
    let pointer = document.text(member).and_then(|text| document.place_of(text));
    Err(RecordError::Invalid(vec![Wrong { pointer: pointer.unwrap_or_else(|| "#".to_owned()), words }]))
}

/// A record may not be put out of sight, nor name what is: that is as if it were not there.
async fn in_sight(
    store: &dyn RecordStore,
    sight: &Sight,
    document: &Document,
    record: &Record,
) -> Result<(), RecordError> {
    let Sight::Organisations(own) = sight else {
        return if sight.sees(store, record).await? { Ok(()) } else { Err(RecordError::Unknown) };
    };
    let seen = sight.sees(store, record).await? && sells_their_own(store, own, record).await?;
    if seen {
        return Ok(());
    }
    let named = match record {
        Record::Sector(sector) => ("organisation", sector.organisation.to_string()),
        Record::Tool(tool) => ("sector", tool.sector.to_string()),
        Record::Resource(resource) => ("tool", resource.tool.to_string()),
        Record::Subscription(subscription) => match &subscription.distributor {
            Some(id) if own.contains(id) => ("resource", subscription.resource.to_string()),
            Some(id) => ("distributor", id.to_string()),
            None => ("distributor", String::new()),
        },
        _ => return Err(RecordError::Unknown),
    };
    let (member, name) = named;
    let pointer = document.place_of(&name).unwrap_or_else(|| format!("#/{member}"));
    let words = format!("no {member} \"{name}\" of yours is registered: name one of yours");
    Err(RecordError::Invalid(vec![Wrong { pointer, words }]))
}

/// Whoever distributes by this way sells what is theirs.
async fn sells_their_own(
    store: &dyn RecordStore,
    own: &[OrganisationId],
    record: &Record,
) -> Result<bool, Fault> {
    match record {
        Record::Subscription(subscription) => {
            let owner = owner_of_resource(store, &subscription.resource).await?;
            Ok(owner.is_some_and(|id| own.contains(&id)))
        }
        _ => Ok(true),
    }
}

/// Those who name the record must fit it as it becomes.
async fn others_fit(
    store: &dyn RecordStore,
    document: &Document,
    record: &Record,
    others: &[StoredRecord],
) -> Result<(), RecordError> {
    let dependents = who_must_fit(store, record).await?;
    if dependents.is_empty() {
        return Ok(());
    }
    let references: Vec<&Record> = dependents.iter().collect();
    let around = around(store, &references).await?;
    let same =
        |other: &&StoredRecord| (other.record.kind(), other.record.id()) == (record.kind(), record.id());
    let world = around.iter().chain(others).filter(|other| !same(other)).map(|other| &other.record);
    let world: Vec<&Record> = world.chain([record]).collect();
    for dependent in dependents.iter().filter(|dependent| dependent.id() != record.id()) {
        let found = misfits(std::slice::from_ref(dependent), &world).or_else(()).err().unwrap_or_default();
        let words = |mistake: &Mistake| {
            let (kind, id) = (dependent.kind().as_str(), dependent.id());
            Wrong {
                pointer: "#".to_owned(),
                words: format!("{kind} \"{id}\" would not fit: {}", mistake.words()),
            }
        };
        if !found.is_empty() {
            return Err(match wrongs(document, &found) {
                RecordError::Invalid(_) => RecordError::Invalid(found.iter().map(words).collect()),
                other => other,
            });
        }
    }
    Ok(())
}

fn new_key(
    means: &Means<'_>,
    record: &Record,
    before: Option<&RevisedRecord>,
) -> Result<Option<crate::keys::StoredSectorKey>, Fault> {
    match (record, before) {
        (Record::Sector(sector), None) => means.keys.new_sector_key(&sector.id).map(Some),
        _ => Ok(None),
    }
}

/// A change of what concerns one school or one ENT says so.
pub fn about(change: Change, record: &Record) -> Change {
    match record {
        Record::Ent(ent) => change.ent(&ent.id),
        Record::LtiPlatform(platform) => change.ent(&platform.ent),
        Record::School(school) => change.school(&school.uai),
        Record::Subscription(subscription) => match &subscription.coverage {
            Coverage::Schools(schools) => match schools.as_slice() {
                [only] => change.school(only),
                _ => change,
            },
            Coverage::Nature(_) => change,
        },
        _ => change,
    }
}

/// Withdraws a record.
///
/// # Errors
/// [`RecordError`]; nothing is written then.
pub async fn withdraw(
    means: &Means<'_>,
    actor: &Actor,
    sight: &Sight,
    (kind, id): (RecordKind, &str),
    expected: Expected,
) -> Result<(), RecordError> {
    for _ in 0..TRIES {
        let found = super::get(means.store, sight, kind, id).await?;
        ours(&found.stored)?;
        match expected {
            Expected::Unsaid => return Err(RecordError::Unconditional),
            Expected::Revision(revision) if revision == found.revision => {}
            Expected::Any => {}
            Expected::Revision(_) | Expected::Nothing => return Err(RecordError::Stale),
        }
        let record = found.stored.record;
        let change = about(Change::new(now(means), actor, "withdraw", kind.as_str(), record.id()), &record);
        let write = Write { record, kind: WriteKind::Withdraw { revision: found.revision }, change };
        match means.store.write_record(&write).await? {
            Ok(_) => return Ok(()),
            Err(Refused::Held(held)) => return Err(RecordError::InUse(held)),
            Err(Refused::Moved | Refused::Loose) => {}
        }
    }
    Err(RecordError::Stale)
}

fn now(means: &Means<'_>) -> OffsetDateTime {
    means.clock.now()
}
