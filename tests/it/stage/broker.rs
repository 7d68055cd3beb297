//! The broker as an operator runs it: a process of its own, watched through what it prints and answers.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::Database;

/// How a command ended.
#[derive(Debug)]
pub struct Exit {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a `passerelle` command to its end, with an environment of the test's own.
pub fn passerelle(arguments: &[&str], environment: &[(&str, &str)]) -> Exit {
    let owned = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    passerelle_in(&owned.collect::<Vec<_>>(), arguments)
}

/// The same, in the environment of a broker.
pub fn passerelle_in(environment: &[(String, String)], arguments: &[&str]) -> Exit {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passerelle"));
    let output = command.args(arguments).env_clear().envs(environment.iter().cloned()).output().unwrap();
    Exit {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A running broker. Its process ends with it.
pub struct Broker {
    pub url: String,
    pub ops: String,
    pub environment: Vec<(String, String)>,
    child: Child,
    log: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Broker {
    /// The environment of a broker on a database; ENT and publisher are peers on loopback.
    pub fn environment(database: &Database, port: u16, operations: u16) -> Vec<(String, String)> {
        let master = database.folder().join("master.key");
        let ledger = database.folder().join("erasures");
        let url = format!("http://127.0.0.1:{port}");
        [
            ("PASSERELLE_DATABASE_URL", database.url.as_str()),
            ("PASSERELLE_MASTER_KEY_FILE", path_text(&master)),
            ("PASSERELLE_ERASURE_LEDGER", path_text(&ledger)),
            ("PASSERELLE_PUBLIC_URL", &url),
            ("PASSERELLE_SERVER__LISTEN", &format!("127.0.0.1:{port}")),
            ("PASSERELLE_SERVER__OPERATIONS", &format!("127.0.0.1:{operations}")),
            ("PASSERELLE_TRANSPORT__ALLOW", "127.0.0.1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// Starts a broker in an environment and waits for its `ready` line.
    pub fn start_in(environment: Vec<(String, String)>, port: u16, operations: u16) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_passerelle"))
            .arg("serve")
            .env_clear()
            .envs(environment.clone())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = follow(child.stderr.take().unwrap(), log.clone());
        let ready = wait_for_ready(&mut stdout, &log);
        assert!(ready, "the broker did not start: {}", log.lock().unwrap());
        let readers = vec![stderr, follow(stdout, log.clone())];
        let url = format!("http://127.0.0.1:{port}");
        Self { url, ops: format!("http://127.0.0.1:{operations}"), environment, child, log, readers }
    }

    /// Starts another broker on the same database, with the same keys and public address: a second host of one broker.
    pub fn beside(first: &Self) -> Self {
        let (port, operations) = (super::free_port(), super::free_port());
        let mut environment = first.environment.clone();
        for (name, value) in &mut environment {
            match name.as_str() {
                "PASSERELLE_SERVER__LISTEN" => *value = format!("127.0.0.1:{port}"),
                "PASSERELLE_SERVER__OPERATIONS" => *value = format!("127.0.0.1:{operations}"),
                _ => {}
            }
        }
        Self::start_in(environment, port, operations)
    }

    /// Everything that it has printed.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a crash would (SIGKILL, nothing finishes), and starts another on the same ports.
    pub fn crash_and_restart(&mut self) {
        let environment = self.environment.clone();
        self.crash_and_restart_in(environment);
    }

    /// The same, with another environment.
    pub fn crash_and_restart_in(&mut self, environment: Vec<(String, String)>) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let port = |url: &str| url.rsplit(':').next().unwrap().parse().unwrap();
        *self = Self::start_in(environment, port(&self.url), port(&self.ops));
    }

    /// Ends it as an operator would, and gives its exit code and all it printed.
    pub fn stop(mut self) -> (Option<i32>, String) {
        self.signal("-TERM");
        let status = self.child.wait().unwrap();
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        (status.code(), self.log())
    }

    /// Sends a signal by name.
    pub fn signal(&self, signal: &str) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait_for_ready(stdout: &mut impl BufRead, log: &Mutex<String>) -> bool {
    let mut line = String::new();
    while stdout.read_line(&mut line).unwrap() > 0 {
        log.lock().unwrap().push_str(&line);
        if line.starts_with("ready ") {
            return true;
        }
        line.clear();
    }
    false
}

fn follow(from: impl Read + Send + 'static, log: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    })
}

fn path_text(path: &Path) -> &str {
    path.to_str().unwrap()
}
