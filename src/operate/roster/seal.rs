//! What seals what rosters say of people, and what ids, roots and nonces are drawn from.

use std::sync::{Mutex, PoisonError};

use boundary::{Chance, EntId, Fault, Uai};

/// How many random bytes are drawn at once.
const DRAWN: usize = 16 * 1024;

/// Seals what rosters say of people. A digest tells whether it is the same as before, without opening it.
pub trait RosterSealing: Send + Sync {
    /// Seals attributes of somebody at a school. The nonce is random.
    ///
    /// # Errors
    /// A [`Fault`] when the library fails.
    fn seal(&self, ent: &EntId, school: &Uai, nonce: [u8; 12], plain: &[u8]) -> Result<Vec<u8>, Fault>;
    /// A digest under the key of this id, or under the one that seals now; `None` where there is no such key.
    fn digest(&self, key: Option<&[u8]>, plain: &[u8]) -> Option<[u8; 16]>;
    /// Whether this is the id of the key that seals now.
    fn seals_now(&self, key: &[u8]) -> bool;
}

/// Randomness that is drawn in advance: a million people take as many ids, roots and nonces.
pub(super) struct Drawn<'a> {
    from: &'a dyn Chance,
    bytes: Mutex<Vec<u8>>,
}

impl<'a> Drawn<'a> {
    pub const fn from(from: &'a dyn Chance) -> Self {
        Self { from, bytes: Mutex::new(Vec::new()) }
    }
}

impl Chance for Drawn<'_> {
    fn fill(&self, bytes: &mut [u8]) {
        let mut drawn = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.len() < bytes.len() {
            drawn.resize(DRAWN.max(bytes.len()), 0);
            self.from.fill(&mut drawn);
        }
        let at = drawn.len() - bytes.len();
        // No byte is given twice.
        for (to, from) in bytes.iter_mut().zip(drawn.drain(at..)) {
            *to = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What is drawn from it need only not be drawn twice.
    #[derive(Default)]
    struct Counting(std::sync::atomic::AtomicU64);

    impl Chance for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for part in bytes.chunks_mut(8) {
                let next = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_be_bytes();
                part.iter_mut().zip(next).for_each(|(byte, from)| *byte = from);
            }
        }
    }

    #[test]
    fn nothing_is_drawn_twice() {
        let chance = Counting::default();
        let drawn = Drawn::from(&chance);
        let mut seen = BTreeSet::new();
        for _ in 0..5000 {
            let mut bits = [0; 16];
            drawn.fill(&mut bits);
            assert!(seen.insert(bits));
        }
        let mut long = vec![0; DRAWN * 2];
        drawn.fill(&mut long);
        assert!(long.iter().any(|byte| *byte != 0));
    }
}
