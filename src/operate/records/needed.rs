//! Needed: the records that a check of one record reads, and no others.

use std::collections::BTreeSet;

use boundary::Fault;
use boundary::registration::LtiPlatform;

use super::store::{Naming, RecordStore, RevisedRecord};
use crate::operate::apply::references::{Name, names};
use crate::operate::apply::{Record, RecordKind, StoredRecord};

/// More records of one name than this are not read; a check that needs them all is the store's.
const MANY: u32 = 500;

/// The records around one: what it names, what that names where it matters, and who has its other names.
pub async fn around(store: &dyn RecordStore, records: &[&Record]) -> Result<Vec<StoredRecord>, Fault> {
    let wanted: BTreeSet<Name> = records.iter().flat_map(|record| names(record)).collect();
    let mut found = store.some(&wanted.iter().cloned().collect::<Vec<_>>()).await?;
    for record in records {
        for (kind, name) in neighbours(record) {
            found.extend(store.named(kind, &name, MANY).await?);
        }
    }
    let further: BTreeSet<Name> = found.iter().flat_map(|found| tools(&found.stored.record)).collect();
    found.extend(store.some(&further.difference(&wanted).cloned().collect::<Vec<_>>()).await?);
    Ok(without_doubles(found))
}

/// Those who name a record and must fit it as it becomes.
pub async fn who_must_fit(store: &dyn RecordStore, record: &Record) -> Result<Vec<Record>, Fault> {
    let kind = match record {
        Record::School(_) => RecordKind::LtiPlatform,
        Record::Resource(_) => RecordKind::Resource,
        _ => return Ok(Vec::new()),
    };
    let found = store.named(kind, &reference(record.kind(), &record.id()), MANY).await?;
    Ok(found.into_iter().filter(|found| !found.stored.withdrawn).map(|found| found.stored.record).collect())
}

/// The name under which those are found who name a record.
pub fn reference(kind: RecordKind, id: &str) -> String {
    format!("{}\n{id}", kind.as_str())
}

/// The other name of a record that must be nobody else's.
pub fn own_name(record: &Record) -> Option<Naming> {
    let name = match record {
        Record::Tool(tool) => tool.lti.client_id.clone(),
        Record::Resource(resource) => resource.key.to_string(),
        // Several connections share an issuer; whether they share the client id too is checked.
        _ => return None,
    };
    Some(Naming { name })
}

fn neighbours(record: &Record) -> Vec<(RecordKind, String)> {
    match record {
        Record::LtiPlatform(LtiPlatform { ent, issuer, .. }) => vec![
            (RecordKind::LtiPlatform, reference(RecordKind::Ent, ent.as_str())),
            (RecordKind::LtiPlatform, format!("issuer\n{issuer}")),
        ],
        record => own_name(record).map(|own| (record.kind(), own.name)).into_iter().collect(),
    }
}

fn tools(record: &Record) -> Option<Name> {
    match record {
        Record::Resource(resource) => Some((RecordKind::Tool, resource.tool.to_string())),
        _ => None,
    }
}

fn without_doubles(found: Vec<RevisedRecord>) -> Vec<StoredRecord> {
    let mut seen = BTreeSet::new();
    let stored = found.into_iter().map(|found| found.stored);
    stored.filter(|stored| seen.insert((stored.record.kind(), stored.record.id()))).collect()
}
