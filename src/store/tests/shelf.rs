//! Shelves: what breaks off in the middle leaves nothing behind, and stands in nobody's way.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use uuid::Uuid;

use super::on_both;
use crate::store::db::{Db, both, rows};
use crate::store::error::StoreError;

const ADD: &str = "INSERT INTO person (id, created) VALUES ($1, 1)";
const COUNT: &str = "SELECT COUNT(*) FROM person";
const ECHO: &str = "SELECT CAST($1 AS BIGINT)";

async fn add(db: &Db) -> crate::store::db::Tx {
    let mut tx = db.begin().await.unwrap();
    let id = Uuid::from_u128(1);
    rows!("writing a person", tx.on(), c => sqlx::query(ADD).bind(id).execute(c)).unwrap();
    tx
}

async fn count(db: &Db) -> i64 {
    both!("counting people", db.read(), c => sqlx::query_scalar(COUNT).fetch_one(c)).unwrap()
}

async fn echo(db: &Db, number: i64) -> Result<i64, StoreError> {
    both!("asking for an echo", db.read(), c => sqlx::query_scalar(ECHO).bind(number).fetch_one(c))
}

#[tokio::test]
async fn a_transaction_that_is_dropped_leaves_nothing_and_holds_nobody_up() {
    on_both("shelf_dropped", async |place| {
        let db = place.open().await;
        for _ in 0..5 {
            drop(add(&db).await);
        }
        assert_eq!(count(&db).await, 0);
        add(&db).await.rollback().await.unwrap();
        assert_eq!(count(&db).await, 0);
        add(&db).await.commit().await.unwrap();
        assert_eq!(count(&db).await, 1);
        db.close().await;
    })
    .await;
}

/// Browsers go away in the middle of anything, and with them whatever their request was waiting for.
#[tokio::test]
async fn a_query_that_nobody_waits_for_answers_nobody_else() {
    on_both("shelf_left", async |place| {
        let db = place.open().await;
        for number in 0..60 {
            assert_eq!(echo(&db, number).await.unwrap(), number);
            let mut left = pin!(echo(&db, -1));
            // One step: asked, and not answered yet. Where the answer was faster, nothing was left.
            let _ = left.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
        db.close().await;
        assert!(echo(&db, 1).await.is_err(), "a closed database answers nobody");
    })
    .await;
}

#[tokio::test]
async fn a_close_waits_for_what_is_in_use_and_for_nothing_else() {
    on_both("shelf_closed", async |place| {
        let db = place.open().await;
        assert_eq!(count(&db).await, 0, "a connection rests on the shelf");
        let tx = add(&db).await;
        let committed = Cell::new(false);
        let commit = async {
            tokio::task::yield_now().await;
            tx.commit().await.unwrap();
            committed.set(true);
        };
        let close = async {
            db.close().await;
            assert!(committed.get(), "it did not wait");
        };
        futures::join!(close, commit);
        assert_eq!(count(&place.open().await).await, 1);
    })
    .await;
}
