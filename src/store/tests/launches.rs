//! [`LaunchStore`]: gates, batches, and the journal's chains.

use boundary::{Ark, EntId, FirstUse, Handle, LaunchId, Profile, RefusalCode, Uai};
use futures::future::join_all;
use openssl::sha::sha256;
use time::{Duration, OffsetDateTime};

use super::examples::{NOW, atlas, college, ent, lycee, sector};
use super::{count, on_both, rows};
use crate::boot::SystemChance;
use crate::journal::{Event, Happened, Hop};
use crate::launch::{Committed, Gate, Item, LaunchStore, ParkedRow, Write};
use crate::store::Store;

fn first(key: &str) -> Gate {
    Gate::FirstUse(FirstUse { key: key.to_owned(), until: NOW + Duration::minutes(11) })
}

fn item(gate: Gate, writes: Vec<Write>) -> Item {
    Item { gate, writes, at: NOW }
}

fn handle() -> Handle {
    Handle::draw(&SystemChance)
}

fn park(handle: &Handle, until: OffsetDateTime) -> Write {
    Write::Park(ParkedRow { handle: handle.clone(), sealed: "sealed".to_owned(), until })
}

fn event(school: Option<Uai>) -> Write {
    Write::Event(Event {
        launch: LaunchId::draw(&SystemChance),
        at: NOW,
        hop: Hop::B,
        ent: ent(),
        school,
        sector: Some(sector()),
        resource: Some(atlas()),
        profile: Some(Profile::Pupil),
        happened: Happened::Refused(RefusalCode::NoSeat),
        attributes: vec![],
        commitment: None,
        receipt: None,
    })
}

/// Commits items that are queued together, so that they share a batch: on this runtime nothing else runs before all of
/// them are queued.
async fn together(store: &Store, items: Vec<Item>) -> Vec<Option<Committed>> {
    let all = join_all(items.into_iter().map(|item| store.commit(item))).await;
    all.into_iter().map(Result::ok).collect()
}

#[tokio::test]
async fn a_sign_on_counts_once_and_parks_its_launch() {
    on_both("launches_first", async |place| {
        let store = place.store().await;
        let (one, two) = (handle(), handle());
        let until = NOW + Duration::minutes(5);
        assert_eq!(store.commit(item(first("a"), vec![park(&one, until)])).await.unwrap(), Committed::Done);
        let replay = item(first("a"), vec![park(&two, until), event(Some(lycee()))]);
        assert_eq!(store.commit(replay).await.unwrap(), Committed::Closed);
        let row = store.parked(&one, NOW).await.unwrap().unwrap();
        assert!(row == ParkedRow { handle: one, sealed: "sealed".to_owned(), until });
        assert!(store.parked(&two, NOW).await.unwrap().is_none(), "a closed gate writes nothing");
        assert_eq!(count(&store, "SELECT COUNT(*) FROM event").await, 0);
        assert_eq!(store.commit(item(first("A"), vec![])).await.unwrap(), Committed::Done, "another nonce");
    })
    .await;
}

#[tokio::test]
async fn nonces_of_any_length_and_any_characters_stay_apart() {
    on_both("launches_nonces", async |place| {
        let store = place.store().await;
        let long = "x".repeat(10_000);
        let keys = [
            "",
            "\0",
            "\0\0",
            "a\0b",
            "é",
            "'; DROP TABLE first_use; --",
            &long,
            &long[1..],
            &"x".repeat(500),
            &"x".repeat(501),
        ];
        for key in keys {
            assert_eq!(store.commit(item(first(key), vec![])).await.unwrap(), Committed::Done, "{key:.20?}");
        }
        for key in keys {
            assert_eq!(
                store.commit(item(first(key), vec![])).await.unwrap(),
                Committed::Closed,
                "{key:.20?}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_launch_is_taken_by_one_of_many() {
    on_both("launches_taken", async |place| {
        let stores = [place.store().await, place.store().await];
        for n in 0..5 {
            let (parked, next) = (handle(), handle());
            let until = NOW + Duration::minutes(5);
            stores[0].commit(item(first(&format!("nonce {n}")), vec![park(&parked, until)])).await.unwrap();
            let take = || item(Gate::Take(parked.clone()), vec![event(Some(lycee())), park(&next, until)]);
            let all = join_all((0..20).map(|n| stores[n % 2].commit(take()))).await;
            let done = all.into_iter().filter(|done| matches!(done, Ok(Committed::Done))).count();
            assert_eq!(done, 1);
            assert!(stores[1].parked(&parked, NOW).await.unwrap().is_none());
            assert_eq!(
                count(&stores[0], "SELECT COUNT(*) FROM event").await,
                n + 1,
                "the others write nothing"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_launch_that_has_expired_is_not_there() {
    on_both("launches_expired", async |place| {
        let store = place.store().await;
        let parked = handle();
        let until = NOW + Duration::minutes(5);
        store.commit(item(first("a"), vec![park(&parked, until)])).await.unwrap();
        assert!(store.parked(&parked, until - Duration::MILLISECOND).await.unwrap().is_some());
        assert!(store.parked(&parked, until).await.unwrap().is_none());
        let at = |at| Item { at, ..item(Gate::Take(parked.clone()), vec![event(None)]) };
        assert_eq!(store.commit(at(until)).await.unwrap(), Committed::Closed);
        assert_eq!(store.commit(at(until - Duration::MILLISECOND)).await.unwrap(), Committed::Done);
        // Two in one batch, of which one comes too late: each is judged by its own time.
        let (early, late) = (handle(), handle());
        let both = vec![park(&early, until), park(&late, until)];
        store.commit(item(first("b"), both)).await.unwrap();
        let late = Item { at: until, ..item(Gate::Take(late), vec![event(None)]) };
        let outcomes = together(&store, vec![late, item(Gate::Take(early), vec![])]).await;
        assert_eq!(outcomes, [Some(Committed::Closed), Some(Committed::Done)]);
        assert_eq!(count(&store, "SELECT COUNT(*) FROM event").await, 1);
    })
    .await;
}

#[tokio::test]
async fn in_one_batch_each_item_has_its_own_fate() {
    on_both("launches_batch", async |place| {
        let store = place.store().await;
        let until = NOW + Duration::minutes(5);
        let (old, new, nul, replayed) = (handle(), handle(), handle(), handle());
        store.commit(item(first("setting out"), vec![park(&old, until)])).await.unwrap();
        let sealed =
            |sealed: &str| Write::Park(ParkedRow { handle: nul.clone(), sealed: sealed.to_owned(), until });
        let items = vec![
            item(first("a"), vec![park(&new, until), event(Some(lycee()))]),
            item(first("a"), vec![park(&replayed, until), event(Some(lycee()))]),
            item(first("b"), vec![sealed("n\0l"), event(Some(lycee()))]),
            item(Gate::Take(old.clone()), vec![event(Some(college()))]),
            item(Gate::Take(old), vec![event(Some(college()))]),
            item(Gate::Take(handle()), vec![event(Some(college()))]),
            item(first("c"), vec![event(Some(lycee())), event(None)]),
        ];
        let outcomes = together(&store, items).await;
        use Committed::{Closed, Done};
        let wanted = [Some(Done), Some(Closed), None, Some(Done), Some(Closed), Some(Closed), Some(Done)];
        assert_eq!(outcomes, wanted);
        assert!(store.parked(&new, NOW).await.unwrap().is_some());
        assert!(
            store.parked(&nul, NOW).await.unwrap().is_none()
                && store.parked(&replayed, NOW).await.unwrap().is_none()
        );
        let chains: Vec<(String, i64)> =
            rows(&store, "SELECT chain, seq FROM event ORDER BY chain, seq").await;
        let links: Vec<(&str, i64)> =
            chains.iter().map(|(c, n)| (c.split_once('/').unwrap().0, *n)).collect();
        assert_eq!(links, [("0440001M", 1), ("0750001U", 1), ("0750001U", 2), ("ent:ent", 1)]);
        // What was refused before it was queued has used up nothing.
        assert_eq!(store.commit(item(first("b"), vec![])).await.unwrap(), Done);
    })
    .await;
}

/// Recomputed with another library from what the table holds.
async fn check_chains(store: &Store) -> usize {
    type Row = (String, i64, String, Vec<u8>, Vec<u8>);
    let sql = "SELECT chain, seq, body, prev, hash FROM event ORDER BY chain, seq";
    let events: Vec<Row> = rows(store, sql).await;
    let mut last: Option<(String, i64, Vec<u8>)> = None;
    for (chain, seq, body, prev, hash) in &events {
        let wanted = match &last {
            Some((same, seq, hash)) if same == chain => (seq + 1, hash.clone()),
            _ => (1, sha256(format!("passerelle chain\n{chain}").as_bytes()).to_vec()),
        };
        assert_eq!((*seq, prev), (wanted.0, &wanted.1), "{chain}");
        let digest = sha256(format!("passerelle event\n{body}").as_bytes());
        let linked = sha256(&[b"passerelle link\n".as_slice(), prev, &digest].concat());
        assert_eq!(hash.as_slice(), linked, "{chain} {seq}");
        last = Some((chain.clone(), *seq, hash.clone()));
    }
    events.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn l4_events_are_linked_whoever_writes_them() {
    on_both("launches_chains", async |place| {
        let stores = [place.store().await, place.store().await];
        let schools = [Some(lycee()), Some(college()), None];
        for round in 0..4 {
            let all = (0..30).map(|n| {
                let writes = vec![event(schools[n % 3].clone()), event(schools[n % 2].clone())];
                // Every fifth is a replay, and leaves no gap.
                stores[n % 2].commit(item(first(&format!("{round} {}", n - n % 5 / 4)), writes))
            });
            let done = join_all(all).await.into_iter().filter(|d| matches!(d, Ok(Committed::Done))).count();
            assert_eq!(done, 24);
        }
        assert_eq!(check_chains(&stores[0]).await, 4 * 24 * 2);
        let chains = count(&stores[0], "SELECT COUNT(DISTINCT chain) FROM event").await;
        assert_eq!(chains, 6, "one for each boot and school, and one for each boot and ENT");
    })
    .await;
}

#[tokio::test]
async fn an_event_is_stored_as_the_text_that_was_hashed() {
    on_both("launches_text", async |place| {
        let store = place.store().await;
        let Write::Event(mut written) = event(Some(lycee())) else { unreachable!() };
        written.resource = Some(Ark::parse("ark:/99999/a\"b\\c'd").unwrap());
        written.ent = EntId::parse("ent").unwrap();
        let text = written.to_text().unwrap();
        store.commit(item(first("a"), vec![Write::Event(written)])).await.unwrap();
        let stored: Vec<(String, i64)> = rows(&store, "SELECT body, at FROM event").await;
        assert_eq!(stored, [(text, NOW.unix_timestamp() * 1000)]);
        assert_eq!(check_chains(&store).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_store_that_was_closed_writes_what_was_queued_and_nothing_more() {
    on_both("launches_closed", async |place| {
        let store = place.store().await;
        let queued = join_all((0..50).map(|n| store.commit(item(first(&n.to_string()), vec![event(None)]))));
        let (outcomes, ()) = futures::join!(queued, store.close());
        assert!(outcomes.into_iter().all(|done| matches!(done, Ok(Committed::Done))));
        let late = store.commit(item(first("late"), vec![])).await;
        assert!(late.unwrap_err().detail.contains("shutting down"));
        let again = place.store().await;
        assert_eq!(count(&again, "SELECT COUNT(*) FROM first_use").await, 50);
        assert_eq!(check_chains(&again).await, 50);
    })
    .await;
}
