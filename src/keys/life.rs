//! The life of a key: next, active, retired, gone; and when each begins.
//!
//! A key is known to everybody before it is used, and stays known for as long as something that it signed or sealed
//! still counts. So no peer meets a signature, and no process of ours a sealed text, whose key it does not know.

use boundary::{SealPurpose, TOKEN_LIFE};
use time::{Duration, OffsetDateTime};

use super::{KeyState, Purpose, StoredKey};

/// How long a key is known before it is used. Peers keep our key set for half of it
/// ([`KEY_SET_LIFE`](boundary::KEY_SET_LIFE)), other processes see it within seconds; the rest is for clocks that go
/// wrong and for whoever keeps a set longer than we say.
pub const KNOWN_BEFORE: Duration = Duration::hours(1);
/// How much longer than what it signed or sealed a key stays: for processes that have not seen yet that it is retired,
/// and for clocks that go wrong.
const MARGIN: Duration = Duration::hours(1);

/// How long keys are in use. Without a period they change by command only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Periods {
    /// Keys that sign, and those that seal what is kept.
    pub signing: Option<Duration>,
    /// Keys that seal what is carried between hops.
    pub carrier: Option<Duration>,
}

impl Periods {
    const fn of(&self, purpose: Purpose) -> Option<Duration> {
        match purpose {
            Purpose::Carrier => self.carrier,
            Purpose::LtiPlatform | Purpose::LtiTool | Purpose::Journal | Purpose::People => self.signing,
        }
    }
}

/// How long what a key signed or sealed counts, and so the key stays after it has retired. What the journal signed has
/// no end: schools and publishers keep it for years. What a roster says of somebody is sealed anew by the next roster, but
/// nobody knows when that comes.
fn life_of_work(purpose: Purpose) -> Option<Duration> {
    match purpose {
        Purpose::Carrier => SealPurpose::ALL.into_iter().map(SealPurpose::life).max(),
        Purpose::LtiPlatform | Purpose::LtiTool => Some(TOKEN_LIFE),
        Purpose::Journal | Purpose::People => None,
    }
}

/// What happens to a key next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Its successor is made.
    Succeed,
    /// It takes over from the active key.
    Use,
    /// Its successor takes over.
    Retire,
    /// It goes.
    Forget,
}

/// What happens to a key next, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coming {
    /// What.
    pub step: Step,
    /// When.
    pub at: OffsetDateTime,
}

/// What happens next to a key among all keys; nothing where a command has to begin it, or it stays as it is.
#[must_use]
pub fn coming(key: &StoredKey, keys: &[StoredKey], periods: &Periods) -> Option<Coming> {
    let next = keys.iter().find(|other| other.purpose == key.purpose && other.state == KeyState::Next);
    let (step, since, after) = match (key.state, next) {
        (KeyState::Next, _) => (Step::Use, key.since, KNOWN_BEFORE),
        (KeyState::Active, Some(next)) => (Step::Retire, next.since, KNOWN_BEFORE),
        (KeyState::Active, None) => (Step::Succeed, key.since, periods.of(key.purpose)? - KNOWN_BEFORE),
        (KeyState::Retired, _) => (Step::Forget, key.since, life_of_work(key.purpose)? + MARGIN),
    };
    Some(Coming { step, at: since + after })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const DAILY: Periods = Periods { signing: None, carrier: Some(Duration::DAY) };
    const MORNING: OffsetDateTime = datetime!(2026-11-24 08:00 UTC);

    fn key(purpose: Purpose, state: KeyState) -> StoredKey {
        let (kid, sealed) = (state.as_str().to_owned(), String::new());
        StoredKey { kid, purpose, state, sealed, created: MORNING, since: MORNING }
    }

    fn next_of(purpose: Purpose, state: KeyState, others: &[KeyState]) -> Option<Coming> {
        let others: Vec<_> = others.iter().map(|state| key(purpose, *state)).collect();
        coming(&key(purpose, state), &others, &DAILY)
    }

    #[test]
    fn an_active_key_is_replaced_after_its_period_and_its_successor_is_known_before() {
        let succeed = next_of(Purpose::Carrier, KeyState::Active, &[]).unwrap();
        assert_eq!(succeed, Coming { step: Step::Succeed, at: datetime!(2026-11-25 07:00 UTC) });
        let used = next_of(Purpose::Carrier, KeyState::Next, &[KeyState::Active]).unwrap();
        assert_eq!(used, Coming { step: Step::Use, at: datetime!(2026-11-24 09:00 UTC) });
        let retires = next_of(Purpose::Carrier, KeyState::Active, &[KeyState::Next]).unwrap();
        assert_eq!(retires, Coming { step: Step::Retire, at: used.at });
        assert_eq!(next_of(Purpose::LtiPlatform, KeyState::Active, &[]), None, "by command only");
    }

    #[test]
    fn a_retired_key_stays_longer_than_anything_it_made() {
        for purpose in [Purpose::LtiPlatform, Purpose::LtiTool, Purpose::Carrier] {
            let gone = next_of(purpose, KeyState::Retired, &[KeyState::Active]).unwrap();
            assert_eq!(gone.step, Step::Forget);
            assert!(gone.at - MORNING > TOKEN_LIFE);
        }
        assert_eq!(next_of(Purpose::Journal, KeyState::Retired, &[KeyState::Active]), None, "for ever");
        let gone = next_of(Purpose::Carrier, KeyState::Retired, &[]).unwrap();
        assert!(gone.at - MORNING > SealPurpose::Return.life());
    }

    #[test]
    fn peers_have_read_the_key_set_again_before_a_new_key_signs() {
        assert!(KNOWN_BEFORE > boundary::KEY_SET_LIFE);
    }
}
