//! Chains: each event carries the hash of the one before it, so that none can be changed, dropped or moved unseen.

use std::collections::HashMap;

use aws_lc_rs::digest;

/// An event linked into its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The chain: boot and school, or boot and ENT.
    pub chain: String,
    /// Its place, from 1.
    pub seq: i64,
    /// The hash of the event before; zeros before the first.
    pub prev: [u8; 32],
    /// Its own hash.
    pub hash: [u8; 32],
}

/// SHA-256 over the previous hash and the event's text.
#[must_use]
pub fn link_hash(prev: &[u8; 32], text: &str) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(prev);
    context.update(text.as_bytes());
    context.finish().as_ref().try_into().unwrap_or([0; 32])
}

/// The heads of all chains of one boot. The store's writer keeps it: what is linked in a transaction counts only
/// once that has committed.
#[derive(Debug)]
pub struct Chains {
    boot: String,
    heads: HashMap<String, (i64, [u8; 32])>,
    pending: HashMap<String, (i64, [u8; 32])>,
}

impl Chains {
    /// New chains for a boot.
    #[must_use]
    pub fn new(boot: String) -> Self {
        Self { boot, heads: HashMap::new(), pending: HashMap::new() }
    }

    /// Links an event's text behind the last one of its chain.
    pub fn link(&mut self, chain: &str, text: &str) -> Linked {
        let head = self.pending.get(chain).or_else(|| self.heads.get(chain));
        let (seq, prev) = head.copied().unwrap_or((0, [0; 32]));
        let hash = link_hash(&prev, text);
        self.pending.insert(chain.to_owned(), (seq + 1, hash));
        Linked { chain: format!("{}/{chain}", self.boot), seq: seq + 1, prev, hash }
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
        assert_eq!((first.seq, first.prev), (1, [0; 32]));
        assert_eq!((second.seq, second.prev), (2, first.hash));
        assert_ne!(lost.hash, second.hash);
        assert_eq!(chains.link("0440001M", "one").seq, 1);
    }
}
