//! Backup and restore on both engines and across: every table, every kind of value.

use std::collections::BTreeSet;
use std::path::Path;

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Executor};
use time::macros::datetime;

use super::Scratch;
use super::schemas::columns;
use crate::operate::backup::{
    self, BackupError, Item, Kind, Progress, Reader, Snapshot, Table, Tables, Writer,
};
use crate::store::db::Db;
use crate::store::known_schema;

fn quietly() -> Progress {
    Box::new(|_| {})
}

#[expect(clippy::disallowed_methods, reason = "a test writes what no statement of ours would")]
pub(super) async fn change(db: &Db, sql: String) {
    match db {
        Db::Lite { writer, .. } => drop(writer.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap()),
        Db::Postgres(pools) => drop(pools.writing.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap()),
    }
}

/// Texts that a careless format breaks, and the ends of the numbers.
const TEXTS: [&str; 6] =
    ["", "0123", "Lycée « d''été » \\ \"x\"", "deux\nlignes\tet\u{1}", "[1,{\"a\":null}]", "e\u{301} 𝔘 null"];
const NUMBERS: [i64; 6] = [0, 1, -1, i64::MAX, i64::MIN, 1_764_000_000_123];
const BYTES: [&str; 6] = ["00", "ff", "", "0123456789abcdef", "27", "5c"];

/// Tables that a backup leaves out and that take not every value.
const OTHERS: [&str; 2] = ["change_counter", "failed_sign_on"];

/// Six rows in every table, each with other values, NULL where it may be.
async fn populate(db: &Db) {
    let lite = matches!(db, Db::Lite { .. });
    let all = columns(db).await;
    let tables: BTreeSet<&String> = all.keys().map(|(table, _)| table).collect();
    for table in tables.into_iter().filter(|table| !OTHERS.contains(&table.as_str())) {
        for row in 0..6 {
            let of: Vec<_> = all.iter().filter(|((name, _), _)| name == table).collect();
            let value = |((_, column), (kind, required)): &(&(String, String), &(String, i64))| {
                let bytes =
                    |hex: &str| if lite { format!("x'{hex}'") } else { format!("decode('{hex}', 'hex')") };
                let uuid = format!("{row:032x}");
                match (kind.as_str(), column.as_str(), required) {
                    (_, _, 0) if row == 3 => "NULL".to_owned(),
                    ("TEXT", "state", _) if table == "sealed_key" => "'retired'".to_owned(),
                    ("TEXT", ..) => format!("'{row}{}'", TEXTS[row]),
                    ("INTEGER", "is_current", _) => "0".to_owned(),
                    ("INTEGER", ..) => NUMBERS[row].to_string(),
                    (_, "person" | "id" | "origin", _) if lite => bytes(&uuid),
                    (_, "person" | "id" | "origin", _) => format!("'{uuid}'::uuid"),
                    _ => bytes(BYTES[row]),
                }
            };
            let names: Vec<_> = of.iter().map(|((_, column), _)| format!("\"{column}\"")).collect();
            let values: Vec<_> = of.iter().map(value).collect();
            let (names, values) = (names.join(", "), values.join(", "));
            change(db, format!("INSERT INTO {table} ({names}) VALUES ({values})")).await;
        }
    }
    change(db, "INSERT INTO fact (name, value) VALUES ('master-check', 'sealed')".to_owned()).await;
}

/// The tables and rows of a backup of a database, in an order of their own.
async fn content(db: &Db, folder: &Path, name: &str) -> BTreeSet<(String, String)> {
    let file = folder.join(name);
    let made = datetime!(2026-11-24 08:00 UTC);
    backup::backup(db, &file, made, quietly()).await.unwrap();
    let mut reader = Reader::open(&file, quietly()).unwrap();
    let (mut table, mut rows) = (String::new(), BTreeSet::new());
    loop {
        match reader.next_item().unwrap() {
            Item::Table(next) => {
                let columns: BTreeSet<_> = next.columns.iter().map(|(name, _)| name.clone()).collect();
                table = next.table;
                rows.insert((table.clone(), format!("{columns:?}")));
            }
            Item::Row(row) => {
                let row: serde_json::Value = serde_json::from_str(&row).unwrap();
                assert!(rows.insert((table.clone(), row.to_string())), "{table}: {row}");
            }
            Item::End => return rows,
        }
    }
}

async fn restore(file: &Path, into: &Db) -> Result<(), BackupError> {
    into.copy_in(Reader::open(file, quietly()).unwrap()).await
}

#[tokio::test]
async fn every_value_of_every_table_survives_the_way_to_either_engine() {
    let folder = tempfile::tempdir().unwrap();
    let from = Scratch::new("backup_from").await;
    for (name, db) in [("lite", from.lite.open().await), ("postgres", from.postgres.open().await)] {
        populate(&db).await;
        let before = content(&db, folder.path(), name).await;
        assert!(before.len() > 80, "{} tables and rows", before.len());
        let file = folder.path().join(name);
        let to = Scratch::new(&format!("backup_to_{name}")).await;
        for (engine, db) in [("lite", to.lite.open().await), ("postgres", to.postgres.open().await)] {
            restore(&file, &db).await.unwrap();
            assert_eq!(content(&db, folder.path(), &format!("{name}-{engine}")).await, before);
            let twice = restore(&file, &db).await.unwrap_err();
            assert!(matches!(twice, BackupError::NotEmpty { .. }), "{twice}");
        }
        to.close().await;
    }
    from.close().await;
}

const LITE_TIES: &str = "SELECT t.name || ' refers' FROM sqlite_schema t, pragma_foreign_key_list(t.name) \
                         UNION SELECT name || ' counts' FROM sqlite_schema WHERE sql LIKE '%AUTOINCREMENT%'";
const POSTGRES_TIES: &str = "SELECT table_name::text || ' refers' FROM information_schema.table_constraints \
                             WHERE constraint_type = 'FOREIGN KEY' AND table_schema = current_schema() \
                             UNION SELECT sequence_name::text || ' counts' FROM information_schema.sequences \
                             WHERE sequence_schema = current_schema()";

/// A backup fills tables in the order of their names, and sets no counter.
#[tokio::test]
async fn no_table_refers_to_another_or_counts_by_itself() {
    let scratch = Scratch::new("backup_order").await;
    let mut ties: Vec<String> = Vec::new();
    for db in [scratch.lite.open().await, scratch.postgres.open().await] {
        ties.extend(match &db {
            Db::Lite { readers, .. } => sqlx::query_scalar(LITE_TIES).fetch_all(readers).await.unwrap(),
            Db::Postgres(pools) => sqlx::query_scalar(POSTGRES_TIES).fetch_all(&pools.reading).await.unwrap(),
        });
    }
    scratch.close().await;
    assert!(ties.is_empty(), "teach the restore about order and counters first: {ties:?}");
}

#[tokio::test]
async fn a_backup_is_of_this_schema_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = Scratch::new("backup_schema").await;
    for db in [scratch.lite.open().await, scratch.postgres.open().await] {
        let made = datetime!(2026-11-24 08:00 UTC);
        let file = folder.path().join(db.engine());
        let none = backup::backup(&db, &file, made, quietly()).await.unwrap_err();
        assert!(matches!(none, BackupError::NoKeys(_)), "{none}");
        change(&db, format!("DELETE FROM _sqlx_migrations WHERE version = {}", known_schema())).await;
        let old = backup::backup(&db, &file, made, quietly()).await.unwrap_err();
        assert!(matches!(old, BackupError::Schema { .. }), "{old}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }
    scratch.close().await;
}

/// A database as the first schema had it.
struct Old;

#[async_trait]
impl Tables for Old {
    async fn copy_out(&self, out: &mut Writer) -> Result<(), BackupError> {
        out.begin(Snapshot { schema: 1, engine: "sqlite", check: "sealed".to_owned() })?;
        let names = ["kid", "purpose", "state", "sealed"].map(|name| (name.to_owned(), Kind::Text));
        let columns = names.into_iter().chain([("created".to_owned(), Kind::Integer)]).collect();
        out.table(&Table { table: "sealed_key".to_owned(), columns })?;
        out.row("[\"a\",\"lti-tool\",\"active\",\"…\",17]")?;
        out.row("[\"b\",\"carrier\",\"active\",\"…\",18]")
    }

    async fn copy_in(&self, _: Reader) -> Result<(), BackupError> {
        unreachable!("nobody goes back")
    }
}

#[tokio::test]
async fn a_backup_of_an_older_schema_is_restored_and_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.backup");
    backup::backup(&Old, &file, datetime!(2026-11-24 08:00 UTC), quietly()).await.unwrap();
    let scratch = Scratch::new("backup_old").await;
    for db in [scratch.lite.open().await, scratch.postgres.open().await] {
        let used = restore(&file, &db).await.unwrap_err();
        assert!(
            matches!(used, BackupError::Schema { found, wanted: 1, .. } if found == known_schema()),
            "{used}"
        );
        assert!(used.to_string().contains(&db.place()));
    }
    let lite = format!("sqlite://{}", folder.path().join("new.db").display());
    let lite = Db::open(&lite, true).await.unwrap();
    let postgres = scratch.postgres.open().await;
    change(&postgres, format!("DROP SCHEMA {0} CASCADE; CREATE SCHEMA {0}", scratch.name)).await;
    for db in [&lite, &postgres] {
        restore(&file, db).await.unwrap();
        let keys: Vec<(String, i64, i64)> = match db {
            Db::Lite { readers, .. } => sqlx::query_as(KEYS).fetch_all(readers).await.unwrap(),
            Db::Postgres(pools) => sqlx::query_as(KEYS).fetch_all(&pools.reading).await.unwrap(),
        };
        assert_eq!(keys, [("a".to_owned(), 17, 17)], "migrated, and without the carrier key");
    }
    scratch.close().await;
}

const KEYS: &str = "SELECT kid, created, since FROM sealed_key";
