//! Owner: brings what is held of one owner's chains up to now, and verifies each step on the way.

use std::collections::{BTreeMap, BTreeSet};

use boundary::Fault;
use time::{Duration, OffsetDateTime};

use super::{
    Discrepancy, Hash, Held, JournalView, Recorded, State, StoredHeld, StoredLeaf, Stretch, digest_of,
    genesis, link,
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
    /// What the last checkpoint said. It may be signed anew as it is, such as one whose leaf will be forgotten.
    pub fn new(name: String, held: Vec<StoredHeld>, pruned: Option<OffsetDateTime>, anew: bool) -> Self {
        let changed = anew && !held.is_empty();
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

    /// Lets the beginning of a chain go, up to the first event that does not say itself that it is from before a moment.
    /// Where anything does not fit on the way there, nothing goes.
    pub async fn let_go(
        &mut self,
        view: &mut dyn JournalView,
        chain: &str,
        before: OffsetDateTime,
    ) -> Result<(), Fault> {
        let Some(Entry { held, .. }) = self.chains.get(chain) else { return Ok(()) };
        let mut held = held.clone();
        match past(view, &held, before).await? {
            Err(found) => self.found.push(found),
            Ok((after, _)) if after <= held.after => {}
            Ok((after, hash)) => {
                (held.after, held.after_hash) = (after, hash);
                self.pruned = self.pruned.max(Some(before));
                self.set(held);
            }
        }
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

/// The last of the events of a chain that happened before a moment, by their own texts, and its hash.
async fn past(
    view: &mut dyn JournalView,
    held: &Held,
    before: OffsetDateTime,
) -> Result<Result<(i64, Hash), Discrepancy>, Fault> {
    let (mut after, mut hash) = (held.after, held.after_hash);
    let mut stretch = Stretch::of_chain(&held.chain, after);
    while after < held.seq {
        let events = view.events(&stretch).await?;
        for event in events.iter().take_while(|event| event.seq <= held.seq) {
            let fits = event.seq == after + 1
                && event.hash == link(&hash, &digest_of(&event.body))
                && (event.seq < held.seq || event.hash == held.hash);
            let at = Recorded::read(&event.body).map(|recorded| recorded.at());
            match at.filter(|_| fits) {
                None => {
                    return Ok(Err(unfit(&held.chain, event.seq, "it does not go on from the event before")));
                }
                Some(at) if at >= before && event.at < before => {
                    return Ok(Err(unfit(&held.chain, event.seq, "the time beside its text is another")));
                }
                Some(at) if at >= before => return Ok(Ok((after, hash))),
                Some(_) => (after, hash) = (event.seq, event.hash),
            }
        }
        match events.last().filter(|last| last.seq <= held.seq) {
            Some(last) => stretch = stretch.behind(last),
            None if after < held.seq => return Ok(Err(unfit(&held.chain, after + 1, "it is missing"))),
            None => break,
        }
    }
    Ok(Ok((after, hash)))
}

fn unfit(chain: &str, seq: i64, what: &str) -> Discrepancy {
    Discrepancy::at_event(chain, seq, format!("{what}; retention leaves this chain as it was"))
}
