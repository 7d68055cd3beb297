//! A process that believes another time.

use std::process::Command;

/// What makes a process believe another time, while it measures durations rightly.
pub fn off_by(offset: &str) -> Vec<(&'static str, String)> {
    let found = Command::new("faketime").args(["-m", "-f", "+0s", "printenv", "LD_PRELOAD"]).output();
    let found = found.expect("faketime is installed (scripts/prepare test)");
    let library = String::from_utf8(found.stdout).unwrap().trim().to_owned();
    assert!(library.contains("libfaketime"), "{library}");
    let offset = offset.to_owned();
    vec![("LD_PRELOAD", library), ("FAKETIME", offset), ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned())]
}
