//! What an assignment would come to. Nothing is written.

use std::collections::{BTreeMap, HashSet};

use boundary::{PersonId, Pool};
use serde::Serialize;

use super::assign::open;
use super::people::{in_sets, meant, pool_of};
use super::{AssignError, Means, Request, Wrong};

/// What an assignment would come to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// How many people it means, each once, who may have a seat.
    pub people: u64,
    /// How many more are in the sets and not in the audience, or have no pool.
    pub outside: u64,
    /// How many of the people hold a seat already.
    pub holding: u64,
    /// How many seats it takes if each of the others gets one.
    pub needed: u64,
    /// Whether so many are free.
    pub fits: bool,
    /// The pools that they draw from.
    pub pools: Vec<PoolPreview>,
    /// Targets that cannot be taken: with one of these, nothing would be assigned.
    pub wrong: Vec<Wrong>,
}

/// What it would take of one pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PoolPreview {
    /// The pool.
    pub pool: Pool,
    /// Its size; unlimited where there is none.
    pub seats: Option<u64>,
    /// How many are used now.
    pub used: u64,
    /// How many more it would take.
    pub needed: u64,
}

/// What assigning would come to.
///
/// # Errors
/// [`AssignError`], as [`assign`](super::assign) has it; wrong targets are told in the preview instead.
pub async fn preview(means: &Means<'_>, request: &Request) -> Result<Preview, AssignError> {
    let now = means.clock.now();
    let subscription = open(means, request, now).await?;
    let meant = meant(means, &subscription, request, now).await?;
    let mut preview = Preview { wrong: meant.wrong, ..Preview::default() };
    let mut people: BTreeMap<PersonId, Pool> =
        meant.people.iter().map(|sitter| (sitter.person, sitter.pool)).collect();
    for subject in in_sets(means, &meant.sets, now).await? {
        match pool_of(&subscription, &subject) {
            Some(pool) => drop(people.entry(subject.person).or_insert(pool)),
            None => preview.outside += 1,
        }
    }
    let ids: Vec<PersonId> = people.keys().copied().collect();
    let held = means.store.held_by(&subscription.id, &ids).await?;
    let holding: HashSet<PersonId> = held.into_iter().map(|held| held.person).collect();
    (preview.people, preview.holding) = (people.len() as u64, holding.len() as u64);
    preview.needed = preview.people - preview.holding;
    let mut needed: BTreeMap<Pool, u64> = people.values().map(|pool| (*pool, 0)).collect();
    for (_, pool) in people.iter().filter(|(person, _)| !holding.contains(person)) {
        *needed.entry(*pool).or_default() += 1;
    }
    for state in means.store.pools(&subscription.id).await? {
        if let Some(needed) = needed.remove(&state.pool) {
            let (pool, seats, used) = (state.pool, state.seats, state.used);
            preview.pools.push(PoolPreview { pool, seats, used, needed });
        }
    }
    // A pool that is not there has no seat.
    let missing = needed.into_iter();
    preview.pools.extend(missing.map(|(pool, needed)| PoolPreview { pool, seats: Some(0), used: 0, needed }));
    preview.fits = preview.pools.iter().all(PoolPreview::fits);
    Ok(preview)
}

impl PoolPreview {
    /// Whether it has as many seats.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.needed == 0 || self.seats.is_none_or(|seats| self.used + self.needed <= seats)
    }
}
