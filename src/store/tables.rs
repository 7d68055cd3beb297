//! Tables: what a database holds, as its own catalogue says. So a backup forgets no table that a migration brings.

use sqlx::{PgConnection, SqliteConnection};

use super::db::{Engine, both};
use super::error::{StoreError, Trouble};
use crate::operate::backup::{Kind, Table};

const LITE_TABLES: &str = "SELECT t.name, c.name, lower(c.type) FROM sqlite_schema t, pragma_table_info(t.name) c \
                           WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.name, c.cid";
const POSTGRES_TABLES: &str = "SELECT c.table_name::text, c.column_name::text, c.data_type::text \
                               FROM information_schema.columns c JOIN information_schema.tables t \
                               ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
                               WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' \
                               ORDER BY c.table_name, c.ordinal_position";
const SCHEMA: &str = "SELECT max(version) FROM _sqlx_migrations";

/// Every pair of this file.
#[cfg(test)]
pub(super) const PAIRS: &[(&str, &str)] = &[(LITE_TABLES, POSTGRES_TABLES), (SCHEMA, SCHEMA)];

/// The record of migrations. It is written anew where a backup is restored.
const MIGRATIONS: &str = "_sqlx_migrations";
/// The counter of changes has its row from the start.
const COUNTER: &str = "change_counter";
/// What a backup leaves out. What is parked is sealed under a carrier key, counts for minutes and may be taken after
/// the backup was; failed sign-ons and answers of the API are kept for a day; sessions at the console and failed
/// sign-ins count for hours; and what changed, whose turn it is, and which erasure was just begun matters to processes
/// that run now.
const LEFT_OUT: [&str; 10] = [
    MIGRATIONS,
    COUNTER,
    "change",
    "parked",
    "failed_sign_on",
    "turn",
    "console_session",
    "sign_in_failure",
    "api_answer",
    "erasure_begun",
];

/// A table with its columns and the engine's names of their types, in the order of their definition.
pub(super) struct Stored {
    pub name: String,
    pub columns: Vec<(String, String)>,
}

/// All tables, by name.
pub(super) async fn stored(
    on: Engine<&mut SqliteConnection, &mut PgConnection>,
) -> Result<Vec<Stored>, StoreError> {
    let sql = if matches!(on, Engine::Lite(_)) { LITE_TABLES } else { POSTGRES_TABLES };
    let rows: Vec<(String, String, String)> =
        both!("reading which tables there are", on, c => sqlx::query_as(sql).fetch_all(c))?;
    let mut tables: Vec<Stored> = Vec::new();
    for (name, column, kind) in rows {
        match tables.last_mut() {
            Some(table) if table.name == name => table.columns.push((column, kind)),
            _ => tables.push(Stored { name, columns: vec![(column, kind)] }),
        }
    }
    Ok(tables)
}

/// The schema version of a database with these tables; 0 where it never was one of ours.
pub(super) async fn schema(
    on: Engine<&mut SqliteConnection, &mut PgConnection>,
    tables: &[Stored],
) -> Result<i64, StoreError> {
    if !tables.iter().any(|table| table.name == MIGRATIONS) {
        return Ok(0);
    }
    let version: Option<i64> =
        both!("reading the schema version", on, c => sqlx::query_scalar(SCHEMA).fetch_one(c))?;
    Ok(version.unwrap_or_default())
}

impl Stored {
    /// Whether a backup holds it.
    pub fn is_kept(&self) -> bool {
        !LEFT_OUT.contains(&self.name.as_str())
    }

    /// Whether a database that was never used has rows in it.
    pub fn is_never_empty(&self) -> bool {
        [MIGRATIONS, COUNTER].contains(&self.name.as_str())
    }

    /// As a backup names it.
    pub fn table(&self) -> Result<Table, StoreError> {
        let kind = |(column, engine): &(String, String)| {
            let kind = match engine.as_str() {
                "text" => Kind::Text,
                "integer" | "bigint" => Kind::Integer,
                "blob" | "bytea" | "uuid" => Kind::Bytes,
                _ => {
                    let trouble = Trouble::Form(format!("{}.{column}", self.name));
                    return Err(StoreError::failed("reading which tables there are", trouble));
                }
            };
            Ok((column.clone(), kind))
        };
        let columns = self.columns.iter().map(kind).collect::<Result<_, _>>()?;
        Ok(Table { table: self.name.clone(), columns })
    }

    /// Asks for one row at most: how many it found.
    pub fn any(&self) -> String {
        format!("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT 1) AS found", quoted(&self.name))
    }

    /// Asks for all rows, each as a JSON array in the order of the columns.
    pub fn rows(&self, lite: bool) -> String {
        let value = |(column, kind): &(String, String)| {
            let column = quoted(column);
            match kind.as_str() {
                "blob" => format!("iif({column} IS NULL, NULL, lower(hex({column})))"),
                "bytea" => format!("encode({column}, 'hex')"),
                "uuid" => format!("replace({column}::text, '-', '')"),
                _ => column,
            }
        };
        let values = self.columns.iter().map(value).collect::<Vec<_>>().join(", ");
        let array =
            if lite { format!("json_array({values})") } else { format!("json_build_array({values})::text") };
        format!("SELECT {array} FROM {}", quoted(&self.name))
    }

    /// Takes rows, as one JSON array of arrays whose values stand in the order of these columns.
    pub fn insert(&self, order: &[(String, Kind)], lite: bool) -> Option<String> {
        let mut columns = Vec::new();
        let mut values = Vec::new();
        for (at, (column, _)) in order.iter().enumerate() {
            let (_, kind) = self.columns.iter().find(|(name, _)| name == column)?;
            columns.push(quoted(column));
            values.push(match kind.as_str() {
                "blob" => format!("unhex(value->>{at})"),
                "bytea" => format!("decode(value->>{at}, 'hex')"),
                "uuid" => format!("(value->>{at})::uuid"),
                "bigint" => format!("(value->>{at})::bigint"),
                _ => format!("value->>{at}"),
            });
        }
        let from = if lite { "json_each($1)" } else { "json_array_elements($1::json) AS rows(value)" };
        let (columns, values) = (columns.join(", "), values.join(", "));
        Some(format!("INSERT INTO {} ({columns}) SELECT {values} FROM {from}", quoted(&self.name)))
    }
}

/// A name out of the catalogue, as an identifier.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
