//! Each record with every element that it can have, in both degrees.

use boundary::{GroupStatus, Profile, Uai};
use time::macros::date;

use super::samples::{PUPIL_PROFILE, Sample, UAI, hear, pupil, record};
use crate::roster::{
    Group, Identifier, Mef, Membership, Person, PersonLevel, PostCodes, PupilSubject, Record, RecordKind,
    Responsible, School, SchoolProfile, Subject, TeacherGroupSubject,
};

/// What one body of one kind of file gives, where all of it is right.
fn given(degree: &str, kind: &str, body: &str) -> Vec<Record> {
    let sample = Sample::of(degree, |own| if own == kind { body.to_owned() } else { String::new() });
    let (heard, summary) = hear(&sample.packed());
    assert_eq!(summary.unwrap().records, heard.records.len() as u64, "{:?}", heard.rejects);
    assert!(heard.rejects.is_empty(), "{:?}", heard.rejects);
    assert!(heard.warnings.is_empty(), "{:?}", heard.warnings);
    heard.records.into_iter().map(|(_, record)| record).collect()
}

fn only(records: Vec<Record>) -> Record {
    let [record]: [Record; 1] = records.try_into().unwrap();
    record
}

fn uai(text: &str) -> Uai {
    Uai::parse(text).unwrap()
}

fn id(text: &str) -> Identifier {
    Identifier(text.to_owned())
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

const SECOND: &str = "0650499P-ET6";

fn profile(school: &str, profile: &str) -> String {
    format!(
        "<men:GARStructureUAI>{school}</men:GARStructureUAI><men:GARPersonProfil>{profile}</men:GARPersonProfil>"
    )
}

fn post(element: &str, codes: &[&str]) -> String {
    let codes = codes.iter().map(|code| format!("<men:{element}>{code}</men:{element}>"));
    format!("<men:GARStructureUAI>{UAI}</men:GARStructureUAI>{}", codes.collect::<String>())
}

/// A member of staff with everything that a degree has.
fn staff(posts: (&str, &str), mails: &[&str]) -> String {
    let (holder, code) = posts;
    let (first, second) = (profile(UAI, "National_ens"), profile(SECOND, "NATIONAL_DIR"));
    let posts = [post(code, &["L0201", "L0202"]), post(code, &["L1000"])];
    let mut values = vec![
        ("GARPersonIdentifiant", "e-1"),
        ("GARPersonProfils", first.as_str()),
        ("GARPersonProfils", &second),
        ("GARPersonIdSecondaire", "other"),
        ("GARPersonNomPatro", "Duadier"),
        ("GARPersonNom", "Corfard"),
        ("GARPersonPrenom", "Élise"),
        ("GARPersonAutresPrenoms", "Élise"),
        ("GARPersonAutresPrenoms", "Ambre"),
        ("GARPersonCivilite", "Mme"),
        ("GARPersonStructRattach", SECOND),
        ("GARPersonEtab", UAI),
        ("GARPersonEtab", SECOND),
        ("GARPersonDateNaissance", "1980-02-29"),
        (holder, &posts[0]),
        (holder, &posts[1]),
    ];
    values.extend(mails.iter().map(|mail| ("GARPersonMail", *mail)));
    record("GAREnseignant", &values)
}

fn the_member_of_staff(mails: &[&str]) -> Person {
    let posts = [vec!["L0201", "L0202"], vec!["L1000"]];
    let posts = posts
        .map(|codes| PostCodes { school: uai(UAI), codes: codes.into_iter().map(str::to_owned).collect() });
    Person {
        id: id("e-1"),
        profiles: vec![
            SchoolProfile { school: uai(UAI), profile: Profile::Teacher },
            SchoolProfile { school: uai(SECOND), profile: Profile::Head },
        ],
        secondary_id: Some(id("other")),
        birth_name: text("Duadier"),
        family_name: "Corfard".to_owned(),
        first_name: "Élise".to_owned(),
        other_first_names: vec!["Élise".to_owned(), "Ambre".to_owned()],
        civility: text("Mme"),
        home_school: Some(uai(SECOND)),
        schools: vec![uai(UAI), uai(SECOND)],
        birth_date: Some(date!(1980 - 02 - 29)),
        posts: posts.into(),
        mails: mails.iter().map(|mail| (*mail).to_owned()).collect(),
    }
}

#[test]
fn pupils_are_read_whole_and_lean() {
    let body = record(
        "GAREleve",
        &[
            ("GARPersonIdentifiant", "p-1"),
            ("GARPersonProfils", PUPIL_PROFILE),
            ("GARPersonIdSecondaire", "second"),
            ("GARPersonNomPatro", "Morlac"),
            ("GARPersonNom", "Morlac"),
            ("GARPersonPrenom", "Zoé"),
            ("GARPersonAutresPrenoms", "Zoé"),
            ("GARPersonCivilite", "Mme"),
            ("GARPersonStructRattach", UAI),
            ("GARPersonEtab", UAI),
            ("GARPersonDateNaissance", "2012-12-31"),
        ],
    );
    for degree in ["1D", "2D"] {
        let Record::Pupil(pupil) = only(given(degree, "Eleve", &body)) else { panic!() };
        assert_eq!(pupil.profiles, [SchoolProfile { school: uai(UAI), profile: Profile::Pupil }]);
        assert_eq!((pupil.birth_date, pupil.home_school), (Some(date!(2012 - 12 - 31)), Some(uai(UAI))));
        assert_eq!((pupil.secondary_id, pupil.birth_name), (Some(id("second")), text("Morlac")));
        assert!(pupil.posts.is_empty() && pupil.mails.is_empty());
    }
    let Record::Pupil(lean) = only(given("2D", "Eleve", &pupil("p"))) else { panic!() };
    assert_eq!((lean.secondary_id, lean.birth_name, lean.civility), (None, None, None));
    assert_eq!((lean.home_school, lean.birth_date), (None, None));
}

#[test]
fn staff_have_disciplines_and_mail_in_the_second_degree() {
    let mails = ["elise.corfard@ent.invalid", "e.corfard@academie.invalid"];
    let body = staff(("GAREnsDisciplinesPostes", "GAREnsDisciplinePosteCode"), &mails);
    assert_eq!(given("2D", "Enseignant", &body), [Record::Staff(the_member_of_staff(&mails))]);
}

#[test]
fn staff_have_specialities_and_no_mail_in_the_first() {
    let body = staff(("GAREnsSpecialitesPostes", "GAREnsSpecialitePosteCode"), &[]);
    assert_eq!(given("1D", "Enseignant", &body), [Record::Staff(the_member_of_staff(&[]))]);
}

#[test]
fn every_profile_is_known_in_any_case() {
    for (name, profile_of) in [
        ("National_ens", Profile::Teacher),
        ("National_DOC", Profile::Librarian),
        ("national_dir", Profile::Head),
        ("NATIONAL_EVS", Profile::SchoolLife),
        ("National_eta", Profile::Staff),
        ("National_col", Profile::Local),
    ] {
        let body = staff(("GAREnsDisciplinesPostes", "GAREnsDisciplinePosteCode"), &[]);
        let body = body.replace("National_ens", name);
        let Record::Staff(person) = only(given("2D", "Enseignant", &body)) else { panic!() };
        assert_eq!(person.profiles[0].profile, profile_of, "{name}");
    }
}

#[test]
fn managers_have_mail_and_schools() {
    let body = record(
        "GARRespAff",
        &[
            ("GARPersonIdentifiant", "e-1"),
            ("GARPersonNom", "Corfard"),
            ("GARPersonPrenom", "Élise"),
            ("GARPersonCivilite", "Mme"),
            ("GARPersonMail", "a@ent.invalid"),
            ("GARPersonMail", "b@ent.invalid"),
            ("GARRespAffEtab", UAI),
            ("GARRespAffEtab", SECOND),
        ],
    );
    for degree in ["1D", "2D"] {
        let expected = Responsible {
            id: id("e-1"),
            family_name: "Corfard".to_owned(),
            first_name: "Élise".to_owned(),
            civility: text("Mme"),
            mails: vec!["a@ent.invalid".to_owned(), "b@ent.invalid".to_owned()],
            schools: vec![uai(UAI), uai(SECOND)],
        };
        assert_eq!(given(degree, "RespAff", &body), [Record::Responsible(expected)]);
    }
}

fn of_person(name: &str, code: (&str, &str)) -> String {
    record(name, &[("GARStructureUAI", UAI), ("GARPersonIdentifiant", "p-1"), code])
}

#[test]
fn levels_and_subjects_of_people() {
    let level = |code: &str| PersonLevel { school: uai(UAI), person: id("p-1"), code: code.to_owned() };
    let mef = of_person("GARPersonMEF", ("GARMEFCode", "10010012110"));
    for kind in ["Eleve", "Enseignant"] {
        assert_eq!(given("2D", kind, &mef), [Record::PersonMef(level("10010012110"))]);
        let stat = of_person("GARPersonMEFSTAT4", ("GARMEFSTAT4Code", "1221"));
        assert_eq!(given("1D", kind, &stat), [Record::PersonMefstat4(level("1221"))]);
    }
    let taught = of_person("GAREleveEnseignement", ("GARMatiereCode", "020700"));
    let expected = PupilSubject { school: uai(UAI), person: id("p-1"), subject: "020700".to_owned() };
    assert_eq!(given("2D", "Eleve", &taught), [Record::PupilSubject(expected)]);
}

#[test]
fn schools_with_their_levels_and_subjects() {
    let values = [
        ("GARStructureUAI", UAI),
        ("GARStructureNomCourant", "Lycée d'essai &amp; Cie"),
        ("GARStructureContrat", "PU"),
        ("GARStructureTelephone", "01 99 00 00 00"),
        ("GARStructureEmail", "secretariat@ecole.invalid"),
    ];
    let expected = School {
        uai: uai(UAI),
        name: "Lycée d'essai & Cie".to_owned(),
        attached_to: None,
        contract: text("PU"),
        telephone: text("01 99 00 00 00"),
        mail: text("secretariat@ecole.invalid"),
    };
    assert_eq!(given("1D", "Etab", &record("GAREtab", &values)), [Record::School(expected.clone())]);
    let mut with = values.to_vec();
    with.push(("GAREtablissementStructRattachFctl", "0750002V"));
    let mef = record(
        "GARMEF",
        &[
            ("GARStructureUAI", UAI),
            ("GARMEFCode", "10010012110"),
            ("GARMEFLibelle", "6EME"),
            ("GARMEFRattach", "10010012111"),
            ("GARMEFSTAT11", "21110010001"),
        ],
    );
    let subject = record(
        "GARMatiere",
        &[("GARStructureUAI", UAI), ("GARMatiereCode", "020700"), ("GARMatiereLibelle", "FRANCAIS")],
    );
    let records = given("2D", "Etab", &(record("GAREtab", &with) + &mef + &subject));
    let school = School { attached_to: text("0750002V"), ..expected };
    let mef = Mef {
        school: uai(UAI),
        code: "10010012110".to_owned(),
        label: "6EME".to_owned(),
        attached_to: text("10010012111"),
        stat11: text("21110010001"),
    };
    let subject = Subject { school: uai(UAI), code: "020700".to_owned(), label: "FRANCAIS".to_owned() };
    assert_eq!(records, [Record::School(school), Record::Mef(mef), Record::Subject(subject)]);
}

/// The code of a group precedes its school, as in no other record.
fn group(code: &str, status: &str, more: &[(&str, &str)]) -> String {
    let mut values = vec![
        ("GARGroupeCode", code),
        ("GARStructureUAI", UAI),
        ("GARGroupeLibelle", "Sixième A"),
        ("GARGroupeStatut", status),
    ];
    values.extend(more);
    record("GARGroupe", &values)
}

#[test]
fn groups_members_and_who_teaches_them() {
    let divided = [("GARGroupeDivAppartenance", "6A"), ("GARGroupeDivAppartenance", "6B")];
    let member = of_person("GARPersonGroupe", ("GARGroupeCode", "6A"));
    let body = group("6A", "DIVISION", &[]) + &group("6A-LV1", "groupe", &divided) + &member;
    let division = Group {
        school: uai(UAI),
        code: "6A".to_owned(),
        label: "Sixième A".to_owned(),
        status: GroupStatus::Division,
        divisions: Vec::new(),
    };
    let grouped = Group {
        code: "6A-LV1".to_owned(),
        status: GroupStatus::Group,
        divisions: vec!["6A".to_owned(), "6B".to_owned()],
        ..division.clone()
    };
    let member = Membership { school: uai(UAI), person: id("p-1"), group: "6A".to_owned() };
    let expected = [Record::Group(division), Record::Group(grouped), Record::Membership(member)];
    for degree in ["1D", "2D"] {
        assert_eq!(given(degree, "Groupe", &body), expected);
    }
    for (name, kind) in
        [("GAREnsClasseMatiere", GroupStatus::Division), ("GAREnsGroupeMatiere", GroupStatus::Group)]
    {
        let taught = record(
            name,
            &[
                ("GARStructureUAI", UAI),
                ("GARPersonIdentifiant", "e-1"),
                ("GARGroupeCode", "6A"),
                ("GARMatiereCode", "020700"),
                ("GARMatiereCode", "061300"),
            ],
        );
        let expected = TeacherGroupSubject {
            school: uai(UAI),
            person: id("e-1"),
            group: "6A".to_owned(),
            kind,
            subjects: vec!["020700".to_owned(), "061300".to_owned()],
        };
        let given = only(given("2D", "Groupe", &taught));
        assert_eq!(given.kind().element().name(), name);
        assert_eq!(given, Record::TeacherGroupSubject(expected));
    }
}

#[test]
fn every_kind_of_record_has_an_element_and_a_key() {
    for kind in RecordKind::ALL {
        assert!(kind.element().name().starts_with("GAR") && kind.key().contains("GAR"));
    }
}

#[test]
fn no_value_of_a_person_is_in_what_debug_shows() {
    let body = staff(("GAREnsDisciplinesPostes", "GAREnsDisciplinePosteCode"), &["elise@ent.invalid"]);
    let shown = format!("{:?}", given("2D", "Enseignant", &body));
    for value in ["e-1", "other", "Duadier", "Corfard", "Élise", "Ambre", "1980", "elise@ent"] {
        assert!(!shown.contains(value), "{value} in {shown}");
    }
}
