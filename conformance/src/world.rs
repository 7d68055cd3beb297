//! Time and chance, given by whoever starts the judge, so that a test can hold both still.

use std::fmt;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use time::OffsetDateTime;

/// Fills a buffer with unguessable bytes.
pub type Fill = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The clock and the randomness that the reference ENT and publisher use (RSA keys come from OpenSSL's own source).
#[derive(Clone)]
pub struct World {
    /// What time it is.
    pub now: Arc<dyn Fn() -> OffsetDateTime + Send + Sync>,
    /// Fills a buffer with unguessable bytes.
    pub fill: Fill,
}

impl World {
    pub(crate) fn now(&self) -> OffsetDateTime {
        (self.now)()
    }

    /// 128 random bits, fit for a state, a nonce or a hint.
    pub(crate) fn token(&self) -> String {
        let mut bytes = [0_u8; 16];
        (self.fill)(&mut bytes);
        HEXLOWER.encode(&bytes)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}
