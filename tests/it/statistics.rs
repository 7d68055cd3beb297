//! Statistics: what is counted equals the launches that were made and the refusals that were provoked; publishers are
//! told of no few, whatever they ask.

use conformance::ent::Person;
use serde_json::Value;

use crate::api::Program;
use crate::stage::{
    COLLEGE, Ending, Engine, Federation, LYCEE, Stage, in_days, off_by, on_both_engines, person, roles,
};

/// Six of the lycée, two of the collège.
const NAMES: [(&str, &str); 8] = [
    ("lea", "1"),
    ("max", "1"),
    ("zoe", "1"),
    ("tom", "1"),
    ("eva", "1"),
    ("noe", "1"),
    ("ana", "2"),
    ("ugo", "2"),
];

fn people() -> Vec<Person> {
    NAMES.iter().map(|(name, deployment)| person(name, deployment, &[roles::PUPIL])).collect()
}

/// What was made and provoked.
#[derive(Default)]
struct Made {
    lycee: u64,
    college: u64,
    refused: u64,
}

/// Launches of everybody, first refused because nobody is assigned; the roll-up has read them.
async fn played(engine: Engine) -> (Stage, Made) {
    let lines = format!(
        "from = {}\nuntil = {}\nkind = \"INDIV\"\naudience = [\"pupil\"]\nseats = 50",
        in_days(-1),
        in_days(1)
    );
    let mut stage = Stage::open(engine, people(), |f: Federation| f.subscription("abo", &lines)).await;
    let mut made = Made::default();
    for name in ["lea", "ana", "lea"] {
        assert_eq!(stage.ending(name).await, Ending::Refused("not_assigned".to_owned()));
        made.refused += 1;
    }
    let assigned = stage.command(&["assign", "abo", "--everyone", LYCEE, "--everyone", COLLEGE]);
    assert_eq!(assigned.code, Some(0), "{}", assigned.stderr);
    for (name, deployment) in NAMES {
        while stage.ending(name).await != Ending::Delivered {
            made.refused += 1;
        }
        *(if deployment == "1" { &mut made.lycee } else { &mut made.college }) += 1;
    }
    assert_eq!(stage.ending("lea").await, Ending::Delivered);
    made.lycee += 1;
    // The job looks at everything when it starts.
    stage.broker.crash_and_restart();
    let all = "SELECT CAST(COALESCE(SUM(launches), 0) AS TEXT) FROM launch_count";
    let wanted = (made.lycee + made.college + made.refused).to_string();
    stage.eventually(async || stage.database.ask(all).await == [wanted.as_str()]).await;
    (stage, made)
}

/// A day later: everything was read of the day before, after it had ended.
async fn tomorrow(stage: &mut Stage) {
    let mut environment = stage.broker.environment.clone();
    environment.extend(off_by("+86400s").into_iter().map(|(name, value)| (name.to_owned(), value)));
    let through = "SELECT value FROM fact WHERE name = 'journal-read-through'";
    let read = async |stage: &Stage| stage.database.ask(through).await[0].parse::<i64>().unwrap();
    let before = read(stage).await;
    stage.broker.crash_and_restart_in(environment);
    stage.eventually(async || read(stage).await > before + 80_000_000).await;
}

async fn rows(program: &Program, path: &str) -> Vec<Value> {
    let answer = program.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.json()["items"].as_array().unwrap().clone()
}

fn sum(rows: &[Value], of: &str, meant: impl Fn(&Value) -> bool) -> u64 {
    rows.iter().filter(|row| meant(row)).map(|row| row[of].as_u64().unwrap()).sum()
}

async fn counts_equal_what_was_made(engine: Engine) {
    let (mut stage, made) = played(engine).await;
    let operator = Program::operator(&stage);
    let launches = rows(&operator, "/statistics/launches").await;
    let delivered = |school: &'static str| {
        move |row: &Value| {
            row["school"] == school && row["outcome"] == "delivered" && row["profile"] == "pupil"
        }
    };
    assert_eq!(sum(&launches, "launches", delivered(LYCEE)), made.lycee, "{launches:?}");
    assert_eq!(sum(&launches, "launches", delivered(COLLEGE)), made.college, "{launches:?}");
    let refused = |row: &Value| row["outcome"] == "not_assigned";
    assert_eq!(sum(&launches, "launches", refused), made.refused, "{launches:?}");
    let users = rows(&operator, "/statistics/users?from=2020-01-01").await;
    let month = |school: &'static str| {
        move |row: &Value| row["school"] == school && row["period"].as_str().unwrap().len() == 7
    };
    assert_eq!(
        (sum(&users, "users", month(LYCEE)), sum(&users, "users", month(COLLEGE))),
        (6, 2),
        "{users:?}"
    );
    // A second look counts nothing twice.
    stage.broker.crash_and_restart();
    stage.settled().await;
    assert_eq!(rows(&operator, "/statistics/launches").await, launches);
    // Page by page, and as a table, it is the same.
    let mut paged = Vec::new();
    let mut next = "/statistics/launches?limit=1".to_owned();
    loop {
        let page = operator.get(&next).await.json();
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next"].as_str() else { break };
        next = format!("/statistics/launches?limit=1&cursor={cursor}");
    }
    assert_eq!(paged, launches);
    let table = operator.send("GET", "/statistics/launches", &[("accept", "text/csv")], None).await;
    assert_eq!(table.text.lines().count(), launches.len() + 1, "{}", table.text);
    assert!(table.text.starts_with("day,"), "{}", table.text);
}

async fn a_school_sees_its_own(engine: Engine) {
    let (stage, made) = played(engine).await;
    let college = Program::of(&stage, &["school-manager", "--school", COLLEGE]);
    let launches = rows(&college, "/statistics/launches").await;
    assert!(launches.iter().all(|row| row["school"] == COLLEGE), "{launches:?}");
    assert_eq!(sum(&launches, "launches", |row| row["outcome"] == "delivered"), made.college);
    for path in ["/statistics/launches", "/statistics/users"] {
        let foreign = college.get(&format!("{path}?school={LYCEE}")).await;
        assert_eq!(foreign.code(), "not_yours", "{path}");
        let table = college.send("GET", path, &[("accept", "text/csv")], None).await;
        assert!(table.text.contains(COLLEGE) && !table.text.contains(LYCEE), "{path}: {}", table.text);
    }
    for wrong in ["from=yesterday", "school=0", "what=1", "until=-9999-01-01"] {
        assert_eq!(college.get(&format!("/statistics/launches?{wrong}")).await.code(), "request_invalid");
    }
}

/// Two people of the collège stand in no answer, whatever is asked: not as a row, not in a sum, not by a difference.
async fn publishers_are_told_of_no_few(engine: Engine) {
    let (mut stage, made) = played(engine).await;
    let publisher = Program::of(&stage, &["publisher-manager", "--organisation", "editeur"]);
    assert_eq!(
        rows(&publisher, "/statistics/deliveries").await,
        Vec::<Value>::new(),
        "of no day that goes on"
    );
    let empty = publisher.send("GET", "/statistics/deliveries", &[("accept", "text/csv")], None).await;
    assert_eq!(empty.text, "day,school,resource,sector,launches,users\r\n");
    tomorrow(&mut stage).await;
    let told = rows(&publisher, "/statistics/deliveries").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["school"], &told[0]["users"]), (&Value::from(LYCEE), &Value::from(6)));
    assert_eq!(told[0]["launches"].as_u64(), Some(made.lycee));
    assert_eq!(told[0]["sector"], "secteur");
    let filter = format!("/statistics/deliveries?school={COLLEGE}");
    assert_eq!(rows(&publisher, &filter).await, Vec::<Value>::new());
    for accept in ["text/csv", "application/x-ndjson"] {
        let all = publisher.send("GET", "/statistics/deliveries", &[("accept", accept)], None).await;
        assert!(all.text.contains(LYCEE) && !all.text.contains(COLLEGE), "{accept}: {}", all.text);
    }
    for path in ["/statistics/launches", "/statistics/users"] {
        assert_eq!(publisher.get(path).await.code(), "role_insufficient", "{path}");
    }
    let operator = Program::operator(&stage);
    let other = serde_json::json!({ "name": "Autre", "roles": ["publisher"] });
    assert_eq!(operator.put("/organisations/autre", &other).await.status, 201);
    let neighbour = Program::of(&stage, &["publisher-manager", "--organisation", "autre"]);
    assert_eq!(rows(&neighbour, "/statistics/deliveries").await, Vec::<Value>::new());
}

on_both_engines!(counts_equal_what_was_made, a_school_sees_its_own, publishers_are_told_of_no_few,);
