//! Bad records are left out singly: each with its file, line, element, schools and a reason.

use boundary::Uai;

use super::samples::{
    Heard, PUPIL_PROFILE, Sample, UAI, document, hear, hear_within, name, pupil, pupil_values, record,
};
use crate::roster::{Element, Limits, Record, Reject, RejectReason, WarningReason};

/// What is heard of a body between two pupils that are right: both must be there.
fn among(kind: &str, body: &str) -> Heard {
    let sample = Sample::of("2D", |own| {
        let pupils = if own == "Eleve" { [pupil("first"), pupil("last")] } else { Default::default() };
        let body = if own == kind { body } else { "" };
        format!("{}{body}{}", pupils[0], pupils[1])
    });
    let (heard, summary) = hear(&sample.packed());
    let summary = summary.unwrap();
    let is_fixed = |record: &Record| matches!(record, Record::Pupil(person) if ["first", "last"].contains(&person.id.as_str()));
    assert_eq!(heard.records.iter().filter(|(_, record)| is_fixed(record)).count(), 2);
    assert_eq!(
        (summary.rejects, summary.warnings),
        (heard.rejects.len() as u64, heard.warnings.len() as u64)
    );
    heard
}

/// The only reject of a body.
fn reject(kind: &str, body: &str) -> Reject {
    let [reject] = among(kind, body).rejects.try_into().unwrap();
    assert_eq!(reject.place.file, name("2D", kind, 0));
    reject
}

fn reason(kind: &str, body: &str) -> (&'static str, RejectReason) {
    let reject = reject(kind, body);
    (reject.place.element, reject.reason)
}

/// A pupil with one value in another's place.
fn changed(element: &str, value: &str) -> String {
    let mut values = pupil_values("p");
    for (own, text) in &mut values {
        if *own == element {
            *text = value;
        }
    }
    record("GAREleve", &values)
}

fn with(element: &str, value: &str) -> String {
    let mut values = pupil_values("p");
    values.push((element, value));
    record("GAREleve", &values)
}

#[test]
fn a_reject_says_where_and_of_which_schools() {
    let two = record(
        "GAREleve",
        &[
            ("GARPersonIdentifiant", "p"),
            ("GARPersonProfils", PUPIL_PROFILE),
            ("GARPersonNom", ""),
            ("GARPersonPrenom", "Zoé"),
            ("GARPersonAutresPrenoms", "Zoé"),
            ("GARPersonEtab", UAI),
            ("GARPersonEtab", "0650499P"),
        ],
    );
    let reject = reject("Eleve", &two);
    assert_eq!((reject.place.line, reject.place.element), (11, "GARPersonNom"));
    assert_eq!((reject.reason, reject.record), (RejectReason::Empty, Some(crate::roster::RecordKind::Pupil)));
    assert_eq!(reject.schools, [Uai::parse(UAI).unwrap(), Uai::parse("0650499P").unwrap()]);
    assert_eq!(reject.place.to_string(), format!("{}:11: GARPersonNom", name("2D", "Eleve", 0)));
}

#[test]
fn mandatory_elements_are_there_and_filled() {
    for (element, _) in pupil_values("p") {
        let mut values = pupil_values("p");
        values.retain(|(own, _)| *own != element);
        assert_eq!(reason("Eleve", &record("GAREleve", &values)), (element, RejectReason::Missing));
        if element != "GARPersonProfils" {
            for empty in ["", " \t\r\n ", "<![CDATA[  ]]>", "<!-- nothing -->"] {
                let found = reason("Eleve", &changed(element, empty));
                assert_eq!(found, (element, RejectReason::Empty), "{empty:?}");
            }
        }
    }
    let half = "<men:GARStructureUAI>0750001U</men:GARStructureUAI>";
    let found = reason("Eleve", &changed("GARPersonProfils", half));
    assert_eq!(found, ("GARPersonProfil", RejectReason::Missing));
    assert_eq!(reason("Eleve", &changed("GARPersonProfils", "")).0, "GARStructureUAI");
    // An empty optional value is no value.
    assert!(among("Eleve", &with("GARPersonDateNaissance", "")).rejects.is_empty());
}

#[test]
fn single_elements_stand_once() {
    for element in ["GARPersonIdentifiant", "GARPersonNom", "GARPersonPrenom"] {
        assert_eq!(reason("Eleve", &with(element, "twice")), (element, RejectReason::Repeated));
    }
    let twice = format!("{PUPIL_PROFILE}<men:GARPersonProfil>National_ens</men:GARPersonProfil>");
    let found = reason("Eleve", &changed("GARPersonProfils", &twice));
    assert_eq!(found, ("GARPersonProfil", RejectReason::Repeated));
    let body =
        with("GARPersonCivilite", "M.").replace("</men:GAREleve>", "<men:GARPersonCivilite/></men:GAREleve>");
    assert_eq!(reason("Eleve", &body), ("GARPersonCivilite", RejectReason::Repeated));
}

#[test]
fn values_are_as_long_as_the_schema_allows_in_characters() {
    for (element, most) in [("GARPersonIdentifiant", 64), ("GARPersonNom", 500), ("GARPersonPrenom", 500)] {
        let longest = "é".repeat(most);
        assert!(among("Eleve", &changed(element, &longest)).rejects.is_empty(), "{element}");
        let found = reason("Eleve", &changed(element, &format!("{longest}é")));
        assert_eq!(found, (element, RejectReason::TooLong(most)));
    }
    let found = reason("Eleve", &with("GARPersonCivilite", &"x".repeat(31)));
    assert_eq!(found, ("GARPersonCivilite", RejectReason::TooLong(30)));
    // The white space around a value is none of it.
    let spaced = format!("\n\t  {}\r\n ", "é".repeat(64));
    assert!(among("Eleve", &changed("GARPersonIdentifiant", &spaced)).rejects.is_empty());
}

#[test]
fn elements_of_others_are_told_apart_from_strange_ones() {
    let found = reason("Eleve", &with("GARPersonMail", "a@b.invalid"));
    assert_eq!(found, ("GAREleve", RejectReason::OutOfPlace(Element::PersonMail)));
    let found = reason("Eleve", &with("GARPersonBoursier", "Morlac"));
    assert_eq!(found, ("GAREleve", RejectReason::UnknownElement));
    let inner = format!("{PUPIL_PROFILE}<men:GARPersonNom>x</men:GARPersonNom>");
    let found = reason("Eleve", &changed("GARPersonProfils", &inner));
    assert_eq!(found, ("GARPersonProfils", RejectReason::OutOfPlace(Element::PersonNom)));
    let found = reason("Eleve", &changed("GARPersonNom", "Mor<men:b>l</men:b>ac"));
    assert_eq!(found, ("GARPersonNom", RejectReason::UnknownElement));
}

#[test]
fn other_namespaces_are_other_elements() {
    let foreign = |text: &str| {
        pupil("p").replace("<men:GARPersonNom>", text).replace("</men:GARPersonNom>", "</x:GARPersonNom>")
    };
    for body in [
        foreign("<x:GARPersonNom xmlns:x=\"urn:other\">"),
        foreign("<x:GARPersonNom xmlns:x=\"http://data.education.fr/ns/gar/1d\">"),
        foreign("<x:GARPersonNom xmlns:x=\"HTTP://data.education.fr/ns/gar\">"),
        foreign("<x:GARPersonNom>"),
        pupil("p").replace("<men:GAREleve>", "<men:GAREleve xmlns:men=\"urn:other\">"),
    ] {
        let reason = reject("Eleve", &body).reason;
        let told = matches!(reason, RejectReason::UnknownElement | RejectReason::OutOfPlace(_));
        assert!(told, "{reason:?} of {body}");
    }
    // The same namespace under another prefix, or under none, is the same.
    let same = foreign("<x:GARPersonNom xmlns:x=\"http://data.education.fr/ns/gar\">");
    assert!(among("Eleve", &same).rejects.is_empty());
    let unprefixed = document("2D", "Eleve", &pupil("p")).replace("men:", "").replace("xmlns:men", "xmlns");
    let unprefixed = unprefixed.replace(":men=", "=");
    let (heard, summary) = hear(&Sample::empty().text("Eleve", unprefixed).packed());
    assert_eq!((summary.unwrap().records, heard.rejects.len()), (1, 0));
}

#[test]
fn any_order_within_a_record_is_taken() {
    let mut values = pupil_values("p");
    values.reverse();
    assert!(among("Eleve", &record("GAREleve", &values)).rejects.is_empty());
    values.rotate_left(3);
    assert!(among("Eleve", &record("GAREleve", &values)).rejects.is_empty());
}

#[test]
fn only_the_root_has_attributes() {
    let body = pupil("p").replace("<men:GAREleve>", "<men:GAREleve id=\"1\">");
    assert_eq!(reason("Eleve", &body), ("GAREleve", RejectReason::Attribute));
    let body = pupil("p").replace("<men:GARPersonNom>", "<men:GARPersonNom xsi:nil=\"true\">");
    assert_eq!(reason("Eleve", &body), ("GARPersonNom", RejectReason::Attribute));
}

#[test]
fn text_stands_only_in_values() {
    let body = pupil("p").replace("</men:GARPersonNom>", "</men:GARPersonNom>Morlac");
    assert_eq!(reason("Eleve", &body), ("GAREleve", RejectReason::StrayText));
    let mixed = format!("x{PUPIL_PROFILE}");
    let found = reason("Eleve", &changed("GARPersonProfils", &mixed));
    assert_eq!(found, ("GARPersonProfils", RejectReason::StrayText));
}

#[test]
fn records_of_other_files_and_degrees_are_misplaced() {
    let teacher = pupil("p").replace("GAREleve", "GAREnseignant");
    let found = reject("Eleve", &teacher);
    assert_eq!((found.place.element, found.reason), ("GAREnseignant", RejectReason::Misplaced));
    assert_eq!((found.record, found.schools), (None, Vec::new()));
    let first = record("GARPersonMEFSTAT4", &[("GARStructureUAI", UAI)]);
    assert_eq!(reason("Eleve", &first).1, RejectReason::Misplaced);
    let strange = record("GARParent", &[("GARPersonNom", "Morlac")]);
    assert_eq!(reason("Eleve", &strange), ("GAR-ENT-Eleve", RejectReason::UnknownElement));
}

#[test]
fn schools_are_uais_whose_wrong_letter_is_forgiven_and_told_once() {
    for bad in ["x", "075001U", "07500011U", "0750001U-XX1", "０７５０００１U"] {
        let found = reason("Eleve", &changed("GARPersonEtab", bad));
        assert_eq!(found, ("GARPersonEtab", RejectReason::NotAUai), "{bad}");
    }
    let heard =
        among("Eleve", &(changed("GARPersonEtab", "0750001A") + &pupil("q").replace(UAI, "0750001a")));
    assert!(heard.rejects.is_empty());
    let [warning] = heard.warnings.try_into().unwrap();
    assert_eq!((warning.reason, warning.place.element), (WarningReason::UaiLetter, "GARPersonEtab"));
    assert_eq!(warning.schools, [Uai::parse_any_letter("0750001A").unwrap()]);
}

#[test]
fn a_school_that_somebody_only_belongs_to_may_be_unreadable() {
    let heard = among("Eleve", &with("GARPersonStructRattach", "rectorat"));
    assert!(heard.rejects.is_empty());
    let [warning] = heard.warnings.try_into().unwrap();
    assert_eq!(warning.reason, WarningReason::LeftOut);
    assert_eq!(warning.place.element, "GARPersonStructRattach");
}

#[test]
fn profiles_are_known_and_pupils_are_pupils() {
    for bad in ["National_tut", "National_aca", "ens", "National", "National_elv x"] {
        let found =
            reason("Eleve", &changed("GARPersonProfils", &PUPIL_PROFILE.replace("National_elv", bad)));
        assert_eq!(found, ("GARPersonProfil", RejectReason::NotAProfile), "{bad}");
    }
    let teacher = PUPIL_PROFILE.replace("National_elv", "National_ens");
    let found = reason("Eleve", &changed("GARPersonProfils", &teacher));
    assert_eq!(found, ("GARPersonProfil", RejectReason::WrongProfile));
    let pupil = pupil("p").replace("GAREleve", "GAREnseignant");
    assert_eq!(reason("Enseignant", &pupil), ("GARPersonProfil", RejectReason::WrongProfile));
}

#[test]
fn dates_are_dates() {
    for good in ["2012-02-29", "2012-02-29Z", "2012-02-29+02:00", "0001-01-01-12:00", " 2012-02-29\n"] {
        assert!(among("Eleve", &with("GARPersonDateNaissance", good)).rejects.is_empty(), "{good}");
    }
    for bad in [
        "29/02/2012",
        "2013-02-29",
        "2012-2-29",
        "12-02-29",
        "0000-01-01",
        "2012-02-29T00:00:00",
        "2012-02-29+2",
    ] {
        let found = reason("Eleve", &with("GARPersonDateNaissance", bad));
        assert_eq!(found, ("GARPersonDateNaissance", RejectReason::NotADate), "{bad}");
    }
}

fn group(code: &str, status: &str) -> String {
    record(
        "GARGroupe",
        &[
            ("GARGroupeCode", code),
            ("GARStructureUAI", UAI),
            ("GARGroupeLibelle", "Sixième A"),
            ("GARGroupeStatut", status),
        ],
    )
}

#[test]
fn a_group_is_a_class_or_a_group() {
    let sample = Sample::with("Groupe", &group("6A", "CLASSE"));
    let heard = hear(&sample.packed()).0;
    assert_eq!(heard.rejects[0].reason, RejectReason::NotAStatus);
    assert_eq!(heard.rejects[0].place.element, "GARGroupeStatut");
}

#[test]
fn a_key_stands_once_in_all_files_of_a_kind() {
    let second = document("2D", "Eleve", &(pupil("b") + &pupil("a")));
    let sample =
        Sample::with("Eleve", &(pupil("a") + &pupil("A"))).add(&name("2D", "Eleve", 1), second.as_bytes());
    let (heard, summary) = hear(&sample.packed());
    assert_eq!(summary.unwrap().records, 3);
    let [reject] = heard.rejects.try_into().unwrap();
    assert_eq!(reject.place.file, name("2D", "Eleve", 1));
    assert_eq!((reject.place.line, reject.reason.code()), (11, "duplicate"));
    assert_eq!(reject.schools.len(), 1);
}

#[test]
fn a_class_and_a_group_of_one_code_are_one_key() {
    let sample =
        Sample::with("Groupe", &(group("6A", "DIVISION") + &group("6A", "GROUPE") + &group("6B", "GROUPE")));
    let (heard, summary) = hear(&sample.packed());
    assert_eq!((summary.unwrap().records, heard.rejects.len()), (2, 1));
    assert!(heard.rejects[0].reason.to_string().contains("GARGroupeStatut is no part of it"));
}

#[test]
fn a_rejected_record_does_not_use_its_key_up() {
    let sample = Sample::with("Eleve", &(changed("GARPersonNom", "") + &pupil("p")));
    let (heard, summary) = hear(&sample.packed());
    assert_eq!((summary.unwrap().records, heard.rejects.len()), (1, 1));
}

#[test]
fn parts_of_a_key_do_not_run_together() {
    let member = |school: &str, person: &str, group: &str| {
        record(
            "GARPersonGroupe",
            &[("GARStructureUAI", school), ("GARPersonIdentifiant", person), ("GARGroupeCode", group)],
        )
    };
    let body = member(UAI, "ab", "c") + &member(UAI, "a", "bc") + &member("0650499P", "a", "bc");
    assert_eq!(hear(&Sample::with("Groupe", &body).packed()).1.unwrap().records, 3);
}

#[test]
fn a_record_that_is_too_big_is_left_out() {
    let limits = Limits { record_bytes: 2000, ..Limits::default() };
    let names = "<men:GARPersonAutresPrenoms>Zoé</men:GARPersonAutresPrenoms>".repeat(600);
    let big = pupil("big").replace("</men:GAREleve>", &format!("{names}</men:GAREleve>"));
    let sample = Sample::with("Eleve", &(big.clone() + &pupil("p")));
    let (heard, summary) = hear_within(&sample.packed(), &limits);
    assert_eq!((summary.unwrap().records, heard.rejects[0].reason), (1, RejectReason::TooBig));
    let many = big.replace(&names, &names.repeat(10));
    assert_eq!(reason("Eleve", &many).1, RejectReason::TooBig);
}

#[test]
fn words_for_the_ent_hold_no_value() {
    let secret = "Secretname";
    let bodies = [
        changed("GARPersonNom", &format!("{secret}{}", "x".repeat(500))),
        changed("GARPersonEtab", secret),
        changed("GARPersonProfils", &PUPIL_PROFILE.replace("National_elv", secret)),
        with("GARPersonDateNaissance", secret),
        with(secret, secret),
        pupil("p") + &pupil("p").replace("Morlac", secret),
        pupil("p").replace("</men:GAREleve>", &format!("{secret}</men:GAREleve>")),
        record(secret, &[("GARPersonNom", secret)]),
    ];
    for body in bodies {
        let heard = among("Eleve", &body);
        assert!(!heard.rejects.is_empty(), "{body}");
        for reject in heard.rejects {
            let told = format!("{} {} {reject:?}", reject.place, reject.reason);
            assert!(!told.contains(secret), "{told}");
        }
    }
}
