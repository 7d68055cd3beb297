//! History: a ledger that was read and verified.
//!
//! Each line carries the hash of the one before it, and what it says is sealed under the master key: whoever cannot
//! open the last line has not the right key, and whoever changed any line before it is found out by the chain.

use time::OffsetDateTime;

use super::entry::{Line, Sealed, hash_of};
use super::ledger::LedgerError;
use super::{Applied, Entry, Erased, Standing};
use crate::journal::Hash;
use crate::keys::MasterKeys;

/// A ledger that was verified.
#[derive(Debug, Clone)]
pub struct History {
    lines: Vec<Line>,
    ledger: String,
    base: i64,
    head: Hash,
}

impl History {
    /// Verifies the lines of a ledger, of which there is at least one.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] names the line that does not fit; [`LedgerError::Key`] where the last one does not open.
    pub fn read(lines: &[String], place: &str, master: &MasterKeys) -> Result<Self, LedgerError> {
        let damaged =
            |index: usize, why| LedgerError::Damaged { place: place.to_owned(), line: index + 1, why };
        let (mut read, mut head) = (Vec::<Line>::new(), Hash::ZERO);
        for (index, text) in lines.iter().enumerate() {
            let line: Line =
                serde_json::from_str(text).map_err(|_| damaged(index, "it is no line of a ledger"))?;
            let step = read.last().map_or(0, |before| line.sequence - before.sequence);
            if line.prev != head || !(0..=1).contains(&step) {
                return Err(damaged(index, "it does not go on from the line before"));
            }
            head = hash_of(text);
            read.push(line);
        }
        let Some(last) = read.last() else { return Err(damaged(0, "it is empty")) };
        let sealed = open(last, master).ok_or_else(|| LedgerError::Key(format!(
            "the last line of {place} does not open under the master key: it is the ledger of another broker, it was \
             tampered with, or a line of the master key is missing"
        )))?;
        let (ledger, base) = (sealed.ledger, sealed.base);
        if read.first().is_some_and(|first| first.sequence != base) {
            return Err(damaged(0, "it is not where the ledger began"));
        }
        Ok(Self { lines: read, ledger, base, head })
    }

    /// The first line of a ledger that knows of nothing up to a place.
    pub(super) fn begin(
        ledger: &str,
        base: i64,
        at: OffsetDateTime,
        master: &MasterKeys,
    ) -> Result<String, LedgerError> {
        let empty = Self { lines: Vec::new(), ledger: ledger.to_owned(), base, head: Hash::ZERO };
        empty.next(base, Entry::Begun { at }, master)
    }

    /// The line that comes next.
    pub(super) fn next(
        &self,
        sequence: i64,
        entry: Entry,
        master: &MasterKeys,
    ) -> Result<String, LedgerError> {
        let failed =
            |e: &dyn std::fmt::Display| LedgerError::Key(format!("an erasure cannot be sealed: {e}"));
        let (ledger, base, prev) = (self.ledger.clone(), self.base, self.head);
        let sealed = Sealed { ledger, base, sequence, prev, entry };
        let plain = serde_json::to_vec(&sealed).map_err(|e| failed(&e))?;
        let sealed = master.seal_erasure(&plain).map_err(|e| failed(&e))?;
        let line = Line { sequence, prev, sealed };
        if open(&line, master).is_none() {
            return Err(failed(&"it does not open again; it may be too long"));
        }
        serde_json::to_string(&line).map_err(|e| failed(&e))
    }

    /// Its id.
    #[must_use]
    pub fn ledger(&self) -> &str {
        &self.ledger
    }

    /// How many lines it has.
    #[must_use]
    pub const fn lines(&self) -> usize {
        self.lines.len()
    }

    /// The place of its last erasure.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.lines.last().map_or(self.base, |line| line.sequence)
    }

    /// Whether its last line is sealed under the first line of the master key.
    pub(super) fn is_sealed_like(&self, master: &MasterKeys) -> bool {
        self.lines.last().is_some_and(|line| master.seals_erasures_like(&line.sealed))
    }

    /// How a database stands to it.
    #[must_use]
    pub fn standing(&self, applied: &Applied) -> Standing {
        let (database, ledger) = (applied.sequence, self.end());
        match &applied.ledger {
            Some(bound) if *bound != self.ledger => Standing::Foreign,
            _ if database < self.base => Standing::Older { base: self.base },
            _ if database < ledger => Standing::Behind { database, ledger },
            _ if database > ledger => Standing::Ahead { database, ledger },
            _ => Standing::Current,
        }
    }

    /// The erasures that a database does not know, in their order.
    ///
    /// # Errors
    /// [`LedgerError::Key`] where one was sealed under a line of the master key that is gone.
    pub fn behind(
        &self,
        applied: i64,
        master: &MasterKeys,
        place: &str,
    ) -> Result<Vec<(i64, Erased)>, LedgerError> {
        let mut found = Vec::new();
        for line in self.lines.iter().filter(|line| line.sequence > applied) {
            let sealed = open(line, master).ok_or_else(|| LedgerError::Key(format!(
                "erasure {} of {place} was sealed under a line of the master key that is gone: put that line back below \
                 the others, for as long as this takes",
                line.sequence
            )))?;
            if let Entry::Erased(erased) = sealed.entry {
                found.push((line.sequence, erased));
            }
        }
        Ok(found)
    }
}

/// What a line says, if it says so of itself.
fn open(line: &Line, master: &MasterKeys) -> Option<Sealed> {
    let sealed: Sealed = serde_json::from_slice(&master.open_erasure(&line.sealed)?).ok()?;
    (sealed.sequence == line.sequence && sealed.prev == line.prev).then_some(sealed)
}
