//! Moving: an ENT names its people anew, because its portal was installed anew, or because a key was wrong.

use boundary::Fault;

use super::{Act, Linked, Means, Moving, Refused, Renaming};
use crate::journal::Actor;

/// Moves everybody of a namespace into another; how many.
///
/// # Errors
/// A [`Fault`] when the store did not answer.
pub async fn move_all(
    means: &Means<'_>,
    actor: &Actor,
    moving: &Moving<'_>,
    dry_run: bool,
) -> Result<Result<u64, Refused>, Fault> {
    means.store.move_all(moving, Act { actor, at: means.clock.now(), dry_run }).await
}

/// Gives people other keys. Where one line is refused, or only a report is wanted, nothing is changed.
///
/// # Errors
/// A [`Fault`] when the store did not answer.
pub async fn move_some(
    means: &Means<'_>,
    actor: &Actor,
    moving: &Moving<'_>,
    keys: Vec<Renaming>,
    dry_run: bool,
) -> Result<Linked, Fault> {
    let (numbers, keys): (Vec<_>, Vec<_>) = keys.into_iter().unzip();
    let act = Act { actor, at: means.clock.now(), dry_run };
    let outcomes = means.store.move_some(moving, &keys, act).await?;
    Ok(Linked::of(&numbers, outcomes, |()| None, dry_run))
}
