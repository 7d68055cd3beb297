//! Reading: one owner's chains as the store holds them, in the order in which they are verified and exported.

use std::collections::BTreeMap;
use std::io;

use boundary::Fault;
use thiserror::Error;

use super::{Hash, Held, JournalView, State, StoredCheckpoint, StoredEvent, StoredLeaf, Stretch, genesis};

/// The journal cannot be read, or not be written elsewhere.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The store did not answer.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] io::Error),
    /// There is nothing to read.
    #[error("the journal holds nothing of {0}")]
    Nothing(String),
    /// There is nothing yet that could be proven.
    #[error("no checkpoint covers {0} yet: make one with `passerelle journal checkpoint`")]
    Unsigned(String),
}

/// Whoever is told what is read.
pub(super) trait Reader: Send {
    /// A chain begins behind an event with this hash.
    fn chain(&mut self, name: &str, after: i64, hash: Hash) -> io::Result<()>;
    /// An event of the chain.
    fn event(&mut self, event: &StoredEvent) -> io::Result<()>;
}

/// The state of an owner as of the newest checkpoint that it moved in, and that leaf.
pub(super) async fn state_of(
    view: &mut dyn JournalView,
    newest: Option<&StoredCheckpoint>,
    owner: &str,
) -> Result<Option<(State, StoredLeaf)>, Fault> {
    let Some(newest) = newest else { return Ok(None) };
    let Some(leaf) = view.leaf(owner, newest.number).await? else { return Ok(None) };
    let chains = view.held(owner, newest.number).await?.into_iter().map(|row| row.held).collect();
    Ok(Some((State { of: owner.to_owned(), pruned: leaf.pruned, chains }, leaf)))
}

/// Reads the chains of an owner: those of the state, and those that are younger.
pub(super) async fn read(
    view: &mut dyn JournalView,
    owner: &str,
    state: Option<&State>,
    reader: &mut dyn Reader,
) -> Result<(), ReadError> {
    let held = state.into_iter().flat_map(|state| &state.chains);
    let mut due: BTreeMap<&str, &Held> = held.map(|held| (held.chain.as_str(), held)).collect();
    let mut current = (String::new(), 0);
    let mut stretch = Stretch::of_owner(owner);
    loop {
        let events = view.events(&stretch).await?;
        for event in &events {
            if event.chain != current.0 {
                let after = begin(&mut due, &event.chain, reader)?;
                current = (event.chain.clone(), after);
            }
            // What a checkpoint let go may still be there for a moment.
            if event.seq > current.1 {
                reader.event(event)?;
            }
        }
        match events.last() {
            Some(last) => stretch = stretch.behind(last),
            None => break,
        }
    }
    for held in due.into_values() {
        reader.chain(&held.chain, held.after, held.after_hash)?;
    }
    Ok(())
}

/// Begins a chain, after those before it that have no events; gives the place behind which it begins.
fn begin(due: &mut BTreeMap<&str, &Held>, chain: &str, reader: &mut dyn Reader) -> io::Result<i64> {
    while let Some(first) = due.first_entry().filter(|first| *first.key() < chain) {
        let held = first.remove();
        reader.chain(&held.chain, held.after, held.after_hash)?;
    }
    let (after, hash) =
        due.remove(chain).map_or_else(|| (0, genesis(chain)), |held| (held.after, held.after_hash));
    reader.chain(chain, after, hash)?;
    Ok(after)
}
