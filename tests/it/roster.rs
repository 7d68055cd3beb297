//! Rosters from outside: an ENT sends an archive, the command imports it, and people launch.

mod departures;
mod dropped;
mod hostile;
mod interrupted;
mod named;
mod people;
mod private;

use std::path::PathBuf;

use conformance::ent::Person;
use conformance::roster::{
    Class, Degree, Group, Level, Pupil, School, Set, Staff, Subject, Taught, write_into,
};
use serde_json::Value;

use crate::api::Program;
use crate::stage::{ATLAS, COLLEGE, Engine, Exit, Federation, LYCEE, Stage, person, roles};

/// The ENT's code in the plain federation.
const CODE: &str = "A0";

/// A pupil of the ENT, as it signs them on: `sub-NAME`.
fn pupil(name: &str, classes: &[&str]) -> Pupil {
    Pupil {
        id: format!("sub-{name}"),
        family_name: "Quenneville".to_owned(),
        first_name: format!("Zoraïde-{name}"),
        level: Some("10010012110".to_owned()),
        groups: classes.iter().map(|class| (*class).to_owned()).collect(),
        ..Pupil::default()
    }
}

/// So many further pupils, in the first class.
fn others(count: usize) -> Vec<Pupil> {
    (0..count).map(|n| pupil(&format!("other{n:04}"), &["6A"])).collect()
}

fn staff(name: &str, profile: &str) -> Staff {
    Staff {
        id: format!("sub-{name}"),
        family_name: "Quenneville".to_owned(),
        first_name: "Zoraïde".to_owned(),
        civility: Some("Mme".to_owned()),
        profile: profile.to_owned(),
        mail: Some(format!("zq.{name}@ent.example")),
        ..Staff::default()
    }
}

/// A school of two classes and a group, and these pupils.
fn school(uai: &str, pupils: Vec<Pupil>) -> School {
    let class = |code: &str| Class { code: code.to_owned(), label: format!("Classe {code}") };
    School {
        uai: uai.to_owned(),
        name: "École de test".to_owned(),
        levels: vec![Level { code: "10010012110".to_owned(), label: "6EME".to_owned() }],
        classes: vec![class("6A"), class("6B")],
        groups: vec![Group {
            code: "6A-LV1".to_owned(),
            label: "Anglais".to_owned(),
            classes: vec!["6A".to_owned()],
        }],
        pupils,
        ..School::default()
    }
}

/// An archive of one small school, for whoever only wants one to be there.
pub fn small_archive(folder: &std::path::Path, stamp: &str) {
    let set = Set::new(CODE, stamp, Degree::Second);
    write_into(&set, || vec![school(LYCEE, others(3))], folder).unwrap();
}

/// An archive in a folder of the stage, sent on the day of this number.
fn archive(stage: &Stage, day: u32, schools: &[School]) -> PathBuf {
    let set = Set::new(CODE, &format!("202609{day:02}_210000"), Degree::Second);
    let folder = stage.database.folder().join("archives");
    std::fs::create_dir_all(&folder).unwrap();
    write_into(&set, || schools.to_vec(), &folder).unwrap().0
}

/// Imports an archive, and gives the report with how the command ended.
fn import(stage: &Stage, archive: &std::path::Path, more: &[&str]) -> (Exit, Value) {
    let mut arguments = vec!["import", "roster", archive.to_str().unwrap(), "--json"];
    arguments.extend(more);
    let exit = stage.command(&arguments);
    let report = serde_json::from_str(&exit.stdout).unwrap_or_default();
    (exit, report)
}

/// Imports schools; it must be taken.
fn send(stage: &Stage, day: u32, schools: &[School]) -> Value {
    let (exit, report) = import(stage, &archive(stage, day, schools), &[]);
    assert_eq!(exit.code, Some(0), "{}{}", exit.stderr, exit.stdout);
    report
}

/// What a report says of a school.
fn of<'r>(report: &'r Value, uai: &str) -> &'r Value {
    let schools = report["schools"].as_array().unwrap();
    schools.iter().find(|school| school["uai"] == uai).unwrap_or_else(|| panic!("{uai}: {report:#}"))
}

/// Counts of a report's school: new, changed, unchanged, left, held.
fn counts(report: &Value, uai: &str) -> [u64; 5] {
    ["new", "changed", "unchanged", "left", "held"].map(|name| of(report, uai)[name].as_u64().unwrap())
}

/// A federation in which nobody is provisioned, and whose atlas may know class, groups and first name.
fn listed_only(federation: Federation) -> Federation {
    let line = |name: &str| {
        format!(
            "{{ name = \"{name}\", purpose = \"essai\", approved_by = \"dpo\", approved_on = 2026-01-01 }},\n"
        )
    };
    let agreed: String = ["PRE", "DIV", "GRO", "E_MEF", "P_MEL"].map(line).concat();
    federation
        .open_to_all()
        .connection("provision = true", "provision = false")
        .with(&format!("\n[[agreement]]\nresource = \"{ATLAS}\"\nattributes = [\n{agreed}]\n"))
}

/// Nina and Omar of the lycée, and Lise, who teaches there. The ENT's sign-on says no names.
fn cast() -> Vec<Person> {
    let bare = |one: Person| Person {
        given_name: String::new(),
        family_name: String::new(),
        name: String::new(),
        email: String::new(),
        ..one
    };
    vec![
        bare(person("nina", "1", &[roles::PUPIL])),
        bare(person("omar", "1", &[roles::PUPIL])),
        bare(person("lise", "1", &[roles::TEACHER])),
        bare(person("paul", "2", &[roles::PUPIL])),
    ]
}

async fn stage(engine: Engine) -> Stage {
    Stage::open(engine, cast(), listed_only).await
}

/// A custom parameter of what the publisher received last.
fn custom(stage: &Stage, name: &str) -> Option<String> {
    let custom = &stage.received()["https://purl.imsglobal.org/spec/lti/claim/custom"];
    custom[name].as_str().map(str::to_owned)
}
