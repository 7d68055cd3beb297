//! The master key: read from a file or the environment, never from the database.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use boundary::Chance;
use data_encoding::BASE64URL_NOPAD;
use jose::seal::{Seal, SealingKey};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::KeyError;

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
            (Some(file), _) => Self::parse(&read_private(file)?)
                .map_err(|wrong| KeyError::File(format!("{}: {wrong}", file.display()))),
            (None, Some(value)) => Self::parse(value.expose_secret()),
            (None, None) => Err(KeyError::NoMasterKey),
        }
    }

    fn parse(text: &str) -> Result<Self, KeyError> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let keys = lines.map(key_of).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(KeyError::Unreadable) } else { Ok(Self(Seal::new(keys))) }
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

fn key_of(line: &str) -> Result<SealingKey, KeyError> {
    let bits = Zeroizing::new(BASE64URL_NOPAD.decode(line.as_bytes()).map_err(|_| KeyError::Unreadable)?);
    let bits: [u8; 32] = bits.as_slice().try_into().map_err(|_| KeyError::Unreadable)?;
    Ok(SealingKey::from_bits(bits))
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
