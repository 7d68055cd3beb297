//! Import: what a publisher calls people already, from another broker, is what it goes on calling them.

use boundary::{Fault, Scope, SectorId, Uai};
use thiserror::Error;

use super::{Act, Importing, Linked, Means, Value};
use crate::directory::SectorScope;
use crate::journal::Actor;

/// Why values were not even looked at.
#[derive(Debug, Error)]
pub enum Imported {
    /// There is no such sector.
    #[error("no sector of this id is registered")]
    NoSector,
    /// People have a value at each school there.
    #[error("people have another value at each school in this sector: name the school")]
    AtWhichSchool,
    /// People have one value there.
    #[error("people have one value in this sector, whatever their school: name none")]
    AtNoSchool,
    /// The store did not answer.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Takes over what a publisher calls people. Where one line is refused, or only a report is wanted, nothing is changed.
///
/// # Errors
/// [`Imported`] where the sector is not there or is of another scope.
pub async fn import(
    means: &Means<'_>,
    actor: &Actor,
    (sector, school): (&SectorId, Option<&Uai>),
    values: Vec<Value>,
    dry_run: bool,
) -> Result<Linked, Imported> {
    let scope = match (means.store.scope_of(sector).await?, school) {
        (None, _) => return Err(Imported::NoSector),
        (Some(SectorScope::Portable), None) => Scope::Portable,
        (Some(SectorScope::School), Some(school)) => Scope::School(school.clone()),
        (Some(SectorScope::School), None) => return Err(Imported::AtWhichSchool),
        (Some(SectorScope::Portable), Some(_)) => return Err(Imported::AtNoSchool),
    };
    let (numbers, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
    let importing = Importing { sector, scope: &scope.as_text(), values: &values };
    let act = Act { actor, at: means.clock.now(), dry_run };
    let outcomes = means.store.import(&importing, act).await?;
    Ok(Linked::of(&numbers, outcomes, |()| None, dry_run))
}
