//! Written rosters have the form that exporters give them.

use std::collections::BTreeSet;
use std::io::Read;

use flate2::read::GzDecoder;

use super::{Degree, Pupil, School, Set, Size, Staff, write, write_into};

/// The files of an archive, with their texts.
fn files(archive: &[u8]) -> Vec<(String, String)> {
    let mut tar = tar::Archive::new(GzDecoder::new(archive));
    let entries = tar.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (name, text)
    });
    entries.collect()
}

fn drawn(set: &Set, size: Size) -> Vec<u8> {
    let mut archive = Vec::new();
    write(set, || size.draw(), &mut archive).unwrap();
    archive
}

#[test]
fn the_same_numbers_draw_the_same_people_and_another_seed_others() {
    let set = Set::new("A0", "20260901_213000", Degree::Second);
    let size = Size::new(300, 3);
    assert_eq!(drawn(&set, size), drawn(&set, size));
    let ids = |size: Size| {
        let schools = size.draw().flat_map(|school| {
            let pupils: Vec<_> = school.pupils.into_iter().map(|pupil| pupil.id).collect();
            let staff: Vec<_> = school.staff.into_iter().map(|staff| staff.id).collect();
            [pupils, staff].concat()
        });
        schools.collect::<BTreeSet<_>>()
    };
    let first = ids(size);
    assert_eq!(first.len(), 300);
    assert!(first.is_disjoint(&ids(Size { seed: 2, ..size })));
    let stayed = first.intersection(&ids(Size { turnover: 200, ..size })).count();
    assert!((200..280).contains(&stayed), "{stayed} of 300 stayed");
    assert_eq!(size.draw().map(|school| school.uai).collect::<BTreeSet<_>>().len(), 3);
}

#[test]
fn files_are_named_numbered_and_split() {
    let set = Set { file_records: 40, ..Set::new("A0", "20260901_213000", Degree::Second) };
    let files = files(&drawn(&set, Size::new(100, 1)));
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"A0_GAR-ENT_Complet_20260901_213000_2D_Eleve_0000.xml"), "{names:?}");
    assert!(names.contains(&"A0_GAR-ENT_Complet_20260901_213000_2D_Eleve_0001.xml"), "{names:?}");
    assert!(files.iter().all(|(_, text)| text.matches("\n  <men:GAR").count() <= 40));
    let old = Set { old_names: true, ..Set::new("A0", "20260901_213000", Degree::First) };
    let names: Vec<_> =
        self::files(&drawn(&old, Size::new(0, 1))).into_iter().map(|(name, _)| name).collect();
    let kinds = ["Eleve", "Enseignant", "Etab", "Groupe", "RespAff"];
    assert_eq!(names, kinds.map(|kind| format!("A0_GAR-ENT_Complet_20260901_213000_{kind}_0000.xml")));
}

#[test]
fn a_described_school_is_written_element_by_element() {
    let set = Set::new("A0", "20260901_213000", Degree::First);
    let school = School {
        uai: "0440001M".to_owned(),
        name: "École & Cie".to_owned(),
        pupils: vec![Pupil { id: "p".to_owned(), level: Some("1221".to_owned()), ..Pupil::default() }],
        staff: vec![Staff { id: "e".to_owned(), profile: "ens".to_owned(), ..Staff::default() }],
        ..School::default()
    };
    let mut archive = Vec::new();
    let written = write(&set, || [school.clone()], &mut archive).unwrap();
    assert_eq!((written.people, written.records, written.files), (2, 4, 5));
    let texts: String = files(&archive).into_iter().map(|(_, text)| text).collect();
    for part in [
        "xmlns:men=\"http://data.education.fr/ns/gar/1d\"",
        "<men:GARStructureNomCourant>École &amp; Cie</men:GARStructureNomCourant>",
        "<men:GARMEFSTAT4Code>1221</men:GARMEFSTAT4Code>",
        "<men:GARPersonProfil>National_ens</men:GARPersonProfil>",
    ] {
        assert!(texts.contains(part), "{part}");
    }
    assert!(!texts.contains("GARPersonMail") && !texts.contains("GARMEF>"));
}

#[test]
fn the_companion_is_bare_and_of_the_archive() {
    let folder = std::env::temp_dir().join(format!("conformance-roster-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let set = Set::new("A0", "20260901_213000", Degree::Second);
    let (archive, written) = write_into(&set, || Size::new(20, 1).draw(), &folder).unwrap();
    let companion = std::fs::read_to_string(archive.with_file_name(set.base() + ".md5")).unwrap();
    let bytes = std::fs::read(&archive).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let sum = openssl::hash::hash(openssl::hash::MessageDigest::md5(), &bytes).unwrap();
    let hex: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((companion.as_str(), written.md5.as_str()), (hex.as_str(), hex.as_str()));
}
