//! Verifies a whole database: every checkpoint, and every chain of every owner.

use std::collections::BTreeMap;
use std::io;

use boundary::Fault;
use time::OffsetDateTime;

use super::super::check::{Check, Shown};
use super::super::reading::{self, ReadError, Reader};
use super::super::{
    Checkpoint, Discrepancy, Hash, JournalKeys, JournalView, Recorded, Report, StoredCheckpoint, StoredEvent,
    StoredLeaf, merkle, owner_of,
};
use super::verified;

/// Verifies a database. What does not fit is in the report.
///
/// # Errors
/// A [`Fault`] when the store did not answer.
pub async fn verify_database(
    view: &mut dyn JournalView,
    keys: &JournalKeys,
    place: &str,
) -> Result<Report, Fault> {
    let mut report = Report { subject: format!("journal of {place}"), ..Report::default() };
    let newest = view.newest().await?;
    let leaves = checkpoints(view, newest.as_ref(), keys, &mut report).await?;
    let mut owners: Vec<String> = leaves.into_keys().collect();
    owners.extend(owners_of_events(view).await?);
    owners.sort_unstable();
    owners.dedup();
    for owner in owners {
        owner_holds(view, newest.as_ref(), &owner, keys, &mut report).await?;
    }
    Ok(report)
}

/// Verifies every checkpoint; gives the newest leaf of each owner.
async fn checkpoints(
    view: &mut dyn JournalView,
    newest: Option<&StoredCheckpoint>,
    keys: &JournalKeys,
    report: &mut Report,
) -> Result<BTreeMap<String, Hash>, Fault> {
    let newest = newest.and_then(|newest| newest.open(keys).ok());
    let forgotten = newest.map_or(0, |newest| newest.forgotten);
    let mut owners = BTreeMap::new();
    let (mut number, mut prev) = (0, Hash::ZERO);
    loop {
        let some = view.checkpoints(number).await?;
        for stored in &some {
            let leaves = view.leaves(stored.number).await?;
            match stored.open(keys) {
                Ok(signed) => {
                    let leaves = (stored.number > forgotten).then_some(leaves.as_slice());
                    for what in wrong_with(stored, &signed, (number, prev), leaves) {
                        report.note(Discrepancy::at(format!("checkpoint {}", stored.number), what));
                    }
                    report.newest = Some(verified(&signed, &stored.token));
                }
                Err(found) => report.note(found),
            }
            report.checkpoints += 1;
            owners.extend(leaves.into_iter().map(|leaf| (leaf.owner, leaf.hash)));
            (number, prev) = (stored.number, Checkpoint::hash_of(&stored.token));
        }
        if some.is_empty() {
            return Ok(owners);
        }
    }
}

/// What is wrong with a genuine checkpoint, behind the one before and with these leaves.
fn wrong_with(
    stored: &StoredCheckpoint,
    signed: &Checkpoint,
    (before, prev): (i64, Hash),
    leaves: Option<&[StoredLeaf]>,
) -> impl Iterator<Item = &'static str> {
    let unrooted = leaves.is_some_and(|leaves| {
        let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf.hash).collect();
        signed.leaves != hashes.len() as u64 || signed.root != merkle::root(&hashes)
    });
    let wrong = [
        (signed.number != before + 1, "a checkpoint before it is missing"),
        (signed.prev != prev, "it does not point back to the checkpoint before"),
        (signed.at() != stored.at, "it is stored with another time than it signs"),
        (unrooted, "its leaves are not those that it signs"),
    ];
    wrong.into_iter().filter(|(wrong, _)| *wrong).map(|(_, what)| what)
}

async fn owners_of_events(view: &mut dyn JournalView) -> Result<Vec<String>, Fault> {
    let (mut owners, mut from) = (Vec::new(), String::new());
    while let Some(chain) = view.chain_from(&from).await? {
        let owner = owner_of(&chain).to_owned();
        // The first name behind all chains of this owner.
        from = format!("{owner}0");
        owners.push(owner);
    }
    Ok(owners)
}

async fn owner_holds(
    view: &mut dyn JournalView,
    newest: Option<&StoredCheckpoint>,
    owner: &str,
    keys: &JournalKeys,
    report: &mut Report,
) -> Result<(), Fault> {
    let state = reading::state_of(view, newest, owner).await?;
    if let Some((state, leaf)) = state.as_ref().filter(|(state, leaf)| state.leaf() != leaf.hash) {
        let what = format!("what is held of it is not what checkpoint {} signs", leaf.number);
        report.note(Discrepancy::at(format!("owner {}", state.of), what));
    }
    let state = state.map(|(state, _)| state);
    let mut rows = Rows {
        chain: String::new(),
        hash: Hash::ZERO,
        check: Check::begin(owner, state.as_ref(), keys, report),
    };
    match reading::read(view, owner, state.as_ref(), &mut rows).await {
        Ok(()) => {}
        Err(ReadError::Fault(fault)) => return Err(fault),
        Err(other) => return Err(Fault::new(other.to_string())),
    }
    rows.check.end();
    Ok(())
}

/// The rows of events: beside their text and hash, the columns that repeat what is in them.
struct Rows<'a> {
    check: Check<'a>,
    chain: String,
    hash: Hash,
}

impl Reader for Rows<'_> {
    fn chain(&mut self, name: &str, after: i64, hash: Hash) -> io::Result<()> {
        (self.chain, self.hash) = (name.to_owned(), hash);
        self.check.chain(name, after, hash);
        Ok(())
    }

    fn event(&mut self, event: &StoredEvent) -> io::Result<()> {
        let at = Recorded::read(&event.body).map(|recorded| recorded.at());
        if event.prev != self.hash || at.is_some_and(|at| millis(at) != millis(event.at)) {
            let what = "a column beside its text says something else";
            self.check.note(Discrepancy::at_event(&self.chain, event.seq, what));
        }
        self.hash = event.hash;
        self.check.event(event.seq, event.hash, Shown::Body(&event.body));
        Ok(())
    }
}

fn millis(moment: OffsetDateTime) -> i128 {
    moment.unix_timestamp_nanos().div_euclid(1_000_000)
}
