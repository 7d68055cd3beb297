//! The companion of an archive: a file `.md5` that says which bytes were sent, and that all of them were.

use std::fmt;
use std::io::{self, Read};

use data_encoding::HEXLOWER;
use md5::{Digest, Md5 as Hash};
use thiserror::Error;

/// The companion does not hold an MD5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the .md5 file does not hold one: 32 hexadecimal digits, such as `md5sum` prints")]
pub struct NotAnMd5;

/// The MD5 of an archive. It shows that a transfer was whole; it proves nothing about who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Md5([u8; 16]);

impl Md5 {
    /// Reads a companion: 32 hexadecimal digits in either case. What `md5sum` prints behind them, a name, and white space
    /// around are tolerated.
    ///
    /// # Errors
    /// [`NotAnMd5`] when something else stands there.
    pub fn of_companion(text: &[u8]) -> Result<Self, NotAnMd5> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii();
        let (digits, name) = text.split_at_checked(32).ok_or(NotAnMd5)?;
        let named = name.first().is_none_or(|first| matches!(first, b' ' | b'\t'));
        if !named || name.contains(&b'\n') {
            return Err(NotAnMd5);
        }
        let digits = digits.to_ascii_lowercase();
        let bytes = HEXLOWER.decode(&digits).map_err(|_| NotAnMd5)?;
        bytes.try_into().map(Self).map_err(|_| NotAnMd5)
    }
}

impl fmt::Display for Md5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// The MD5 of everything that a reader gives.
///
/// # Errors
/// Those of the reader.
pub fn md5_of(mut bytes: impl Read) -> io::Result<Md5> {
    let mut sum = Sum::default();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match bytes.read(&mut buffer) {
            Ok(0) => return Ok(sum.end()),
            Ok(count) => sum.add(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// An MD5 under way.
#[derive(Default)]
pub(super) struct Sum(Hash);

impl Sum {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn end(self) -> Md5 {
        Md5(self.0.finalize().into())
    }
}
