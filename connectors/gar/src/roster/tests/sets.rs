//! Which files make a whole set.

use super::samples::{Sample, document, hear, name};
use crate::roster::{Degree, Fault, FaultReason, FileKind, NotAName};

fn refused(sample: &Sample) -> Fault {
    hear(&sample.packed()).1.unwrap_err()
}

#[test]
fn kinds_without_records_are_files_without_records() {
    let (heard, summary) = hear(&Sample::empty().packed());
    assert_eq!((summary.unwrap().records, heard.rejects.len()), (0, 0));
    for kind in FileKind::ALL {
        let sample = Sample::empty().without(&format!("_{kind}_"));
        assert_eq!(refused(&sample).reason, FaultReason::MissingKind(kind));
    }
}

#[test]
fn older_senders_leave_the_degree_out() {
    for degree in ["1D", "2D"] {
        let sample = Sample::of(degree, |_| String::new()).renamed(&format!("_{degree}_"), "_");
        let summary = hear(&sample.packed()).1.unwrap();
        assert_eq!((summary.degree.as_str(), summary.name.degree), (degree, None));
        assert_eq!(summary.name.base(), "A0_GAR-ENT_Complet_20260901_213000");
    }
}

#[test]
fn numbers_begin_at_0_and_leave_no_gap() {
    let empty = document("2D", "Eleve", "");
    let more = |index| Sample::empty().add(&name("2D", "Eleve", index), empty.as_bytes());
    assert_eq!(hear(&more(1).packed()).1.unwrap().files, 6);
    assert_eq!(refused(&more(2)).reason, FaultReason::Gap(FileKind::Eleve, 1));
    assert_eq!(refused(&more(1).without("Eleve_0000")).reason, FaultReason::Gap(FileKind::Eleve, 0));
    assert_eq!(refused(&more(0)).reason, FaultReason::FileTwice);
}

#[test]
fn all_files_are_of_one_set() {
    let other = |from: &str, to: &str| {
        let mut sample = Sample::empty();
        sample.files[4].0 = sample.files[4].0.replace(from, to);
        refused(&sample).reason
    };
    assert_eq!(other("A0_", "B0_"), FaultReason::MixedEnts);
    assert_eq!(other("213000", "213001"), FaultReason::MixedDates);
    assert_eq!(other("_2D_", "_1D_"), FaultReason::MixedDegrees);
    assert_eq!(other("_2D_", "_"), FaultReason::MixedDegrees);
    assert_eq!(other("Complet", "Delta"), FaultReason::FileName(NotAName::NotComplete));
    let mixed = Sample::empty().renamed("_2D_", "_").text("RespAff", document("1D", "RespAff", ""));
    assert_eq!(refused(&mixed).reason, FaultReason::MixedDegrees);
}

#[test]
fn the_root_is_the_one_of_name_and_degree() {
    let other = |text: String| refused(&Sample::empty().text("Etab", text)).reason;
    assert_eq!(other(document("2D", "Eleve", "")), FaultReason::WrongRoot("GAR-ENT-Etab"));
    let second = Degree::Second.namespace();
    assert_eq!(other(document("1D", "Etab", "")), FaultReason::WrongNamespace(second));
    let none = document("2D", "Etab", "").replace("education.fr", "education.example");
    assert_eq!(other(none), FaultReason::WrongNamespace(second));
}

#[test]
fn strange_names_are_no_names() {
    for bad in [
        "readme.txt",
        "A0_GAR-ENT_Complet_20260901_213000_2D_Parents_0000.xml",
        "A0_GAR-ENT_Complet_20261301_213000_2D_Eleve_0000.xml",
        "A0_GAR-ENT_Complet_20260901_250000_2D_Eleve_0000.xml",
        "A0_GAR-ENT_Complet_20260901_213000_3D_Eleve_0000.xml",
        "A0_GAR-ENT_Complet_20260901_213000_2D_Eleve_00000.xml",
        "A0_GAR-ENT_Complet_20260901_213000_2D_Eleve_+001.xml",
        "_GAR-ENT_Complet_20260901_213000_2D_Eleve_0000.xml",
        "._A0_GAR-ENT_Complet_20260901_213000_2D_Eleve_0000.xml",
        "A0_GAR-ENT_Complet_2026é901_21300_2D_Eleve_0000.xml",
    ] {
        let fault = refused(&Sample::empty().add(bad, b"x"));
        assert_eq!(fault.reason, FaultReason::FileName(NotAName::Form), "{bad}");
        assert_eq!(fault.file.as_deref(), Some(bad));
    }
}
