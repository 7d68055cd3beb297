//! Passes a seat from one person to another, in one step: nobody else gets it in between.

use boundary::SubscriptionId;
use serde::{Deserialize, Serialize};

use super::assign::change;
use super::people::{Covered, is_own, is_within, sitter};
use super::subject_to::assignable;
use super::{AssignError, Bounds, Identity, Means, Move, Target, Undone, Why, Wrong};
use crate::journal::Actor;

/// What to pass on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// For whom the caller acts.
    pub bounds: Bounds,
    /// Who holds the seat.
    pub from: Identity,
    /// Who gets it, by name.
    pub to: Identity,
}

/// That it was passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Transferred {}

/// Passes a seat on. Under a set that is still assigned, who gave it up may take one again.
///
/// # Errors
/// [`AssignError`]; the seat stays where it is then.
pub async fn transfer(
    means: &Means<'_>,
    actor: &Actor,
    asked: &Transfer,
) -> Result<Transferred, AssignError> {
    let now = means.clock.now();
    let subscription = assignable(means, &asked.subscription, &asked.bounds).await?;
    if !subscription.transferable {
        return Err(AssignError::NotTransferable(subscription.id));
    }
    if now >= subscription.until {
        return Err(AssignError::Ended(subscription.id));
    }
    let known = means.store.known_all(&[asked.from.clone(), asked.to.clone()]).await?;
    let [from, to] = known.as_slice() else { return Err(AssignError::Nobody) };
    let from = from.as_ref().ok_or_else(|| wrong(0, &asked.from, Why::UnknownPerson))?;
    let covered = Covered::of(means, &subscription, &asked.bounds);
    let to = sitter(&covered, to.as_ref(), now).await?.map_err(|why| wrong(1, &asked.to, why))?;
    let held = means.store.held_by(&subscription.id, &[from.person, to.person]).await?;
    if held.iter().any(|held| held.person == to.person) {
        return Err(wrong(1, &asked.to, Why::HasSeat));
    }
    let own = held.iter().find(|held| held.person == from.person && is_within(&asked.bounds, held));
    match own {
        None if is_own(from, &asked.bounds, now) => return Err(wrong(0, &asked.from, Why::NoSeat)),
        None => return Err(wrong(0, &asked.from, Why::UnknownPerson)),
        Some(held) if held.of_file => return Err(wrong(0, &asked.from, Why::OfFile)),
        Some(_) => {}
    }
    let change = change(actor, "transfer", &subscription.id, now).school(&to.school).count(1);
    let id = subscription.id.clone();
    let passing = Move { subscription: id, from: from.person, to, at: now, change };
    match means.store.pass_on(passing).await? {
        Ok(()) => Ok(Transferred {}),
        Err(Undone::NoSeats(short)) => Err(AssignError::NoSeats(short)),
        Err(Undone::Busy | Undone::Moved) => Err(AssignError::Busy(subscription.id)),
    }
}

fn wrong(index: usize, identity: &Identity, why: Why) -> AssignError {
    AssignError::Wrong(vec![Wrong { index, target: Target::Person(identity.clone()), why }])
}
