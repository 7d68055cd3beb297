//! Changes are committed with their events, and linked once, whoever comes.

use boundary::{EntId, Uai};
use futures::future::join_all;

use super::examples::NOW;
use super::{Place, count, on_both, rows};
use crate::journal::{Actor, Change, Hash, digest_of, link};
use crate::store::Store;

fn change(object: &str) -> Change {
    Change::new(NOW, &Actor::command(), "put", "school", object).fields(["name"])
}

async fn commit(store: &Store, changes: &[Change]) {
    let tx = store.db.begin().await.unwrap();
    store.commit_changes(tx, &["school"], changes).await.unwrap();
}

async fn events(store: &Store) -> Vec<(String, i64, String, Vec<u8>, Vec<u8>)> {
    rows(store, "SELECT chain, seq, body, prev, hash FROM event ORDER BY chain, seq").await
}

#[tokio::test]
async fn a_change_is_linked_into_the_chain_of_whom_it_concerns() {
    on_both("changes_linked", async |place: &Place| {
        let store = place.store().await;
        let school = Uai::parse_any_letter("0750001U").unwrap();
        let ent = EntId::parse("ent").unwrap();
        let changes = [change("a").school(&school), change("b").ent(&ent), change("c"), change("d")];
        commit(&store, &changes).await;
        let found = events(&store).await;
        let chains: Vec<(&str, i64)> = found.iter().map(|(chain, seq, ..)| (chain.as_str(), *seq)).collect();
        assert_eq!(chains, [("0750001U/boot0", 1), ("broker/boot0", 1), ("broker/boot0", 2), ("ent:ent/boot0", 1)]);
        let (_, _, first, ..) = &found[1];
        let text = r#"{"change":"put","at":"2026-11-24T08:05:00Z","actor":"command","kind":"school","object":"c","fields":["name"]}"#;
        assert_eq!(first, text);
        for (_, _, body, prev, hash) in &found {
            let linked = link(&Hash::stored(prev).unwrap(), &digest_of(body));
            assert_eq!(Hash::stored(hash).unwrap(), linked);
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_process_did_not_live_to_link_the_next_one_links() {
    on_both("changes_left", async |place: &Place| {
        let dead = place.store().await;
        let mut tx = dead.db.begin().await.unwrap();
        dead.note_changes(&mut tx, &[change("left")]).await.unwrap();
        tx.commit().await.unwrap();
        dead.close().await;
        let next = place.store().await;
        assert_eq!(count(&next, "SELECT count(*) FROM event").await, 0);
        next.purge(NOW).await.unwrap();
        let chains: Vec<String> = events(&next).await.into_iter().map(|(chain, ..)| chain).collect();
        assert_eq!(chains, ["broker/boot1"]);
        assert_eq!(count(&next, "SELECT count(*) FROM noted_change").await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_is_undone_leaves_no_event() {
    on_both("changes_undone", async |place: &Place| {
        let store = place.store().await;
        let mut tx = store.db.begin().await.unwrap();
        store.note_changes(&mut tx, &[change("undone")]).await.unwrap();
        tx.rollback().await.unwrap();
        store.purge(NOW).await.unwrap();
        assert_eq!(count(&store, "SELECT count(*) FROM event").await, 0);
    })
    .await;
}

#[tokio::test]
async fn two_processes_link_each_change_once() {
    on_both("changes_twice", async |place: &Place| {
        let (one, two) = (place.store().await, place.store().await);
        let many: Vec<Change> = (0..250).map(|n| change(&n.to_string())).collect();
        join_all([commit(&one, &many), commit(&two, &many)]).await;
        one.purge(NOW).await.unwrap();
        assert_eq!(count(&one, "SELECT count(*) FROM event").await, 500);
        assert_eq!(count(&one, "SELECT count(DISTINCT hash) FROM event").await, 500);
    })
    .await;
}
