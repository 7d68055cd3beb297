//! Export: everything that the journal holds of one school, in a file that the school verifies without us.
//!
//! One JSON object a line, each with exactly one spelling, so that every byte counts; `docs/journal.md` describes them.

use std::io::{self, Write};

use boundary::{Fault, paris_date};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

use super::hash::Hasher;
use super::merkle::{self, Beside};
use super::reading::{self, ReadError, Reader};
use super::{Hash, JournalView, StoredEvent, StoredLeaf, digest_of, owner_of};

/// The version of the form.
pub(super) const VERSION: u32 = 1;

/// A line of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line {
    /// The first: of whom, when, and which days events are shown of.
    Export {
        version: u32,
        of: String,
        #[serde(with = "time::serde::rfc3339")]
        made: OffsetDateTime,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<String>,
    },
    /// The newest checkpoint that the owner moved in.
    Checkpoint { token: String },
    /// What that checkpoint says of the owner, and the proof that it does.
    State { text: String, proof: Vec<Beside> },
    /// A chain begins.
    Chain { chain: String, after: i64, hash: Hash },
    /// An event.
    Event { seq: i64, hash: Hash, body: String },
    /// An event of another day.
    Digest { seq: i64, hash: Hash, digest: Hash },
    /// The last: how many events, and the SHA-256 of all bytes before this line.
    End { events: u64, sha256: Hash },
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Whose events: the number of a school.
    pub of: String,
    /// The first day in Paris of which events are shown.
    pub from: Option<Date>,
    /// The last.
    pub until: Option<Date>,
}

impl Asked {
    fn shows(&self, at: OffsetDateTime) -> bool {
        let day = paris_date(at);
        self.from.is_none_or(|from| day >= from) && self.until.is_none_or(|until| day <= until)
    }
}

/// Writes an export and answers how many events it shows.
///
/// # Errors
/// [`ReadError`] when the store did not answer, the file cannot be written, or there is nothing to export.
pub async fn export(
    view: &mut dyn JournalView,
    asked: &Asked,
    made: OffsetDateTime,
    out: &mut (dyn Write + Send),
) -> Result<u64, ReadError> {
    let newest = view.newest().await?;
    let Some((state, leaf)) = reading::state_of(view, newest.as_ref(), &asked.of).await? else {
        let chain = view.chain_from(&format!("{}/", asked.of)).await?;
        let any = chain.is_some_and(|chain| owner_of(&chain) == asked.of);
        let error = if any { ReadError::Unsigned } else { ReadError::Nothing };
        return Err(error(asked.of.clone()));
    };
    let mut writer = Writer { out, hasher: Hasher::default(), asked, events: 0, shown: 0 };
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    let made = made.replace_nanosecond(0).unwrap_or(made);
    let (of, from, until) = (asked.of.clone(), day(asked.from), day(asked.until));
    writer.line(&Line::Export { version: VERSION, of, made, from, until })?;
    let signed = view.checkpoints(leaf.number - 1).await?.into_iter().next();
    writer.line(&Line::Checkpoint { token: signed.map(|signed| signed.token).unwrap_or_default() })?;
    let proof = proof(view, &leaf).await?;
    writer.line(&Line::State { text: state.to_text(), proof })?;
    reading::read(view, &asked.of, Some(&state), &mut writer).await?;
    Ok(writer.end()?)
}

/// The way from an owner's leaf to the root of its checkpoint.
async fn proof(view: &mut dyn JournalView, leaf: &StoredLeaf) -> Result<Vec<Beside>, Fault> {
    let leaves = view.leaves(leaf.number).await?;
    let place = leaves.iter().position(|other| other.owner == leaf.owner).unwrap_or_default();
    let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf.hash).collect();
    Ok(merkle::proof(&hashes, place).unwrap_or_default())
}

/// Writes lines and hashes what it wrote.
struct Writer<'a> {
    out: &'a mut (dyn Write + Send),
    hasher: Hasher,
    asked: &'a Asked,
    events: u64,
    shown: u64,
}

impl Writer<'_> {
    fn line(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        self.hasher.update(text.as_bytes());
        self.out.write_all(text.as_bytes())
    }

    fn end(mut self) -> io::Result<u64> {
        let sha256 = std::mem::take(&mut self.hasher).finish();
        self.line(&Line::End { events: self.events, sha256 })?;
        self.out.flush()?;
        Ok(self.shown)
    }
}

impl Reader for Writer<'_> {
    fn chain(&mut self, name: &str, after: i64, hash: Hash) -> io::Result<()> {
        self.line(&Line::Chain { chain: name.to_owned(), after, hash })
    }

    fn event(&mut self, event: &StoredEvent) -> io::Result<()> {
        self.events += 1;
        let (seq, hash) = (event.seq, event.hash);
        if self.asked.shows(event.at) {
            self.shown += 1;
            self.line(&Line::Event { seq, hash, body: event.body.clone() })
        } else {
            self.line(&Line::Digest { seq, hash, digest: digest_of(&event.body) })
        }
    }
}
