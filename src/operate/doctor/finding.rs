//! Findings, and how they are shown.

use std::collections::BTreeMap;

use serde::Serialize;

/// How much a finding matters. What matters most comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Launches fail because of it, or soon will.
    Broken,
    /// It will break something, or is a risk.
    Warning,
    /// Worth knowing.
    Note,
}

/// Who can mend something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mender {
    /// Whoever runs this broker.
    Operator,
    /// The ENT.
    Ent,
    /// The publisher.
    Publisher,
    /// The school.
    School,
}

/// One thing found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check that found it, by a name that stays.
    pub check: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What was found.
    pub what: String,
    /// Who can mend it.
    pub mends: Mender,
    /// What to do about it.
    pub mend: String,
}

impl Severity {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "BROKEN",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl Mender {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Ent => "ENT",
            Self::Publisher => "publisher",
            Self::School => "school",
        }
    }
}

/// How many findings of one check are shown to people; JSON has all.
const SHOWN: usize = 20;

/// Findings for people, and their number in the last line.
#[must_use]
pub fn show(found: &[Finding]) -> String {
    let mut lines = Vec::new();
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    for Finding { check, severity, what, mends, mend } in found {
        let count = shown.entry(check).or_default();
        *count += 1;
        if *count <= SHOWN {
            lines.push(format!("{:<7}  {check}: {what}", severity.as_str()));
            lines.push(format!("{:<7}  {}: {mend}\n", "", mends.as_str()));
        }
    }
    for (check, count) in shown.into_iter().filter(|(_, count)| *count > SHOWN) {
        lines.push(format!("{check}: {} more, see --json", count - SHOWN));
    }
    lines.push(total(found));
    lines.join("\n")
}

fn total(found: &[Finding]) -> String {
    let count = |severity| found.iter().filter(|finding| finding.severity == severity).count();
    let parts = [(Severity::Broken, "broken"), (Severity::Warning, "warnings"), (Severity::Note, "notes")];
    let parts: Vec<_> = parts
        .into_iter()
        .map(|(severity, name)| (count(severity), name))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    let total = format!("doctor: {} found", found.len());
    if parts.is_empty() { total } else { format!("{total}: {}", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_shown_the_first_of_many() {
        assert_eq!(show(&[]), "doctor: 0 found");
        let one = |n| Finding {
            check: "ending",
            severity: Severity::Warning,
            what: format!("resource {n}"),
            mends: Mender::School,
            mend: "renew it".to_owned(),
        };
        let text = show(&(0..25).map(one).collect::<Vec<_>>());
        assert!(text.contains("resource 19\n") && !text.contains("resource 20\n"), "{text}");
        assert!(text.ends_with("\nending: 5 more, see --json\ndoctor: 25 found: 25 warnings"), "{text}");
    }
}
