//! Seats that come back, and seats that pass on.

use boundary::FirstUse;
use time::Duration;

use super::assignments::{
    BY_NAME, asking, balanced, held, launch, means, named, pupils, school, seat_of, small, somebody, used,
    who,
};
use super::examples::{
    NOW, beside_world, college, fill, person, pupil, subscribed, subscription, withdrawing, write,
};
use super::{on_both, rows};
use crate::journal::Actor;
use crate::launch::{Gate, Item, LaunchStore, Write};
use crate::licensing::Opened;
use crate::operate::apply::{Record, RecordKind};
use crate::operate::assignments::{
    AssignError, Bounds, Recovered, Recovery, Transfer, Who, Why, assign, recover, recoverable, transfer,
    unassign,
};

pub fn recovery(who: Who) -> Recovery {
    Recovery { subscription: subscribed("s"), bounds: school(), who }
}

#[tokio::test]
async fn seats_are_recovered_from_those_who_left_or_never_came() {
    on_both("recover", async |place| {
        let store = place.store().await;
        small(&store, "3").await;
        let by = Actor::command();
        assign(&means(&store), &by, &asking(named(&["lea", "noe"]))).await.unwrap();
        assert!(launch(&store, "zoe").await);
        assert_eq!(recoverable(&means(&store), &recovery(Who::Left)).await.unwrap(), Recovered::default());
        let lea: Vec<Record> =
            beside_world(&pupil("lea")).into_iter().filter(|r| r.kind() == RecordKind::Person).collect();
        write(&store, withdrawing(lea)).await.unwrap();
        let left = recovery(Who::Left);
        assert_eq!(recoverable(&means(&store), &left).await.unwrap().freed, 1);
        assert_eq!(recover(&means(&store), &by, &left).await.unwrap().freed, 1);
        assert_eq!(seat_of(&store, "lea").await, None);
        let zoe = recover(&means(&store), &by, &recovery(Who::Unassigned)).await.unwrap();
        assert_eq!(zoe.freed, 1, "no set gives Zoé hers");
        let unused = |moment| recovery(Who::UnusedSince(moment));
        assert_eq!(recover(&means(&store), &by, &unused(NOW)).await.unwrap().freed, 0, "Noé got it only now");
        let opened = Opened { subscription: subscribed("s"), person: person(&store, "noe").await, at: NOW };
        let gate = Gate::FirstUse(FirstUse { key: "once".to_owned(), until: NOW + Duration::DAY });
        store.commit(Item { gate, writes: vec![Write::Opened(opened)], at: NOW }).await.unwrap();
        let soon = unused(NOW + Duration::days(6));
        assert_eq!(
            recover(&means(&store), &by, &soon).await.unwrap().freed,
            0,
            "he may have opened it yesterday"
        );
        let later = unused(NOW + Duration::days(7));
        assert_eq!(recover(&means(&store), &by, &later).await.unwrap().freed, 1);
        assert_eq!((used(&store).await, held(&store).await), (0, 0));
        let nobody = recovery(Who::People(vec![who("noe"), who("nobody")]));
        match recover(&means(&store), &by, &nobody).await.unwrap_err() {
            AssignError::Wrong(wrong) => {
                let why: Vec<_> = wrong.into_iter().map(|one| one.why).collect();
                assert_eq!(why, [Why::NoSeat, Why::UnknownPerson]);
            }
            other => panic!("{other}"),
        }
        let other = Recovery { bounds: Bounds::School(college()), ..recovery(Who::Left) };
        assert_eq!(recover(&means(&store), &by, &other).await.unwrap_err().code(), "unknown_subscription");
    })
    .await;
}

#[tokio::test]
async fn a_seat_is_passed_on_in_one_step_and_counted_in_its_pool() {
    on_both("transfer", async |place| {
        let store = place.store().await;
        let text = format!(
            "{}{}{}",
            subscription("s", "{ pupil = 1, teacher = 1 }"),
            pupils(&["lea", "noe"]),
            somebody("prof", "{ school = \"0750001U\", profile = \"teacher\" }")
        );
        fill(&store, &text).await;
        let by = Actor::command();
        assign(&means(&store), &by, &asking(named(&["lea"]))).await.unwrap();
        let pass = async |from: &str, to: &str| {
            let asked =
                Transfer { subscription: subscribed("s"), bounds: school(), from: who(from), to: who(to) };
            transfer(&means(&store), &by, &asked).await
        };
        pass("lea", "noe").await.unwrap();
        assert_eq!((seat_of(&store, "lea").await, seat_of(&store, "noe").await), (None, BY_NAME));
        pass("noe", "prof").await.unwrap();
        let pools: Vec<(String, i64)> = rows(&store, "SELECT pool, used FROM pool ORDER BY pool").await;
        assert_eq!(pools, [("pupil".to_owned(), 0), ("teacher".to_owned(), 1)]);
        assert_eq!(pass("lea", "noe").await.unwrap_err().code(), "wrong_targets", "she has none");
        assign(&means(&store), &by, &asking(named(&["lea"]))).await.unwrap();
        assert_eq!(pass("lea", "prof").await.unwrap_err().code(), "wrong_targets", "he has one");
        balanced(&store).await;
    })
    .await;
}

#[tokio::test]
async fn seats_that_are_not_transferable_stay_with_their_holders() {
    on_both("not_transferable", async |place| {
        let store = place.store().await;
        let bound = subscription("s", "3").replace("kind =", "transferable = false\nkind =");
        fill(&store, &format!("{bound}{}", pupils(&["lea", "noe"]))).await;
        let by = Actor::command();
        assign(&means(&store), &by, &asking(named(&["lea"]))).await.unwrap();
        let asked =
            Transfer { subscription: subscribed("s"), bounds: school(), from: who("lea"), to: who("noe") };
        assert_eq!(transfer(&means(&store), &by, &asked).await.unwrap_err().code(), "not_transferable");
        let people = recovery(Who::People(vec![who("lea")]));
        assert_eq!(recover(&means(&store), &by, &people).await.unwrap_err().code(), "not_transferable");
        let back = unassign(&means(&store), &by, &asking(named(&["lea"]))).await.unwrap_err();
        assert_eq!(back.code(), "not_transferable");
        assert_eq!(recover(&means(&store), &by, &recovery(Who::Left)).await.unwrap().freed, 0);
        assert_eq!(seat_of(&store, "lea").await, BY_NAME);
    })
    .await;
}
