//! What pseudonyms need of a store.

use async_trait::async_trait;
use boundary::{Fault, PersonId, Pseudonym, Root, SectorId};

use super::Store;
use super::db::both;
use super::error::StoreError;
use super::people::form;
use crate::pseudonyms::{KnownName, KnownPerson, PseudonymStore};

/// What a merge, an import or an erasure changes. A first release changes nothing that is kept: absence is not.
const TOPIC: &str = "pseudonyms";

/// Word for word the condition of the partial index, without which it is not used.
pub(super) const CURRENT: &str = "SELECT value FROM pseudonym \
                       WHERE sector = $1 AND scope = $2 AND kind = $3 AND subject = $4 AND is_current = 1";

/// The root of a person, with what [`CURRENT`] finds.
const PERSON: &str = "SELECT r.root, p.value, COALESCE(p.epoch, 1), p.root, \
                      COALESCE((SELECT MAX(k.epoch) FROM sector_key k WHERE k.sector = $2), 1) FROM pseudonym_root r \
                      LEFT JOIN pseudonym p ON p.sector = $2 AND p.scope = $3 AND p.kind = 'person' \
                      AND p.subject = $4 AND p.is_current = 1 WHERE r.person = $1";

const EPOCH: &str = "SELECT COALESCE(MAX(epoch), 1) FROM sector_key WHERE sector = $1";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[CURRENT, PERSON, EPOCH];

/// Root, value in use, its epoch and root; the sector's epoch.
type PersonRow = (Vec<u8>, Option<String>, i64, Option<Vec<u8>>, i64);

#[async_trait]
impl PseudonymStore for Store {
    async fn person(
        &self,
        sector: &SectorId,
        scope: &str,
        person: PersonId,
    ) -> Result<Option<KnownPerson>, Fault> {
        let id = person.uuid();
        let row: Option<PersonRow> = both!("reading a root", self.db.read(), c =>
            sqlx::query_as(PERSON).bind(id).bind(sector.as_str()).bind(scope).bind(id.to_string())
                .fetch_optional(c))?;
        Ok(row.map(known).transpose()?)
    }

    async fn epoch(&self, sector: &SectorId) -> Result<u32, Fault> {
        let epoch: i64 = both!("reading an epoch", self.db.read(), c =>
            sqlx::query_scalar(EPOCH).bind(sector.as_str()).fetch_one(c))?;
        Ok(number(epoch)?)
    }

    async fn current(
        &self,
        sector: &SectorId,
        scope: &str,
        kind: &'static str,
        subject: &str,
    ) -> Result<Option<Pseudonym>, Fault> {
        let load = || async {
            let value: Option<String> = both!("reading a pseudonym", self.db.read(), c =>
                sqlx::query_scalar(CURRENT).bind(sector.as_str()).bind(scope).bind(kind).bind(subject)
                    .fetch_optional(c))?;
            Ok(value.map(stored).transpose()?)
        };
        let key = (sector.clone(), scope.to_owned(), kind, subject.to_owned());
        self.kept.names.get(TOPIC, &key, load).await
    }
}

fn known((own, value, epoch, of_value, newest): PersonRow) -> Result<KnownPerson, StoreError> {
    let name = match value {
        Some(value) => {
            let root = of_value.map(|bits| root(bits, "pseudonym.root")).transpose()?;
            Some(KnownName { value: stored(value)?, epoch: number(epoch)?, root })
        }
        None => None,
    };
    Ok(KnownPerson { root: root(own, "pseudonym_root.root")?, epoch: number(newest)?, name })
}

pub(super) fn root(bits: Vec<u8>, column: &'static str) -> Result<Root, StoreError> {
    bits.try_into().map(Root::stored).map_err(|_| form(column))
}

fn number(epoch: i64) -> Result<u32, StoreError> {
    u32::try_from(epoch).map_err(|_| form("sector_key.epoch"))
}

fn stored(value: String) -> Result<Pseudonym, StoreError> {
    Pseudonym::stored(&value).map_err(|_| form("pseudonym.value"))
}
