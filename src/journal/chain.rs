//! Chains: each event carries the hash of the one before it, so that none can be changed, dropped or moved unseen.
//!
//! A chain is named `OWNER/BOOT`: whose events it holds, and in which run of which process they were written. It begins
//! with a hash of its own name, so that events of one chain fit into no other.

use std::collections::HashMap;

use super::Hash;

/// An event linked into its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The chain.
    pub chain: String,
    /// Its place, from 1.
    pub seq: i64,
    /// The hash of the event before; before the first, the chain's [`genesis`].
    pub prev: Hash,
    /// Its own hash.
    pub hash: Hash,
}

/// The hash that stands before the first event of a chain.
#[must_use]
pub fn genesis(chain: &str) -> Hash {
    Hash::of(&[b"passerelle chain\n", chain.as_bytes()])
}

/// The digest of an event's text: what stands for an event that is not shown.
#[must_use]
pub fn digest_of(text: &str) -> Hash {
    Hash::of(&[b"passerelle event\n", text.as_bytes()])
}

/// The hash of an event behind the one before it.
#[must_use]
pub fn link(prev: &Hash, digest: &Hash) -> Hash {
    Hash::of(&[b"passerelle link\n", prev.bytes(), digest.bytes()])
}

/// Whose events a chain holds: the number of a school, or `ent:ID` where no school is known.
#[must_use]
pub fn owner_of(chain: &str) -> &str {
    chain.rsplit_once('/').map_or(chain, |(owner, _)| owner)
}

/// The heads of all chains of one boot. The store's writer keeps it: what is linked in a transaction counts only
/// once that has committed.
#[derive(Debug)]
pub struct Chains {
    boot: String,
    heads: HashMap<String, (i64, Hash)>,
    pending: HashMap<String, (i64, Hash)>,
}

impl Chains {
    /// New chains for a boot.
    #[must_use]
    pub fn new(boot: String) -> Self {
        Self { boot, heads: HashMap::new(), pending: HashMap::new() }
    }

    /// Links an event's text behind the last one of its owner.
    pub fn link(&mut self, owner: &str, text: &str) -> Linked {
        let chain = format!("{owner}/{}", self.boot);
        let head = self.pending.get(owner).or_else(|| self.heads.get(owner));
        let (seq, prev) = head.copied().unwrap_or_else(|| (0, genesis(&chain)));
        let hash = link(&prev, &digest_of(text));
        self.pending.insert(owner.to_owned(), (seq + 1, hash));
        Linked { chain, seq: seq + 1, prev, hash }
    }

    /// The transaction committed: what was linked counts.
    pub fn committed(&mut self) {
        self.heads.extend(self.pending.drain());
    }

    /// The transaction is undone: nothing was linked.
    pub fn undone(&mut self) {
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_goes_on_after_a_commit_and_stays_after_an_undo() {
        let mut chains = Chains::new("boot".into());
        let first = chains.link("0750001U", "one");
        chains.committed();
        let lost = chains.link("0750001U", "two");
        chains.undone();
        let second = chains.link("0750001U", "three");
        assert_eq!((first.seq, first.prev), (1, genesis("0750001U/boot")));
        assert_eq!((second.seq, second.prev), (2, first.hash));
        assert_ne!(lost.hash, second.hash);
        assert_eq!(chains.link("0440001M", "one").seq, 1);
    }

    #[test]
    fn the_same_event_has_another_hash_in_another_chain() {
        let mut chains = Chains::new("boot".into());
        assert_ne!(chains.link("0750001U", "one").hash, chains.link("0440001M", "one").hash);
        assert_eq!(owner_of("ent:ent-1/boot.2"), "ent:ent-1");
    }
}
