//! People who come, move and are met again.

use super::{
    COLLEGE, LYCEE, Subject, Taught, archive, cast, counts, custom, import, of, others, pupil, school, send,
    staff, stage,
};
use crate::stage::{Ending, Engine, Federation, Stage, on_both_engines};

/// The way through: an archive, a launch with the class that the agreement lets through, and the next day another class.
async fn a_pupil_launches_with_their_class_and_moves(engine: Engine) {
    let stage = stage(engine).await;
    assert_eq!(stage.ending("nina").await, Ending::Refused("unknown_person".to_owned()));
    let mut lycee = school(LYCEE, vec![pupil("nina", &["6A", "6A-LV1"])]);
    lycee.pupils.extend(others(20));
    let report = send(&stage, 1, &[lycee.clone()]);
    assert_eq!((report["verdict"].as_str(), counts(&report, LYCEE)), (Some("taken"), [21, 0, 0, 0, 0]));
    assert_eq!(report["md5_compared"], true);
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    let received = stage.received();
    assert_eq!(received["given_name"], "Zoraïde-nina");
    assert!(received.get("family_name").is_none(), "no agreement names it");
    let values = ["DIV", "GRO", "E_MEF"].map(|name| custom(&stage, name).unwrap());
    assert_eq!(values, ["6A##Classe 6A", "6A-LV1##Anglais##6A", "10010012110"]);
    lycee.pupils[0] = pupil("nina", &["6B"]);
    let report = send(&stage, 2, &[lycee.clone()]);
    assert_eq!(counts(&report, LYCEE), [0, 1, 20, 0, 0]);
    stage
        .eventually(async || {
            assert_eq!(stage.ending("nina").await, Ending::Delivered);
            custom(&stage, "DIV").as_deref() == Some("6B##Classe 6B")
        })
        .await;
    assert_eq!((custom(&stage, "GRO"), &stage.received()["sub"]), (None, &received["sub"]));
    let again = send(&stage, 3, &[lycee]);
    assert_eq!(counts(&again, LYCEE), [0, 0, 21, 0, 0]);
    let rows = stage.database.ask("SELECT CAST(count(*) AS TEXT) FROM roster_person").await;
    assert_eq!(rows, ["21"], "what counts no longer is gone");
    let journal = stage.changes("roster").await;
    let imports: Vec<_> = journal.iter().filter(|event| event["change"] == "import").collect();
    assert_eq!(imports.iter().map(|event| event["count"].as_u64()).collect::<Vec<_>>(), [Some(21), Some(1)]);
    assert!(imports.iter().all(|event| event["object"] == LYCEE && event["actor"] == "command"));
}

/// Somebody who launched before any roster is whom the roster names, under the pseudonym that the publisher knows; and from
/// then on the roster says what they are.
async fn who_came_by_a_launch_is_met_and_not_made_again(engine: Engine) {
    let stage = Stage::open(engine, cast(), Federation::open_to_all).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let before = stage.received();
    let mut lycee = school(LYCEE, vec![]);
    lycee.staff.push(staff("nina", "ens"));
    let report = send(&stage, 1, &[lycee]);
    assert_eq!(counts(&report, LYCEE), [1, 0, 0, 0, 0]);
    let roles = "/https:~1~1purl.imsglobal.org~1spec~1lti~1claim~1roles";
    stage
        .eventually(async || {
            assert_eq!(stage.ending("nina").await, Ending::Delivered);
            stage.received().pointer(roles) != before.pointer(roles)
        })
        .await;
    assert_eq!(stage.received()["sub"], before["sub"]);
    for table in ["person", "identity", "pseudonym_root"] {
        let count = match table {
            "person" => "SELECT CAST(count(*) AS TEXT) FROM person",
            "identity" => "SELECT CAST(count(*) AS TEXT) FROM identity",
            _ => "SELECT CAST(count(*) AS TEXT) FROM pseudonym_root",
        };
        assert_eq!(stage.database.ask(count).await, ["1"], "{table}");
    }
}

/// Whoever is at two schools of the ENT is one person with two affiliations; a teacher's classes are theirs too.
async fn somebody_at_two_schools_is_one_person(engine: Engine) {
    let stage = stage(engine).await;
    let mut lycee = school(LYCEE, others(3));
    let mut lise = staff("lise", "ens");
    lise.also_at.push(COLLEGE.to_owned());
    lise.teaches.push(Taught { group: "6A".to_owned(), subjects: vec!["020700".to_owned()] });
    lycee.subjects.push(Subject { code: "020700".to_owned(), label: "FRANÇAIS".to_owned() });
    lycee.staff.push(lise);
    let report = send(&stage, 1, &[lycee, school(COLLEGE, vec![pupil("paul", &["6B"])])]);
    assert_eq!((counts(&report, LYCEE)[0], counts(&report, COLLEGE)[0]), (4, 2));
    let people = stage.database.ask("SELECT CAST(count(*) AS TEXT) FROM person").await;
    assert_eq!(people, ["5"]);
    stage.eventually(async || stage.ending("lise").await == Ending::Delivered).await;
    assert_eq!(custom(&stage, "DIV").as_deref(), Some("6A##Classe 6A"));
    assert_eq!(stage.received()["email"], "zq.lise@ent.example");
    assert_eq!(stage.ending("paul").await, Ending::Delivered);
}

/// Who assigns resources is read from the archive, and is nobody's word but the ENT's own about its own school.
async fn managers_are_listed_with_their_schools(engine: Engine) {
    let stage = stage(engine).await;
    let mut lycee = school(LYCEE, others(3));
    let head = conformance::roster::Staff { manager: true, ..staff("lise", "dir") };
    lycee.staff.push(head);
    let report = send(&stage, 1, &[lycee]);
    assert_eq!(of(&report, LYCEE)["managers"], 1);
    let manages = "SELECT school || ' ' || subject FROM roster_person WHERE manages = 1";
    assert_eq!(stage.database.ask(manages).await, [format!("{LYCEE} sub-lise")]);
}

/// An ENT speaks for its own schools only: what it says of others is told, and passed over.
async fn another_ents_school_is_passed_over(engine: Engine) {
    let foreign = |federation: Federation| {
        let other = "[[ent]]\nid = \"autre\"\nname = \"Autre\"\ncode = \"B0\"\n";
        let deployment = format!(", {{ id = \"2\", schools = [\"{COLLEGE}\"] }}");
        let federation = super::listed_only(federation).with(other).connection(&deployment, "");
        federation.head(
            "name = \"Collège de test\"\ntown = \"Nantes\"\nnature = \"340\"\nents = [\"ent\"]",
            "name = \"Collège de test\"\ntown = \"Nantes\"\nnature = \"340\"\nents = [\"autre\"]",
        )
    };
    let stage = Stage::open(engine, cast(), foreign).await;
    let schools = [
        school(LYCEE, vec![pupil("nina", &["6A"])]),
        school(COLLEGE, vec![pupil("paul", &["6A"])]),
        school("0650499P", others(2)),
    ];
    let report = send(&stage, 1, &schools);
    assert_eq!(report["verdict"], "taken_in_part");
    let verdicts = [LYCEE, COLLEGE, "0650499P"].map(|uai| of(&report, uai)["verdict"].as_str().unwrap());
    assert_eq!(verdicts, ["taken", "not_of_ent", "unknown"]);
    assert!(of(&report, COLLEGE)["mend"].as_str().unwrap().contains("ents"));
    let listed = stage.database.ask("SELECT DISTINCT school FROM roster_person").await;
    assert_eq!(listed, [LYCEE]);
    assert_eq!(stage.database.ask("SELECT subject FROM identity").await, ["sub-nina"]);
    let path = archive(&stage, 2, &schools[..1]);
    let (exit, _) = import(&stage, &path, &["--ent", "autre"]);
    assert_eq!(exit.code, Some(1));
    assert!(exit.stderr.contains("of the project A0"), "{}", exit.stderr);
}

/// Whoever is erased is gone from what the roster said, too; where the ENT lists them again, they come back as somebody new.
async fn whoever_is_erased_comes_back_as_somebody_new(engine: Engine) {
    let stage = stage(engine).await;
    let mut pupils = others(20);
    pupils.push(pupil("nina", &["6A"]));
    let lycee = school(LYCEE, pupils);
    send(&stage, 1, std::slice::from_ref(&lycee));
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    let known_as = stage.received()["sub"].clone();
    let erased = stage.command(&["person", "erase", "ent/ent/sub-nina", "--yes"]);
    assert_eq!(erased.code, Some(0), "{}", erased.stderr);
    let listed = "SELECT subject FROM roster_person WHERE subject = 'sub-nina'";
    assert_eq!(stage.database.ask(listed).await, Vec::<String>::new());
    let unknown = Ending::Refused("unknown_person".to_owned());
    stage.eventually(async || stage.ending("nina").await == unknown).await;
    assert_eq!(counts(&send(&stage, 2, &[lycee]), LYCEE), [1, 0, 20, 0, 0]);
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    assert_ne!(stage.received()["sub"], known_as);
}

on_both_engines!(
    a_pupil_launches_with_their_class_and_moves,
    who_came_by_a_launch_is_met_and_not_made_again,
    somebody_at_two_schools_is_one_person,
    managers_are_listed_with_their_schools,
    another_ents_school_is_passed_over,
    whoever_is_erased_comes_back_as_somebody_new,
);
