//! Every statement is understood by its engine, and both schemas say the same.

use std::collections::BTreeMap;

use sqlx::{Executor, SqlSafeStr};

use super::Scratch;
use crate::store::db::Db;
use crate::store::{
    access, answers, assignments, changes, directory, epochs, erasure, failed, federation, identities,
    journal, keys, launches, licensing, looking, objects, people, pseudonyms, purge, records, restore,
    roster, statistics, subject, tables, turn, versions, writer,
};

async fn understood(db: &Db, sql: &'static str) -> Result<(), String> {
    let prepared = match db {
        Db::Lite { readers, .. } => readers.prepare(sql.into_sql_str()).await.map(drop),
        Db::Postgres(pools) => pools.reading.prepare(sql.into_sql_str()).await.map(drop),
    };
    prepared.map_err(|error| format!("{}: {error}\n  {sql}", db.engine()))
}

#[tokio::test]
async fn every_statement_is_understood_by_its_engine() {
    let scratch = Scratch::new("statements").await;
    let (lite_db, postgres_db) = (scratch.lite.open().await, scratch.postgres.open().await);
    let alike: Vec<&[&'static str]> = vec![
        answers::STATEMENTS,
        directory::STATEMENTS,
        records::STATEMENTS,
        failed::STATEMENTS,
        keys::STATEMENTS,
        launches::STATEMENTS,
        licensing::STATEMENTS,
        looking::STATEMENTS,
        objects::STATEMENTS,
        people::STATEMENTS,
        pseudonyms::STATEMENTS,
        purge::STATEMENTS,
        versions::STATEMENTS,
        writer::ALONE,
        writer::CHANGES,
        restore::STATEMENTS,
        statistics::STATEMENTS,
        subject::STATEMENTS,
        turn::STATEMENTS,
    ];
    let folders = [
        access::STATEMENTS,
        assignments::STATEMENTS,
        erasure::STATEMENTS,
        &[epochs::STATEMENTS],
        federation::STATEMENTS,
        identities::STATEMENTS,
        journal::STATEMENTS,
        roster::STATEMENTS,
    ];
    let folders = folders.into_iter().flatten().copied();
    let alike = alike.into_iter().chain(folders).flatten().copied();
    let mut wrong = Vec::new();
    let of_journal = journal::PAIRS.iter().copied().flatten();
    let pairs = writer::PAIRS.iter().chain(tables::PAIRS).chain(of_journal).chain(changes::PAIRS);
    let pairs = pairs
        .chain(records::PAIRS)
        .chain(statistics::PAIRS)
        .chain(identities::PAIRS)
        .chain(epochs::PAIRS)
        .chain(assignments::PAIRS.iter().copied().flatten());
    let pairs = pairs.chain(roster::PAIRS.iter().copied().flatten()).copied();
    for (lite, postgres) in alike.map(|sql| (sql, sql)).chain(pairs) {
        wrong.extend(understood(&lite_db, lite).await.err());
        wrong.extend(understood(&postgres_db, postgres).await.err());
    }
    scratch.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const LITE_COLUMNS: &str = "SELECT t.name, c.name, c.type, c.\"notnull\" FROM sqlite_schema t, pragma_table_info(t.name) c \
                            WHERE t.type = 'table' AND t.name NOT LIKE '\\_sqlx%' ESCAPE '\\'";
const POSTGRES_COLUMNS: &str = "SELECT table_name::text, column_name::text, data_type::text, \
                                CASE is_nullable WHEN 'NO' THEN 1::bigint ELSE 0::bigint END \
                                FROM information_schema.columns JOIN information_schema.tables \
                                USING (table_schema, table_name) WHERE table_type = 'BASE TABLE' \
                                AND table_schema = current_schema() AND table_name NOT LIKE '\\_sqlx%'";
const LITE_INDEXES: &str = "SELECT i.name, group_concat(c.name) FROM sqlite_schema i, pragma_index_info(i.name) c \
                            WHERE i.type = 'index' AND i.sql IS NOT NULL GROUP BY i.name";
const POSTGRES_INDEXES: &str = "SELECT i.relname::text, string_agg(a.attname, ',' ORDER BY a.attnum) \
                                FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid \
                                JOIN pg_attribute a ON a.attrelid = i.oid JOIN pg_namespace n ON n.oid = i.relnamespace \
                                WHERE n.nspname = current_schema() AND NOT x.indisprimary GROUP BY i.relname";

pub(super) type Columns = BTreeMap<(String, String), (String, i64)>;

/// The name that both engines' types have here.
fn kind(engine: &str) -> &str {
    match engine {
        "bigint" => "INTEGER",
        "text" => "TEXT",
        "uuid" | "bytea" => "BLOB",
        other => other,
    }
}

pub(super) async fn columns(db: &Db) -> Columns {
    let rows: Vec<(String, String, String, i64)> = match db {
        Db::Lite { readers, .. } => sqlx::query_as(LITE_COLUMNS).fetch_all(readers).await.unwrap(),
        Db::Postgres(pools) => sqlx::query_as(POSTGRES_COLUMNS).fetch_all(&pools.reading).await.unwrap(),
    };
    let row = |(table, column, engine, required): (_, _, String, _)| {
        ((table, column), (kind(&engine).to_owned(), required))
    };
    rows.into_iter().map(row).collect()
}

async fn indexes(db: &Db) -> BTreeMap<String, String> {
    let rows: Vec<(String, String)> = match db {
        Db::Lite { readers, .. } => sqlx::query_as(LITE_INDEXES).fetch_all(readers).await.unwrap(),
        Db::Postgres(pools) => sqlx::query_as(POSTGRES_INDEXES).fetch_all(&pools.reading).await.unwrap(),
    };
    rows.into_iter().collect()
}

#[tokio::test]
async fn both_schemas_have_the_same_tables_columns_and_indexes() {
    let scratch = Scratch::new("schemas").await;
    let (lite, postgres) = (scratch.lite.open().await, scratch.postgres.open().await);
    let indexes = (indexes(&lite).await, indexes(&postgres).await);
    let (lite, postgres) = (columns(&lite).await, columns(&postgres).await);
    scratch.close().await;
    assert!(lite.len() > 50, "{} columns", lite.len());
    assert_eq!(lite, postgres);
    assert_eq!(indexes.0, indexes.1);
}
