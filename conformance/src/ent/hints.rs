//! One-time hints: what `lti_message_hint` stands for between the click and the authorization request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use time::{Duration, OffsetDateTime};

use super::Launch;

/// A hint that was not used by then is forgotten.
const LIFETIME: Duration = Duration::minutes(10);

#[derive(Default)]
pub(crate) struct Hints(Mutex<HashMap<String, (Launch, OffsetDateTime)>>);

impl Hints {
    pub(crate) fn keep(&self, hint: String, launch: Launch, now: OffsetDateTime) {
        let mut hints = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hints.retain(|_, (_, made)| now - *made < LIFETIME);
        hints.insert(hint, (launch, now));
    }

    /// The launch behind a hint, for as long as `fits` says so; a hint that fits works once.
    pub(crate) fn take(
        &self,
        hint: &str,
        now: OffsetDateTime,
        fits: impl FnOnce(&Launch) -> bool,
    ) -> Option<Launch> {
        let mut hints = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (launch, made) = hints.get(hint)?;
        if now - *made >= LIFETIME || !fits(launch) {
            return None;
        }
        hints.remove(hint).map(|(launch, _)| launch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_works_once_and_not_for_ever() {
        let (hints, now) = (Hints::default(), OffsetDateTime::UNIX_EPOCH);
        hints.keep("a".into(), Launch::new("nina", "atlas"), now);
        assert!(hints.take("a", now, |_| false).is_none());
        assert!(hints.take("a", now, |_| true).is_some());
        assert!(hints.take("a", now, |_| true).is_none());
        hints.keep("b".into(), Launch::new("nina", "atlas"), now);
        assert!(hints.take("b", now + LIFETIME, |_| true).is_none());
    }
}
