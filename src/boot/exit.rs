//! How a command ends: the exit codes that scripts rely on.

use std::io::Write;
use std::process::ExitCode;

use boundary::Fault;
use thiserror::Error;

/// Why a command did not do what it was asked.
#[derive(Debug, Error)]
pub enum Failure {
    /// The input is refused or invalid; nothing changed.
    #[error("{0}")]
    Refused(String),
    /// The environment is at fault: database, port, key.
    #[error("{0}")]
    Environment(String),
}

impl Failure {
    /// The exit code: 1 refused or invalid, 3 environment. (2, wrong usage, is the argument parser's.)
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::Environment(_) => 3,
        }
    }

    /// Says it on standard error and gives the exit code.
    #[must_use]
    pub fn report(&self) -> ExitCode {
        // Nobody is left to tell when standard error is gone.
        let _ = writeln!(std::io::stderr(), "passerelle: {self}");
        ExitCode::from(self.code())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Environment(fault.detail)
    }
}
