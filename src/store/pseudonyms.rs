//! What pseudonyms need of a store.

use async_trait::async_trait;
use boundary::{Fault, PersonId, Pseudonym, Root, SectorId};

use super::Store;
use super::db::both;
use super::people::form;
use crate::pseudonyms::PseudonymStore;

/// What a merge, an import or an erasure changes. A first release changes nothing that is kept: absence is not.
const TOPIC: &str = "pseudonyms";

const ROOT: &str = "SELECT root FROM pseudonym_root WHERE person = $1";
/// Word for word the condition of the partial index, without which it is not used.
const CURRENT: &str = "SELECT value FROM pseudonym \
                       WHERE sector = $1 AND scope = $2 AND kind = $3 AND subject = $4 AND is_current = 1";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[ROOT, CURRENT];

#[async_trait]
impl PseudonymStore for Store {
    async fn root(&self, person: PersonId) -> Result<Option<Root>, Fault> {
        let bits: Option<Vec<u8>> = both!("reading a root", self.db.read(), c =>
            sqlx::query_scalar(ROOT).bind(person.uuid()).fetch_optional(c))?;
        let root = |bits: Vec<u8>| bits.try_into().map(Root::stored);
        Ok(bits.map(root).transpose().map_err(|_| form("pseudonym_root.root"))?)
    }

    async fn current(
        &self,
        sector: &SectorId,
        scope: &str,
        kind: &'static str,
        subject: &str,
    ) -> Result<Option<Pseudonym>, Fault> {
        let load = async {
            let value: Option<String> = both!("reading a pseudonym", self.db.read(), c =>
                sqlx::query_scalar(CURRENT).bind(sector.as_str()).bind(scope).bind(kind).bind(subject)
                    .fetch_optional(c))?;
            let stored = |value: String| Pseudonym::stored(&value).map_err(|_| form("pseudonym.value"));
            Ok(value.map(stored).transpose()?)
        };
        let key = (sector.clone(), scope.to_owned(), kind, subject.to_owned());
        self.kept.names.get(TOPIC, key, load).await
    }
}
