//! Owner: brings what is held of one owner's chains up to now, and verifies each step on the way.

use std::collections::{BTreeMap, BTreeSet};

use boundary::Fault;
use time::{Duration, OffsetDateTime};

use super::{
    Discrepancy, Hash, Held, JournalView, State, StoredHeld, StoredLeaf, Stretch, digest_of, genesis, link,
};

/// After this long no process writes into a chain any more: the writer begins new ones before.
const ENDED: Duration = Duration::days(31);

/// What is held of one owner, in the making.
pub(super) struct Owner {
    name: String,
    chains: BTreeMap<String, Entry>,
    pruned: Option<OffsetDateTime>,
    /// Chains of which nothing is held any more.
    gone: BTreeSet<String>,
    /// Whether there is anything new to sign.
    changed: bool,
    /// What does not fit.
    pub(super) found: Vec<Discrepancy>,
}

struct Entry {
    held: Held,
    /// When it moved last; `None`: now.
    since: Option<OffsetDateTime>,
}

impl Owner {
    /// What the last checkpoint said. A stale one is signed anew, because its leaf will be forgotten.
    pub fn new(name: String, held: Vec<StoredHeld>, pruned: Option<OffsetDateTime>, stale: bool) -> Self {
        let changed = stale && !held.is_empty();
        let entry = |row: StoredHeld| (row.held.chain.clone(), Entry { held: row.held, since: Some(row.at) });
        let chains = held.into_iter().map(entry).collect();
        Self { name, chains, pruned, gone: BTreeSet::new(), changed, found: Vec::new() }
    }

    /// Whether there is anything new to sign.
    pub const fn changed(&self) -> bool {
        self.changed
    }

    /// Follows a chain from the head that was signed to its newest event, whose place is at most `head`.
    pub async fn follow(&mut self, view: &mut dyn JournalView, chain: &str, head: i64) -> Result<(), Fault> {
        let signed = self.chains.get(chain).map_or_else(|| unseen(chain), |entry| entry.held.clone());
        if head <= signed.seq {
            return Ok(());
        }
        let mut held = signed.clone();
        let mut stretch = Stretch::of_chain(chain, held.seq);
        loop {
            let events = view.events(&stretch).await?;
            for event in &events {
                let fits = event.seq == held.seq + 1
                    && event.prev == held.hash
                    && event.hash == link(&held.hash, &digest_of(&event.body));
                if !fits {
                    let what =
                        "it does not go on from the event before; the checkpoint leaves this chain as it was";
                    self.found.push(Discrepancy::at_event(chain, event.seq, what));
                    return Ok(());
                }
                (held.seq, held.hash) = (event.seq, event.hash);
            }
            match events.last() {
                Some(last) => stretch = stretch.behind(last),
                None => break,
            }
        }
        if held.seq > signed.seq {
            self.set(held);
        }
        Ok(())
    }

    /// Lets the beginning of a chain go, up to the last event from before a moment.
    pub async fn let_go(
        &mut self,
        view: &mut dyn JournalView,
        chain: &str,
        before: OffsetDateTime,
    ) -> Result<(), Fault> {
        let Some(Entry { held, .. }) = self.chains.get(chain) else { return Ok(()) };
        let mut held = held.clone();
        let after = view.first_since(chain, before).await?.map_or(held.seq, |first| first - 1).min(held.seq);
        if after <= held.after {
            return Ok(());
        }
        let Some(after_hash) = hash_at(view, &held, after).await? else {
            let what = "it is missing; retention leaves this chain as it was";
            self.found.push(Discrepancy::at_event(chain, after, what));
            return Ok(());
        };
        (held.after, held.after_hash) = (after, after_hash);
        self.pruned = self.pruned.max(Some(before));
        self.set(held);
        Ok(())
    }

    /// Drops chains that are empty and to which nothing can be added any more.
    pub fn forget_ended(&mut self, now: OffsetDateTime) {
        let ended =
            |entry: &Entry| entry.held.events() == 0 && entry.since.is_some_and(|since| now - since > ENDED);
        // An owner is not signed anew for this alone.
        if self.changed {
            let names = self.chains.iter().filter(|(_, entry)| ended(entry)).map(|(name, _)| name.clone());
            self.gone.extend(names.collect::<Vec<_>>());
            self.chains.retain(|name, _| !self.gone.contains(name));
        }
    }

    fn set(&mut self, held: Held) {
        self.changed = true;
        self.chains.insert(held.chain.clone(), Entry { held, since: None });
    }

    /// The rows of a checkpoint: the leaf, and what is held of the chains that moved.
    pub fn rows(self, number: i64, at: OffsetDateTime) -> (StoredLeaf, Vec<StoredHeld>) {
        let moved = self.chains.values().filter(|entry| entry.since.is_none());
        let gone = self.gone.iter().map(|chain| nothing(chain));
        let rows = moved.map(|entry| entry.held.clone()).chain(gone);
        let rows = rows.map(|held| StoredHeld { number, at, held }).collect();
        let chains = self.chains.into_values().map(|entry| entry.held).collect();
        let state = State { of: self.name, pruned: self.pruned, chains };
        let leaf = StoredLeaf { number, hash: state.leaf(), owner: state.of, pruned: state.pruned };
        (leaf, rows)
    }
}

/// A chain of which nothing is known yet.
fn unseen(chain: &str) -> Held {
    let hash = genesis(chain);
    Held { chain: chain.to_owned(), after: 0, after_hash: hash, seq: 0, hash }
}

/// A chain of which nothing is held any more.
fn nothing(chain: &str) -> Held {
    Held { chain: chain.to_owned(), after: 0, after_hash: Hash::ZERO, seq: 0, hash: Hash::ZERO }
}

async fn hash_at(view: &mut dyn JournalView, held: &Held, seq: i64) -> Result<Option<Hash>, Fault> {
    if seq == held.seq {
        return Ok(Some(held.hash));
    }
    let events = view.events(&Stretch::of_chain(&held.chain, seq - 1)).await?;
    Ok(events.first().filter(|event| event.seq == seq).map(|event| event.hash))
}
