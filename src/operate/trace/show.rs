//! A trace for people.

use std::fmt;

use super::{Outcome, Trace};
use crate::journal::Hop;

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ended = match (self.outcome, self.code) {
            (Outcome::Delivered, _) => "delivered".to_owned(),
            (Outcome::Refused, code) => format!("refused: {}", code.map_or("", |code| code.as_str())),
            (Outcome::Fault, _) => "stopped by a fault".to_owned(),
        };
        writeln!(f, "launch {} {ended}", self.launch)?;
        line(
            f,
            "when",
            &format!(
                "{} {:02}:{:02}:{:02} UTC",
                self.at.date(),
                self.at.hour(),
                self.at.minute(),
                self.at.second()
            ),
        )?;
        for (name, value) in &self.known {
            line(f, name, value)?;
        }
        let mut hop = None;
        for check in &self.checks {
            if hop.replace(check.hop) != Some(check.hop) {
                writeln!(f, "{}", heading(check.hop))?;
            }
            writeln!(f, "  {} {}", if check.passed { "✓" } else { "✗" }, check.name)?;
        }
        self.explain(f)
    }
}

impl Trace {
    fn explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(meaning) = &self.meaning {
            line(f, "means", &meaning.meaning)?;
            line(f, "mends", meaning.mends)?;
            line(f, "told", &meaning.told)?;
        }
        if self.outcome == Outcome::Fault {
            line(
                f,
                "means",
                "Something that the check needs did not answer: the database, or the ENT's key set.",
            )?;
            line(f, "mends", "operator")?;
            line(f, "look", "`passerelle doctor`, and the log line of this launch, which has the details")?;
        }
        Ok(())
    }
}

const fn heading(hop: Hop) -> &'static str {
    match hop {
        Hop::A => "hop A, from the ENT",
        Hop::B => "hop B, to the publisher",
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    writeln!(f, "  {name:<11} {value}")
}
