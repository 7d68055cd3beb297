//! Transactions that end otherwise than we said.

use super::on_both;
use crate::store::db::rows;

/// SQLite undoes a transaction by itself where the disk is full, and a server does where it ends a connection.
#[tokio::test]
async fn one_that_the_database_undid_by_itself_takes_no_connection_along() {
    on_both("transactions_undone", async |place| {
        let db = place.open().await;
        for _ in 0..20 {
            let mut tx = db.begin().await.unwrap();
            rows!("undoing", tx.on(), c => sqlx::query("ROLLBACK").execute(c)).unwrap();
            drop(tx);
        }
        let mut tx = db.begin().await.unwrap();
        let marked = rows!("marking", tx.on(), c => sqlx::query("INSERT INTO fact (name, value) VALUES ('a', 'b')").execute(c));
        assert_eq!(marked.unwrap(), 1);
        tx.commit().await.unwrap();
    })
    .await;
}
