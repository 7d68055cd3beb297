//! The demo as people start it: `passerelle demo`, a process of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use crate::stage::free_ports;

/// A running demo. It ends as an operator would end it.
pub struct Demo {
    pub ent: String,
    pub broker: String,
    pub publisher: String,
    child: Child,
    /// Read no further, but open: a closed pipe would end the demo.
    _stdout: BufReader<ChildStdout>,
    _folder: TempDir,
    /// The lines about the console's accounts.
    pub logins: Vec<String>,
}

impl Demo {
    /// Starts it with these further arguments, and waits for its `ready` line.
    pub fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let errors = folder.path().join("stderr");
        let port = free_ports(4).to_string();
        let mut child = Command::new(env!("CARGO_BIN_EXE_passerelle"))
            .args(["demo", "--port", &port])
            .args(arguments)
            .env_clear()
            .env("TMPDIR", folder.path())
            .stdout(Stdio::piped())
            .stderr(File::create(&errors).unwrap())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut logins = Vec::new();
        let ready = BufRead::lines(&mut stdout).map_while(Result::ok).find(|line| {
            logins.extend(line.starts_with("console ").then(|| line.clone()));
            line.starts_with("ready ")
        });
        let said = || std::fs::read_to_string(&errors).unwrap_or_default();
        let ready = ready.unwrap_or_else(|| panic!("the demo did not start: {}", said()));
        let url = |name: &str| {
            let url = ready.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            url.unwrap().to_owned()
        };
        let [ent, broker, publisher] = ["ent", "broker", "publisher"].map(url);
        Self { ent, broker, publisher, child, _stdout: stdout, _folder: folder, logins }
    }

    /// What the reference publisher says about the last launch. Its own name is for browsers; here it is an address.
    pub async fn last(&self) -> serde_json::Value {
        let port = self.publisher.rsplit(':').next().unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("http://127.0.0.1:{port}/last.json")).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let _ = self.child.wait();
    }
}
