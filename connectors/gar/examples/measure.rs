//! Reads an archive and says how fast, and in how much memory: `measure ARCHIVE`.
#![expect(clippy::print_stdout, reason = "a command line says what it did")]

use std::error::Error;
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::time::Instant;

use gar::roster::{Limits, Place, Record, Reject, Sink, read};

/// Counts people, and drops everything else.
#[derive(Default)]
struct Counted {
    people: u64,
}

impl Sink for Counted {
    fn record(&mut self, _: &Place, record: Record) -> ControlFlow<()> {
        self.people += u64::from(matches!(record, Record::Pupil(_) | Record::Staff(_)));
        ControlFlow::Continue(())
    }

    fn reject(&mut self, reject: Reject) -> ControlFlow<()> {
        println!("{}: {}", reject.place, reject.reason);
        ControlFlow::Continue(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: measure ARCHIVE")?;
    let begun = Instant::now();
    let mut counted = Counted::default();
    let summary = read(File::open(path)?, &Limits::default(), *b"not of a moment.", &mut counted)?;
    let seconds = begun.elapsed().as_secs_f64();
    let mib = |bytes: u64| bytes as f64 / 1_048_576.0;
    println!(
        "{} people, {} records, {} files, {:.0} MiB ({:.0} MiB packed) in {seconds:.1} s",
        counted.people,
        summary.records,
        summary.files,
        mib(summary.inflated_bytes),
        mib(summary.archive_bytes),
    );
    println!(
        "{:.0} people/s, {:.0} MiB/s",
        counted.people as f64 / seconds,
        mib(summary.inflated_bytes) / seconds
    );
    let status = fs::read_to_string("/proc/self/status")?;
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("no /proc"));
    Ok(())
}
