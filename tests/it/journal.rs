//! The journal: what is written verifies on both sides, and nothing can be changed, dropped or moved unseen (L4, L5, T2).

mod broker;
mod clocks;
mod files;
mod retention;
mod stand;
mod tables;
mod witness;
