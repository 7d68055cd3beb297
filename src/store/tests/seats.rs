//! Seats, by [`LicenceStore`] and by file: none is sold twice.

use boundary::{PersonId, Pool, SeatOffer};
use futures::future::join_all;

use super::examples::{
    NOW, beside_world, fill, lycee, person, pupil, putting, seat, subscribed, subscription, withdrawing,
    write,
};
use super::{count, on_both, rows};
use crate::boot::SystemChance;
use crate::licensing::{LicenceStore, Seat};
use crate::operate::apply::{NoRoom, Record, RecordKind};
use crate::store::Store;

fn offer() -> SeatOffer {
    SeatOffer { subscription: subscribed("s"), pool: Pool::All }
}

fn people(number: usize) -> Vec<PersonId> {
    (0..number).map(|_| PersonId::draw(NOW, &SystemChance)).collect()
}

async fn used(store: &Store) -> i64 {
    count(store, "SELECT used FROM pool WHERE subscription = 's' AND pool = 'all'").await
}

async fn held(store: &Store) -> i64 {
    count(store, "SELECT COUNT(*) FROM seat WHERE subscription = 's'").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_seats_raced_by_many_are_taken_once_each() {
    on_both("seats_raced", async |place| {
        let stores = [place.store().await, place.store().await];
        fill(&stores[0], &subscription("s", "7")).await;
        let (people, offer, lycee) = (people(60), offer(), lycee());
        let all = people
            .iter()
            .enumerate()
            .map(|(n, person)| stores[n % 2].take_seat(&offer, *person, &lycee, NOW));
        let taken: Vec<bool> = join_all(all).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(taken.iter().filter(|taken| **taken).count(), 7);
        assert_eq!((used(&stores[0]).await, held(&stores[0]).await), (7, 7));
        for (person, taken) in people.iter().zip(taken) {
            let seat = stores[1].seat(&offer.subscription, *person).await.unwrap();
            assert_eq!(
                seat,
                taken.then_some(Seat { by_name: false, opened: Some(NOW) }),
                "who was told so sits"
            );
            assert_eq!(
                stores[0].take_seat(&offer, *person, &lycee, NOW).await.unwrap(),
                taken,
                "and who holds one, holds it"
            );
        }
        assert_eq!((used(&stores[0]).await, held(&stores[0]).await), (7, 7), "a holder takes nothing");
        assert!(!stores[0].has_room(&offer.subscription, Pool::All).await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_with_many_windows_takes_one_seat() {
    on_both("seats_windows", async |place| {
        let stores = [place.store().await, place.store().await];
        fill(&stores[0], &subscription("s", "3")).await;
        let (one, offer, lycee) = (people(1)[0], offer(), lycee());
        let all = (0..30).map(|n| stores[n % 2].take_seat(&offer, one, &lycee, NOW));
        assert!(join_all(all).await.into_iter().all(Result::unwrap));
        assert_eq!((used(&stores[0]).await, held(&stores[0]).await), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn without_a_pool_there_is_no_seat_and_unlimited_has_no_end() {
    on_both("seats_unlimited", async |place| {
        let store = place.store().await;
        assert!(
            !store.take_seat(&offer(), people(1)[0], &lycee(), NOW).await.unwrap(),
            "no such subscription"
        );
        assert_eq!(held(&store).await, 0, "and nothing is left of the attempt");
        fill(&store, &subscription("s", "\"unlimited\"")).await;
        for person in people(12) {
            assert!(store.take_seat(&offer(), person, &lycee(), NOW).await.unwrap());
        }
        assert_eq!((used(&store).await, held(&store).await), (12, 12));
        let nul = SeatOffer { pool: Pool::Pupil, ..offer() };
        assert!(
            !store.take_seat(&nul, people(1)[0], &lycee(), NOW).await.unwrap(),
            "a pool that it does not have"
        );
    })
    .await;
}

/// Léa, Noé and a subscription; and the records of some of them.
fn class(seats: &str) -> String {
    format!("{}{}{}", subscription("s", seats), pupil("lea"), pupil("noe"))
}

fn named(text: &str, ends: &str) -> Vec<Record> {
    let found: Vec<Record> =
        beside_world(text).into_iter().filter(|record| record.id().ends_with(ends)).collect();
    assert!(!found.is_empty());
    found
}

#[tokio::test]
async fn a_seat_by_name_is_counted_and_comes_free_when_it_is_taken_back() {
    on_both("seats_named", async |place| {
        let store = place.store().await;
        let text = format!("{}{}{}", class("1"), seat("s", "lea"), seat("s", "noe"));
        fill(&store, &class("1")).await;
        let (lea, noe) = (named(&text, "ent/lea"), named(&text, "-> person ent/ent/noe"));
        let lea: Vec<Record> =
            lea.into_iter().filter(|record| record.kind() == RecordKind::Assignment).collect();
        write(&store, putting(lea.clone())).await.unwrap();
        let by_name = Some(Seat { by_name: true, opened: None });
        assert_eq!(store.seat(&subscribed("s"), person(&store, "lea").await).await.unwrap(), by_name);
        let full = write(&store, putting(noe.clone())).await;
        assert_eq!(
            full,
            Err(NoRoom { kind: RecordKind::Assignment, id: "s -> person ent/ent/noe".to_owned() })
        );
        assert_eq!((used(&store).await, held(&store).await), (1, 1));
        // Who goes makes room for who comes, in one write.
        let mut change = putting(noe);
        change.withdraw = lea;
        write(&store, change).await.unwrap();
        assert_eq!(store.seat(&subscribed("s"), person(&store, "noe").await).await.unwrap(), by_name);
        assert_eq!((used(&store).await, held(&store).await), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_seat_that_a_launch_took_becomes_one_by_name_and_is_not_counted_twice() {
    on_both("seats_both", async |place| {
        let store = place.store().await;
        fill(&store, &class("1")).await;
        let lea = person(&store, "lea").await;
        assert!(store.take_seat(&offer(), lea, &lycee(), NOW).await.unwrap());
        let assignment = named(&format!("{}{}", class("1"), seat("s", "lea")), "-> person ent/ent/lea");
        write(&store, putting(assignment.clone())).await.unwrap();
        write(&store, putting(assignment.clone())).await.unwrap();
        assert_eq!(
            store.seat(&subscribed("s"), lea).await.unwrap(),
            Some(Seat { by_name: true, opened: Some(NOW) })
        );
        assert_eq!((used(&store).await, held(&store).await), (1, 1));
        write(&store, withdrawing(assignment.clone())).await.unwrap();
        write(&store, withdrawing(assignment)).await.unwrap();
        assert_eq!((used(&store).await, held(&store).await), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn fewer_seats_take_none_away_and_let_nobody_in() {
    on_both("seats_fewer", async |place| {
        let store = place.store().await;
        fill(&store, &class("2")).await;
        for subject in ["lea", "noe"] {
            assert!(store.take_seat(&offer(), person(&store, subject).await, &lycee(), NOW).await.unwrap());
        }
        write(&store, putting(named(&class("1"), "s"))).await.unwrap();
        assert_eq!((used(&store).await, held(&store).await), (2, 2));
        assert!(!store.take_seat(&offer(), people(1)[0], &lycee(), NOW).await.unwrap());
        write(&store, putting(named(&class("3"), "s"))).await.unwrap();
        assert!(store.take_seat(&offer(), people(1)[0], &lycee(), NOW).await.unwrap());
        assert!(!store.take_seat(&offer(), people(1)[0], &lycee(), NOW).await.unwrap());
    })
    .await;
}

/// Between two spells of seats a subscription may be for the whole school, which knows no seats: what nobody counts
/// would be sold again when there are seats once more.
#[tokio::test]
async fn a_spell_without_seats_sells_none_twice() {
    on_both("seats_spell", async |place| {
        let store = place.store().await;
        fill(&store, &class("2")).await;
        assert!(store.take_seat(&offer(), people(1)[0], &lycee(), NOW).await.unwrap());
        let etabl = class("2").replace("\"INDIV\"", "\"ETABL\"").replace("seats = 2", "");
        write(&store, putting(named(&etabl, "s"))).await.unwrap();
        let lea = named(&format!("{}{}", class("2"), seat("s", "lea")), "-> person ent/ent/lea");
        let no_room = NoRoom { kind: RecordKind::Assignment, id: "s -> person ent/ent/lea".to_owned() };
        assert_eq!(write(&store, putting(lea.clone())).await, Err(no_room));
        write(&store, putting(named(&class("2"), "s"))).await.unwrap();
        assert_eq!((used(&store).await, held(&store).await), (1, 1), "who had a seat before has it still");
        write(&store, putting(lea)).await.unwrap();
        assert!(!store.take_seat(&offer(), people(1)[0], &lycee(), NOW).await.unwrap());
        let pools: Vec<(String, Option<i64>, i64)> = rows(&store, "SELECT pool, seats, used FROM pool").await;
        assert_eq!(pools, [("all".to_owned(), Some(2), 2)]);
    })
    .await;
}
