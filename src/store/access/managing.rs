//! Managers: whom an operator's file or a roster names as somebody who looks after a school's subscriptions.

use async_trait::async_trait;
use boundary::{EntId, Fault, PersonId, Root, Uai};

use crate::directory::{Manager, ManagerStore};
use crate::store::Store;
use crate::store::db::both;
use crate::store::people::form;

const MANAGES: &str = "SELECT school FROM school_manager WHERE person = $1 AND ent = $2 \
     UNION SELECT r.school FROM roster_person r JOIN roster_school s ON s.ent = r.ent AND s.school = r.school \
     WHERE r.person = $1 AND r.ent = $2 AND r.manages = 1 \
     AND r.since <= s.current AND (r.until IS NULL OR r.until > s.current)";
const ROOT: &str = "SELECT root FROM pseudonym_root WHERE person = $1";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[MANAGES, ROOT];

#[async_trait]
impl ManagerStore for Store {
    async fn manager(&self, ent: &EntId, person: PersonId) -> Result<Option<Manager>, Fault> {
        let schools: Vec<String> = both!("reading who manages", self.db.read(), c =>
            sqlx::query_scalar(MANAGES).bind(person.uuid()).bind(ent.as_str()).fetch_all(c))?;
        if schools.is_empty() {
            return Ok(None);
        }
        let root: Option<Vec<u8>> = both!("reading a root", self.db.read(), c =>
            sqlx::query_scalar(ROOT).bind(person.uuid()).fetch_optional(c))?;
        let Some(root) = root else { return Ok(None) };
        let root: [u8; 16] = root.try_into().map_err(|_| form("pseudonym_root.root"))?;
        let schools = schools.iter().map(|text| Uai::parse_any_letter(text)).collect::<Result<_, _>>();
        let schools = schools.map_err(|_| form("school_manager.school"))?;
        Ok(Some(Manager { root: Root::stored(root), schools }))
    }
}
