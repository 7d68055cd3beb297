//! What rosters say: who is known by one that counts, and by none that does not.

use boundary::{Group, GroupStatus, Profile};
use sqlx::{AssertSqlSafe, Executor};
use time::macros::datetime;

use super::examples::{NOW, college, ent, fill, lycee, newcomer, person, pupil};
use super::{count, on_both};
use crate::directory::{DirectoryStore, ManagerStore, RosterReading};
use crate::store::Store;
use crate::store::db::Db;

#[expect(clippy::disallowed_methods, reason = "a test writes what no statement of ours would")]
async fn change(store: &Store, sql: String) {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql));
    match &store.db {
        Db::Lite { writer, .. } => drop(writer.execute(sql).await.unwrap()),
        Db::Postgres(pools) => drop(pools.writing.execute(sql).await.unwrap()),
    }
}

/// The bytes of a person's id, as an SQL literal of the engine.
fn id(store: &Store, n: u8) -> String {
    let hex = format!("{n:032x}");
    if matches!(store.db, Db::Lite { .. }) { format!("x'{hex}'") } else { format!("'{hex}'::uuid") }
}

fn bytes(store: &Store, hex: &str) -> String {
    if matches!(store.db, Db::Lite { .. }) { format!("x'{hex}'") } else { format!("'\\x{hex}'::bytea") }
}

/// A school whose import `current` counts.
async fn school(store: &Store, uai: &str, current: i64) {
    let groups = r#"[{"status":"division","code":"2DE3","label":"2de 3","members":1}]"#;
    change(store, format!("DELETE FROM roster_school WHERE school = '{uai}'")).await;
    change(
        store,
        format!(
            "INSERT INTO roster_school VALUES ('ent', '{uai}', {current}, '2D', 0, 1, '{groups}', '{{}}')"
        ),
    )
    .await;
}

/// A row about `subject`, who is person `n`.
async fn row(store: &Store, subject: &str, n: u8, rest: &str) {
    let (id, empty, sealed) = (id(store, n), bytes(store, ""), bytes(store, "00ff"));
    change(
        store,
        format!(
            "INSERT INTO roster_person VALUES ('ent', {}, {id}, {}, {empty}, {sealed})",
            rest.split_once('|').unwrap().0.replace("SUBJECT", &format!("'{subject}'")),
            rest.split_once('|').unwrap().1
        ),
    )
    .await;
}

/// Somebody whom a roster wrote down.
async fn identity(store: &Store, subject: &str, n: u8) {
    let id = id(store, n);
    change(store, format!("INSERT INTO identity (ent, namespace, subject, person, managed_by) VALUES ('ent', 'ent', '{subject}', {id}, 'roster')")).await;
    change(store, format!("INSERT INTO person VALUES ({id}, 0)")).await;
    let root = bytes(store, &format!("{n:032x}"));
    change(store, format!("INSERT INTO pseudonym_root VALUES ({id}, {root})")).await;
}

const PUPIL: &str = r#"'pupil', '2026-2027', '20010019110', '[["division","2DE3"]]', 0, NULL, NULL"#;
const MANAGER: &str = r#"NULL, '', NULL, '[]', 1, NULL, NULL"#;

#[tokio::test]
async fn only_the_import_that_counts_says_who_is_where() {
    on_both("roster_known", async |place| {
        let store = place.store().await;
        fill(&store, "").await;
        school(&store, "0750001U", 2).await;
        for (n, subject) in ["was", "is", "comes"].into_iter().enumerate() {
            identity(&store, subject, n as u8 + 1).await;
        }
        row(&store, "was", 1, &format!("'0750001U', SUBJECT, 1, 2|{PUPIL}")).await;
        row(&store, "is", 2, &format!("'0750001U', SUBJECT, 2, NULL|{PUPIL}")).await;
        row(&store, "comes", 3, &format!("'0750001U', SUBJECT, 3, NULL|{PUPIL}")).await;
        let known = async |subject: &str| store.known(&ent(), "ent", subject).await.unwrap();
        assert!(known("was").await.is_none() && known("comes").await.is_none());
        let is = known("is").await.unwrap();
        let group = Group {
            school: lycee(),
            status: GroupStatus::Division,
            code: "2DE3".to_owned(),
            year: is.affiliations[0].year,
        };
        assert_eq!(is.groups, std::slice::from_ref(&group));
        assert_eq!((is.affiliations[0].profile, is.affiliations[0].jit), (Profile::Pupil, false));
        assert_eq!(is.affiliations[0].level.as_deref(), Some("20010019110"));
        assert_eq!((is.sealed.len(), &is.sealed[0].school, &*is.sealed[0].sealed), (1, &lycee(), &[0, 0xff][..]));
        let members = store.members(&lycee()).await.unwrap();
        assert_eq!(members.iter().map(|member| (member.person, &member.groups)).collect::<Vec<_>>(), [(is.person, &vec![group])]);
        assert!(members[0].sealed.is_some());
        assert_eq!(store.groups(&ent(), &lycee()).await.unwrap()[0].label, "2de 3");
        for (view, rows) in [("SELECT COUNT(*) FROM affiliated WHERE school = '0750001U' AND profile = 'pupil'", 1),
            ("SELECT COUNT(*) FROM grouped WHERE school = '0750001U' AND status = 'division' AND code = '2DE3'", 1)] {
            assert_eq!(count(&store, view).await, rows, "{view}");
        }
        // The school moves on.
        school(&store, "0750001U", 3).await;
        let other = place.store().await;
        assert!(other.known(&ent(), "ent", "comes").await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn somebody_whom_an_import_wrote_and_did_not_finish_comes_as_a_stranger() {
    on_both("roster_unfinished", async |place| {
        let store = place.store().await;
        fill(&store, "").await;
        identity(&store, "lea", 1).await;
        row(&store, "lea", 1, &format!("'0750001U', SUBJECT, 1, NULL|{PUPIL}")).await;
        assert!(store.known(&ent(), "ent", "lea").await.unwrap().is_none());
        let drawn = newcomer("lea");
        store.provision(drawn.clone()).await.unwrap();
        let known = store.known(&ent(), "ent", "lea").await.unwrap().unwrap();
        assert!(known.is_provisioned() && known.person != drawn.person, "they are whom the import wrote");
        assert_eq!(count(&store, "SELECT COUNT(*) FROM person").await, 1);
        // The next import makes them count, and then its word is the last.
        school(&store, "0750001U", 1).await;
        let known = place.store().await.known(&ent(), "ent", "lea").await.unwrap().unwrap();
        assert_eq!(known.counted().map(|affiliation| affiliation.jit).collect::<Vec<_>>(), [false]);
    })
    .await;
}

#[tokio::test]
async fn a_leaver_is_there_until_their_day() {
    on_both("roster_leaver", async |place| {
        let store = place.store().await;
        fill(&store, &pupil("omar")).await;
        school(&store, "0750001U", 1).await;
        identity(&store, "lea", 1).await;
        let day = datetime!(2026-12-01 00:00 UTC);
        let leaving = PUPIL.replacen("NULL", &(day.unix_timestamp() * 1000).to_string(), 1);
        row(&store, "lea", 1, &format!("'0750001U', SUBJECT, 1, NULL|{leaving}")).await;
        let known = store.known(&ent(), "ent", "lea").await.unwrap().unwrap();
        let affiliation = &known.affiliations[0];
        assert_eq!(affiliation.until, Some(day));
        let year = affiliation.year.unwrap();
        assert!(affiliation.is_current(year, NOW) && !affiliation.is_current(year, day));
        let members = store.members(&lycee()).await.unwrap();
        assert_eq!(members.len(), 2, "whoever says it");
        assert!(
            members
                .iter()
                .any(|member| member.person == known.person && member.affiliation.until == Some(day))
        );
    })
    .await;
}

#[tokio::test]
async fn who_manages_is_the_rosters_word_and_makes_nobody_a_member() {
    on_both("roster_manages", async |place| {
        let store = place.store().await;
        fill(&store, &pupil("omar")).await;
        school(&store, "0750001U", 1).await;
        school(&store, "0440001M", 0).await;
        identity(&store, "lise", 1).await;
        row(&store, "lise", 1, &format!("'0750001U', SUBJECT, 1, NULL|{MANAGER}")).await;
        row(&store, "lise", 1, &format!("'0440001M', SUBJECT, 1, NULL|{MANAGER}")).await;
        let known = store.known(&ent(), "ent", "lise").await.unwrap().unwrap();
        assert!(known.affiliations.is_empty(), "a console may know them, no resource does");
        let manager = store.manager(&ent(), known.person).await.unwrap().unwrap();
        assert_eq!(manager.schools.into_iter().collect::<Vec<_>>(), [lycee()]);
        let omar = person(&store, "omar").await;
        assert!(store.manager(&ent(), omar).await.unwrap().is_none());
        assert_eq!(store.members(&lycee()).await.unwrap().len(), 1);
        assert!(store.members(&college()).await.unwrap().is_empty());
    })
    .await;
}
