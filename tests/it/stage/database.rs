//! A database of a test's own, on either engine.

use std::process::Command;

use sqlx::Connection;
use tempfile::TempDir;

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A database of a test's own; it goes when the test ends.
pub struct Database {
    pub engine: Engine,
    pub url: String,
    /// Whether the folder is a file system of its own.
    mounted: bool,
    folder: TempDir,
}

impl Database {
    pub fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match engine {
            Engine::Sqlite => format!("sqlite://{}", folder.path().join("passerelle.db").display()),
            Engine::Postgres => create_postgres(),
        };
        Self { engine, url, mounted: false, folder }
    }

    /// An SQLite database on a disk of its own of so many MiB; `None` where this account may not mount one.
    pub fn on_small_disk(mib: u32) -> Option<Self> {
        let mut database = Self::new(Engine::Sqlite);
        let (size, folder) = (format!("size={mib}m,mode=0700"), database.folder.path().to_owned());
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).output();
        database.mounted = mount.is_ok_and(|done| done.status.success());
        database.mounted.then_some(database)
    }

    /// A folder of the test's own.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Asks the database itself; the statement gives one text column.
    pub async fn ask(&self, sql: &'static str) -> Vec<String> {
        match self.engine {
            Engine::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
                let rows = sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap();
                connection.close().await.unwrap();
                rows
            }
            Engine::Postgres => {
                let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
                let rows = sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap();
                connection.close().await.unwrap();
                rows
            }
        }
    }

    /// Changes something behind the broker's back; gives the number of rows.
    pub async fn change(&self, sql: &'static str) -> u64 {
        match self.engine {
            Engine::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected()
            }
            Engine::Postgres => {
                let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected()
            }
        }
    }

    /// Takes the database away: the file to another place, or every connection from the server.
    pub async fn vanish(&self) {
        match self.engine {
            Engine::Sqlite => std::fs::rename(self.file(), self.file().with_extension("away")).unwrap(),
            Engine::Postgres => {
                let name = self.name();
                maintenance(&format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"));
                maintenance(&format!(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
                ));
            }
        }
    }

    /// Gives it back.
    pub async fn come_back(&self) {
        match self.engine {
            Engine::Sqlite => std::fs::rename(self.file().with_extension("away"), self.file()).unwrap(),
            Engine::Postgres => {
                maintenance(&format!("ALTER DATABASE {} WITH ALLOW_CONNECTIONS true", self.name()));
            }
        }
    }

    /// Turns the server's side of the database read-only, as a standby is, or back; connections are made anew.
    pub async fn read_only(&self, on: bool) {
        let name = self.name();
        maintenance(&format!("ALTER DATABASE {name} SET default_transaction_read_only = {on}"));
        maintenance(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ));
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("passerelle.db")
    }

    fn name(&self) -> String {
        self.url.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned()
    }

    /// Every byte that the database keeps: the file and its log, or a dump of every table.
    pub fn bytes(&self) -> Vec<u8> {
        match self.engine {
            Engine::Sqlite => {
                let files = ["passerelle.db", "passerelle.db-wal"].map(|name| self.folder.path().join(name));
                files.into_iter().filter_map(|file| std::fs::read(file).ok()).flatten().collect()
            }
            Engine::Postgres => {
                Command::new("pg_dump").args(["--data-only", &self.url]).output().unwrap().stdout
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.mounted {
            let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
        }
        if self.engine == Engine::Postgres {
            maintenance(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name()));
        }
    }
}

/// The URL of the maintenance database of the cluster that `scripts/test` started for this run.
fn cluster() -> String {
    std::env::var("PASSERELLE_TEST_POSTGRES")
        .expect("run the tests through `make test`, which starts PostgreSQL")
}

fn create_postgres() -> String {
    let mut bits = [0; 8];
    openssl::rand::rand_bytes(&mut bits).unwrap();
    let name = bits.iter().fold("t_".to_owned(), |name, byte| format!("{name}{byte:02x}"));
    maintenance(&format!("CREATE DATABASE {name}"));
    cluster().replacen("/postgres?", &format!("/{name}?"), 1)
}

fn maintenance(sql: &str) {
    let output =
        Command::new("psql").args(["-X", "-q", &cluster(), "-c", sql]).output().expect("psql is installed");
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
}
