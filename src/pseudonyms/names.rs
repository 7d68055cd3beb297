//! Finds or derives the names of one launch.

use std::sync::Arc;

use boundary::{
    Arrival, Clock, Commitment, Fault, Identifiers, Pseudonym, Root, Scope, Stop, Subject, Thing, Uai,
    commitment, derive_for_person, derive_for_thing,
};

use super::{FIRST_EPOCH, KnownPerson, NameRow, PseudonymStore, SectorKeys};
use crate::directory::{Sector, SectorScope};

/// The names of one launch, with what must be written down for them and for the journal.
#[derive(Debug)]
pub struct Named {
    /// How the sector calls person, school, course and link.
    pub identifiers: Identifiers,
    /// Those released for the first time.
    pub fresh: Vec<NameRow>,
    /// What the journal keeps in place of the person.
    pub commitment: Commitment,
}

/// Pseudonyms over their store and keys.
pub struct Names {
    store: Arc<dyn PseudonymStore>,
    keys: Arc<dyn SectorKeys>,
    clock: Arc<dyn Clock>,
}

impl Names {
    /// Pseudonyms over a store and the sector keys.
    #[must_use]
    pub fn new(store: Arc<dyn PseudonymStore>, keys: Arc<dyn SectorKeys>, clock: Arc<dyn Clock>) -> Self {
        Self { store, keys, clock }
    }

    /// All names that a launch needs.
    ///
    /// # Errors
    /// A fault where store or keys do not answer, or where the person's root was erased meanwhile.
    pub async fn of_launch(
        &self,
        sector: &Sector,
        subject: &Subject,
        arrival: &Arrival,
    ) -> Result<Named, Stop> {
        let mut fresh = Vec::new();
        let (root, person) = self.of_person(sector, subject, &mut fresh).await?;
        let school = self.of_thing(sector, Thing::School, subject.school.as_str(), &mut fresh).await?;
        let context = match &arrival.context {
            Some(claim) => {
                Some(self.of_thing(sector, Thing::Context, &own_id(arrival, &claim.id), &mut fresh).await?)
            }
            None => None,
        };
        let link = match &arrival.link {
            Some(claim) => {
                Some(self.of_thing(sector, Thing::Link, &own_id(arrival, &claim.id), &mut fresh).await?)
            }
            None => None,
        };
        let commitment = commitment(&root, &sector.id, &person);
        Ok(Named { identifiers: Identifiers { person, school, context, link }, fresh, commitment })
    }

    /// How a sector calls a school: LTI's deployment towards publishers.
    ///
    /// # Errors
    /// A fault where store or keys do not answer.
    pub async fn of_school(&self, sector: &Sector, school: &Uai) -> Result<Pseudonym, Fault> {
        self.of_thing(sector, Thing::School, school.as_str(), &mut Vec::new()).await
    }

    async fn of_person(
        &self,
        sector: &Sector,
        subject: &Subject,
        fresh: &mut Vec<NameRow>,
    ) -> Result<(Root, Pseudonym), Fault> {
        let scope = match sector.scope {
            SectorScope::Portable => Scope::Portable,
            SectorScope::School => Scope::School(subject.school.clone()),
        };
        let erased = || Fault::new("the person's pseudonym root is gone");
        let found = self.store.person(&sector.id, &scope.as_text(), subject.person).await?;
        let KnownPerson { root, epoch, name } = found.ok_or_else(erased)?;
        if let Some(name) = name.as_ref().filter(|name| name.epoch >= epoch) {
            return Ok((root, name.value.clone()));
        }
        let from = name.as_ref().and_then(|name| name.root.as_ref()).unwrap_or(&root);
        let value = derive_for_person(&self.keys.sector_key(&sector.id, epoch).await?, &scope, from);
        let row = self.row(sector, &value, &scope, "person", subject.person.uuid().to_string());
        fresh.push(NameRow { epoch, replaces: name.map(|name| name.value), ..row });
        Ok((root, value))
    }

    async fn of_thing(
        &self,
        sector: &Sector,
        thing: Thing,
        id: &str,
        fresh: &mut Vec<NameRow>,
    ) -> Result<Pseudonym, Fault> {
        let scope = Scope::Portable;
        if let Some(stored) = self.store.current(&sector.id, &scope.as_text(), thing.as_str(), id).await? {
            return Ok(stored);
        }
        let value =
            derive_for_thing(&self.keys.sector_key(&sector.id, FIRST_EPOCH).await?, &scope, thing, id);
        fresh.push(self.row(sector, &value, &scope, thing.as_str(), id.to_owned()));
        Ok(value)
    }

    fn row(
        &self,
        sector: &Sector,
        value: &Pseudonym,
        scope: &Scope,
        kind: &'static str,
        subject: String,
    ) -> NameRow {
        let (sector, value, scope) = (sector.id.clone(), value.clone(), scope.as_text());
        let (at, epoch, replaces) = (self.clock.now(), FIRST_EPOCH, None);
        NameRow { sector, value, scope, kind, subject, at, epoch, replaces }
    }
}

/// An ENT's id of a course or link, made unique: LTI promises it only within a deployment. A JSON array keeps the
/// parts apart whatever they hold.
fn own_id(arrival: &Arrival, id: &str) -> String {
    let deployment = arrival.via.deployment.as_deref().unwrap_or_default();
    serde_json::json!([arrival.via.ent, arrival.via.connection, deployment, id]).to_string()
}
