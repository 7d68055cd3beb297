//! What the reference ENT writes as a roster is what the broker reads: the two share no line.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;

use conformance::roster::{Degree, School, Set, Size, Written, write};
use gar::roster::{
    self, Element, FaultReason, Limits, Md5, Place, Record, RecordKind, Reject, RejectReason, Sink, Summary,
    Warning, WarningReason,
};

use crate::walls::source::root;

#[derive(Default)]
struct Heard {
    kinds: BTreeMap<RecordKind, u64>,
    files: BTreeSet<String>,
    records: Vec<Record>,
    rejects: Vec<Reject>,
    warnings: Vec<Warning>,
}

impl Sink for Heard {
    fn record(&mut self, place: &Place, record: Record) -> ControlFlow<()> {
        *self.kinds.entry(record.kind()).or_default() += 1;
        self.files.insert(place.file.clone());
        self.records.push(record);
        ControlFlow::Continue(())
    }

    fn reject(&mut self, reject: Reject) -> ControlFlow<()> {
        self.rejects.push(reject);
        ControlFlow::Continue(())
    }

    fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }
}

/// Writes a set and reads it; nothing in it may be rejected or warned about.
fn crossed<I>(set: &Set, schools: impl Fn() -> I) -> (Written, Summary, Heard)
where
    I: IntoIterator<Item = School>,
{
    let mut archive = Vec::new();
    let written = write(set, schools, &mut archive).unwrap();
    let mut heard = Heard::default();
    let summary = roster::read(archive.as_slice(), &Limits::default(), [7; 16], &mut heard);
    let summary = summary.unwrap_or_else(|fault| panic!("{fault}"));
    assert!(heard.rejects.is_empty(), "{:?}", heard.rejects);
    assert!(heard.warnings.is_empty(), "{:?}", heard.warnings);
    assert_eq!((summary.records, summary.files), (written.records, written.files as u64));
    assert_eq!(summary.md5, Md5::of_companion(written.md5.as_bytes()).unwrap());
    (written, summary, heard)
}

#[test]
fn drawn_rosters_of_both_degrees_are_read_whole() {
    for (degree, token, kinds) in [(Degree::First, "1D", 7), (Degree::Second, "2D", 12)] {
        for old_names in [false, true] {
            let set =
                Set { old_names, file_records: 500, ..Set::new("ENT-TEST1", "20260901_213000", degree) };
            let (written, summary, heard) = crossed(&set, || Size::new(1000, 2).draw());
            assert_eq!(written.people, 1000);
            let people = heard.kinds[&RecordKind::Pupil] + heard.kinds[&RecordKind::Staff];
            assert_eq!(people, 1000);
            assert_eq!(heard.kinds.len(), kinds, "{:?}", heard.kinds);
            assert_eq!((summary.degree.as_str(), summary.name.base()), (token, set.base()));
            assert!(heard.files.len() > 6, "split at 500 records: {:?}", heard.files);
        }
    }
}

const DESCRIBED: &str = r#"
uai = "0750001U"
name = "Lycée <d'essai> & Cie"
levels = [{ code = "20010012110", label = "2NDE" }]
subjects = [{ code = "020700", label = "FRANÇAIS" }]
classes = [{ code = "2A", label = "Seconde A" }]
groups = [{ code = "2A-LV1", label = "Anglais", classes = ["2A"] }]

[[pupils]]
id = "p-1"
family_name = "Morlac"
first_name = "Zoé"
birth_date = "2011-09-30"
level = "20010012110"
groups = ["2A", "2A-LV1"]
subjects = ["020700"]
also_at = ["0650499P"]

[[staff]]
id = "e-1"
family_name = "Corfard"
first_name = "Élise"
civility = "Mme"
profile = "ens"
mail = "elise.corfard@ent.invalid"
manager = true
teaches = [{ group = "2A", subjects = ["020700"] }, { group = "2A-LV1", subjects = ["020700"] }]
"#;

#[test]
fn a_described_school_arrives_as_it_was_described() {
    let school: School = toml::from_str(DESCRIBED).unwrap();
    let set = Set::new("A0", "20260901_213000", Degree::Second);
    let (written, _, heard) = crossed(&set, || [school.clone()]);
    assert_eq!(written.people, 2);
    let of = |kind: RecordKind| {
        let mut found = heard.records.iter().filter(move |record| record.kind() == kind);
        (found.next().unwrap(), found.count())
    };
    let (Record::Pupil(pupil), 0) = of(RecordKind::Pupil) else { panic!() };
    assert_eq!((pupil.id.as_str(), pupil.family_name.as_str()), ("p-1", "Morlac"));
    let schools: Vec<_> = pupil.schools.iter().map(|uai| uai.as_str()).collect();
    assert_eq!(schools, ["0750001U", "0650499P"]);
    let (Record::Responsible(manager), 0) = of(RecordKind::Responsible) else { panic!() };
    assert_eq!(manager.mails, ["elise.corfard@ent.invalid"]);
    let (Record::School(read), 0) = of(RecordKind::School) else { panic!() };
    assert_eq!(read.name, "Lycée <d'essai> & Cie");
    let (Record::TeacherGroupSubject(taught), 0) = of(RecordKind::TeacherGroup) else { panic!() };
    assert_eq!((taught.group.as_str(), taught.subjects.as_slice()), ("2A-LV1", &["020700".to_owned()][..]));
    assert_eq!(of(RecordKind::Membership).1, 3);
}

#[test]
fn the_reader_sees_another_hand_at_work() {
    let set = Set::new("A0", "20260901_213000", Degree::Second);
    let mut archive = Vec::new();
    let written = write(&set, || Size::new(50, 1).draw(), &mut archive).unwrap();
    archive.truncate(archive.len() - 20);
    let fault = roster::read(archive.as_slice(), &Limits::default(), [7; 16], &mut Heard::default());
    assert_eq!(fault.unwrap_err().reason, FaultReason::Truncated);
    assert_ne!(roster::md5_of(archive.as_slice()).unwrap().to_string(), written.md5);
}

/// The page for ENTs has every code under its heading, and every element that is read.
#[test]
fn the_page_of_the_format_is_whole() {
    let text = fs::read_to_string(root().join("docs/roster-format.md")).unwrap();
    for (heading, codes) in [
        ("## Codes of faults", FaultReason::CODES),
        ("## Codes of rejects", RejectReason::CODES),
        ("## Codes of warnings", WarningReason::CODES),
    ] {
        let section = text.split(heading).nth(1).unwrap().split("\n## ").next().unwrap();
        let first = section.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
        let told: BTreeSet<&str> = first.flat_map(|cell| cell.trim_end_matches('`').split("`, `")).collect();
        assert_eq!(told, codes.iter().copied().collect(), "{heading}");
        assert_eq!(told.len(), codes.len(), "{heading}: a code twice");
    }
    for element in Element::ALL {
        assert!(text.contains(&format!("`{element}`")), "{element} is not on the page");
    }
}
