//! Rotation: makes, uses and forgets keys when their time has come or an operator asks; and lists them.
//!
//! Every broker does so by itself, and commands may at the same time. Nobody holds a lease: each step is one
//! conditional write, and who comes second changes nothing.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use boundary::{Chance, Clock, Fault};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::keys::{
    Coming, KNOWN_BEFORE, KeyError, KeyRing, KeyState, KeyStore, Periods, Purpose, Step, StoredKey, coming,
};

/// What rotation needs of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait RotationStore: KeyStore {
    /// Puts a key that is next in the place of the active one, which retires; false where it is no longer next.
    async fn use_key(&self, key: &StoredKey, at: OffsetDateTime) -> Result<bool, Fault>;
    /// Deletes a retired key; false where there is none.
    async fn forget_key(&self, key: &StoredKey) -> Result<bool, Fault>;
    /// Puts a key in the place of all keys of its purpose.
    async fn replace_keys(&self, key: &StoredKey) -> Result<(), Fault>;
}

/// Rotation, with what it needs.
pub struct Rotation {
    /// The keys, opened.
    pub ring: Arc<KeyRing>,
    /// Where they are stored.
    pub store: Arc<dyn RotationStore>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
    /// How long keys are in use.
    pub periods: Periods,
}

/// Something that happened to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turned {
    /// It was made and is known from now on.
    Made(Purpose, String, OffsetDateTime),
    /// It had been made before.
    Waiting(Purpose, String, OffsetDateTime),
    /// It is in use.
    Used(Purpose, String),
    /// It is in use, and the others of its purpose are gone.
    Replaced(Purpose, String),
    /// It is gone.
    Forgotten(Purpose, String),
}

impl fmt::Display for Turned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Made(purpose, kid, at) => {
                write!(f, "+ {} key {kid}: known now, in use from {}", purpose.as_str(), Minute(*at))
            }
            Self::Waiting(purpose, kid, at) => {
                write!(f, "= {} key {kid}: made before, in use from {}", purpose.as_str(), Minute(*at))
            }
            Self::Used(purpose, kid) => write!(f, "~ {} key {kid}: in use", purpose.as_str()),
            Self::Replaced(purpose, kid) => {
                write!(f, "~ {} key {kid}: in use, and no other is known", purpose.as_str())
            }
            Self::Forgotten(purpose, kid) => write!(f, "- {} key {kid}: gone", purpose.as_str()),
        }
    }
}

impl Rotation {
    /// Does what is due.
    ///
    /// # Errors
    /// A [`Fault`] where the store does not answer or a key cannot be made. What was done until then stays done.
    pub async fn turn(&self) -> Result<Vec<Turned>, Fault> {
        let mut turned = Vec::new();
        let (keys, now) = (self.store.keys().await?, self.clock.now());
        for key in &keys {
            if let Some(Coming { step, .. }) =
                coming(key, &keys, &self.periods).filter(|coming| coming.at <= now)
            {
                turned.extend(self.step(step, key).await?);
            }
        }
        Ok(turned)
    }

    async fn step(&self, step: Step, key: &StoredKey) -> Result<Option<Turned>, Fault> {
        let (purpose, kid) = (key.purpose, key.kid.clone());
        Ok(match step {
            Step::Succeed => self.succeed(purpose).await?,
            Step::Use => {
                self.store.use_key(key, self.clock.now()).await?.then_some(Turned::Used(purpose, kid))
            }
            Step::Forget => self.store.forget_key(key).await?.then_some(Turned::Forgotten(purpose, kid)),
            // That is what its successor's step does.
            Step::Retire => None,
        })
    }

    /// Makes the next key of a purpose, unless there is one.
    async fn succeed(&self, purpose: Purpose) -> Result<Option<Turned>, Fault> {
        let key = self.make(purpose, KeyState::Next).await?;
        let added = self.store.add_keys(std::slice::from_ref(&key)).await?;
        Ok((added > 0).then(|| Turned::Made(purpose, key.kid, key.since + KNOWN_BEFORE)))
    }

    async fn make(&self, purpose: Purpose, state: KeyState) -> Result<StoredKey, Fault> {
        let made = self.ring.new_key(purpose, state, &*self.chance, &*self.clock).await;
        made.map_err(|e: KeyError| Fault::new(e.to_string()))
    }

    /// Begins the rotation of a purpose, whatever the schedule says; where one has begun, says how far it is.
    ///
    /// # Errors
    /// A [`Fault`], as [`turn`](Self::turn).
    pub async fn begin(&self, purpose: Purpose) -> Result<Turned, Fault> {
        if let Some(waiting) = self.waiting(purpose).await? {
            return Ok(waiting);
        }
        if let Some(made) = self.succeed(purpose).await? {
            return Ok(made);
        }
        // Somebody else made one in between.
        let missing = || Fault::new(format!("the {} keys are changing: list them again", purpose.as_str()));
        self.waiting(purpose).await?.ok_or_else(missing)
    }

    async fn waiting(&self, purpose: Purpose) -> Result<Option<Turned>, Fault> {
        let keys = self.store.keys().await?;
        let next = keys.into_iter().find(|key| key.purpose == purpose && key.state == KeyState::Next);
        Ok(next.map(|key| Turned::Waiting(purpose, key.kid, key.since + KNOWN_BEFORE)))
    }

    /// Puts a new key in the place of all keys of a purpose at once, because they may have leaked. What they signed
    /// or sealed no longer counts, and peers that keep our key set refuse until they read it again. The keys of
    /// journal and rosters retire instead: what they signed or sealed is kept, and must verify and open.
    ///
    /// # Errors
    /// A [`Fault`], as [`turn`](Self::turn).
    pub async fn replace(&self, purpose: Purpose) -> Result<Turned, Fault> {
        if purpose.is_lasting() {
            return self.supersede(purpose).await;
        }
        let key = self.make(purpose, KeyState::Active).await?;
        self.store.replace_keys(&key).await?;
        Ok(Turned::Replaced(purpose, key.kid))
    }

    /// Puts a new key in the place of the active one at once, and of one that was waiting: it may have leaked as well.
    async fn supersede(&self, purpose: Purpose) -> Result<Turned, Fault> {
        let keys = self.store.keys().await?;
        if let Some(next) = keys.iter().find(|key| key.purpose == purpose && key.state == KeyState::Next) {
            self.store.use_key(next, self.clock.now()).await?;
        }
        let key = self.make(purpose, KeyState::Next).await?;
        self.store.add_keys(std::slice::from_ref(&key)).await?;
        if self.store.use_key(&key, self.clock.now()).await? {
            return Ok(Turned::Used(purpose, key.kid));
        }
        Err(Fault::new(format!("the {} keys are changing: try again", purpose.as_str())))
    }
}

/// A key, with what happens to it next.
pub struct Listed {
    key: StoredKey,
    coming: Option<Coming>,
}

/// All keys, by purpose.
///
/// # Errors
/// A [`Fault`] when the store does not answer.
pub async fn list(store: &dyn KeyStore, periods: &Periods) -> Result<Vec<Listed>, Fault> {
    let mut keys = store.keys().await?;
    keys.sort_by_key(|key| (key.purpose, key.created));
    let listed = |key: &StoredKey| Listed { key: key.clone(), coming: coming(key, &keys, periods) };
    Ok(keys.iter().map(listed).collect())
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StoredKey { kid, purpose, state, created, .. } = &self.key;
        write!(f, "{:12} {:7} {kid:43} made {}", purpose.as_str(), state.as_str(), Minute(*created))?;
        let Some(Coming { step, at }) = self.coming else {
            let retired = self.key.state == KeyState::Retired;
            return f.write_str(if retired { ", kept for what it made" } else { ", rotates by command" });
        };
        let step = match step {
            Step::Succeed => "its successor is made on",
            Step::Use => "in use from",
            Step::Retire => "retires on",
            Step::Forget => "gone from",
        };
        write!(f, ", {step} {}", Minute(at))
    }
}

/// A moment, to the minute, in UTC.
struct Minute(OffsetDateTime);

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const FORM: &[BorrowedFormatItem<'_>] =
            format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
        f.write_str(&self.0.to_offset(time::UtcOffset::UTC).format(FORM).map_err(|_| fmt::Error)?)
    }
}
