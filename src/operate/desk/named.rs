//! What people of a school are called, as its rosters say: for whoever manages the school, and for nobody else.

use std::collections::{BTreeMap, BTreeSet};

use boundary::{Attribute, Attributes, Fault, PersonId, Uai};

use super::Means;
use crate::directory::RosterOpening;

/// The names of some people at a school, family name first. Whoever no roster lists has none here.
///
/// # Errors
/// A [`Fault`] when the store did not answer.
pub async fn names(
    means: &Means<'_>,
    opening: &dyn RosterOpening,
    school: &Uai,
    of: &BTreeSet<PersonId>,
) -> Result<BTreeMap<PersonId, String>, Fault> {
    let mut names = BTreeMap::new();
    // Only of those who are shown anything is opened.
    for member in means.store.members(school).await?.iter().filter(|member| of.contains(&member.person)) {
        let known = member.sealed.as_ref().and_then(|sealed| opening.open(&member.ent, sealed));
        if let Some(name) = known.as_ref().and_then(full_name) {
            names.insert(member.person, name);
        }
    }
    Ok(names)
}

fn full_name(known: &Attributes) -> Option<String> {
    let parts = [Attribute::Nom, Attribute::Pre].map(|part| known.first(part).unwrap_or_default().trim());
    let name = parts.join(" ").trim().to_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_there_is_of_it() {
        let of = |family: &str, given: &str| {
            let mut known = Attributes::default();
            known.set(Attribute::Nom, vec![family.to_owned()]);
            known.set(Attribute::Pre, vec![given.to_owned()]);
            full_name(&known)
        };
        assert_eq!(of("Quenneville", "Zoraïde").as_deref(), Some("Quenneville Zoraïde"));
        assert_eq!(of("", "Zoraïde").as_deref(), Some("Zoraïde"));
        assert_eq!(of(" ", ""), None);
    }
}
