//! Time and chance as arguments: nothing in the broker reads a clock or draws a random byte on its own.

use time::OffsetDateTime;

/// The time, in UTC. The broker's `boot` hands in the system clock; a test hands in its own.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> OffsetDateTime;
}

/// Unpredictable bytes, from the operating system's generator outside tests.
pub trait Chance: Send + Sync {
    /// Fills `bytes` with fresh random bytes.
    fn fill(&self, bytes: &mut [u8]);
}
