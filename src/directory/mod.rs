//! The directory: who and what is known here. ENTs, schools and people; organisations, sectors and tools.
//!
//! It turns an [`Arrival`](boundary::Arrival) into a [`Subject`](boundary::Subject): a person at a school with a
//! profile, or a refusal that says what does not fit. The rules for school and profile are pure functions in
//! [`school`] and [`profile`].

mod managing;
mod people;
mod profile;
mod registered;
mod resolve;
mod roster;
mod school;
mod store;

pub use managing::{Entry, Manager, ManagerStore};
pub use people::{Affiliation, Known, Newcomer, SealedAttributes};
pub use profile::profile_of;
pub use registered::{Ent, Organisation, OrganisationRole, Registered, School, Sector, SectorScope, Tool};
pub use resolve::{Directory, Joining, Placed, Resolved};
pub use roster::{GroupListed, Member, RosterOpening, RosterReading, sealed_for};
pub use school::{SchoolAnswer, SchoolQuestion, Standing, school_of};
pub use store::{DirectoryStore, InactiveDeployment};
