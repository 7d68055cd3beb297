//! [`AgreementStore`]: what was agreed about a resource.

use boundary::Attribute;

use super::examples::{WORLD, atlas, fill, putting, records, withdrawing, write};
use super::on_both;
use crate::agreements::AgreementStore;
use crate::operate::apply::{Record, RecordKind};

#[tokio::test]
async fn an_agreement_counts_from_when_it_is_written_until_it_is_withdrawn() {
    on_both("agreements", async |place| {
        let store = place.store().await;
        assert!(store.agreement(&atlas()).await.unwrap().is_none());
        fill(&store, "").await;
        let names = async || {
            let agreement = store.agreement(&atlas()).await.unwrap();
            agreement.map(|found| found.attributes.iter().map(|line| line.name).collect::<Vec<_>>())
        };
        assert_eq!(names().await, Some(vec![Attribute::Pre]));
        write(&store, putting(records(&WORLD.replace("\"PRE\"", "\"NOM\"")))).await.unwrap();
        assert_eq!(names().await, Some(vec![Attribute::Nom]));
        let is_agreement = |record: &Record| record.kind() == RecordKind::Agreement;
        write(&store, withdrawing(records(WORLD).into_iter().filter(is_agreement).collect())).await.unwrap();
        assert_eq!(names().await, None);
    })
    .await;
}
