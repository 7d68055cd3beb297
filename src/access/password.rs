//! Passwords: which are taken, and how they are kept (Argon2id, RFC 9106).

use std::collections::HashSet;
use std::time::Duration;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use boundary::{Chance, Fault};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::sync::{OnceCell, Semaphore};

use super::account::AccountId;

/// The shortest password that is taken, in characters.
pub const SHORTEST: usize = 12;
/// The longest text that is read, in bytes: hashing more tells nobody apart.
pub const LONGEST: usize = 256;
/// How many different characters it must have.
const DIFFERENT: usize = 5;
/// What is chosen most, and so tried first.
const WORST: &str = include_str!("worst.txt");

/// Memory in KiB, passes and lanes.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// How long a password waits for its turn; then whoever signs in is asked to try again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Weak {
    /// Too few characters.
    #[error("it has fewer than {SHORTEST} characters")]
    Short,
    /// Too many bytes.
    #[error("it has more than {LONGEST} bytes")]
    Long,
    /// It is among those that are tried first, or nearly.
    #[error("it is one of those that everybody tries")]
    Worst,
    /// It holds the name of the account.
    #[error("it holds the name of the account")]
    Named,
}

/// A password that somebody chose.
pub struct Chosen(SecretString);

impl Chosen {
    /// Takes a password for an account.
    ///
    /// # Errors
    /// [`Weak`] says why not.
    pub fn parse(text: &str, account: &AccountId) -> Result<Self, Weak> {
        if text.len() > LONGEST {
            return Err(Weak::Long);
        }
        if text.chars().count() < SHORTEST {
            return Err(Weak::Short);
        }
        let plain = text.to_lowercase();
        if text.chars().collect::<HashSet<_>>().len() < DIFFERENT || is_worst(&plain) {
            return Err(Weak::Worst);
        }
        let own = account.as_str().split_once('-').map_or(account.as_str(), |(_, own)| own);
        if own.len() > 3 && plain.contains(own) {
            return Err(Weak::Named);
        }
        Ok(Self(SecretString::from(text)))
    }
}

/// One of the worst, with nothing but digits and marks around it.
fn is_worst(plain: &str) -> bool {
    let bare = |text: &str| text.trim_matches(|c: char| !c.is_alphabetic()).to_owned();
    let stripped = bare(plain);
    WORST.lines().any(|worst| plain == worst || (!stripped.is_empty() && stripped == bare(worst)))
        || stripped == "passerelle"
}

/// Hashes and compares passwords, a few at a time, off the tasks that answer requests.
pub struct Passwords {
    slots: Semaphore,
    /// What the password of nobody is compared with, so that it takes as long as somebody's.
    nobody: OnceCell<String>,
}

impl Passwords {
    /// Ready.
    #[must_use]
    pub fn new() -> Self {
        // Each takes its memory and a core, and launches need cores too.
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { slots: Semaphore::new((cores / 4).clamp(1, 4)), nobody: OnceCell::new() }
    }

    /// Hashes a password for storage, in the form of its algorithm (PHC).
    ///
    /// # Errors
    /// A [`Fault`] when the library fails.
    pub async fn hash(&self, password: Chosen, chance: &dyn Chance) -> Result<String, Fault> {
        let mut salt = [0; 16];
        chance.fill(&mut salt);
        self.hash_with(password.0, salt).await
    }

    /// Whether a text is the password that was stored. Where none was, it takes as long.
    ///
    /// # Errors
    /// A [`Fault`] when the library fails.
    pub async fn is(&self, text: SecretString, stored: Option<String>) -> Result<bool, Fault> {
        let known = stored.is_some();
        let against = match stored {
            Some(stored) => stored,
            None => {
                let nobody = || self.hash_with(SecretString::from("the password of nobody"), [7; 16]);
                self.nobody.get_or_try_init(nobody).await?.clone()
            }
        };
        let same = self.slowly(move || {
            if text.expose_secret().len() > LONGEST {
                return Ok(false);
            }
            Ok(hasher()?.verify_password(text.expose_secret().as_bytes(), against.as_str()).is_ok())
        });
        Ok(same.await? && known)
    }

    async fn hash_with(&self, password: SecretString, salt: [u8; 16]) -> Result<String, Fault> {
        self.slowly(move || {
            let hashed = hasher()?.hash_password_with_salt(password.expose_secret().as_bytes(), &salt);
            hashed
                .map(|hash| hash.to_string())
                .map_err(|e| Fault::new(format!("a password cannot be hashed: {e}")))
        })
        .await
    }

    async fn slowly<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let broken = |e: &dyn std::fmt::Display| Fault::new(format!("a password cannot be hashed: {e}"));
        let slot = tokio::time::timeout(PATIENCE, self.slots.acquire()).await;
        let _slot = slot.map_err(|_| broken(&"too many people sign in at once"))?.map_err(|e| broken(&e))?;
        tokio::task::spawn_blocking(work).await.map_err(|e| broken(&e))?
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

fn hasher() -> Result<Argon2<'static>, Fault> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None);
    let params = params.map_err(|e| Fault::new(format!("the cost of passwords is wrong: {e}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Chance for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(3);
        }
    }

    fn chosen(text: &str) -> Result<Chosen, Weak> {
        Chosen::parse(text, &AccountId::parse("op-astreinte").unwrap())
    }

    #[test]
    fn what_everybody_tries_is_not_taken() {
        for (text, weak) in [
            ("court", Weak::Short),
            ("onze carac.", Weak::Short),
            ("MotDePasse2026!", Weak::Worst),
            ("azertyuiopqs", Weak::Worst),
            ("aaaaaaaabbbb", Weak::Worst),
            ("123456789012", Weak::Worst),
            ("Passerelle2026", Weak::Worst),
            ("mon astreinte 1", Weak::Named),
            (&"é1".repeat(100), Weak::Long),
        ] {
            assert_eq!(chosen(text).err(), Some(weak), "{text}");
        }
        for text in ["quatre chevaux verts", "ô temps, suspends", "kX9#mLq2$vTz"] {
            assert!(chosen(text).is_ok(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_password_is_itself_and_nobody_has_one() {
        let passwords = Passwords::new();
        let stored = passwords.hash(chosen("quatre chevaux verts").unwrap(), &Fixed).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let is = async |text: &str, stored: Option<&String>| {
            passwords.is(SecretString::from(text), stored.cloned()).await.unwrap()
        };
        assert!(is("quatre chevaux verts", Some(&stored)).await);
        assert!(!is("quatre chevaux bleus", Some(&stored)).await);
        assert!(!is(&"x".repeat(LONGEST + 1), Some(&stored)).await);
        assert!(!is("the password of nobody", None).await);
    }
}
