//! Verify, sign, seal: JOSE over values, with pinned algorithms. No clock, no IO, no trust: which key is right, and
//! what the claims must say, is the caller's business.
#![deny(missing_docs)]

pub mod ed25519;
pub mod jws;
pub mod seal;
pub mod sign;
