//! Agreements: a publisher proposes which attributes a resource may see; an operator approves or rejects, line by line.

use boundary::{Agreement, Attribute, paris_date};

use super::error::{RecordError, Wrong};
use super::sight::Sight;
use super::store::{RevisedRecord, Write, WriteKind};
use super::write::{Expected, Means, Put};
use crate::journal::{Actor, Change};
use crate::operate::apply::references::names;
use crate::operate::apply::{ManagedBy, Record, RecordKind, StoredRecord};

/// What an operator says of lines of an agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// They may be released from today on; who says so is named in the register.
    Approve {
        /// Who approves, in words for the register.
        by: String,
    },
    /// They are taken out.
    Reject,
}

/// A line keeps its approval as long as it asks for the same attribute for the same purpose.
pub fn keep_approvals(record: &mut Record, before: Option<&RevisedRecord>) {
    let Record::Agreement(new) = record else { return };
    let Some(Record::Agreement(old)) =
        before.filter(|before| !before.stored.withdrawn).map(|before| &before.stored.record)
    else {
        return;
    };
    for line in &mut new.attributes {
        let same = old.attributes.iter().find(|old| old.name == line.name && old.purpose == line.purpose);
        if let Some(same) = same {
            *line = same.clone();
        }
    }
}

/// Approves or rejects lines of an agreement: those with these names, or all that wait where none is named.
///
/// # Errors
/// [`RecordError`]; nothing is written then.
pub async fn judge(
    means: &Means<'_>,
    actor: &Actor,
    id: &str,
    named: &[String],
    (verdict, expected): (&Verdict, Expected),
) -> Result<Put, RecordError> {
    let found = super::get(means.store, &Sight::Everything, RecordKind::Agreement, id).await?;
    if found.stored.managed_by != ManagedBy::Api {
        return Err(RecordError::Elsewhere(found.stored.managed_by));
    }
    match expected {
        Expected::Unsaid => return Err(RecordError::Unconditional),
        Expected::Revision(revision) if revision == found.revision => {}
        Expected::Any => {}
        Expected::Revision(_) | Expected::Nothing => return Err(RecordError::Stale),
    }
    let Record::Agreement(before) = &found.stored.record else { return Err(RecordError::Unknown) };
    let wanted = wanted(before, named)?;
    let now = means.clock.now();
    let mut after = before.clone();
    match verdict {
        Verdict::Approve { by } => {
            for line in after.attributes.iter_mut().filter(|line| wanted.contains(&line.name)) {
                (line.approved_by, line.approved_on) = (Some(by.clone()), Some(paris_date(now)));
            }
        }
        Verdict::Reject => after.attributes.retain(|line| !wanted.contains(&line.name)),
    }
    if after == *before {
        return Ok(Put { record: found, created: false });
    }
    let verb = if matches!(verdict, Verdict::Reject) { "reject" } else { "approve" };
    let change = Change::new(now, actor, verb, RecordKind::Agreement.as_str(), id)
        .fields(wanted.iter().map(ToString::to_string));
    let record = Record::Agreement(after);
    let revision = Some(found.revision);
    let kind = WriteKind::Put { revision, names: names(&record), sector_key: None, own: None };
    let written = means.store.write_record(&Write { record: record.clone(), kind, change }).await?;
    let stored = StoredRecord { record, managed_by: ManagedBy::Api, withdrawn: false };
    let put = |revision| Put { record: RevisedRecord { stored, revision }, created: false };
    written.map(put).map_err(|_| RecordError::Stale)
}

/// The attributes that are meant. Each that is named must stand in the agreement.
fn wanted(agreement: &Agreement, named: &[String]) -> Result<Vec<Attribute>, RecordError> {
    if named.is_empty() {
        let waiting = agreement.attributes.iter().filter(|line| line.approved_by.is_none());
        return Ok(waiting.map(|line| line.name).collect());
    }
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    for (at, name) in named.iter().enumerate() {
        match agreement.attributes.iter().find(|line| line.name.to_string() == *name) {
            Some(line) => found.push(line.name),
            None => wrong.push(Wrong {
                pointer: format!("#/attributes/{at}"),
                words: "this attribute is not in the agreement: name one that is".to_owned(),
            }),
        }
    }
    if wrong.is_empty() { Ok(found) } else { Err(RecordError::Invalid(wrong)) }
}
