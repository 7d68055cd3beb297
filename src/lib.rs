//! Passerelle: an interoperability gateway and resource broker for schools.
//!
//! Modules in the order in which a launch meets them; `docs/architecture.md` walks one launch through their names.
//!
//! ```text
//! ENT ──> inbound connector ──> Arrival
//!         directory   : who is this, of which school?            -> Person @ School, profile   (or Refusal)
//!         licensing   : may this person open this resource now?  -> Entitled                   (or Refusal)
//!         pseudonyms  : what does this publisher call them?      -> Pseudonym
//!         agreements  : what may this publisher know?            -> Released
//!         journal     : write what happened, once, durably
//! publisher <── outbound connector <── Departure
//! ```

// The doors, and what people see.
pub mod http;
pub mod pages;

// The way of a launch.
pub mod launch;

pub mod directory;

pub mod catalogue;

pub mod licensing;

pub mod pseudonyms;

pub mod agreements;

pub mod journal;

// Who works here beside launches.
pub mod access;

// What the way stands on.
pub mod keys;
pub mod store;
pub mod transport;
pub mod trust;

// Who runs it.
pub mod boot;
pub mod config;
pub mod demo;
pub mod jobs;
pub mod operate;
