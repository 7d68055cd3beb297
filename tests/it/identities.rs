//! Identity care from outside: what publishers call people while an operator links, parts and corrects who is who.

use conformance::ent::Person;
use serde_json::Value;

use crate::stage::{COLLEGE, Ending, Engine, Exit, Federation, LYCEE, Stage, on_both_engines, person, roles};

fn people() -> Vec<Person> {
    let moved = Person { id: "nina-moved".to_owned(), deployment_id: "2".to_owned(), ..pupil("nina") };
    vec![pupil("lea"), pupil("max"), pupil("nina"), moved]
}

fn pupil(name: &str) -> Person {
    person(name, "1", &[roles::PUPIL])
}

async fn stage(engine: Engine) -> Stage {
    Stage::open(engine, people(), Federation::open_to_all).await
}

fn done(exit: &Exit) -> Value {
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    serde_json::from_str(&exit.stdout).unwrap()
}

/// What the publisher is told when somebody launches.
async fn called(stage: &Stage, name: &str) -> String {
    assert_eq!(stage.ending(name).await, Ending::Delivered, "{name}");
    stage.received()["sub"].as_str().unwrap().to_owned()
}

/// Whoever launches is called so, once every process knows.
async fn becomes(stage: &Stage, name: &str, value: &str) {
    stage
        .eventually(async || {
            stage.ending(name).await == Ending::Delivered && stage.received()["sub"].as_str() == Some(value)
        })
        .await;
}

fn file(stage: &Stage, name: &str, text: &str) -> String {
    let file = stage.database.folder().join(name);
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Two accounts of one pupil: the publisher goes on with the value that it knew first, for both; unlinked, each is again
/// whom they were.
async fn p17_a_double_enrolment_keeps_the_pseudonym(engine: Engine) {
    let stage = stage(engine).await;
    let (lea, max) = (called(&stage, "lea").await, called(&stage, "max").await);
    assert_ne!(lea, max);
    let pairs = file(&stage, "pairs.csv", "first;second\r\nent/ent/sub-max;ent/ent/sub-lea\r\n");
    let dry = done(&stage.command(&["directory", "link", &pairs, "--dry-run", "--json"]));
    assert_eq!((&dry["done"], &dry["fits"]), (&false.into(), &true.into()));
    assert_eq!(dry["lines"][0]["settled"], serde_json::json!(["secteur"]));
    assert_eq!(called(&stage, "max").await, max, "nothing happened");
    let linked = done(&stage.command(&["directory", "link", &pairs, "--json"]));
    assert_eq!((&linked["done"], &linked["lines"][0]["identities"]), (&true.into(), &2.into()));
    becomes(&stage, "max", &lea).await;
    assert_eq!(called(&stage, "lea").await, lea);
    let report = done(&stage.command(&["person", "show", "ent/ent/sub-max", "--json"]));
    let launches = stage.events().await.iter().filter(|event| event["outcome"] == "delivered").count();
    assert_eq!(report["disclosed"].as_array().unwrap().len(), launches, "what was sent of either");
    let changes = stage.changes("identity").await;
    assert_eq!((&changes[0]["change"], &changes[0]["object"]), (&"link".into(), &"ent".into()));
    assert!(!serde_json::to_string(&changes).unwrap().contains("sub-"), "nobody stands in the journal");
    let unlinked = done(&stage.command(&["directory", "unlink", "ent/ent/sub-max", "--json"]));
    assert_eq!(unlinked["sectors"], serde_json::json!(["secteur"]));
    becomes(&stage, "max", &max).await;
    assert_eq!(called(&stage, "lea").await, lea);
}

/// One line that does not fit, and nothing happens; each is told.
async fn a_file_is_linked_whole_or_not_at_all(engine: Engine) {
    let stage = stage(engine).await;
    let (lea, max) = (called(&stage, "lea").await, called(&stage, "max").await);
    let text = "first,second\nent/ent/sub-lea,ent/ent/sub-max\nent/ent/sub-max,ent/ent/sub-nobody\n";
    let pairs = file(&stage, "pairs.csv", text);
    for options in [&["--dry-run"][..], &[]] {
        let exit = stage.command(&[&["directory", "link", &pairs], options].concat());
        assert_eq!(exit.code, Some(1));
        assert!(exit.stdout.starts_with("line 2: one person with 2 identities"), "{}", exit.stdout);
        assert!(exit.stdout.contains("line 3: nobody is known under the second identity"), "{}", exit.stdout);
        assert!(exit.stderr.contains("1 of 2 pairs do not fit: nothing was changed"), "{}", exit.stderr);
    }
    assert_eq!((called(&stage, "lea").await, called(&stage, "max").await), (lea.clone(), max.clone()));
    assert_eq!(stage.changes("identity").await, Vec::<Value>::new());
    let not = file(&stage, "not.csv", "ent/ent/sub-lea,ent/ent/sub-max\n");
    let exit = stage.command(&["directory", "link", &not]);
    assert!(
        exit.code == Some(1) && exit.stderr.contains("the first line names the columns"),
        "{}",
        exit.stderr
    );
    // Two who were one by mistake: whoever leaves is somebody new, and the publisher cannot tell who they were.
    done(&stage.command(&["directory", "merge", "ent/ent/sub-lea", "ent/ent/sub-max", "--json"]));
    becomes(&stage, "max", &lea).await;
    done(&stage.command(&["directory", "split", "ent/ent/sub-max", "--json"]));
    let fresh =
        async || stage.ending("max").await == Ending::Delivered && stage.received()["sub"] != lea.as_str();
    stage.eventually(fresh).await;
    let new = called(&stage, "max").await;
    assert!(new != lea && new != max);
    assert_eq!(called(&stage, "lea").await, lea);
}

/// A pupil whose school closes into another one.
async fn p17_a_merger_of_schools_keeps_the_pseudonym(engine: Engine) {
    let at = |school: &'static str| {
        move |federation: Federation| {
            let place = format!("{{ school = \"{school}\", profile = \"pupil\", groups = [\"6A\"] }}");
            federation.open_to_all().person("sub-nina", &place)
        }
    };
    let stage = Stage::open(engine, people(), at(LYCEE)).await;
    let before = called(&stage, "nina").await;
    assert_eq!(stage.apply(at(COLLEGE), &["--prune"]).code, Some(0));
    becomes(&stage, "nina-moved", &before).await;
}

/// A corrected key, and a portal that was installed anew: nobody changes for the publisher.
async fn p17_a_corrected_identifier_keeps_the_pseudonym(engine: Engine) {
    let stage = stage(engine).await;
    let (lea, max) = (called(&stage, "lea").await, called(&stage, "max").await);
    let taken = file(&stage, "taken.csv", "old,new\nsub-nobody,sub-x\nsub-lea,sub-max\n");
    let exit = stage.command(&["directory", "move", "ent", "--from", "ent", "--to", "ent", "--keys", &taken]);
    assert_eq!(exit.code, Some(1));
    assert!(exit.stderr.contains("2 of 2 keys do not fit: nothing was changed"), "{}", exit.stderr);
    assert!(exit.stderr.contains("line 3: somebody else is known under the new key"), "{}", exit.stderr);
    let keys = file(&stage, "keys.csv", "old,new\nsub-lea,sub-nina\n");
    let right = ["directory", "move", "ent", "--from", "ent", "--to", "ent", "--keys", &keys, "--json"];
    assert_eq!(done(&stage.command(&right))["done"], true);
    becomes(&stage, "nina", &lea).await;
    let all = ["directory", "move", "ent", "--from", "ent", "--to", "portal-2027", "--json"];
    assert_eq!(done(&stage.command(&all))["moved"], 2);
    let anew = |federation: Federation| {
        federation.connection("namespace = \"ent\"", "namespace = \"portal-2027\"").open_to_all()
    };
    let applied = stage.apply(anew, &[]);
    assert_eq!(applied.code, Some(0), "{}", applied.stderr);
    becomes(&stage, "nina", &lea).await;
    becomes(&stage, "max", &max).await;
}

/// A publisher goes on with the value of another broker, and nobody else is ever given it.
async fn what_a_publisher_holds_is_kept_byte_for_byte(engine: Engine) {
    let place = format!("{{ school = \"{LYCEE}\", profile = \"pupil\", groups = [\"6A\"] }}");
    let stage = Stage::open(engine, people(), |f| f.open_to_all().person("sub-nina", &place)).await;
    let lea = called(&stage, "lea").await;
    let value = "Eleve/042+~X".repeat(21);
    let import = |text: &str| {
        let table = file(&stage, "values.csv", &format!("identity,value\n{text}"));
        stage.command(&["directory", "identifiers", "secteur", &table, "--json"])
    };
    assert_eq!(done(&import(&format!("ent/ent/sub-nina,{value}\n")))["done"], true);
    assert_eq!(called(&stage, "nina").await, value);
    assert_eq!(done(&import(&format!("ent/ent/sub-nina,{value}\n")))["done"], true, "the same is no other");
    for (line, why) in [
        ("ent/ent/sub-lea,other".to_owned(), "has been given another value"),
        (format!("ent/ent/sub-lea,{lea}"), "form of the values that are made here"),
        ("ent/ent/sub-nobody,other".to_owned(), "nobody is known"),
    ] {
        let exit = import(&format!("{line}\n"));
        assert!(exit.code == Some(1) && exit.stderr.contains(why), "{why}: {}", exit.stderr);
    }
    assert_eq!(called(&stage, "lea").await, lea);
    let told = serde_json::to_string(&stage.changes("pseudonym").await).unwrap();
    assert!(told.contains("\"import\"") && !told.contains("Eleve"), "{told}");
}

on_both_engines!(
    p17_a_corrected_identifier_keeps_the_pseudonym,
    what_a_publisher_holds_is_kept_byte_for_byte,
    p17_a_double_enrolment_keeps_the_pseudonym,
    a_file_is_linked_whole_or_not_at_all,
    p17_a_merger_of_schools_keeps_the_pseudonym,
);
