//! What a crowd saw: how long its launches took, and what went wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use super::walk::Error;

/// The launches of one run.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// How long each delivered launch waited for its three answers.
    waits: Vec<Duration>,
    /// What went wrong, and how often.
    pub errors: BTreeMap<String, usize>,
    /// How long the broker had work: pauses in which the crowd signs do not count.
    pub busy: Duration,
}

impl Tally {
    pub(super) fn note(&mut self, launch: Result<Duration, Error>) {
        match launch {
            Ok(wait) => self.waits.push(wait),
            Err(error) => *self.errors.entry(error.to_string()).or_default() += 1,
        }
    }

    /// How many launches were delivered.
    pub fn delivered(&self) -> usize {
        self.waits.len()
    }

    /// How many were not.
    pub fn failed(&self) -> usize {
        self.errors.values().sum()
    }

    /// Delivered launches in each second that the broker had work.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    pub fn rate(&self) -> f64 {
        self.delivered() as f64 / self.busy.as_secs_f64()
    }

    /// The wait that this part of the launches (0 to 1) stayed within; zero where none was delivered.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank among counts that stay far below 2^52"
    )]
    pub fn quantile(&self, part: f64) -> Duration {
        let mut waits = self.waits.clone();
        waits.sort_unstable();
        let rank = (waits.len() as f64 * part).ceil() as usize;
        waits.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_waits_that_were_seen() {
        let mut tally = Tally::default();
        for ms in (1..=100).rev() {
            tally.note(Ok(Duration::from_millis(ms)));
        }
        tally.note(Err(Error::Answer("no form")));
        assert_eq!(tally.quantile(0.5), Duration::from_millis(50));
        assert_eq!(tally.quantile(0.99), Duration::from_millis(99));
        assert_eq!(tally.quantile(1.0), Duration::from_millis(100));
        assert_eq!((tally.delivered(), tally.failed()), (100, 1));
        assert_eq!(Tally::default().quantile(0.5), Duration::ZERO);
    }
}
