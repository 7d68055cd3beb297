//! Parses the command line and hands over.

use std::process::ExitCode;

use clap::Parser;
use passerelle::boot::{self, Cli};

fn main() -> ExitCode {
    boot::run(Cli::parse())
}
