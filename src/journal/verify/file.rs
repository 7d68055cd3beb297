//! Verifies an export, line by line, with the published keys and nothing else.

use std::io::{self, BufRead, Read};

use thiserror::Error;

use super::super::check::{Check, Shown};
use super::super::export::{Line, VERSION};
use super::super::hash::Hasher;
use super::super::merkle::{self, Beside};
use super::super::report::text;
use super::super::{Checkpoint, Discrepancy, Hash, JournalKeys, Report, State};
use super::verified;

/// The longest line that is read, in bytes: a state of twenty thousand chains.
const LONGEST: u64 = 8 * 1024 * 1024;

/// Verifies an export. What does not fit is in the report.
///
/// # Errors
/// The file cannot be read.
pub fn verify_export(file: &mut dyn BufRead, keys: &JournalKeys) -> io::Result<Report> {
    let mut report = Report { subject: "export".to_owned(), ..Report::default() };
    let mut lines = Lines { file, number: 0, hasher: Hasher::default(), before: Hash::ZERO };
    match judge(&mut lines, keys, &mut report) {
        Ok(()) => Ok(report),
        Err(Stop::Unreadable(found)) => {
            report.note(found);
            Ok(report)
        }
        Err(Stop::File(error)) => Err(error),
    }
}

/// Why the rest is not judged.
#[derive(Debug, Error)]
enum Stop {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error("{0}")]
    Unreadable(Discrepancy),
}

fn judge(lines: &mut Lines<'_>, keys: &JournalKeys, report: &mut Report) -> Result<(), Stop> {
    let (owner, whole) = head(lines, report)?;
    let Line::Checkpoint { token } = lines.next()? else {
        return Err(lines.stop("a checkpoint must stand there"));
    };
    let signed = signed(lines, &token, keys, report);
    let Line::State { text, proof } = lines.next()? else {
        return Err(lines.stop("a state must stand there"));
    };
    let state = proven(lines, (&text, &proof), &owner, signed.as_ref(), report);
    let mut check = Check::begin(&owner, state.as_ref(), keys, report);
    let mut events = 0;
    loop {
        let line = lines.next()?;
        events += u64::from(matches!(line, Line::Event { .. } | Line::Digest { .. }));
        match line {
            Line::Chain { chain, after, hash } => check.chain(&chain, after, hash),
            Line::Event { seq, hash, body } => check.event(seq, hash, Shown::Body(&body)),
            Line::Digest { .. } if whole => return Err(lines.stop("an export of all days shows every event")),
            Line::Digest { seq, hash, digest } => check.event(seq, hash, Shown::Digest(digest)),
            Line::End { events: told, sha256 } => {
                check.end();
                return lines.end((told, sha256) == (events, lines.before));
            }
            _ => return Err(lines.stop("a line of this kind does not belong there")),
        }
    }
}

/// Reads the first line; gives the owner, and whether all days are shown.
fn head(lines: &mut Lines<'_>, report: &mut Report) -> Result<(String, bool), Stop> {
    let Line::Export { version: VERSION, of, made, from, until } = lines.next()? else {
        return Err(lines.stop("it is not the first line of an export of version 1"));
    };
    let whole = from.is_none() && until.is_none();
    let day = |word: &str, day: Option<String>| day.map(|day| format!(", {word} {day}")).unwrap_or_default();
    let days = format!("{}{}", day("from", from), day("until", until));
    report.subject = format!("export of {of}, made {}{days}", text(made));
    Ok((of, whole))
}

/// Opens the checkpoint.
fn signed(lines: &Lines<'_>, token: &str, keys: &JournalKeys, report: &mut Report) -> Option<Checkpoint> {
    match Checkpoint::open(token, keys) {
        Ok(signed) => {
            report.checkpoints = 1;
            report.newest = Some(verified(&signed, token));
            Some(signed)
        }
        Err(why) => {
            report.note(lines.wrong(&format!("the checkpoint: {why}")));
            None
        }
    }
}

/// The state, if it is the owner's; whether the checkpoint signs it goes into the report.
fn proven(
    lines: &Lines<'_>,
    (text, proof): (&str, &[Beside]),
    owner: &str,
    signed: Option<&Checkpoint>,
    report: &mut Report,
) -> Option<State> {
    let state = State::read(text).filter(|state| state.of == owner);
    let root = state.as_ref().map(|state| merkle::led_to(state.leaf(), proof));
    if signed.is_none_or(|signed| root != Some(signed.root)) {
        report.note(lines.wrong("no checkpoint signs this state of this owner"));
    }
    state
}

/// The lines of a file, counted and hashed.
struct Lines<'a> {
    file: &'a mut dyn BufRead,
    number: u64,
    hasher: Hasher,
    /// The hash of everything before the line that was read last.
    before: Hash,
}

impl Lines<'_> {
    /// The next line. Any other spelling than ours is none.
    fn next(&mut self) -> Result<Line, Stop> {
        self.number += 1;
        let mut bytes = Vec::new();
        self.file.take(LONGEST).read_until(b'\n', &mut bytes)?;
        self.before = self.hasher.so_far();
        self.hasher.update(&bytes);
        let text = bytes.strip_suffix(b"\n").and_then(|bytes| str::from_utf8(bytes).ok());
        let text =
            text.ok_or_else(|| self.stop("the file ends before its end line, or the line is no text"))?;
        let line: Option<Line> = serde_json::from_str(text).ok();
        let same = |line: &Line| serde_json::to_string(line).is_ok_and(|own| own == text);
        line.filter(same).ok_or_else(|| self.stop("it is not a line of an export, spelled as exports are"))
    }

    /// The last line was read: nothing may follow.
    fn end(&mut self, counted: bool) -> Result<(), Stop> {
        if !counted {
            return Err(self.stop("its count or its hash is not that of the file"));
        }
        if !self.file.fill_buf()?.is_empty() {
            return Err(self.stop("something follows the end line"));
        }
        Ok(())
    }

    fn wrong(&self, what: &str) -> Discrepancy {
        Discrepancy::at(format!("line {}", self.number), what)
    }

    fn stop(&self, what: &str) -> Stop {
        Stop::Unreadable(self.wrong(what))
    }
}
