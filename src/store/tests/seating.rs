//! Many people seated at once: all or none, whoever dies, whatever else happens.

use time::Duration;

use super::assignments::{
    At, BY_NAME, BY_SET, asking, balanced, held, launch, means, named, school, seat_of, small, used, who,
};
use super::examples::{
    NOW, beside_world, fill, pupil, putting, seat, subscribed, subscription, withdrawing, write,
};
use super::recovery::recovery;
use super::{backup, count, on_both, rows};
use crate::boot::SystemChance;
use crate::journal::Actor;
use crate::operate::apply::{Record, RecordKind};
use crate::operate::assignments::{
    AssignError, AssignmentStore, Means, Target, Transfer, Unassigned, Who, assign, recover, transfer,
    unassign,
};
use crate::store::Store;

/// Many pupils of the lycée, by number.
pub fn crowd(number: usize) -> (String, Vec<Target>) {
    let names: Vec<String> = (0..number).map(|n| format!("p{n:05}")).collect();
    let text = names.iter().map(|name| pupil(name)).collect();
    (text, names.iter().map(|name| Target::Person(who(name))).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_seated_all_or_none() {
    on_both("assign_many", async |place| {
        let store = place.store().await;
        let (text, targets) = crowd(420);
        fill(&store, &format!("{}{text}", subscription("s", "419"))).await;
        assert!(launch(&store, "p00007").await && launch(&store, "p00008").await);
        let by = Actor::command();
        let short = assign(&means(&store), &by, &asking(targets.clone())).await.unwrap_err();
        assert!(matches!(&short, AssignError::NoSeats(pools) if pools[0].free == 417), "{short:?}");
        balanced(&store).await;
        assert_eq!((used(&store).await, held(&store).await), (2, 2));
        let larger: Vec<Record> = beside_world(&subscription("s", "420"))
            .into_iter()
            .filter(|r| r.kind() == RecordKind::Subscription)
            .collect();
        write(&store, putting(larger)).await.unwrap();
        let done = assign(&means(&store), &by, &asking(targets.clone())).await.unwrap();
        assert_eq!((done.seated, done.named, done.already), (418, 2, 0));
        assert_eq!(seat_of(&store, "p00419").await, BY_NAME);
        assert_eq!(seat_of(&store, "p00007").await, BY_NAME, "also while it is being settled");
        store.purge(NOW).await.unwrap();
        for nothing in [
            "SELECT COUNT(*) FROM seating",
            "SELECT COUNT(*) FROM reservation",
            "SELECT COUNT(*) FROM seat WHERE seating IS NOT NULL OR by_name = 0",
        ] {
            assert_eq!(count(&store, nothing).await, 0, "{nothing}");
        }
        assert_eq!((used(&store).await, held(&store).await), (420, 420));
        let again = assign(&means(&store), &by, &asking(targets)).await.unwrap();
        assert_eq!((again.seated, again.named, again.already), (0, 0, 420));
        balanced(&store).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_a_dead_seating_comes_free_or_counts() {
    on_both("assign_died", async |place| {
        let store = place.store().await;
        let (text, targets) = crowd(400);
        fill(&store, &format!("{}{text}", subscription("s", "500"))).await;
        let mut ended = [0, 0];
        for pause in 0..14_u64 {
            let dying = place.store().await;
            let request = asking(targets.clone());
            let work =
                tokio::spawn(
                    async move { assign(&means(&dying), &Actor::command(), &request).await.map(drop) },
                );
            tokio::time::sleep(std::time::Duration::from_millis(pause * 12)).await;
            work.abort();
            work.await.ok();
            balanced(&store).await;
            store.purge(NOW + Duration::minutes(5)).await.unwrap();
            balanced(&store).await;
            let held = held(&store).await;
            assert!(held == 0 || held == 400, "all or none: {held}");
            ended[usize::from(held > 0)] += 1;
            assert_eq!(count(&store, "SELECT COUNT(*) FROM seating").await, 0);
            let told = count(&store, "SELECT COUNT(*) FROM noted_change").await
                + count(&store, "SELECT COUNT(*) FROM event WHERE body LIKE '%\"assign\"%'").await;
            assert_eq!(told > 0, held > 0, "the journal tells of it where it counts");
            if held > 0 {
                break;
            }
        }
        assert!(ended[0] > 0, "one of them died");
    })
    .await;
}

/// Writes what a seating leaves that is under way: Léa's row, and a seat that has none yet.
async fn under_way(store: &Store) {
    small(store, "3").await;
    for sql in [
        "INSERT INTO seating (id, subscription, state, until) VALUES ('x', 's', 'open', 1795507510000)",
        "INSERT INTO reservation (seating, pool, seats) VALUES ('x', 'all', 1)",
        "UPDATE pool SET used = 2 WHERE subscription = 's'",
        "INSERT INTO seat (subscription, person, pool, school, by_name, taken, managed_by, seating) \
         SELECT 's', person, 'all', '0750001U', 1, 1, 'api', 'x' FROM identity WHERE subject = 'lea'",
    ] {
        backup::change(&store.db, sql.to_owned()).await;
    }
    balanced(store).await;
}

#[tokio::test]
async fn who_is_being_seated_has_no_seat_yet_and_may_take_it() {
    on_both("assign_adopt", async |place| {
        let store = place.store().await;
        under_way(&store).await;
        assert_eq!(seat_of(&store, "lea").await, None, "it counts for nobody");
        assert_eq!(store.held_count(&subscribed("s"), None).await.unwrap(), []);
        assert!(launch(&store, "lea").await);
        assert_eq!(seat_of(&store, "lea").await, BY_SET);
        balanced(&store).await;
        assert_eq!(used(&store).await, 2, "it was counted already");
        store.purge(NOW + Duration::seconds(9)).await.unwrap();
        assert_eq!(used(&store).await, 2, "its process may be alive");
        let (text, many) = crowd(101);
        write(&store, putting(beside_world(&text))).await.unwrap();
        let (later, chance) = (At(NOW + Duration::seconds(11)), &SystemChance);
        let next = Means { store: &store, clock: &later, chance };
        let error = assign(&next, &Actor::command(), &asking(many)).await.unwrap_err();
        assert_eq!(error.code(), "no_seats");
        assert_eq!((used(&store).await, held(&store).await), (1, 1), "Léa keeps it, the rest is free");
        balanced(&store).await;
    })
    .await;
}

#[tokio::test]
async fn a_seating_that_is_done_counts_before_it_is_settled() {
    on_both("assign_done", async |place| {
        let store = place.store().await;
        under_way(&store).await;
        assert!(launch(&store, "noe").await);
        for sql in [
            "UPDATE seat SET seating = 'x' WHERE by_name = 0",
            "UPDATE pool SET used = 2",
            "DELETE FROM reservation",
            "UPDATE seating SET state = 'done'",
        ] {
            backup::change(&store.db, sql.to_owned()).await;
        }
        balanced(&store).await;
        for subject in ["lea", "noe"] {
            assert_eq!(seat_of(&store, subject).await, BY_NAME, "{subject}");
        }
        let freed = unassign(&means(&store), &Actor::command(), &asking(named(&["noe"]))).await.unwrap();
        assert_eq!(freed, Unassigned { freed: 1, ..Unassigned::default() });
        assert_eq!(count(&store, "SELECT COUNT(*) FROM seating").await, 0, "whoever comes next settles it");
        balanced(&store).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_and_launches_share_the_seats() {
    on_both("assign_raced", async |place| {
        let stores = [place.store().await, place.store().await];
        let (text, targets) = crowd(360);
        fill(&stores[0], &format!("{}{text}", subscription("s", "220"))).await;
        let (one, two) = (asking(targets[..150].to_vec()), asking(targets[100..250].to_vec()));
        let (means_one, means_two, by) = (means(&stores[0]), means(&stores[1]), Actor::command());
        let launches = async {
            let mut taken = 0;
            for n in (50..360).step_by(3) {
                taken += i64::from(launch(&stores[n % 2], &format!("p{n:05}")).await);
            }
            taken
        };
        let (one, two, _) =
            futures::join!(assign(&means_one, &by, &one), assign(&means_two, &by, &two), launches);
        stores[0].purge(NOW).await.unwrap();
        balanced(&stores[0]).await;
        assert!(used(&stores[0]).await <= 220);
        for (done, range) in [(one, 0..150), (two, 100..250)] {
            let mut by_name = 0;
            for n in range {
                by_name += u64::from(seat_of(&stores[0], &format!("p{n:05}")).await == BY_NAME);
            }
            match done {
                Ok(_) => assert_eq!(by_name, 150),
                Err(error) => assert!(error.code() == "no_seats" && by_name <= 50, "{error}: {by_name}"),
            }
        }
    })
    .await;
}

/// What happens to seats, in any order.
#[derive(Debug, Clone, Copy)]
enum Happens {
    Launch(u8),
    Assign(u8),
    AssignMany,
    Unassign(u8),
    Recover(u8),
    Pass(u8, u8),
    File(u8),
    Unfile(u8),
    Resize(u8),
}

fn happenings() -> impl proptest::strategy::Strategy<Value = Vec<Happens>> {
    use proptest::prelude::*;
    let n = || 0..6_u8;
    let one = prop_oneof![
        n().prop_map(Happens::Launch),
        n().prop_map(Happens::Assign),
        Just(Happens::AssignMany),
        n().prop_map(Happens::Unassign),
        n().prop_map(Happens::Recover),
        (n(), n()).prop_map(|(from, to)| Happens::Pass(from, to)),
        n().prop_map(Happens::File),
        n().prop_map(Happens::Unfile),
        n().prop_map(Happens::Resize),
    ];
    proptest::collection::vec(one, 10..20)
}

fn file_of(subject: &str) -> Vec<Record> {
    let text = format!("{}{}{}", subscription("s", "3"), pupil(subject), seat("s", subject));
    beside_world(&text).into_iter().filter(|record| record.kind() == RecordKind::Assignment).collect()
}

async fn happen(store: &Store, one: Happens, all: &[Target]) {
    let (by, name) = (Actor::command(), |n: u8| format!("p{n:05}"));
    match one {
        Happens::Launch(n) => drop(launch(store, &name(n)).await),
        Happens::Assign(n) => drop(assign(&means(store), &by, &asking(named(&[&name(n)]))).await),
        Happens::AssignMany => drop(assign(&means(store), &by, &asking(all.to_vec())).await),
        Happens::Unassign(n) => drop(unassign(&means(store), &by, &asking(named(&[&name(n)]))).await),
        Happens::Recover(n) => {
            let who = Who::People(vec![who(&name(n))]);
            drop(recover(&means(store), &by, &recovery(who)).await);
        }
        Happens::Pass(from, to) => {
            let (from, to) = (who(&name(from)), who(&name(to)));
            let asked = Transfer { subscription: subscribed("s"), bounds: school(), from, to };
            drop(transfer(&means(store), &by, &asked).await);
        }
        Happens::File(n) => drop(write(store, putting(file_of(&name(n)))).await),
        Happens::Unfile(n) => drop(write(store, withdrawing(file_of(&name(n)))).await),
        Happens::Resize(n) => {
            let seats = if n == 0 { "150".to_owned() } else { n.to_string() };
            let records = beside_world(&subscription("s", &seats));
            write(store, putting(records)).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_what_is_used_is_what_is_held() {
    use proptest::strategy::{Strategy, ValueTree};
    on_both("seats_any_order", async |place| {
        let store = place.store().await;
        let (text, all) = crowd(110);
        fill(&store, &format!("{}{text}", subscription("s", "3"))).await;
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        for _ in 0..12 {
            let sequence = happenings().new_tree(&mut runner).unwrap().current();
            for one in &sequence {
                happen(&store, *one, &all).await;
                balanced(&store).await;
            }
            let (used, seats): (i64, i64) = rows(&store, "SELECT used, seats FROM pool").await[0];
            let by_file = count(&store, "SELECT COUNT(*) FROM seat").await;
            assert!(used == by_file && used <= seats.max(150), "{sequence:?}");
        }
    })
    .await;
}
