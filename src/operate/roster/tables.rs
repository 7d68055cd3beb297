//! The report as tables that open in a spreadsheet: one of schools, one of records. Columns are parted by semicolons, as
//! French spreadsheets expect.

use std::fmt::Write;

use super::report::{Line, Report};

/// What a spreadsheet would run as a formula.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

impl Report {
    /// School by school.
    #[must_use]
    pub fn schools_csv(&self) -> String {
        let head = "uai;verdict;records;rejected;people;new;changed;unchanged;left;held;managers;mend\r\n";
        let mut out = head.to_owned();
        for school in &self.schools {
            let counts = &school.counts;
            let verdict = serde_json::to_value(school.verdict).ok();
            let verdict = verdict.as_ref().and_then(|verdict| verdict.as_str()).unwrap_or_default();
            let mut row = vec![school.uai.to_string(), verdict.to_owned()];
            let numbers = [
                counts.records,
                counts.rejected,
                counts.people,
                counts.new,
                counts.changed,
                counts.unchanged,
                counts.left,
                counts.held,
                counts.managers,
            ];
            row.extend(numbers.iter().map(u64::to_string));
            row.push(school.mend.clone().unwrap_or_default());
            line(&mut out, &row);
        }
        out
    }

    /// Record by record: what was rejected and what should be mended; first of all why the archive was refused, if it was.
    #[must_use]
    pub fn records_csv(&self) -> String {
        let mut out = "kind;uai;file;line;element;code;reason;person\r\n".to_owned();
        if let Some(fault) = &self.fault {
            let at = fault.line.map(|line| line.to_string()).unwrap_or_default();
            let file = fault.file.clone().unwrap_or_default();
            let (code, reason) = (fault.code.clone(), fault.reason.clone());
            line(
                &mut out,
                &["fault".into(), String::new(), file, at, String::new(), code, reason, String::new()],
            );
        }
        let told = self.rejects.iter().map(|line| ("reject", line));
        for (kind, record) in told.chain(self.warnings.iter().map(|line| ("warning", line))) {
            let Line { school, file, line: at, element, code, reason, person } = record;
            let school = school.as_ref().map(ToString::to_string).unwrap_or_default();
            let person = person.clone().unwrap_or_default();
            let row = [
                kind.to_owned(),
                school,
                file.clone(),
                at.to_string(),
                element.clone(),
                code.clone(),
                reason.clone(),
                person,
            ];
            line(&mut out, &row);
        }
        out
    }
}

/// The files of a report, with their names: the whole as JSON, and two tables.
///
/// # Errors
/// None that can occur with these types; the error is passed on rather than hidden.
pub fn files(report: &Report) -> Result<[(&'static str, String); 3], serde_json::Error> {
    let json = serde_json::to_string_pretty(report)?;
    Ok([("report.json", json), ("schools.csv", report.schools_csv()), ("records.csv", report.records_csv())])
}

fn line(out: &mut String, cells: &[String]) {
    for (n, cell) in cells.iter().enumerate() {
        if n > 0 {
            out.push(';');
        }
        let formula = if cell.starts_with(FORMULA) { "'" } else { "" };
        let quoted = cell.contains([';', '"', '\r', '\n']) || !formula.is_empty();
        let text = format!("{formula}{cell}");
        // Writing to a string does not fail.
        let _ = if quoted { write!(out, "\"{}\"", text.replace('"', "\"\"")) } else { write!(out, "{text}") };
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_holds_what_it_holds_and_runs_nothing() {
        let mut out = String::new();
        line(&mut out, &["a".into(), "b;c".into(), "d\"e".into(), "=1+1".into(), String::new()]);
        assert_eq!(out, "a;\"b;c\";\"d\"\"e\";\"'=1+1\";\r\n");
    }
}
