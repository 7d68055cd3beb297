//! One record, for whoever may see it.

use boundary::EntId;

use super::error::RecordError;
use super::sight::Sight;
use super::store::{RecordStore, RevisedRecord};
use crate::operate::apply::{Record, RecordKind};

/// A record in sight.
///
/// # Errors
/// [`RecordError::Unknown`] where there is none in sight, [`RecordError::Withdrawn`] for those who see everything.
pub async fn get(
    store: &dyn RecordStore,
    sight: &Sight,
    kind: RecordKind,
    id: &str,
) -> Result<RevisedRecord, RecordError> {
    let found = store.revised(kind, id).await?.ok_or(RecordError::Unknown)?;
    if found.stored.withdrawn {
        let told = *sight == Sight::Everything;
        return Err(if told { RecordError::Withdrawn } else { RecordError::Unknown });
    }
    if sight.sees(store, &found.stored.record).await? { Ok(found) } else { Err(RecordError::Unknown) }
}

/// The ENT of a connection.
#[must_use]
pub const fn ent_of(record: &Record) -> Option<&EntId> {
    match record {
        Record::LtiPlatform(platform) => Some(&platform.ent),
        _ => None,
    }
}
