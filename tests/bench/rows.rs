//! Rows in bulk: what a roster, ten thousand ENTs and a catalogue would have brought, written with the engine's own
//! client before the broker starts. What an operator registers is copied from what `apply` wrote, so that the bench
//! knows no document's form.

use crate::database::{Database, Engine};
use crate::federation::{ATLAS, SCHOOLS, Size, uai};

/// Writes everything that a size asks for beyond the federation file.
pub fn write(database: &Database, size: &Size, ent: &str) {
    let schools: Vec<String> = (0..SCHOOLS).map(|n| format!("({n}, '{}')", uai(n))).collect();
    let dialect = Dialect::of(database.engine);
    let schools = format!(
        "CREATE TEMP TABLE school AS WITH s(n, uai) AS (VALUES {}) SELECT * FROM s;",
        schools.join(",")
    );
    database.run(&[dialect.begin, &schools, &people(&dialect, size.people), "COMMIT;"].join("\n"));
    database.run(&[dialect.begin, &registrations(&dialect, size.registrations, ent), "COMMIT;"].join("\n"));
    database.run(&[dialect.begin, &subscriptions(&dialect, size.subscriptions), "COMMIT;"].join("\n"));
    database.run(dialect.end);
}

/// What the engines spell differently.
struct Dialect {
    begin: &'static str,
    end: &'static str,
    /// 128 random bits as the id of a person, and as bytes.
    id: &'static str,
    bits: &'static str,
    /// The id of a person as text, as `pseudonym.subject` holds it.
    id_text: &'static str,
    /// A random value fit for a pseudonym.
    value: &'static str,
    sqlite: bool,
}

impl Dialect {
    fn of(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self {
                begin: "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY; BEGIN;",
                end: "ANALYZE; PRAGMA wal_checkpoint(TRUNCATE);",
                id: "randomblob(16)",
                bits: "randomblob(16)",
                id_text: "lower(substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-' || \
                          substr(hex(id), 13, 4) || '-' || substr(hex(id), 17, 4) || '-' || substr(hex(id), 21))",
                value: "'p' || lower(hex(randomblob(12)))",
                sqlite: true,
            },
            Engine::Postgres => Self {
                begin: "SET synchronous_commit = off; BEGIN;",
                end: "VACUUM ANALYZE; CHECKPOINT;",
                id: "gen_random_uuid()",
                bits: "decode(md5(random()::text || n), 'hex')",
                id_text: "id::text",
                value: "'p' || substr(md5(random()::text || n), 1, 25)",
                sqlite: false,
            },
        }
    }

    /// A table `n` of the numbers from 0 up to but without `count`, as the head of a statement.
    fn numbers(&self, count: u64) -> String {
        if self.sqlite {
            format!("WITH RECURSIVE t(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM t WHERE n + 1 < {count})")
        } else {
            format!("WITH t AS (SELECT generate_series(0, {count} - 1) AS n)")
        }
    }
}

/// People `eleve-N`, each a pupil of one school in one division, known to the publisher by a pseudonym, and on a seat
/// of the dictionary.
fn people(dialect: &Dialect, count: u64) -> String {
    let Dialect { id, bits, id_text, value, .. } = dialect;
    let numbers = dialect.numbers(count);
    format!(
        "CREATE TEMP TABLE one AS {numbers} SELECT n, {id} AS id FROM t;
         CREATE TEMP TABLE sorted AS SELECT one.n, id, uai FROM one JOIN school ON school.n = one.n % {SCHOOLS} ORDER BY id;
         INSERT INTO person (id, created) SELECT id, 1700000000000 FROM sorted;
         INSERT INTO pseudonym_root (person, root) SELECT id, {bits} FROM sorted;
         INSERT INTO affiliation (person, ent, school, profile, year, managed_by)
             SELECT id, 'ent', uai, 'pupil', '', 'roster' FROM sorted;
         INSERT INTO membership (person, ent, school, status, code, year, managed_by)
             SELECT id, 'ent', uai, 'division', '6A', '', 'roster' FROM sorted;
         INSERT INTO seat (subscription, person, pool, by_name, taken, managed_by)
             SELECT 'dictionnaire-abo', id, 'all', 0, 1700000000000, 'jit' FROM sorted;
         UPDATE pool SET used = {count} WHERE subscription = 'dictionnaire-abo';
         INSERT INTO identity (ent, namespace, subject, person, managed_by)
             SELECT 'ent', 'ent', 'eleve-' || n, id, 'roster' FROM sorted ORDER BY 3;
         CREATE TEMP TABLE named AS SELECT {value} AS value, {id_text} AS subject FROM sorted ORDER BY 1;
         INSERT INTO pseudonym (sector, value, scope, kind, subject, is_current, created)
             SELECT 'secteur', value, 'portable', 'person', subject, 1, 1700000000000 FROM named;"
    )
}

/// Registrations `ent-lti-N` with issuers of their own; the first is the federation file's.
fn registrations(dialect: &Dialect, count: u64, ent: &str) -> String {
    let numbers = dialect.numbers(count);
    format!(
        "INSERT INTO object (kind, id, document, managed_by, withdrawn) {numbers}
             SELECT kind, id || '-' || n, replace(replace(document, '\"id\":\"ent-lti\"', '\"id\":\"ent-lti-' || n || '\"'),
                 '\"issuer\":\"{ent}\"', '\"issuer\":\"{ent}/' || n || '\"'), 'file', 0
             FROM object CROSS JOIN t WHERE kind = 'lti' AND n > 0;
         INSERT INTO object (kind, id, document, managed_by, withdrawn) {numbers}
             SELECT kind, id || '-' || n, replace(document, '\"id\":\"ent\"', '\"id\":\"ent-' || n || '\"'), 'file', 0
             FROM object CROSS JOIN t WHERE kind = 'ent' AND n > 0;
         INSERT INTO object_name (kind, name, id) {numbers}
             SELECT kind, name || '/' || n, id || '-' || n FROM object_name CROSS JOIN t WHERE kind = 'lti' AND n > 0;"
    )
}

/// Resources `atlas-N`, each with four subscriptions of the first school, copied from those of the atlas.
fn subscriptions(dialect: &Dialect, count: u64) -> String {
    let (numbers, uai) = (dialect.numbers(count), uai(0));
    let renamed = format!("replace(document, '/{ATLAS}\"', '/{ATLAS}-' || (n / 4) || '\"')");
    format!(
        "INSERT INTO object (kind, id, document, managed_by, withdrawn) {numbers}
             SELECT kind, '{ATLAS}-abo-' || n, replace({renamed}, '\"{ATLAS}-abo\"', '\"{ATLAS}-abo-' || n || '\"'), 'file', 0
             FROM object CROSS JOIN t WHERE kind = 'subscription' AND id = '{ATLAS}-abo' AND n > 3;
         INSERT INTO object_name (kind, name, id) {numbers}
             SELECT 'subscription', 'ark:/99999/{ATLAS}-' || (n / 4) || ' {uai}', '{ATLAS}-abo-' || n FROM t WHERE n > 3;
         INSERT INTO object (kind, id, document, managed_by, withdrawn) {numbers}
             SELECT kind, id || '-' || (n / 4),
                 replace({renamed}, '\"key\":\"{ATLAS}\"', '\"key\":\"{ATLAS}-' || (n / 4) || '\"'), 'file', 0
             FROM object CROSS JOIN t
             WHERE kind IN ('resource', 'agreement') AND id = 'ark:/99999/{ATLAS}' AND n > 3 AND n % 4 = 0;
         INSERT INTO object_name (kind, name, id) {numbers}
             SELECT 'resource', '{ATLAS}-' || (n / 4), 'ark:/99999/{ATLAS}-' || (n / 4) FROM t
             WHERE n > 3 AND n % 4 = 0;"
    )
}
