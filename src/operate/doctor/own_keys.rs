//! Keys of ours that have served for long.

use time::{Duration, OffsetDateTime};

use super::{Finding, Mender, Severity};
use crate::keys::{KeyState, Purpose, StoredKey};

/// How long a key may be in use before it is told.
const fn long(purpose: Purpose) -> Duration {
    match purpose {
        Purpose::Carrier => Duration::days(30),
        Purpose::LtiPlatform | Purpose::LtiTool | Purpose::Journal | Purpose::People => Duration::days(365),
    }
}

/// Active keys that are old.
pub(super) fn ages(keys: &[StoredKey], now: OffsetDateTime) -> Vec<Finding> {
    let old = |key: &&StoredKey| key.state == KeyState::Active && now - key.created > long(key.purpose);
    keys.iter()
        .filter(old)
        .map(|key| {
            let (purpose, age) = (key.purpose.as_str(), (now - key.created).whole_days());
            Finding {
                check: "own_keys",
                severity: Severity::Warning,
                what: format!("the {purpose} key {} has been in use for {age} days", key.kid),
                mends: Mender::Operator,
                mend: format!(
                    "see that keys.signing_days and keys.carrier_hours are not 0 and that a broker runs, or replace it: \
                     passerelle keys rotate {purpose}"
                ),
            }
        })
        .collect()
}
