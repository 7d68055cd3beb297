//! Faults: what happens to launches when something breaks under them. No accepted sign-on counts twice, nothing that was
//! acknowledged is lost, no seat is sold twice, nobody's pseudonym changes, and all is well again without anybody's help.

mod clocks;
mod crowd;
mod database;
mod history;
mod kills;
mod partition;

use std::io::Write;

/// Says a figure that no test depends on: how long something took, on this machine, this time.
fn tell(figure: &str) {
    let _ = writeln!(std::io::stderr(), "faults: {figure}");
}
