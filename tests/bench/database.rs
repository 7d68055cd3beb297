//! Databases to measure on: SQLite in a file, PostgreSQL in a server of the bench's own.

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::processor;

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// The engine of this name.
    pub fn named(name: &str) -> Self {
        match name {
            "sqlite" => Self::Sqlite,
            "postgres" => Self::Postgres,
            _ => panic!("there is no engine {name}"),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// Where databases are made: PostgreSQL in a server that ends with the value, SQLite without one.
pub enum Server {
    Sqlite,
    Postgres { folder: TempDir, pid: u32 },
}

impl Server {
    /// Starts the server that an engine needs.
    pub fn start(engine: Engine) -> Self {
        if engine == Engine::Sqlite {
            return Self::Sqlite;
        }
        // A socket's path must be short, so it is not beside the build products.
        let folder = TempDir::with_prefix("passerelle-bench-").unwrap();
        postgres("start", folder.path());
        let pid = std::fs::read_to_string(folder.path().join("data/postmaster.pid")).unwrap();
        Self::Postgres { pid: pid.lines().next().unwrap().parse().unwrap(), folder }
    }

    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite => Engine::Sqlite,
            Self::Postgres { .. } => Engine::Postgres,
        }
    }

    /// Seconds of processor that the server has taken.
    pub fn seconds(&self) -> f64 {
        match self {
            Self::Sqlite => 0.0,
            Self::Postgres { pid, .. } => processor::seconds_of_family(*pid),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Self::Postgres { folder, .. } = self {
            postgres("stop", folder.path());
        }
    }
}

fn postgres(verb: &str, folder: &Path) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres");
    let status = Command::new(script).arg(verb).arg(folder).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "scripts/postgres {verb} failed");
}

/// An empty database, with a folder for what belongs to it.
pub struct Database {
    pub engine: Engine,
    pub url: String,
    folder: TempDir,
    /// The client that runs SQL on it.
    client: Vec<String>,
}

impl Database {
    /// On the disk where build products are: a folder in memory would cost nothing to write to.
    pub fn new(server: &Server) -> Self {
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let (url, client) = match server {
            Server::Sqlite => {
                let file = folder.path().join("passerelle.db").display().to_string();
                (format!("sqlite://{file}"), ["sqlite3", "-bail", &file].map(str::to_owned).to_vec())
            }
            Server::Postgres { folder, .. } => create(folder.path()),
        };
        Self { engine: server.engine(), url, folder, client }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs SQL with the engine's own client.
    pub fn run(&self, sql: &str) {
        let (program, arguments) = self.client.split_first().unwrap();
        let mut client = Command::new(program);
        let mut client = client.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        client.stdin.take().unwrap().write_all(sql.as_bytes()).unwrap();
        assert!(client.wait().unwrap().success(), "{program} failed");
    }
}

/// A database of its own in a server: its URL, and the client for it.
fn create(server: &Path) -> (String, Vec<String>) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let (name, host) = (format!("bench{}", NEXT.fetch_add(1, Ordering::Relaxed)), server.display());
    let client = |database: &str| {
        let words = format!("psql -q -v ON_ERROR_STOP=1 -h {host} -U postgres -d {database}");
        words.split(' ').map(str::to_owned).collect::<Vec<_>>()
    };
    let mut psql = Command::new("psql");
    psql.args(client("postgres").split_first().unwrap().1);
    let status = psql.args(["-c", &format!("CREATE DATABASE {name}")]).status().unwrap();
    assert!(status.success(), "psql cannot create a database");
    (format!("postgres:///{name}?host={host}&user=postgres"), client(&name))
}
