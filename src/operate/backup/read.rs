//! Reads the lines of a backup, in bounded memory, and tells at its end whether it is whole.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;
use flate2::bufread::GzDecoder;
use serde::de::DeserializeOwned;

use super::write::TOLD_EVERY;
use super::{BackupError, Header, NAME, Progress, Table, Trailer};

/// The longest line that is read, in bytes: a thousand times a large row.
const LONGEST: u64 = 64 * 1024 * 1024;

/// What comes next in a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A table begins.
    Table(Table),
    /// A row of the table, a JSON array.
    Row(String),
    /// It is whole.
    End,
}

/// A backup that is being read.
pub struct Reader {
    lines: Lines,
    header: Header,
    digest: Context,
    rows: u64,
    progress: Progress,
}

impl Reader {
    /// Opens a backup and reads what it is of.
    ///
    /// # Errors
    /// [`BackupError`], where it cannot be read or is none.
    pub fn open(file: &Path, progress: Progress) -> Result<Self, BackupError> {
        let mut lines = Lines::open(file)?;
        let first = lines.next()?;
        let header: Header = lines.json(&first)?;
        if header.backup != NAME {
            return Err(lines.damaged("not a backup"));
        }
        let mut digest = Context::new(&SHA256);
        digest.update(first.as_bytes());
        Ok(Self { lines, header, digest, rows: 0, progress })
    }

    /// What its first line says.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Reads on.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] at the first thing that is not as it was written.
    pub fn next_item(&mut self) -> Result<Item, BackupError> {
        let line = self.lines.next()?;
        if line.starts_with('[') {
            self.digest.update(line.as_bytes());
            self.rows += 1;
            if self.rows.is_multiple_of(TOLD_EVERY) {
                (self.progress)(self.rows);
            }
            return Ok(Item::Row(line));
        }
        if line.starts_with("{\"table\"") {
            self.digest.update(line.as_bytes());
            return Ok(Item::Table(self.lines.json(&line)?));
        }
        let trailer: Trailer = self.lines.json(&line)?;
        let digest = HEXLOWER.encode(self.digest.clone().finish().as_ref());
        if trailer.sha256 != digest || trailer.rows != self.rows {
            return Err(self.lines.damaged("its digest is another one"));
        }
        self.lines.end()?;
        Ok(Item::End)
    }

    /// What is wrong with it, where somebody else found that out.
    #[must_use]
    pub fn damaged(&self, why: &'static str) -> BackupError {
        self.lines.damaged(why)
    }
}

/// The lines of a compressed file.
struct Lines {
    name: String,
    file: BufReader<GzDecoder<BufReader<File>>>,
}

impl Lines {
    fn open(file: &Path) -> Result<Self, BackupError> {
        let name = file.display().to_string();
        let file = File::open(file).map_err(|e| BackupError::File(name.clone(), e))?;
        Ok(Self { name, file: BufReader::new(GzDecoder::new(BufReader::new(file))) })
    }

    /// The next line with its end.
    fn next(&mut self) -> Result<String, BackupError> {
        let mut line = String::new();
        self.file.by_ref().take(LONGEST).read_line(&mut line).map_err(|e| self.failed(e))?;
        if line.ends_with('\n') { Ok(line) } else { Err(self.damaged("it breaks off")) }
    }

    /// Checks that nothing follows. The end of the compressed stream has a check of its own.
    fn end(&mut self) -> Result<(), BackupError> {
        let mut rest = Vec::new();
        self.file.by_ref().take(1).read_to_end(&mut rest).map_err(|e| self.failed(e))?;
        self.file.get_mut().get_mut().take(1).read_to_end(&mut rest).map_err(|e| self.failed(e))?;
        if rest.is_empty() { Ok(()) } else { Err(self.damaged("something stands behind its end")) }
    }

    fn json<T: DeserializeOwned>(&self, line: &str) -> Result<T, BackupError> {
        serde_json::from_str(line).map_err(|_| self.damaged("a line that no backup has"))
    }

    fn damaged(&self, why: &'static str) -> BackupError {
        BackupError::Damaged(self.name.clone(), why)
    }

    /// What the decoder does not understand is damage; what the disk does not give is not.
    fn failed(&self, error: io::Error) -> BackupError {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                self.damaged("its compression")
            }
            _ => BackupError::File(self.name.clone(), error),
        }
    }
}
