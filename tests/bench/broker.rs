//! The broker that is measured: the release binary, as an operator runs it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::database::Database;

/// The release binary that was built with the bench, unless another is named to compare with.
fn program() -> OsString {
    std::env::var_os("BENCH_BROKER").unwrap_or_else(|| env!("CARGO_BIN_EXE_passerelle").into())
}

/// Where a broker is and what it needs to know; everything else is as configured by default.
pub struct Place {
    pub url: String,
    environment: Vec<(String, String)>,
}

impl Place {
    /// A place on free ports.
    pub fn new(database: &Database) -> Self {
        let (public, operations) = (free_port(), free_port());
        let url = format!("http://127.0.0.1:{public}");
        let master = database.folder().join("master.key").display().to_string();
        let environment = [
            ("PASSERELLE_DATABASE_URL", database.url.clone()),
            ("PASSERELLE_MASTER_KEY_FILE", master),
            ("PASSERELLE_ERASURE_LEDGER", database.folder().join("erasures").display().to_string()),
            ("PASSERELLE_PUBLIC_URL", url.clone()),
            ("PASSERELLE_SERVER__LISTEN", format!("127.0.0.1:{public}")),
            ("PASSERELLE_SERVER__OPERATIONS", format!("127.0.0.1:{operations}")),
            ("PASSERELLE_TRANSPORT__ALLOW", "127.0.0.1".to_owned()),
        ];
        let passed = std::env::var("OPENSSL_ia32cap").ok().map(|value| ("OPENSSL_ia32cap", value));
        let environment = environment.into_iter().chain(passed);
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).collect();
        Self { url, environment }
    }

    /// A command that is not run yet.
    pub fn prepare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).env_clear().envs(self.environment.clone());
        command
    }

    /// Runs a command to its end.
    pub fn command(&self, arguments: &[&str]) {
        let mut command = Command::new(program());
        let output = command.args(arguments).env_clear().envs(self.environment.clone()).output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "passerelle {arguments:?}: {words}");
    }
}

/// A running broker. Its process ends with it.
pub struct Broker {
    child: Child,
    /// From the start of the process to its `ready` line.
    pub started_in: Duration,
}

impl Broker {
    /// Starts one and waits until it is ready. Its log goes to a file, as under a service manager.
    pub fn start(place: &Place, database: &Database) -> Self {
        let log = File::options().create(true).append(true).open(database.folder().join("log")).unwrap();
        let since = Instant::now();
        let mut command = Command::new(program());
        command.arg("serve").env_clear().envs(place.environment.clone());
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let ready = BufReader::new(child.stdout.take().unwrap()).lines().next();
        assert!(ready.is_some_and(|line| line.unwrap().starts_with("ready ")), "the broker does not start");
        Self { child, started_in: since.elapsed() }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Broker {
    /// Ends it as an operator would, and waits until it has ended.
    pub fn stop(&mut self) {
        // One that was stopped before is left alone: its number may be another process' by now.
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status();
            let _ = self.child.wait();
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
