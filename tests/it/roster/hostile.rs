//! Archives that are wrong: as a whole, in some records, or in what is beside them.

use super::{LYCEE, archive, counts, import, of, others, pupil, school, send, stage};
use crate::stage::{Ending, Engine, on_both_engines};

/// A structural fault refuses the archive: nothing of it counts, and the report says where it is.
async fn a_refused_archive_changes_nothing(engine: Engine) {
    let stage = stage(engine).await;
    send(&stage, 1, &[school(LYCEE, vec![pupil("nina", &["6A"])])]);
    let path = archive(&stage, 2, &[school(LYCEE, others(3))]);
    let companion =
        path.with_file_name(path.file_name().unwrap().to_str().unwrap().replace(".tar.gz", ".md5"));
    std::fs::write(&companion, "0".repeat(32)).unwrap();
    let folder = stage.database.folder().join("report");
    let (exit, report) = import(&stage, &path, &["--report", folder.to_str().unwrap()]);
    assert_eq!((exit.code, report["fault"]["code"].as_str()), (Some(1), Some("md5_differs")));
    assert!(exit.stderr.contains("nothing changed"), "{}", exit.stderr);
    let records = std::fs::read_to_string(folder.join("records.csv")).unwrap();
    assert!(records.lines().nth(1).unwrap().starts_with("fault;;;;;md5_differs;"), "{records}");
    std::fs::remove_file(&companion).unwrap();
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let (exit, report) = import(&stage, &path, &[]);
    assert_eq!((exit.code, report["verdict"].as_str()), (Some(1), Some("refused")));
    assert_eq!(stage.database.ask("SELECT subject FROM identity").await, ["sub-nina"]);
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let told = stage.database.ask("SELECT state FROM roster_import ORDER BY number").await;
    assert_eq!(told, ["taken", "refused", "refused"]);
    let nowhere =
        stage.command(&["import", "roster", "/nowhere/A0_GAR-ENT_Complet_20260901_210000_2D.tar.gz"]);
    assert_eq!(nowhere.code, Some(1));
}

/// Up to 5 % of a school's records are rejected one by one; beyond, the school keeps its old state, and others do not.
async fn a_school_with_too_many_rejects_keeps_its_state(engine: Engine) {
    let stage = stage(engine).await;
    send(&stage, 1, &[school(LYCEE, vec![pupil("nina", &["6A"])])]);
    let nameless =
        |n: usize| conformance::roster::Pupil { first_name: String::new(), ..pupil(&format!("bad{n}"), &[]) };
    let mut lycee = school(LYCEE, others(40));
    lycee.pupils.push(pupil("nina", &["6B"]));
    lycee.pupils.push(nameless(0));
    let folder = stage.database.folder().join("report");
    let (_, report) =
        import(&stage, &archive(&stage, 2, &[lycee.clone()]), &["--report", folder.to_str().unwrap()]);
    assert_eq!(
        (of(&report, LYCEE)["verdict"].as_str(), counts(&report, LYCEE)),
        (Some("taken"), [40, 1, 0, 0, 0])
    );
    let reject = &report["rejects"][0];
    assert_eq!((reject["code"].as_str(), reject["school"].as_str()), (Some("empty"), Some(LYCEE)));
    assert!(reject["file"].as_str().unwrap().contains("_Eleve_") && reject["line"].as_u64().unwrap() > 1);
    let table = std::fs::read_to_string(folder.join("records.csv")).unwrap();
    assert!(table.lines().nth(1).unwrap().starts_with(&format!("reject;{LYCEE};")), "{table}");
    lycee.pupils.extend((1..40).map(nameless));
    let college = school(super::COLLEGE, vec![pupil("paul", &["6A"])]);
    let (exit, report) = import(&stage, &archive(&stage, 3, &[lycee, college]), &[]);
    assert_eq!((exit.code, report["verdict"].as_str()), (Some(0), Some("taken_in_part")));
    assert_eq!(of(&report, LYCEE)["verdict"], "kept");
    assert_eq!(counts(&report, super::COLLEGE), [1, 0, 0, 0, 0]);
    let rows = stage
        .database
        .ask("SELECT CAST(count(*) AS TEXT) FROM roster_person WHERE school = '0750001U'")
        .await;
    assert_eq!(rows, ["41"], "as it was");
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
}

/// What names somebody or something that is not there is left out by itself, and told with the ENT's own identifier.
async fn loose_ends_are_told_with_the_identifier(engine: Engine) {
    let stage = stage(engine).await;
    let mut lycee = school(LYCEE, others(60));
    lycee.pupils[0].groups.push("7Z".to_owned());
    let (_, report) = import(&stage, &archive(&stage, 1, &[lycee]), &[]);
    let reject = &report["rejects"][0];
    assert_eq!(
        (reject["code"].as_str(), reject["person"].as_str()),
        (Some("unknown_group"), Some("sub-other0000"))
    );
    assert_eq!(counts(&report, LYCEE), [60, 0, 0, 0, 0]);
}

on_both_engines!(
    a_refused_archive_changes_nothing,
    a_school_with_too_many_rejects_keeps_its_state,
    loose_ends_are_told_with_the_identifier,
);
