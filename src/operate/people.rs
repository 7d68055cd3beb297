//! People as programs may ask for them: what is held of somebody under an identity that the caller knows. No names: there
//! are none here.

use std::collections::BTreeSet;

use boundary::{Fault, GroupStatus, Profile, SchoolYear, Uai};
use serde::Serialize;

use super::identity::Identity;
use crate::directory::Known;

/// What looking people up needs of a store.
pub use crate::directory::DirectoryStore as PeopleStore;

/// What somebody is at a school.
#[derive(Debug, Clone, Serialize)]
pub struct AtSchool {
    school: Uai,
    profile: Profile,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    year: Option<SchoolYear>,
    groups: Vec<OfGroup>,
}

/// A group of somebody.
#[derive(Debug, Clone, Serialize)]
pub struct OfGroup {
    status: GroupStatus,
    code: String,
}

/// What is held of a person: only at these schools, where some are named; nothing where they are at none of them.
///
/// # Errors
/// A [`Fault`] when the store did not answer.
pub async fn look_up(
    store: &dyn PeopleStore,
    asked: &Identity,
    schools: Option<&BTreeSet<Uai>>,
) -> Result<Option<Vec<AtSchool>>, Fault> {
    let known = store.known(&asked.ent, &asked.namespace, &asked.subject).await?;
    let all = known.map(|known| at_schools(&known, |uai| schools.is_none_or(|own| own.contains(uai))));
    Ok(all.filter(|all| schools.is_none() || !all.is_empty()))
}

fn at_schools(known: &Known, seen: impl Fn(&Uai) -> bool) -> Vec<AtSchool> {
    let counted = known.counted().filter(|affiliation| seen(&affiliation.school));
    let at = counted.map(|affiliation| {
        let here = known
            .groups
            .iter()
            .filter(|group| (&group.school, group.year) == (&affiliation.school, affiliation.year));
        let groups = here.map(|group| OfGroup { status: group.status, code: group.code.clone() });
        AtSchool {
            school: affiliation.school.clone(),
            profile: affiliation.profile,
            level: affiliation.level.clone(),
            year: affiliation.year,
            groups: groups.collect(),
        }
    });
    at.collect()
}
