//! Assignments as schools make them, met by real launches: who is assigned opens, who is not does not, and no seat is
//! sold twice, whatever dies.

use std::process::{Command, Stdio};

use conformance::ent::Person;
use serde_json::Value;

use crate::stage::{
    COLLEGE, Ending, Engine, Exit, Federation, LYCEE, Stage, in_days, on_both_engines, person, roles,
};

/// A subscription of both schools for pupils, with so many seats.
fn seats(federation: Federation, id: &str, seats: u32) -> Federation {
    let lines = format!(
        "from = {}\nuntil = {}\nkind = \"INDIV\"\naudience = [\"pupil\"]\nseats = {seats}",
        in_days(-1),
        in_days(1)
    );
    federation.subscription(id, &lines)
}

fn pupil(federation: Federation, name: &str, school: &str, class: &str) -> Federation {
    let place =
        format!("{{ school = \"{school}\", profile = \"pupil\", groups = [\"{class}\"], level = \"6E\" }}");
    federation.person(&format!("sub-{name}"), &place)
}

const NAMES: [&str; 4] = ["lea", "max", "zoe", "ana"];

fn people() -> Vec<Person> {
    let deployment = |name: &str| if name == "ana" { "2" } else { "1" };
    NAMES.iter().map(|name| person(name, deployment(name), &[roles::PUPIL])).collect()
}

/// Léa is in 6A of the lycée, Max and Zoé in the classes that are given, Ana in 6A of the collège.
fn classes(federation: Federation, max: &str, zoe: &str) -> Federation {
    let federation = pupil(pupil(federation, "lea", LYCEE, "6A"), "max", LYCEE, max);
    seats(pupil(pupil(federation, "zoe", LYCEE, zoe), "ana", COLLEGE, "6A"), "abo", 2)
}

async fn stage(engine: Engine) -> Stage {
    Stage::open(engine, people(), |federation| classes(federation, "6B", "6B")).await
}

fn done(exit: &Exit) -> Value {
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    serde_json::from_str(&exit.stdout).unwrap_or_else(|_| Value::from(exit.stdout.clone()))
}

fn refused(code: &str) -> Ending {
    Ending::Refused(code.to_owned())
}

async fn becomes(stage: &Stage, name: &str, ending: Ending) {
    stage.eventually(async || stage.ending(name).await == ending).await;
}

/// What is counted as used of each pool, and what is held and reserved of it.
const UNBALANCED: &str = "SELECT p.subscription FROM pool p WHERE p.used <> \
     (SELECT COUNT(*) FROM seat s WHERE s.subscription = p.subscription AND s.pool = p.pool) \
     + (SELECT COALESCE(SUM(r.seats), 0) FROM reservation r JOIN seating g ON g.id = r.seating \
        WHERE g.subscription = p.subscription AND r.pool = p.pool)";

async fn a_class_opens_and_who_joins_it_opens_while_seats_remain(engine: Engine) {
    let stage = stage(engine).await;
    assert_eq!(stage.ending("lea").await, refused("not_assigned"));
    let class = format!("{LYCEE}/division/6A");
    let dry = done(&stage.command(&["assign", "abo", "--group", &class, "--dry-run", "--json"]));
    assert_eq!((&dry["people"], &dry["needed"], &dry["fits"]), (&1.into(), &1.into(), &true.into()));
    let assigned = done(&stage.command(&["assign", "abo", "--group", &class, "--json"]));
    assert_eq!(assigned["sets"], 1);
    becomes(&stage, "lea", Ending::Delivered).await;
    assert_eq!(stage.ending("max").await, refused("not_assigned"), "of another class");
    assert_eq!(stage.ending("ana").await, refused("not_assigned"), "of the other school's 6A");
    // The roster says that Max has changed to 6A.
    let roster = stage.apply(|federation| classes(federation, "6A", "6B"), &[]);
    assert_eq!(roster.code, Some(0), "{}", roster.stderr);
    becomes(&stage, "max", Ending::Delivered).await;
    assert_eq!(stage.apply(|federation| classes(federation, "6A", "6A"), &[]).code, Some(0));
    becomes(&stage, "zoe", refused("no_seat")).await;
    let supply = done(&stage.command(&["seats", "abo", "--school", LYCEE, "--json"]));
    let pool = &supply["seats"]["pools"][0];
    assert_eq!((&pool["used"], &pool["free"], &pool["through_sets"]), (&2.into(), &0.into(), &2.into()));
    // A seat that is taken back refuses who had it, and admits the next.
    let recovered = done(&stage.command(&["recover", "abo", "--person", "ent/ent/sub-lea", "--json"]));
    assert_eq!(recovered["freed"], 1);
    assert_eq!(stage.ending("zoe").await, Ending::Delivered);
    assert_eq!(stage.ending("lea").await, refused("no_seat"));
    assert_eq!(stage.database.ask(UNBALANCED).await, Vec::<String>::new());
    let taken = done(&stage.command(&["unassign", "abo", "--group", &class, "--json"]));
    assert_eq!((&taken["sets"], &taken["freed"]), (&1.into(), &2.into()));
    becomes(&stage, "max", refused("not_assigned")).await;
}

async fn what_a_school_assigns_survives_a_file_that_prunes(engine: Engine) {
    let stage = stage(engine).await;
    let everyone = ["assign", "abo", "--everyone", LYCEE, "--person", "ent/ent/sub-ana", "--json"];
    let assigned = done(&stage.command(&everyone));
    assert_eq!((&assigned["sets"], &assigned["seated"]), (&1.into(), &1.into()));
    becomes(&stage, "lea", Ending::Delivered).await;
    let pruned = stage.apply(|federation| classes(federation, "6B", "6B"), &["--prune"]);
    assert_eq!(pruned.stdout, "plan: 0 to add, 0 to change, 0 to remove\n", "a file sees its own only");
    assert_eq!(stage.ending("lea").await, Ending::Delivered);
    assert_eq!(stage.ending("ana").await, Ending::Delivered);
    assert_eq!(stage.ending("max").await, refused("no_seat"), "of two seats Léa and Ana have one each");
    // Another file assigns the same: it goes when both have taken it back.
    let both = format!("\n[[assignment]]\nsubscription = \"abo\"\neveryone = true\nschool = \"{LYCEE}\"\n");
    let plan = stage.apply(|federation| classes(federation, "6B", "6B").with(&both), &[]);
    assert!(plan.stdout.ends_with("plan: 1 to add, 0 to change, 0 to remove\n"), "{}", plan.stdout);
    let mine = stage.command(&["unassign", "abo", "--everyone", LYCEE, "--json"]);
    assert_eq!(done(&mine)["sets"], 1);
    assert_eq!(stage.ending("lea").await, Ending::Delivered, "the file assigns it still");
    let file = stage.command(&["unassign", "abo", "--everyone", LYCEE]);
    assert_eq!(file.code, Some(1));
    assert!(file.stderr.contains("a federation file assigned it"), "{}", file.stderr);
    assert_eq!(stage.apply(|federation| classes(federation, "6B", "6B"), &["--prune"]).code, Some(0));
    becomes(&stage, "lea", refused("not_assigned")).await;
    assert_eq!(stage.ending("ana").await, Ending::Delivered, "by name, by the school");
}

/// Whoever is wrong is named, and nothing changes.
async fn wrong_targets_are_told_one_by_one(engine: Engine) {
    let stage = stage(engine).await;
    let file = stage.database.folder().join("people.txt");
    std::fs::write(
        &file,
        "# 6A\nent/ent/sub-lea\n\n{\"ent\":\"ent\",\"namespace\":\"ent\",\"subject\":\"sub-max\"}\n",
    )
    .unwrap();
    let from = file.to_str().unwrap();
    let school = ["--school", LYCEE];
    let wrong =
        ["assign", "abo", "--people-from", from, "--person", "ent/ent/sub-ana", "--everyone", COLLEGE];
    let exit = stage.command(&[wrong.as_slice(), &school].concat());
    assert_eq!(exit.code, Some(1));
    let told: Vec<&str> = exit.stderr.lines().skip(1).collect();
    assert_eq!(
        told,
        [
            "person ent/ent/sub-ana: nobody is known here under this ent, namespace and subject".to_owned(),
            format!("at {COLLEGE} everyone: {COLLEGE} is not the school that is acted for"),
        ]
    );
    assert_eq!(stage.ending("lea").await, refused("not_assigned"));
    let good = ["assign", "abo", "--people-from", from, "--json"];
    assert_eq!(done(&stage.command(&[good.as_slice(), &school].concat()))["seated"], 2);
    assert_eq!(stage.ending("max").await, Ending::Delivered);
    let full = stage.command(&["assign", "abo", "--person", "ent/ent/sub-zoe"]);
    assert_eq!(full.code, Some(1));
    assert!(full.stderr.contains("pool all: 1 needed, 0 free"), "{}", full.stderr);
    for (arguments, code) in [
        (vec!["assign", "abo"], 2),
        (vec!["assign", "abo", "--group", "6A"], 1),
        (vec!["assign", "other", "--everyone", LYCEE], 1),
        (vec!["recover", "abo"], 2),
        (vec!["recover", "abo", "--left", "--unassigned"], 2),
        (vec!["seats", "other"], 1),
    ] {
        assert_eq!(stage.command(&arguments).code, Some(code), "{arguments:?}");
    }
    let whole = stage.apply(|federation| classes(federation, "6B", "6B").open_to_all_as("whole"), &[]);
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    let needless = stage.command(&["assign", "whole", "--everyone", LYCEE]);
    assert!(
        needless.code == Some(1) && needless.stderr.contains("needs no assignment"),
        "{}",
        needless.stderr
    );
}

/// Ten thousand pupils of the lycée, behind the back of everybody.
async fn ten_thousand(stage: &Stage) -> std::path::PathBuf {
    let identities = match stage.database.engine {
        Engine::Sqlite => {
            "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 9999) \
             INSERT INTO identity (ent, namespace, subject, person, managed_by) \
             SELECT 'ent', 'ent', 'many-' || n, randomblob(16), 'roster' FROM n"
        }
        Engine::Postgres => {
            "INSERT INTO identity (ent, namespace, subject, person, managed_by) \
             SELECT 'ent', 'ent', 'many-' || n, gen_random_uuid(), 'roster' FROM generate_series(0, 9999) n"
        }
    };
    assert_eq!(stage.database.change(identities).await, 10_000);
    for sql in [
        "INSERT INTO person (id, created) SELECT person, 0 FROM identity WHERE subject LIKE 'many-%'",
        "INSERT INTO affiliation (person, ent, school, profile, year, managed_by) \
         SELECT person, 'ent', '0750001U', 'pupil', '', 'roster' FROM identity WHERE subject LIKE 'many-%'",
    ] {
        assert_eq!(stage.database.change(sql).await, 10_000);
    }
    let file = stage.database.folder().join("many.txt");
    std::fs::write(&file, (0..10_000).map(|n| format!("ent/ent/many-{n}\n")).collect::<String>()).unwrap();
    file
}

/// SIGKILL in the middle of seating ten thousand people, early, halfway and late; launches go on meanwhile, and each
/// seating is undone or counts. A fourth is left to its end.
async fn a_kill_leaves_all_or_none_and_launches_go_on(engine: Engine) {
    const SUBSCRIPTIONS: [&str; 4] = ["abo-1", "abo-2", "abo-3", "abo-4"];
    let stage = Stage::open(engine, people(), |federation| {
        let federation = classes(federation, "6B", "6B");
        SUBSCRIPTIONS.iter().fold(federation, |federation, id| seats(federation, id, 10_001))
    })
    .await;
    let file = ten_thousand(&stage).await;
    done(&stage.command(&["assign", "abo", "--person", "ent/ent/sub-lea", "--json"]));
    for (id, enough) in SUBSCRIPTIONS.into_iter().zip([1, 4000, 9000]) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_passerelle"))
            .args(["assign", id, "--people-from", file.to_str().unwrap()])
            .env_clear()
            .envs(stage.broker.environment.clone())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let written = async || {
            let seats = stage.database.ask("SELECT subscription FROM seat").await;
            seats.iter().filter(|seat| *seat == id).count()
        };
        assert_eq!(stage.ending("lea").await, Ending::Delivered, "launches go on");
        while written().await < enough && child.try_wait().unwrap().is_none() {}
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(stage.database.ask(UNBALANCED).await, Vec::<String>::new());
    }
    let whole = done(&stage.command(&["assign", "abo-4", "--people-from", file.to_str().unwrap(), "--json"]));
    assert_eq!(whole["seated"], 10_000);
    // Whoever comes next gives back what a dead process had reserved.
    for id in SUBSCRIPTIONS {
        let next = ["assign", id, "--person", "ent/ent/sub-max"];
        stage
            .eventually(async || {
                assert_eq!(stage.command(&next).code, Some(0), "there is one more seat than the crowd needs");
                stage
                    .database
                    .ask("SELECT subscription FROM seating")
                    .await
                    .iter()
                    .all(|under_way| under_way != id)
            })
            .await;
    }
    assert_eq!(stage.database.ask(UNBALANCED).await, Vec::<String>::new());
    let held = stage.database.ask("SELECT subscription FROM seat").await;
    let told = stage.database.ask("SELECT body FROM event WHERE body LIKE '%\"count\":10000%'").await;
    let mut counted = 0;
    for id in SUBSCRIPTIONS {
        let seats = held.iter().filter(|seat| *seat == id).count();
        assert!([1, 10_001].contains(&seats), "{id}: {seats}");
        counted += usize::from(seats > 1);
    }
    assert!(counted >= 1 && counted < SUBSCRIPTIONS.len(), "{counted} came to their end");
    assert_eq!(told.len(), counted, "the journal tells of those that count");
}

on_both_engines!(
    a_class_opens_and_who_joins_it_opens_while_seats_remain,
    what_a_school_assigns_survives_a_file_that_prunes,
    wrong_targets_are_told_one_by_one,
    a_kill_leaves_all_or_none_and_launches_go_on,
);
