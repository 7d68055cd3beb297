//! The drop folder: what an ENT puts there is imported by a broker that serves, and its report lies beside it.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use conformance::roster::{Degree, School, Set, write_into};
use serde_json::Value;

use super::{CODE, LYCEE, cast, listed_only, others, pupil, school};
use crate::stage::{Ending, Engine, Stage, on_both_engines};

/// A stage whose broker looks into a folder every second.
async fn watched(engine: Engine) -> (Stage, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    let set = [("PASSERELLE_ROSTER__DROP_FOLDER", place), ("PASSERELLE_ROSTER__EVERY_SECONDS", "1")];
    (Stage::open_with(engine, cast(), listed_only, &set).await, folder)
}

/// Drops an archive as an ENT does: the companion last. Gives the name of both.
fn drop_at(folder: &Path, day: u32, code: &str, schools: &[School]) -> String {
    let made = tempfile::tempdir().unwrap();
    let set = Set::new(code, &format!("202609{day:02}_210000"), Degree::Second);
    let (archive, _) = write_into(&set, || schools.to_vec(), made.path()).unwrap();
    let base = archive.file_name().unwrap().to_str().unwrap().strip_suffix(".tar.gz").unwrap().to_owned();
    for ending in ["tar.gz", "md5"] {
        let name = format!("{base}.{ending}");
        std::fs::copy(made.path().join(&name), folder.join(&name)).unwrap();
    }
    base
}

fn names(folder: PathBuf) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn lycee() -> School {
    let mut pupils = others(20);
    pupils.push(pupil("nina", &["6A"]));
    school(LYCEE, pupils)
}

async fn what_is_dropped_is_imported_and_reported(engine: Engine) {
    let (stage, folder) = watched(engine).await;
    let base = drop_at(folder.path(), 1, CODE, &[lycee()]);
    stage.eventually(async || names(folder.path().join("done")).contains(&format!("{base}.md5"))).await;
    assert_eq!(names(folder.path().to_owned()), ["done"], "nothing is left where it was dropped");
    let report = folder.path().join("done").join(format!("{base}.report.json"));
    let report: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    assert_eq!((&report["verdict"], super::counts(&report, LYCEE)[0]), (&Value::from("taken"), 21));
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    let told = stage.changes("roster").await;
    assert!(told.iter().any(|event| event["change"] == "import" && event["actor"] == "roster"), "{told:?}");
}

/// Of nobody's code, or with bytes that its companion does not name: refused, and said why; the next is imported.
async fn what_is_refused_lies_apart_with_the_reason(engine: Engine) {
    let (stage, folder) = watched(engine).await;
    let foreign = drop_at(folder.path(), 1, "Z9", &[lycee()]);
    let refused = folder.path().join("refused");
    stage.eventually(async || names(refused.clone()).contains(&format!("{foreign}.md5"))).await;
    let words = std::fs::read_to_string(refused.join(format!("{foreign}.refused.txt"))).unwrap();
    assert!(words.contains("Z9"), "{words}");
    let other = "0123456789abcdef0123456789abcdef  archive\n";
    let made = tempfile::tempdir().unwrap();
    let changed = drop_at(made.path(), 2, CODE, &[lycee()]);
    std::fs::copy(
        made.path().join(format!("{changed}.tar.gz")),
        folder.path().join(format!("{changed}.tar.gz")),
    )
    .unwrap();
    std::fs::write(folder.path().join(format!("{changed}.md5")), other).unwrap();
    stage.eventually(async || names(refused.clone()).contains(&format!("{changed}.md5"))).await;
    let report = std::fs::read_to_string(refused.join(format!("{changed}.report.json"))).unwrap();
    assert!(report.contains("md5_differs"), "{report}");
    let good = drop_at(folder.path(), 3, CODE, &[lycee()]);
    stage.eventually(async || names(folder.path().join("done")).contains(&format!("{good}.md5"))).await;
}

/// Links that somebody put into the folder are neither read nor written through.
async fn links_lead_nowhere(engine: Engine) {
    let (stage, folder) = watched(engine).await;
    let outside = tempfile::tempdir().unwrap();
    let kept = outside.path().join("kept");
    std::fs::write(&kept, "kept").unwrap();
    let made = tempfile::tempdir().unwrap();
    let linked = drop_at(made.path(), 1, CODE, &[lycee()]);
    for ending in ["tar.gz", "md5"] {
        let name = format!("{linked}.{ending}");
        symlink(made.path().join(&name), folder.path().join(&name)).unwrap();
    }
    std::fs::create_dir(folder.path().join("done")).unwrap();
    let base = "A0_GAR-ENT_Complet_20260902_210000_2D";
    symlink(&kept, folder.path().join("done").join(format!("{base}.report.json"))).unwrap();
    assert_eq!(drop_at(folder.path(), 2, CODE, &[lycee()]), base);
    stage.eventually(async || names(folder.path().join("done")).contains(&format!("{base}.md5"))).await;
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "kept");
    assert!(names(folder.path().to_owned()).contains(&format!("{linked}.md5")), "a link is passed over");
    // A folder that is a link is no folder.
    std::fs::rename(folder.path().join("done"), folder.path().join("before")).unwrap();
    symlink(outside.path(), folder.path().join("done")).unwrap();
    let third = drop_at(folder.path(), 3, CODE, &[lycee()]);
    stage.eventually(async || stage.broker.log().contains("is not a folder")).await;
    assert_eq!(names(outside.path().to_owned()), ["kept"]);
    assert!(names(folder.path().to_owned()).contains(&format!("{third}.md5")), "it waits");
}

on_both_engines!(
    what_is_dropped_is_imported_and_reported,
    what_is_refused_lies_apart_with_the_reason,
    links_lead_nowhere,
);
