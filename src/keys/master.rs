//! The master key: read from a file or the environment, never from the database.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use boundary::Chance;
use data_encoding::BASE64URL_NOPAD;
use jose::seal::{Seal, SealingKey, key_id_of};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{KeyError, KeyStore, StoredSectorKey};

/// What the check value says, and what it is sealed for.
pub(super) const CHECK: &str = "passerelle master key";
/// What sector keys are sealed for.
const SECTOR: &str = "sector";
/// What lines of the erasure ledger are sealed for.
const ERASURE: &str = "erasure";

/// Master keys, newest first: the first seals, all open.
#[derive(Debug)]
pub struct MasterKeys(Seal);

impl MasterKeys {
    /// Reads the master key from its file, or from the value itself where no file is named.
    ///
    /// # Errors
    /// [`KeyError`] where there is none, others may read its file, or it is not a key.
    pub fn read(file: Option<&Path>, value: Option<&SecretString>) -> Result<Self, KeyError> {
        match (file, value) {
            (Some(file), _) => Self::parse(&read_private(file)?, &file.display().to_string()),
            (None, Some(value)) => Self::parse(value.expose_secret(), "PASSERELLE_MASTER_KEY"),
            (None, None) => Err(KeyError::NoMasterKey),
        }
    }

    fn parse(text: &str, place: &str) -> Result<Self, KeyError> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let key = |(index, line): (usize, &str)| {
            key_of(line.trim()).ok_or_else(|| KeyError::Unreadable(format!("{place}, line {}", index + 1)))
        };
        let keys = lines.map(key).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(KeyError::Unreadable(place.to_owned())) } else { Ok(Self(Seal::new(keys))) }
    }

    /// Whether this is the master key of a database.
    pub(super) async fn check(&self, store: &dyn KeyStore) -> Result<(), KeyError> {
        let sealed =
            store.check_value().await?.ok_or(KeyError::NotInitialised("check value of the master"))?;
        if self.opens_check(&sealed) { Ok(()) } else { Err(KeyError::WrongMasterKey) }
    }

    /// Whether a check value was sealed under one of these.
    #[must_use]
    pub fn opens_check(&self, sealed: &str) -> bool {
        self.open(CHECK, sealed).is_some_and(|plain| plain.as_slice() == CHECK.as_bytes())
    }

    /// Seals what a line of the erasure ledger says.
    ///
    /// # Errors
    /// [`KeyError::Failed`] where the library fails.
    pub fn seal_erasure(&self, plain: &[u8]) -> Result<String, KeyError> {
        self.seal(ERASURE, plain)
    }

    /// Opens what a line of the erasure ledger says.
    #[must_use]
    pub fn open_erasure(&self, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        self.open(ERASURE, sealed)
    }

    /// Whether a line of the erasure ledger was sealed under the first of these.
    #[must_use]
    pub fn seals_erasures_like(&self, sealed: &str) -> bool {
        self.seals_like(sealed)
    }

    /// Whether a text says that it was sealed under one of these.
    pub(super) fn knows(&self, sealed: &str) -> bool {
        let id = key_id_of(sealed);
        self.0.key_ids().any(|known| Some(known) == id.as_deref())
    }

    /// Whether a text says that it was sealed under the first of these.
    pub(super) fn seals_like(&self, sealed: &str) -> bool {
        self.0.key_ids().next() == key_id_of(sealed).as_deref()
    }

    /// Seals a key for storage.
    pub(super) fn seal(&self, purpose: &str, plain: &[u8]) -> Result<String, KeyError> {
        self.0.seal(purpose, plain).map_err(|_| KeyError::Failed)
    }

    /// Opens a stored key.
    pub(super) fn open(&self, purpose: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        self.0.open(purpose, sealed).map(Zeroizing::new)
    }
}

impl StoredSectorKey {
    /// What it is sealed for: a key of one sector and epoch opens for no other.
    pub(super) fn purpose(&self) -> String {
        format!("{SECTOR} {} {}", self.sector, self.epoch)
    }
}

fn key_of(line: &str) -> Option<SealingKey> {
    let bits = Zeroizing::new(BASE64URL_NOPAD.decode(line.as_bytes()).ok()?);
    let bits: Zeroizing<[u8; 32]> = Zeroizing::new(bits.as_slice().try_into().ok()?);
    Some(SealingKey::from_bits(*bits))
}

fn read_private(file: &Path) -> Result<Zeroizing<String>, KeyError> {
    let failed = |e: std::io::Error| KeyError::File(format!("{}: {e}", file.display()));
    let mode = fs::metadata(file).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        let words =
            format!("{} can be read by others (mode {:03o}): chmod 600", file.display(), mode & 0o777);
        return Err(KeyError::File(words));
    }
    fs::read_to_string(file).map(Zeroizing::new).map_err(failed)
}

/// Makes a master key file that only its owner can read. One that is there is never overwritten.
///
/// # Errors
/// [`KeyError::File`] where it is there or cannot be written.
pub fn create_master_key_file(file: &Path, chance: &dyn Chance) -> Result<(), KeyError> {
    let failed = |e: std::io::Error| KeyError::File(format!("{}: {e}", file.display()));
    let mut bits = Zeroizing::new([0; 32]);
    chance.fill(&mut *bits);
    let line = Zeroizing::new(format!("{}\n", BASE64URL_NOPAD.encode(&*bits)));
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(failed)?;
    out.write_all(line.as_bytes()).and_then(|()| out.sync_all()).map_err(failed)
}
