//! Databases that somebody touched behind the broker's back, and processes that share one.

use passerelle::journal::{JournalStore, Kept, Reach};
use time::Duration;

use super::stand::{ONE, Process, Stand, THREE, TWO};
use crate::stage::{Engine, on_both_engines};

/// Two checkpoints over three schools, and one event more.
async fn a_journal(engine: Engine) -> (Stand, Process) {
    let stand = Stand::new(engine).await;
    let process = stand.process("first").await;
    process.launch(ONE, 4).await;
    process.launch(TWO, 2).await;
    process.checkpoint().await;
    stand.wait(Duration::HOUR);
    process.launch(ONE, 2).await;
    process.launch(THREE, 2).await;
    process.checkpoint().await;
    process.launch(ONE, 1).await;
    (stand, process)
}

/// What somebody does who can write into the tables and has no key.
const TOUCHED: &[(&str, &str)] = &[
    (
        "a text changed",
        "UPDATE event SET body = replace(body, 'pupil', 'staff') WHERE chain = '0750001U/first' AND seq = 2",
    ),
    (
        "an hour changed",
        "UPDATE event SET body = replace(body, 'T08:05', 'T07:05') WHERE chain = '0750001U/first' AND seq = 2",
    ),
    ("a column of time changed", "UPDATE event SET at = at - 1 WHERE chain = '0750001U/first' AND seq = 2"),
    ("a hash changed", "UPDATE event SET hash = prev WHERE chain = '0750001U/first' AND seq = 2"),
    ("a pointer back changed", "UPDATE event SET prev = hash WHERE chain = '0750001U/first' AND seq = 2"),
    ("the first event dropped", "DELETE FROM event WHERE chain = '0750001U/first' AND seq = 1"),
    ("an event dropped", "DELETE FROM event WHERE chain = '0750001U/first' AND seq = 3"),
    (
        "the newest covered event and all behind it dropped",
        "DELETE FROM event WHERE chain = '0750001U/first' AND seq >= 6",
    ),
    ("a chain dropped", "DELETE FROM event WHERE chain = '0440001M/first'"),
    ("an event moved to the end", "UPDATE event SET seq = 9 WHERE chain = '0750001U/first' AND seq = 4"),
    (
        "two texts exchanged",
        "UPDATE event SET body = (SELECT o.body FROM event o WHERE o.chain = event.chain AND o.seq = 5 - event.seq) WHERE chain = '0750001U/first' AND seq IN (2, 3)",
    ),
    (
        "an event moved to another school",
        "UPDATE event SET chain = '0440001M/first', seq = 3 WHERE chain = '0750001U/first' AND seq = 7",
    ),
    (
        "a chain moved to another school",
        "UPDATE event SET chain = '0440001M/second' WHERE chain = '0352235R/first'",
    ),
    ("a checkpoint dropped", "DELETE FROM journal_checkpoint WHERE number = 1"),
    ("a checkpoint's time changed", "UPDATE journal_checkpoint SET at = at - 1 WHERE number = 2"),
    ("a checkpoint under another number", "UPDATE journal_checkpoint SET number = 3 WHERE number = 2"),
    (
        "a leaf changed",
        "UPDATE journal_leaf SET hash = (SELECT hash FROM event LIMIT 1) WHERE number = 1 AND owner = '0440001M'",
    ),
    ("a leaf dropped", "DELETE FROM journal_leaf WHERE number = 1 AND owner = '0440001M'"),
    (
        "a leaf of another name",
        "UPDATE journal_leaf SET owner = '0999999Z' WHERE number = 2 AND owner = '0352235R'",
    ),
    (
        "more said to be pruned",
        "UPDATE journal_held SET after_seq = 1, after_hash = (SELECT hash FROM event WHERE chain = '0750001U/first' AND seq = 1) WHERE chain = '0750001U/first'",
    ),
    (
        "less said to be held",
        "UPDATE journal_held SET seq = 5, hash = (SELECT hash FROM event WHERE chain = '0750001U/first' AND seq = 5) WHERE chain = '0750001U/first'",
    ),
    ("nothing said to be held", "DELETE FROM journal_held WHERE chain = '0750001U/first'"),
];

/// L4: whatever is touched is found, and the place is named; and no later checkpoint covers it up.
async fn whatever_is_touched_is_found(engine: Engine) {
    let (stand, process) = a_journal(engine).await;
    stand.copy().await;
    for (number, (what, sql)) in TOUCHED.iter().enumerate() {
        stand.restore().await;
        let before = process.audit().await;
        assert!(before.holds(), "{before}");
        assert_eq!((before.covered.events, before.uncovered.events, before.checkpoints), (10, 1, 2));
        assert!(stand.database.change(sql).await > 0, "{what}");
        let after = process.audit().await;
        assert!(!after.holds(), "{what}: nothing found\n{after}");
        let places: Vec<_> = after.found.iter().map(ToString::to_string).collect();
        let named = |name: &str| places.iter().any(|place| place.contains(name));
        assert!(
            named("0750001U/first") || named("0440001M") || named("0352235R") || named("checkpoint"),
            "{what}: {places:?}"
        );
        let later = stand.process(&format!("later{number}")).await;
        for school in [ONE, TWO, THREE] {
            later.launch(school, 1).await;
        }
        later.keeper.checkpoint(Reach::Everything).await.unwrap();
        assert!(!later.audit().await.holds(), "{what}: covered up");
    }
}

/// A delivery has a receipt that the publisher holds too: without one it was invented, whatever a checkpoint signs.
async fn an_invented_delivery_is_found(engine: Engine) {
    let (_stand, process) = a_journal(engine).await;
    process.invent(TWO).await;
    process.checkpoint().await;
    let report = process.audit().await;
    assert_eq!(report.discrepancies, 1, "{report}");
    assert_eq!(report.found[0].place, "chain 0440001M/first, event 3");
    let export = process.export(TWO).await;
    assert!(!process.verify(&export).holds() && process.witness.export(&export).is_err());
}

/// A changed text is found at its own event, and at no other.
async fn a_changed_event_is_named(engine: Engine) {
    let (stand, process) = a_journal(engine).await;
    let sql =
        "UPDATE event SET body = replace(body, 'pupil', 'staff') WHERE chain = '0750001U/first' AND seq = 3";
    stand.database.change(sql).await;
    let report = process.audit().await;
    let found: Vec<_> = report.found.iter().map(|found| found.place.as_str()).collect();
    assert_eq!(found, ["chain 0750001U/first, event 3"; 2], "its hash, and its receipt: {report}");
    let export = process.verify(&process.export(ONE).await);
    assert_eq!(export.found[0].place, "chain 0750001U/first, event 3");
}

/// Somebody without a key who writes the newest event anew, with hashes that fit, is found by the event that comes next:
/// the process that wrote it remembers the head. And no checkpoint ever signs what does not go on from the last one.
async fn a_checkpoint_signs_no_broken_chain(engine: Engine) {
    let (stand, process) = a_journal(engine).await;
    let sql =
        "UPDATE event SET body = replace(body, 'pupil', 'staff') WHERE chain = '0750001U/first' AND seq = 7";
    assert_eq!(stand.database.change(sql).await, 1);
    process.launch(ONE, 1).await;
    process.launch(TWO, 1).await;
    let made = process.checkpoint().await;
    assert_eq!(made.owners, 1, "the other school's chain is signed");
    assert_eq!(made.found.len(), 1);
    assert_eq!(made.found[0].place, "chain 0750001U/first, event 7");
    let report = process.audit().await;
    assert!(!report.holds());
    assert_eq!(report.covered.events, 11, "{report}");
}

/// Nothing is signed behind a checkpoint that is not genuine.
async fn no_checkpoint_stands_on_a_forged_one(engine: Engine) {
    let (stand, process) = a_journal(engine).await;
    let sql = "UPDATE journal_checkpoint SET token = (SELECT body FROM event LIMIT 1) WHERE number = 2";
    assert_eq!(stand.database.change(sql).await, 1);
    let Kept::Refused(found) = process.keeper.hourly().await.unwrap() else { panic!("signed") };
    assert_eq!(found.place, "checkpoint 2");
}

/// Several processes write chains of their own, and one of them at a time makes a checkpoint.
async fn processes_share_one_journal(engine: Engine) {
    let stand = Stand::new(engine).await;
    let processes =
        [stand.process("first").await, stand.process("second").await, stand.process("third").await];
    for round in 0..5 {
        for process in &processes {
            process.launch(ONE, 1).await;
            process.launch(if round % 2 == 0 { TWO } else { THREE }, 1).await;
        }
        let [a, b, c] = &processes;
        let kept = tokio::join!(
            a.keeper.checkpoint(Reach::Recent),
            b.keeper.checkpoint(Reach::Recent),
            c.keeper.checkpoint(Reach::Everything)
        );
        let kept = [kept.0.unwrap(), kept.1.unwrap(), kept.2.unwrap()];
        assert!(kept.iter().any(|kept| matches!(kept, Kept::Made(_))), "{kept:?}");
        stand.wait(Duration::HOUR);
    }
    let report = processes[0].audit().await;
    assert!(report.holds(), "{report}");
    assert_eq!((report.chains, report.covered.events, report.uncovered.events), (9, 30, 0));
    for school in [ONE, TWO, THREE] {
        processes[1].genuine(&processes[2].export(school).await);
    }
}

/// The checkpoint of the hour is made once an hour, by whoever comes first, and only if something moved. Who comes too
/// early looks again.
async fn an_hour_has_one_checkpoint(engine: Engine) {
    let stand = Stand::new(engine).await;
    let (one, two) = (stand.process("first").await, stand.process("second").await);
    let nothing = one.keeper.hourly().await.unwrap();
    assert_eq!((&nothing, nothing.look_again()), (&Kept::Nothing(vec![]), false));
    stand.wait(Duration::MINUTE);
    one.launch(ONE, 1).await;
    assert_eq!(one.keeper.age(), Duration::MINUTE, "it waits for the first");
    let made = one.keeper.hourly().await.unwrap();
    assert_eq!((matches!(made, Kept::Made(_)), made.look_again()), (true, false));
    two.launch(ONE, 1).await;
    stand.wait(Duration::minutes(59));
    let early = two.keeper.hourly().await.unwrap();
    assert_eq!((&early, early.look_again()), (&Kept::Early, true));
    assert_eq!((one.keeper.age(), two.keeper.age()), (Duration::minutes(59), Duration::minutes(59)));
    stand.wait(Duration::MINUTE);
    assert!(two.hourly().await.is_some());
    assert_eq!(two.keeper.age(), Duration::ZERO);
    assert_eq!(one.keeper.hourly().await.unwrap(), Kept::Early);
    assert_eq!(one.keeper.checkpoint(Reach::Everything).await.unwrap(), Kept::Nothing(vec![]));
}

/// A process that died in its turn leaves a draft that nobody sees, and its turn ends by itself.
async fn a_turn_ends_by_itself(engine: Engine) {
    let (stand, dead) = a_journal(engine).await;
    let alive = stand.process("second").await;
    let now = stand.now();
    assert!(dead.store.take_turn(now).await.unwrap());
    let leaf = passerelle::journal::StoredLeaf {
        number: 3,
        owner: "0999999Z".to_owned(),
        hash: passerelle::journal::Hash::ZERO,
        pruned: None,
    };
    assert!(dead.store.draft(now, std::slice::from_ref(&leaf), &[]).await.unwrap());
    assert!(alive.audit().await.holds());
    assert_eq!(alive.keeper.checkpoint(Reach::Recent).await.unwrap(), Kept::Busy);
    stand.wait(Duration::minutes(6));
    assert_eq!(alive.checkpoint().await.number, 3);
    assert!(alive.store.take_turn(stand.now()).await.unwrap());
    let late = passerelle::journal::StoredLeaf { number: 4, ..leaf };
    assert!(!dead.store.draft(stand.now(), &[late], &[]).await.unwrap(), "its turn is lost");
    alive.store.end_turn().await.unwrap();
    let report = alive.audit().await;
    assert!(report.holds(), "{report}");
}

on_both_engines!(
    whatever_is_touched_is_found,
    an_invented_delivery_is_found,
    a_changed_event_is_named,
    a_checkpoint_signs_no_broken_chain,
    no_checkpoint_stands_on_a_forged_one,
    processes_share_one_journal,
    an_hour_has_one_checkpoint,
    a_turn_ends_by_itself,
);
