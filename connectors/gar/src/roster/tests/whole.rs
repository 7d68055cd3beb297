//! Archives that are right: every record with every element, both degrees, both spellings of names.

use super::samples::{Sample, hear, pupil};
use crate::roster::{Degree, Record, md5_of};

#[test]
fn an_archive_gives_its_records_in_order() {
    let archive = Sample::with("Eleve", &(pupil("a") + &pupil("b"))).packed();
    let (heard, summary) = hear(&archive);
    let summary = summary.unwrap();
    assert_eq!((summary.records, summary.rejects, summary.warnings, summary.files), (2, 0, 0, 5));
    assert_eq!((summary.name.ent_code.as_str(), summary.degree), ("A0", Degree::Second));
    assert_eq!(summary.md5, md5_of(archive.as_slice()).unwrap());
    assert_eq!(summary.archive_bytes, archive.len() as u64);
    let lines: Vec<_> = heard.records.iter().map(|(place, _)| (place.line, place.element)).collect();
    assert_eq!(lines, [(3, "GAREleve"), (11, "GAREleve")]);
    let Record::Pupil(first) = &heard.records[0].1 else { panic!("{:?}", heard.records) };
    assert_eq!((first.id.as_str(), first.first_name.as_str()), ("a", "Zoé"));
    assert_eq!(heard.progress.last(), Some(&summary.archive_bytes));
}
