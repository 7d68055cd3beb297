//! What processors do: the time that a process took of them (proc(5)), and what they could do (`openssl speed`).

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// Ticks a second of the times in `/proc`, which Linux fixes for every program at 100.
const TICKS: f64 = 100.0;

/// Seconds of processor that a process has taken, in user and kernel mode.
pub fn seconds_of(pid: u32) -> f64 {
    Times::of(pid).map_or(0.0, |times| times.own)
}

/// The same for a server and its children, those included that have ended meanwhile.
pub fn seconds_of_family(pid: u32) -> f64 {
    let Some(parent) = Times::of(pid) else { return 0.0 };
    let children: f64 = processes().values().filter(|times| times.parent == pid).map(|times| times.own).sum();
    parent.own + parent.of_ended_children + children
}

/// Resident memory of a process in MiB.
pub fn resident(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

struct Times {
    parent: u32,
    own: f64,
    of_ended_children: f64,
}

impl Times {
    /// The name of a process may hold anything, so fields are counted from the last parenthesis: the fourth field of
    /// the line is the first behind it but one.
    fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let seconds = |at: usize| fields.get(at)?.parse::<f64>().ok().map(|ticks| ticks / TICKS);
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own: seconds(11)? + seconds(12)?,
            of_ended_children: seconds(13)? + seconds(14)?,
        })
    }
}

fn processes() -> BTreeMap<u32, Times> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, Times::of(pid)?))).collect()
}

/// RSA operations of 2048 bits that one core does in a second while all cores do them.
#[derive(Debug, Clone, Copy)]
pub struct Rsa {
    pub sign: f64,
    pub verify: f64,
}

impl Rsa {
    /// Asks `openssl speed`, on all cores at once; it takes six seconds.
    pub fn measure() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let arguments = ["speed", "-multi", &cores.to_string(), "-seconds", "3", "rsa2048"];
        let output = Command::new("openssl").args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        // rsa 2048 bits 0.000104s 0.000006s   9581.3 156286.7
        let line = text.lines().rfind(|line| line.starts_with("rsa 2048 bits")).unwrap();
        let mut rates = line.split_whitespace().rev().map(|rate| rate.parse::<f64>().unwrap());
        let cores = u32::try_from(cores).unwrap();
        let (verify, sign) = (rates.next().unwrap(), rates.next().unwrap());
        Self { sign: sign / f64::from(cores), verify: verify / f64::from(cores) }
    }

    /// The middle between two measurements.
    pub fn between(self, other: Self) -> Self {
        let middle = |a: f64, b: f64| f64::midpoint(a, b);
        Self { sign: middle(self.sign, other.sign), verify: middle(self.verify, other.verify) }
    }

    /// Milliseconds of one signature and one verification: what no launch can do without.
    pub fn floor(self) -> f64 {
        1000.0 / self.sign + 1000.0 / self.verify
    }
}
