//! Makes keys: each sealed before it is handed on.

use boundary::{Chance, Clock};
use jose::ed25519::Ed25519Signer;
use jose::seal::SealingKey;
use jose::sign::RsaSigner;
use zeroize::Zeroizing;

use super::{KeyError, KeyState, MasterKeys, Purpose, StoredKey};

/// Makes a key for a purpose.
///
/// # Errors
/// [`KeyError::Failed`] when the library fails.
pub async fn make(
    (purpose, state): (Purpose, KeyState),
    master: &MasterKeys,
    chance: &dyn Chance,
    clock: &dyn Clock,
) -> Result<StoredKey, KeyError> {
    let (kid, sealed) = match purpose {
        Purpose::Carrier | Purpose::People => {
            let mut bits = Zeroizing::new([0; 32]);
            chance.fill(&mut *bits);
            let key = SealingKey::from_bits(*bits);
            (key.key_id().to_owned(), master.seal(purpose.as_str(), key.bits())?)
        }
        Purpose::LtiPlatform | Purpose::LtiTool => {
            let signer = rsa().await?;
            let der = signer.pkcs8().map_err(|_| KeyError::Failed)?;
            (signer.kid().to_owned(), master.seal(purpose.as_str(), &der)?)
        }
        Purpose::Journal => {
            let signer = Ed25519Signer::generate().map_err(|_| KeyError::Failed)?;
            let der = signer.pkcs8().map_err(|_| KeyError::Failed)?;
            (signer.kid().to_owned(), master.seal(purpose.as_str(), &der)?)
        }
    };
    let now = clock.now();
    Ok(StoredKey { kid, purpose, state, sealed, created: now, since: now })
}

/// Looking for primes takes long enough for launches to notice, so it is done beside them.
async fn rsa() -> Result<RsaSigner, KeyError> {
    let made = tokio::task::spawn_blocking(RsaSigner::generate).await;
    made.map_err(|_| KeyError::Failed)?.map_err(|_| KeyError::Failed)
}
