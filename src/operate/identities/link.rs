//! Link: pairs of identities become people, all of them or none; and identities are taken out again.

use boundary::{Chance, Clock, Fault, PersonId, Root};
use serde::Serialize;

use super::{Act, Identity, IdentityStore, Leaving, Merged, Pair, Parted, Refused};
use crate::journal::Actor;

/// What identity care works with.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Where people are.
    pub store: &'a dyn IdentityStore,
    /// The time.
    pub clock: &'a dyn Clock,
    /// What ids and roots are drawn from.
    pub chance: &'a dyn Chance,
}

/// What became, or would become, of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its number in the file.
    pub line: usize,
    /// What it comes to.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub merged: Option<Merged>,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Linked {
    /// Whether anything was changed.
    pub done: bool,
    /// Whether every line fits.
    pub fits: bool,
    /// Line by line.
    pub lines: Vec<Line>,
}

/// Links identities. Where one line is refused, or only a report is wanted, nothing is changed.
///
/// # Errors
/// A [`Fault`] when the store did not answer.
pub async fn link(
    means: &Means<'_>,
    actor: &Actor,
    pairs: Vec<Pair>,
    dry_run: bool,
) -> Result<Linked, Fault> {
    let (numbers, pairs): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    let act = Act { actor, at: means.clock.now(), dry_run };
    let outcomes = means.store.join(&pairs, act).await?;
    Ok(Linked::of(&numbers, outcomes, Some, dry_run))
}

impl Linked {
    /// Out of what became of each line.
    pub(super) fn of<T>(
        numbers: &[usize],
        outcomes: Vec<Result<T, Refused>>,
        told: impl Fn(T) -> Option<Merged>,
        dry_run: bool,
    ) -> Self {
        let fits = outcomes.iter().all(Result::is_ok);
        let line = |(line, outcome): (&usize, Result<T, Refused>)| match outcome {
            Ok(done) => Line { line: *line, merged: told(done), refused: None },
            Err(refused) => Line { line: *line, merged: None, refused: Some(refused.to_string()) },
        };
        Self { done: fits && !dry_run, fits, lines: numbers.iter().zip(outcomes).map(line).collect() }
    }
}

/// Takes identities out of a person: as whom they were before they were linked, or as somebody new.
///
/// # Errors
/// A [`Fault`] when the store did not answer.
pub async fn part(
    means: &Means<'_>,
    actor: &Actor,
    identities: &[Identity],
    fresh: bool,
    dry_run: bool,
) -> Result<Result<Parted, Refused>, Fault> {
    let at = means.clock.now();
    let (person, root) = (PersonId::draw(at, means.chance), Root::draw(means.chance));
    let leaving = Leaving { identities, fresh, person, root };
    means.store.part(&leaving, Act { actor, at, dry_run }).await
}
