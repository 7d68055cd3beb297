//! The journal: one event a delivered launch, one a refusal of somebody who was authenticated, one a change that somebody
//! made.
//!
//! An event holds no name, no address, no id of an ENT or of a publisher's user. Events are chained by hash, one chain
//! for each (school, process boot), or (ENT, boot) where no school is known; the store's writer links them at commit.
//! Once an hour a signed checkpoint fixes what every chain holds ([`Keeper`]), so that a school verifies its own
//! [`export`] with the published keys alone ([`verify_export`]), and retention does not break the proof. `docs/journal.md`
//! describes every form to the byte.

mod chain;
mod change;
mod check;
mod checkpoint;
mod event;
mod export;
mod ground;
mod hash;
mod keep;
mod merkle;
mod owner;
mod reading;
mod receipt;
mod report;
mod rollup;
mod state;
mod store;
mod verify;

pub use chain::{Chains, Linked, digest_of, genesis, link, owner_of};
pub use change::{Actor, Change};
pub use checkpoint::{Checkpoint, NotACheckpoint};
pub use event::{Event, Happened, Hop, Recorded, RecordedChange, RecordedLaunch};
pub use export::{Asked, export};
pub use hash::{Hash, NotAHash};
pub use keep::{Keeper, Kept, Made, Reach};
pub use reading::ReadError;
pub use receipt::{Issued, Parties, RECEIPT_TYPE, Signer, issue, receipt_of};
pub use report::{Count, Discrepancy, Report, Verified};
pub use rollup::{Batch, Counted, Mark, Opened, Rollup, RollupStore, Since, Unread, commitment_key};
pub use state::{Held, State};
pub use store::{
    JournalStore, JournalView, StoredCheckpoint, StoredEvent, StoredHeld, StoredLeaf, Stretch, Tidy,
};
pub use verify::{verify_database, verify_export};

use crate::keys::JournalKeys;
