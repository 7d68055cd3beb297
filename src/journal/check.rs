//! Check: follows one owner's chains from event to event, and says where they do not fit.
//!
//! Export and database are verified by the same steps, in the order in which both give them: a state, then for each
//! chain its beginning and its events.

use std::collections::BTreeMap;

use super::{
    Discrepancy, Hash, Held, JournalKeys, RECEIPT_TYPE, Recorded, Report, State, digest_of, genesis, link,
    owner_of, receipt_of,
};

/// What is shown of an event.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shown<'a> {
    /// Its text.
    Body(&'a str),
    /// The digest of its text.
    Digest(Hash),
}

/// The check of one owner.
pub(super) struct Check<'a> {
    owner: &'a str,
    keys: &'a JournalKeys,
    report: &'a mut Report,
    /// What the checkpoint says is held, as far as it was not met yet.
    due: BTreeMap<String, Held>,
    chain: Option<Chain>,
}

/// The chain that is being followed.
struct Chain {
    name: String,
    seq: i64,
    hash: Hash,
    /// What the checkpoint says is held of it.
    held: Option<Held>,
}

impl<'a> Check<'a> {
    /// Begins with the state that a checkpoint proves, where there is one.
    pub fn begin(
        owner: &'a str,
        state: Option<&State>,
        keys: &'a JournalKeys,
        report: &'a mut Report,
    ) -> Self {
        report.owners += 1;
        report.pruned = report.pruned.max(state.and_then(|state| state.pruned));
        let held = state.into_iter().flat_map(|state| &state.chains);
        let due = held.map(|held| (held.chain.clone(), held.clone())).collect();
        Self { owner, keys, report, due, chain: None }
    }

    /// A chain begins behind an event with this hash.
    pub fn chain(&mut self, name: &str, after: i64, hash: Hash) {
        if self.chain.as_ref().is_some_and(|chain| chain.name.as_str() >= name) {
            self.found(format!("chain {name}"), "it stands twice, or not in the order of names");
        }
        self.end_chain();
        self.report.chains += 1;
        if owner_of(name) != self.owner {
            self.found(format!("chain {name}"), "it is of another owner");
        }
        let held = self.due.remove(name);
        let begins = held.as_ref().map_or_else(|| (0, genesis(name)), |held| (held.after, held.after_hash));
        if begins.0 != after {
            let words = format!("it begins behind event {after} and not behind event {}", begins.0);
            self.found(format!("chain {name}"), &words);
        } else if begins.1 != hash {
            self.found(
                format!("chain {name}"),
                "it begins with another hash than the state or its name gives",
            );
        }
        self.chain = Some(Chain { name: name.to_owned(), seq: after, hash, held });
    }

    /// An event of the chain.
    pub fn event(&mut self, seq: i64, hash: Hash, shown: Shown<'_>) {
        let Some(mut chain) = self.chain.take() else {
            return self.found(format!("event {seq}"), "it stands in no chain");
        };
        if seq != chain.seq + 1 {
            let words = format!("event {} is missing before it, or it is out of order", chain.seq + 1);
            self.found_at(&chain, seq, &words);
        }
        let digest = match shown {
            Shown::Body(body) => digest_of(body),
            Shown::Digest(digest) => digest,
        };
        if link(&chain.hash, &digest) != hash {
            self.found_at(&chain, seq, "its text, or the hash before it, does not give its hash");
        }
        (chain.seq, chain.hash) = (seq, hash);
        let covered = chain.held.as_ref().is_some_and(|held| seq <= held.seq);
        if let Some(held) = chain.held.as_ref().filter(|held| held.seq == seq && held.hash != hash) {
            self.found_at(&chain, held.seq, "its hash is not the one that the checkpoint signs");
        }
        let recorded = match shown {
            Shown::Body(body) => self.read(&chain, body),
            Shown::Digest(_) => {
                self.report.digests += 1;
                None
            }
        };
        let count = if covered { &mut self.report.covered } else { &mut self.report.uncovered };
        count.add(recorded.map(|event| event.at()));
        self.chain = Some(chain);
    }

    /// Nothing more comes.
    pub fn end(mut self) {
        self.end_chain();
        for held in std::mem::take(&mut self.due).into_values() {
            let words = format!("it is missing, and a checkpoint signs {} events of it", held.events());
            self.found(format!("chain {}", held.chain), &words);
        }
    }

    fn end_chain(&mut self) {
        let Some(chain) = self.chain.take() else { return };
        if let Some(held) = chain.held.as_ref().filter(|held| held.seq > chain.seq) {
            let words = format!("it ends there, and a checkpoint signs events up to {}", held.seq);
            self.found_at(&chain, chain.seq, &words);
        }
    }

    /// Reads an event: whose it is, and whether its receipt is there and genuine.
    fn read(&mut self, chain: &Chain, body: &str) -> Option<Recorded> {
        let Some(event) = Recorded::read(body) else {
            self.found_at(chain, chain.seq, "its text is no event");
            return None;
        };
        if event.owner() != self.owner {
            self.found_at(chain, chain.seq, "it is an event of another owner");
        }
        if let Some(receipt) = receipt_of(&event) {
            self.report.receipts += 1;
            if let Err(why) = self.keys.open(RECEIPT_TYPE, &receipt) {
                self.found_at(chain, chain.seq, &format!("its receipt: {why}"));
            }
        } else if event.needs_receipt() {
            self.found_at(chain, chain.seq, "it is a delivery and has no receipt");
        }
        Some(event)
    }

    /// Notes something that does not fit beside what is checked here.
    pub fn note(&mut self, found: Discrepancy) {
        self.report.note(found);
    }

    fn found_at(&mut self, chain: &Chain, seq: i64, what: &str) {
        self.note(Discrepancy::at_event(&chain.name, seq, what));
    }

    fn found(&mut self, place: String, what: &str) {
        self.note(Discrepancy::at(place, what));
    }
}
