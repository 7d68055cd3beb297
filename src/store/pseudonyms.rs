//! What pseudonyms need of a store.

use async_trait::async_trait;
use boundary::{Fault, PersonId, Pseudonym, Root, SectorId};

use super::Store;
use super::db::both;
use super::error::StoreError;
use super::people::form;
use crate::pseudonyms::PseudonymStore;

/// What a merge, an import or an erasure changes. A first release changes nothing that is kept: absence is not.
const TOPIC: &str = "pseudonyms";

/// Word for word the condition of the partial index, without which it is not used.
pub(super) const CURRENT: &str = "SELECT value FROM pseudonym \
                       WHERE sector = $1 AND scope = $2 AND kind = $3 AND subject = $4 AND is_current = 1";

/// The root of a person, with what [`CURRENT`] finds.
const PERSON: &str = "SELECT r.root, p.value FROM pseudonym_root r \
                      LEFT JOIN pseudonym p ON p.sector = $2 AND p.scope = $3 AND p.kind = 'person' \
                      AND p.subject = $4 AND p.is_current = 1 WHERE r.person = $1";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[CURRENT, PERSON];

#[async_trait]
impl PseudonymStore for Store {
    async fn person(
        &self,
        sector: &SectorId,
        scope: &str,
        person: PersonId,
    ) -> Result<Option<(Root, Option<Pseudonym>)>, Fault> {
        let id = person.uuid();
        let row: Option<(Vec<u8>, Option<String>)> = both!("reading a root", self.db.read(), c =>
            sqlx::query_as(PERSON).bind(id).bind(sector.as_str()).bind(scope).bind(id.to_string())
                .fetch_optional(c))?;
        let Some((bits, value)) = row else { return Ok(None) };
        let root = bits.try_into().map(Root::stored).map_err(|_| form("pseudonym_root.root"))?;
        Ok(Some((root, value.map(stored).transpose()?)))
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

fn stored(value: String) -> Result<Pseudonym, StoreError> {
    Pseudonym::stored(&value).map_err(|_| form("pseudonym.value"))
}
