//! Each rule of a subscription, kept and broken.

use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);

fn uai(text: &str) -> Uai {
    Uai::parse_any_letter(text).unwrap()
}

fn year(text: &str) -> SchoolYear {
    SchoolYear::parse(text).unwrap()
}

/// A subscription without a fault.
fn sound() -> Draft {
    Draft {
        id: "abo".to_owned(),
        resource: Ark::parse("ark:/99999/atlas").unwrap(),
        distributor: None,
        schools: Some(vec![uai("0750001U"), uai("0440001M"), uai("0750001U")]),
        nature: None,
        from: datetime!(2026-09-01 0:00 UTC),
        until: None,
        school_year: Some(year("2026-2027")),
        kind: Kind::Indiv,
        transferable: true,
        audience: BTreeSet::from([Profile::Pupil, Profile::Head]),
        seats: Some(BTreeMap::from([(Pool::Pupil, Some(30)), (Pool::OtherStaff, None)])),
    }
}

#[test]
fn a_sound_draft_is_a_subscription() {
    let one = sound().check(NOW).unwrap();
    assert_eq!(one.coverage, Coverage::Schools(vec![uai("0440001M"), uai("0750001U")]));
    assert_eq!((one.until, one.transferable), (year("2026-2027").end(), true));
    let etabl = Draft { kind: Kind::Etabl, seats: None, ..sound() }.check(NOW).unwrap();
    assert_eq!(etabl.seats, BTreeMap::from([(Pool::All, None)]));
}

#[test]
fn each_rule_is_broken_by_itself() {
    let all = |count| Some(BTreeMap::from([(Pool::All, count)]));
    type Row = (&'static str, fn(&mut Draft), Field);
    let table: [Row; 16] = [
        ("RG13", |d| d.id = "_abo".to_owned(), Field::Id),
        ("RG12", |d| d.id = "abonnements".to_owned(), Field::Id),
        ("RG12", |d| d.id = "categorie".to_owned(), Field::Id),
        ("length", |d| d.id = "x".repeat(46), Field::Id),
        ("form", |d| d.id = "a b".to_owned(), Field::Id),
        ("RG2", |d| d.nature = Some("340".to_owned()), Field::Nature),
        ("RG2", |d| d.schools = None, Field::Whole),
        ("RG2", |d| d.schools = Some(Vec::new()), Field::Schools),
        ("RG9", |d| d.until = Some(datetime!(2027-01-01 0:00 UTC)), Field::SchoolYear),
        ("RG9", |d| d.school_year = None, Field::Whole),
        ("RG7", |d| d.from = datetime!(2027-08-16 0:00 UTC), Field::SchoolYear),
        ("RG8", |d| d.school_year = Some(year("2037-2038")), Field::SchoolYear),
        ("RG4", |d| d.audience = BTreeSet::new(), Field::Audience),
        ("RG1", |d| d.seats.as_mut().unwrap().extend([(Pool::All, Some(5))]), Field::Seats),
        ("RG5", |d| d.seats.as_mut().unwrap().extend([(Pool::Teacher, Some(5))]), Field::Seats),
        ("RG6", |d| d.kind = Kind::Etabl, Field::Seats),
    ];
    for (rule, break_it, field) in table {
        let mut draft = sound();
        break_it(&mut draft);
        let breaches = draft.check(NOW).unwrap_err();
        assert!(breaches.iter().any(|breach| breach.field == field), "{rule}: {breaches:?}");
    }
    let lacking = Draft { seats: None, ..sound() }.check(NOW).unwrap_err();
    assert_eq!(lacking.len(), 1, "{lacking:?}");
    assert!(Draft { seats: Some(BTreeMap::new()), ..sound() }.check(NOW).is_err());
    let global = Draft { seats: all(Some(3)), ..sound() }.check(NOW).unwrap();
    assert_eq!(global.seats, BTreeMap::from([(Pool::All, Some(3))]));
    let every = Draft { id: "_".to_owned(), nature: Some("1".to_owned()), seats: None, ..sound() };
    assert_eq!(every.check(NOW).unwrap_err().len(), 3, "all of them are said at once");
}

#[test]
fn the_first_degree_has_no_librarians() {
    let nature_of = |uai: &Uai| (uai.as_str() == "0440001M").then_some("151");
    let mut one = sound().check(NOW).unwrap();
    assert_eq!(degree(&one, nature_of), Ok(()));
    one.audience.insert(Profile::Librarian);
    assert!(degree(&one, nature_of).unwrap_err().words.starts_with("school 0440001M"));
    one.coverage = Coverage::Nature("151".to_owned());
    assert!(degree(&one, |_| None).unwrap_err().words.starts_with("nature 151"));
    one.coverage = Coverage::Nature("340".to_owned());
    assert_eq!(degree(&one, |_| None), Ok(()));
    one.audience.remove(&Profile::Librarian);
    one.coverage = Coverage::Nature("151".to_owned());
    one.seats.insert(Pool::Librarian, Some(0));
    assert_eq!(degree(&one, |_| None), Ok(()), "no seat for a librarian is no librarian");
    one.seats.insert(Pool::Librarian, Some(1));
    assert!(degree(&one, |_| None).is_err());
}

#[test]
fn a_distributor_has_siren_and_isni() {
    assert!(siren_isni("000000001_0000000000000000").is_ok());
    for bad in ["", "000000001", "000000001_", "00000001_0000000000000000", "000000001_000000000000000X"] {
        assert!(siren_isni(bad).is_err(), "{bad}");
    }
}
