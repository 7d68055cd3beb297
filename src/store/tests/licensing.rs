//! [`LicenceStore`]: which subscriptions cover a school, and their sets.

use std::sync::Arc;

use boundary::{Pool, Profile};

use super::examples::{
    atlas, beside_world, college, fill, lycee, pupil, putting, subscribed, subscription, withdrawing, write,
};
use super::on_both;
use crate::directory::{DirectoryStore, School};
use crate::licensing::{LicenceStore, SetTarget};
use crate::store::Store;

async fn school(store: &Store, uai: &boundary::Uai) -> Arc<School> {
    store.school(uai).await.unwrap().unwrap()
}

async fn licences(store: &Store, uai: &boundary::Uai) -> Vec<(String, Vec<SetTarget>)> {
    let school = school(store, uai).await;
    let found = store.licences(&atlas(), &school).await.unwrap();
    found.iter().map(|licence| (licence.subscription.id.to_string(), licence.sets.clone())).collect()
}

fn everyone(id: &str) -> String {
    format!("\n[[assignment]]\nsubscription = \"{id}\"\neveryone = true\n")
}

#[tokio::test]
async fn subscriptions_cover_schools_by_number_and_by_nature() {
    on_both("licences", async |place| {
        let store = place.store().await;
        fill(&store, "").await;
        assert_eq!(licences(&store, &lycee()).await, []);
        let by_nature =
            subscription("b-nature", "\"unlimited\"").replace("schools = [\"0750001U\"]", "nature = \"302\"");
        let both = subscription("c-both", "5").replace("[\"0750001U\"]", "[\"0440001M\", \"0750001U\"]");
        let text = format!("{both}{by_nature}{}", subscription("a-number", "5"));
        let level = "\n[[assignment]]\nsubscription = \"c-both\"\nlevel = \"6EME\"\n";
        write(&store, putting(beside_world(&format!("{text}{}{level}", everyone("a-number")))))
            .await
            .unwrap();
        let found = licences(&store, &lycee()).await;
        let wanted = [
            ("a-number".to_owned(), vec![SetTarget::Everyone]),
            ("b-nature".to_owned(), vec![]),
            ("c-both".to_owned(), vec![SetTarget::Level("6EME".to_owned())]),
        ];
        assert_eq!(found, wanted, "in the order of their ids, each with its own sets");
        let ids: Vec<String> = licences(&store, &college()).await.into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, ["c-both"]);
        write(&store, withdrawing(beside_world(&both))).await.unwrap();
        assert_eq!(licences(&store, &college()).await, []);
    })
    .await;
}

#[tokio::test]
async fn what_changes_a_licence_is_seen_at_once_by_whoever_changed_it() {
    on_both("licences_changed", async |place| {
        let store = place.store().await;
        fill(&store, &subscription("s", "5")).await;
        assert_eq!(licences(&store, &lycee()).await, [("s".to_owned(), vec![])]);
        let set = beside_world(&format!("{}{}", subscription("s", "5"), everyone("s")));
        let set: Vec<_> = set.into_iter().filter(|record| record.id().contains("->")).collect();
        write(&store, putting(set.clone())).await.unwrap();
        assert_eq!(licences(&store, &lycee()).await, [("s".to_owned(), vec![SetTarget::Everyone])]);
        write(&store, withdrawing(set)).await.unwrap();
        assert_eq!(licences(&store, &lycee()).await, [("s".to_owned(), vec![])]);
        // The subscription goes to another school: both the old and the new look-up see it.
        assert_eq!(licences(&store, &college()).await, []);
        let moved = subscription("s", "5").replace("0750001U", "0440001M");
        write(&store, putting(beside_world(&moved))).await.unwrap();
        assert_eq!(licences(&store, &lycee()).await, []);
        assert_eq!(licences(&store, &college()).await, [("s".to_owned(), vec![])]);
    })
    .await;
}

#[tokio::test]
async fn pools_have_room_by_profile() {
    on_both("licences_pools", async |place| {
        let store = place.store().await;
        let text = subscription("s", "{ pupil = 1, teacher = \"unlimited\" }");
        fill(&store, &format!("{text}{}{}", pupil("lea"), super::examples::seat("s", "lea"))).await;
        let s = subscribed("s");
        let room = async |pool| store.has_room(&s, pool).await.unwrap();
        assert!(!room(Pool::Pupil).await, "Léa has the only one");
        assert!(room(Pool::Teacher).await);
        assert!(!room(Pool::All).await && !room(Pool::Librarian).await, "no such pool");
        assert!(!store.has_room(&subscribed("other"), Pool::All).await.unwrap());
        let lycee = school(&store, &lycee()).await;
        let found = store.licences(&atlas(), &lycee).await.unwrap();
        assert_eq!(found[0].subscription.seats().pool_of(Profile::Teacher), Some(Pool::Teacher));
    })
    .await;
}
