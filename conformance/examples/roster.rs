//! Writes a roster of invented people into a folder: `roster FOLDER [1D|2D] [PEOPLE] [SCHOOLS] [TURNOVER]`.
//!
//! TURNOVER is how many of a thousand people are others than without it, to see arrivals and departures.
#![expect(clippy::print_stdout, reason = "a command line says what it did")]

use std::error::Error;
use std::path::PathBuf;

use conformance::roster::{Degree, Set, Size, write_into};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let folder =
        PathBuf::from(words.next().ok_or("usage: roster FOLDER [1D|2D] [PEOPLE] [SCHOOLS] [TURNOVER]")?);
    let degree = match words.next().as_deref() {
        Some("1D") => Degree::First,
        _ => Degree::Second,
    };
    let mut number = |otherwise| words.next().map_or(Ok(otherwise), |word| word.parse::<u64>());
    let size = Size { people: number(10_000)?, schools: number(10)?, turnover: number(0)?, seed: 1 };
    let set = Set::new("A0", "20260901_213000", degree);
    let (archive, written) = write_into(&set, || size.draw(), &folder)?;
    println!(
        "{}: {} people, {} records, {} files",
        archive.display(),
        written.people,
        written.records,
        written.files
    );
    Ok(())
}
