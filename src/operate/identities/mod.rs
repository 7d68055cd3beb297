//! Identity care: people whom ENTs name twice, wrongly, or anew. Outside the broker a person is an [`Identity`], here as
//! everywhere: our own ids never leave.
//!
//! What a publisher calls somebody outlives all of it. Who is joined to somebody keeps every value that either had, and
//! each publisher goes on with the one that it knew first; who is parted again gets back what was theirs.

mod act;
mod import;
mod link;
mod marks;
mod moving;
mod store;
mod table;

pub use super::identity::Identity;
pub use act::{Act, Refused};
pub use import::{Imported, import};
pub use link::{Line, Linked, Means, link, part};
pub use marks::{Mark, NameOf, merged, parted};
pub use moving::{move_all, move_some};
pub use store::{IdentityStore, Importing, Leaving, Merged, Moving, Parted};
pub use table::{MOST, NotATable, Pair, Renaming, Value, pairs, renamings, values};
