//! Chance that repeats itself, so that the report is the same from run to run.

use std::sync::Mutex;

use boundary::Chance;

/// A stream of bytes out of SHA-256 in counter mode.
pub struct Stream(Mutex<u64>);

impl Stream {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed << 32))
    }

    /// A number below a bound.
    pub fn below(&self, bound: usize) -> usize {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        (u64::from_be_bytes(bytes) % bound as u64) as usize
    }

    /// Puts things into another order (Fisher and Yates).
    pub fn shuffle<T>(&self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}

impl Chance for Stream {
    fn fill(&self, bytes: &mut [u8]) {
        let mut counter = self.0.lock().unwrap();
        for chunk in bytes.chunks_mut(32) {
            *counter += 1;
            chunk.copy_from_slice(&openssl::sha::sha256(&counter.to_be_bytes())[..chunk.len()]);
        }
    }
}
