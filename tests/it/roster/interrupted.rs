//! Imports that are killed, that meet, and that run while people launch.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{COLLEGE, LYCEE, archive, counts, import, others, pupil, school, stage};
use crate::stage::{Broker, Ending, Engine, Stage, on_both_engines};

/// A command that runs beside the test.
fn begin(stage: &Stage, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passerelle"));
    let command = command.args(arguments).env_clear().envs(stage.broker.environment.iter().cloned());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Who counts at both schools, with their classes.
async fn counting(stage: &Stage) -> Vec<String> {
    stage
        .database
        .ask(
            "SELECT r.school || ' ' || r.subject || ' ' || r.groups FROM roster_person r JOIN roster_school s \
             ON s.ent = r.ent AND s.school = r.school WHERE r.since <= s.current \
             AND (r.until IS NULL OR r.until > s.current) ORDER BY 1",
        )
        .await
}

/// Killed at any moment, an import leaves what was there before it or what comes after it, and the next one clears what
/// it left.
async fn a_kill_leaves_the_old_or_the_new(engine: Engine) {
    let stage = stage(engine).await;
    let both = |class: &str| {
        let mut pupils = others(600);
        pupils.iter_mut().for_each(|pupil| pupil.groups = vec![class.to_owned()]);
        let mut elsewhere = pupils.clone();
        elsewhere.iter_mut().for_each(|pupil| pupil.id += "-college");
        [school(LYCEE, pupils), school(COLLEGE, elsewhere)]
    };
    let first = archive(&stage, 1, &both("6A"));
    assert_eq!(import(&stage, &first, &[]).0.code, Some(0));
    let old = counting(&stage).await;
    let second = archive(&stage, 2, &both("6B"));
    let mut seen = (0, 0);
    for step in 0..8_u64 {
        let mut child = begin(&stage, &["import", "roster", second.to_str().unwrap()]);
        tokio::time::sleep(Duration::from_millis(60 * (step + 1) + step * step * 12)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let found = counting(&stage).await;
        let is_old = found == old;
        let all_new = found.len() == old.len() && found.iter().all(|row| row.contains("6B"));
        assert!(
            is_old || all_new,
            "after kill {step}: {} rows, of which {} are new",
            found.len(),
            found.iter().filter(|row| row.contains("6B")).count()
        );
        if is_old {
            seen.0 += 1
        } else {
            seen.1 += 1
        }
        // A turn ends by itself after half a minute; this one's holder is dead.
        stage.database.change("DELETE FROM turn").await;
        if all_new {
            assert_eq!(import(&stage, &first, &[]).0.code, Some(0));
            assert_eq!(counting(&stage).await, old);
        }
    }
    let _ = writeln!(
        std::io::stderr(),
        "{engine:?}: {} kills left the old state, {} the new one",
        seen.0,
        seen.1
    );
    assert_eq!(import(&stage, &second, &[]).0.code, Some(0));
    let new = counting(&stage).await;
    assert!(new.len() == old.len() && new.iter().all(|row| row.contains("6B")));
    let rows = stage.database.ask("SELECT CAST(count(*) AS TEXT) FROM roster_person").await;
    assert_eq!(rows, [old.len().to_string()], "nothing is left of those that were killed");
    let people = stage.database.ask("SELECT CAST(count(*) AS TEXT) FROM person").await;
    assert_eq!(people, [old.len().to_string()]);
}

/// Two imports of one ENT at once come one after the other.
async fn two_at_once_take_turns(engine: Engine) {
    let stage = stage(engine).await;
    let one = archive(&stage, 1, &[school(LYCEE, others(300))]);
    let other = archive(&stage, 2, &[school(LYCEE, others(310))]);
    let children = [&one, &other, &one]
        .map(|path| begin(&stage, &["import", "roster", path.to_str().unwrap(), "--confirm", LYCEE]));
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let (_, report) = import(&stage, &other, &[]);
    let [_, _, unchanged, left, held] = counts(&report, LYCEE);
    assert!(unchanged >= 300 && (left, held) == (0, 0), "{report:#}");
    let rows = stage.database.ask("SELECT CAST(count(*) AS TEXT) FROM roster_person").await;
    assert_eq!(rows, ["310"]);
    let states = stage.database.ask("SELECT DISTINCT state FROM roster_import").await;
    assert_eq!(states, ["taken"]);
}

/// While an archive is imported, by a command and by a broker that is not the one asked, not one launch fails.
async fn launches_go_on_meanwhile(engine: Engine) {
    let stage = stage(engine).await;
    let mut lycee = school(LYCEE, others(1500));
    lycee.pupils.push(pupil("nina", &["6A"]));
    assert_eq!(import(&stage, &archive(&stage, 1, &[lycee.clone()]), &[]).0.code, Some(0));
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    let second = Broker::beside(&stage.broker);
    lycee.pupils.iter_mut().for_each(|pupil| pupil.groups = vec!["6B".to_owned()]);
    let path = archive(&stage, 2, &[lycee]);
    let (imported, tokens) = stage
        .under_load("nina", [&stage.broker, &second], async {
            stage.command_meanwhile(&["import", "roster", path.to_str().unwrap(), "--json"]).await
        })
        .await;
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);
    assert!(!tokens.is_empty(), "and none was refused");
    let report: serde_json::Value = serde_json::from_str(&imported.stdout).unwrap();
    assert_eq!(counts(&report, LYCEE), [0, 1501, 0, 0, 0]);
}

on_both_engines!(a_kill_leaves_the_old_or_the_new, two_at_once_take_turns, launches_go_on_meanwhile);
