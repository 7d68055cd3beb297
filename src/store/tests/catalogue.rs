//! [`CatalogueStore`]: resources by both of their names.

use boundary::{Ark, ResourceKey};

use super::examples::{WORLD, atlas, fill, putting, records, withdrawing, write};
use super::on_both;
use crate::catalogue::CatalogueStore;

fn key(text: &str) -> ResourceKey {
    ResourceKey::parse(text).unwrap()
}

#[tokio::test]
async fn a_resource_is_found_by_ark_and_by_key_and_says_when_it_was_withdrawn() {
    on_both("catalogue", async |place| {
        let store = place.store().await;
        assert!(store.resource(&atlas()).await.unwrap().is_none());
        fill(&store, "").await;
        let found = store.resource(&atlas()).await.unwrap().unwrap();
        assert_eq!((found.value.title.as_str(), found.withdrawn), ("Atlas vivant", false));
        assert_eq!(store.resource_by_key(&key("atlas")).await.unwrap().unwrap().value.ark, atlas());
        assert!(store.resource_by_key(&key("Atlas")).await.unwrap().is_none());
        assert!(store.resource(&Ark::parse("ark:/99999/Atlas").unwrap()).await.unwrap().is_none());
        write(&store, withdrawing(records(WORLD))).await.unwrap();
        assert!(store.resource(&atlas()).await.unwrap().unwrap().withdrawn);
        assert!(store.resource_by_key(&key("atlas")).await.unwrap().unwrap().withdrawn);
    })
    .await;
}

#[tokio::test]
async fn a_key_goes_to_whoever_is_not_withdrawn() {
    on_both("catalogue_keys", async |place| {
        let store = place.store().await;
        fill(&store, "").await;
        let resource =
            records(WORLD).into_iter().filter(|record| record.id() == "ark:/99999/atlas").collect();
        write(&store, withdrawing(resource)).await.unwrap();
        // Its id comes after the withdrawn one's.
        let again = WORLD.replace("ark:/99999/atlas", "ark:/99999/zatlas");
        write(&store, putting(records(&again))).await.unwrap();
        let found = store.resource_by_key(&key("atlas")).await.unwrap().unwrap();
        assert_eq!((found.value.ark.as_str(), found.withdrawn), ("ark:/99999/zatlas", false));
        let renamed = again.replace("key = \"atlas\"", "key = \"world\"");
        write(&store, putting(records(&renamed))).await.unwrap();
        assert_eq!(
            store.resource_by_key(&key("world")).await.unwrap().unwrap().value.ark.as_str(),
            "ark:/99999/zatlas"
        );
        assert!(store.resource_by_key(&key("atlas")).await.unwrap().unwrap().withdrawn);
    })
    .await;
}
