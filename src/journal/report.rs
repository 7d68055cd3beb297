//! Report: what verifying found, for whoever asked.

use std::fmt;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Hash;

/// How many discrepancies are kept and told one by one; the others are counted.
const TOLD: usize = 20;

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discrepancy {
    /// Where: a chain and an event, a checkpoint, a line of a file.
    pub place: String,
    /// What does not fit.
    pub what: String,
}

impl Discrepancy {
    /// Something wrong at a place.
    #[must_use]
    pub fn at(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }

    /// Something wrong with an event.
    #[must_use]
    pub fn at_event(chain: &str, seq: i64, what: impl Into<String>) -> Self {
        Self::at(format!("chain {chain}, event {seq}"), what)
    }
}

impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// A checkpoint that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Who signed it.
    pub issuer: String,
    /// Its number.
    pub number: i64,
    /// When it was made.
    pub at: OffsetDateTime,
    /// Its hash, by which it can be known again.
    pub hash: Hash,
}

/// Events, counted, with the times of the first and the last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub events: u64,
    /// When the first happened.
    pub first: Option<OffsetDateTime>,
    /// When the last happened.
    pub last: Option<OffsetDateTime>,
}

impl Count {
    /// Counts an event; one that is not shown has no time.
    pub fn add(&mut self, at: Option<OffsetDateTime>) {
        self.events += 1;
        let earlier = |a: OffsetDateTime, b: OffsetDateTime| a.min(b);
        self.first = at.map(|at| self.first.map_or(at, |first| earlier(first, at))).or(self.first);
        self.last = self.last.max(at);
    }
}

/// What verifying found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What was verified, in words.
    pub subject: String,
    /// How many owners it holds.
    pub owners: u64,
    /// How many chains.
    pub chains: u64,
    /// How many checkpoints.
    pub checkpoints: u64,
    /// The newest checkpoint.
    pub newest: Option<Verified>,
    /// Events that a checkpoint fixes.
    pub covered: Count,
    /// Events that no checkpoint fixes yet.
    pub uncovered: Count,
    /// How many events stand there by their digest alone.
    pub digests: u64,
    /// How many receipts.
    pub receipts: u64,
    /// Until when retention has taken away.
    pub pruned: Option<OffsetDateTime>,
    /// The first things that do not fit.
    pub found: Vec<Discrepancy>,
    /// How many do not.
    pub discrepancies: u64,
}

impl Report {
    /// Whether everything fits.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.discrepancies == 0
    }

    /// Notes something that does not fit.
    pub fn note(&mut self, found: Discrepancy) {
        self.discrepancies += 1;
        if self.found.len() < TOLD {
            self.found.push(found);
        }
    }

    fn checkpoint(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.newest {
            None => writeln!(f, "  checkpoint   none yet"),
            Some(Verified { issuer, number, at, hash }) => {
                let at = text(*at);
                writeln!(f, "  checkpoint   {number} of {at} by {issuer}\n               hash {hash}")
            }
        }
    }

    fn events(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Count { events, last, .. } = self.covered;
        write!(f, "  covered      {}", of(events, "event"))?;
        last.map_or(Ok(()), |last| write!(f, ", the last of {}", text(last)))?;
        let Count { events, first, .. } = self.uncovered;
        write!(f, "\n  not covered  {}", of(events, "event"))?;
        first.map_or(Ok(()), |first| {
            write!(f, " since {}: no checkpoint proves yet that they are all there", text(first))
        })?;
        match self.digests {
            0 => writeln!(f),
            digests => writeln!(f, "\n  not shown    {} by digest alone", of(digests, "event")),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.subject)?;
        let (owners, chains) = (of(self.owners, "owner"), of(self.chains, "chain"));
        writeln!(f, "  journal      {owners}, {chains}, {}", of(self.checkpoints, "checkpoint"))?;
        self.checkpoint(f)?;
        self.events(f)?;
        writeln!(f, "  receipts     {}", self.receipts)?;
        if let Some(pruned) = self.pruned {
            writeln!(f, "  removed      by retention, what happened before {}", text(pruned))?;
        }
        self.found.iter().try_for_each(|found| writeln!(f, "! {found}"))?;
        match self.discrepancies {
            0 if self.owners + self.checkpoints == 0 => f.write_str("there is nothing to verify"),
            0 => f.write_str("verified: everything fits"),
            many => write!(f, "not verified: {}", of(many, "discrepancy")),
        }
    }
}

/// "1 event", "2 events".
fn of(count: u64, what: &str) -> String {
    match (count, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {what}s"),
    }
}

/// A moment as people read it: UTC, to the second.
pub(super) fn text(moment: OffsetDateTime) -> String {
    let whole = moment.replace_nanosecond(0).unwrap_or(moment);
    whole.format(&Rfc3339).unwrap_or_default()
}
