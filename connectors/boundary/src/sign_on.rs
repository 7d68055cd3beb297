//! Sign-on: how far one came before it failed. Names of checks only, nothing of what they looked at.

use crate::ids::ConnectionId;

/// The checks of a sign-on in the order in which they are begun. Whoever stops can then say how far it came.
#[derive(Debug, Clone, Default)]
pub struct Trail(Vec<&'static str>);

impl Trail {
    /// Begins a check. Those begun before it have passed.
    pub fn begin(&mut self, check: &'static str) {
        self.0.push(check);
    }

    /// The checks that have passed.
    #[must_use]
    pub fn passed(&self) -> &[&'static str] {
        self.0.split_last().map(|(_, passed)| passed).unwrap_or_default()
    }

    /// It stops at the check that was begun last; `None` where none was.
    #[must_use]
    pub fn stopped(mut self, connection: ConnectionId) -> Option<SignOn> {
        let failed = self.0.pop()?;
        Some(SignOn { connection, passed: self.0, failed })
    }
}

/// A sign-on of a known connection that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignOn {
    /// The connection that it came over.
    pub connection: ConnectionId,
    /// The checks that passed, in their order.
    pub passed: Vec<&'static str>,
    /// The check that did not.
    pub failed: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_last_is_what_failed() {
        let connection = || ConnectionId::parse("ent-lti").unwrap();
        assert_eq!(Trail::default().stopped(connection()), None);
        let mut trail = Trail::default();
        for check in ["state", "cookie", "signature"] {
            trail.begin(check);
        }
        assert_eq!(trail.passed(), ["state", "cookie"]);
        let stopped = trail.stopped(connection()).unwrap();
        assert_eq!((stopped.passed, stopped.failed), (vec!["state", "cookie"], "signature"));
    }
}
