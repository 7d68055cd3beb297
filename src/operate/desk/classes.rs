//! The classes, groups and levels of a school this year, with how many pupils and others each has.

use std::collections::{BTreeMap, BTreeSet};

use boundary::{Fault, Group, PersonId, Profile, SchoolYear, Uai};

use super::Means;

/// A class, or a teaching group, with how many people are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Which.
    pub group: Group,
    /// How many pupils.
    pub pupils: usize,
    /// How many others.
    pub others: usize,
}

/// Whom a school can assign to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Classes {
    /// Classes and groups, classes first.
    pub groups: Vec<Class>,
    /// Levels, with how many people.
    pub levels: Vec<(String, usize)>,
    /// Everybody.
    pub people: usize,
}

/// The classes of a school, as its ENTs say them now.
///
/// # Errors
/// A [`Fault`] when the store did not answer.
pub async fn classes(means: &Means<'_>, school: &Uai) -> Result<Classes, Fault> {
    let now = means.clock.now();
    let year = SchoolYear::at(now);
    let mut groups: BTreeMap<(bool, String), Members> = BTreeMap::new();
    let mut levels: BTreeMap<String, BTreeSet<PersonId>> = BTreeMap::new();
    let mut everybody = BTreeSet::new();
    for here in means.store.people_at(school).await? {
        let known = here.known;
        let own: Vec<_> =
            known.counted().filter(|at| at.school == *school && at.is_current(year, now)).collect();
        if own.is_empty() {
            continue;
        }
        everybody.insert(known.person);
        let pupil = own.iter().any(|at| at.profile == Profile::Pupil);
        for level in own.iter().filter_map(|at| at.level.clone()) {
            levels.entry(level).or_default().insert(known.person);
        }
        let current = |group: &&Group| group.school == *school && group.year.is_none_or(|own| own == year);
        for group in known.groups.iter().filter(current) {
            let class = group.status == boundary::GroupStatus::Division;
            let entry = groups.entry((!class, group.code.clone()));
            let members = entry.or_insert_with(|| Members::of(group));
            if pupil {
                members.pupils.insert(known.person)
            } else {
                members.others.insert(known.person)
            };
        }
    }
    Ok(Classes {
        groups: groups.into_values().map(Members::counted).collect(),
        levels: levels.into_iter().map(|(level, people)| (level, people.len())).collect(),
        people: everybody.len(),
    })
}

/// Who is in a group.
struct Members {
    group: Group,
    pupils: BTreeSet<PersonId>,
    others: BTreeSet<PersonId>,
}

impl Members {
    fn of(group: &Group) -> Self {
        Self { group: group.clone(), pupils: BTreeSet::new(), others: BTreeSet::new() }
    }

    fn counted(self) -> Class {
        Class { group: self.group, pupils: self.pupils.len(), others: self.others.len() }
    }
}
