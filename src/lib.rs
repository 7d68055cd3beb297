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

pub mod launch;

pub mod agreements;
pub mod catalogue;
pub mod directory;
pub mod journal;
pub mod keys;
pub mod licensing;
pub mod operate;
pub mod pseudonyms;
