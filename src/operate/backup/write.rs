//! Writes the lines of a backup: compressed, and digested on the way.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use time::OffsetDateTime;

use super::{BackupError, Copied, FORMAT, Header, NAME, Progress, Snapshot, Table, Trailer};

/// After how many rows to tell how far it is.
pub(super) const TOLD_EVERY: u64 = 10_000;

/// A backup that is being written.
pub struct Writer {
    name: String,
    made: OffsetDateTime,
    out: GzEncoder<BufWriter<File>>,
    digest: Context,
    copied: Copied,
    progress: Progress,
}

impl Writer {
    /// A backup into an empty file. `name` is for people.
    pub(super) fn new(file: File, name: String, made: OffsetDateTime, progress: Progress) -> Self {
        // Quick rather than small: launches want the processor at the same time.
        let out = GzEncoder::new(BufWriter::new(file), Compression::fast());
        let copied = Copied { tables: 0, rows: 0 };
        Self { name, made, out, digest: Context::new(&SHA256), copied, progress }
    }

    /// Says first what the snapshot is of.
    ///
    /// # Errors
    /// [`BackupError::File`], here and below.
    pub fn begin(&mut self, snapshot: Snapshot) -> Result<(), BackupError> {
        let header = Header {
            backup: NAME.to_owned(),
            format: FORMAT,
            schema: snapshot.schema,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            engine: snapshot.engine.to_owned(),
            made: self.made,
            check: snapshot.check,
        };
        self.json(&header)
    }

    /// Begins a table.
    ///
    /// # Errors
    /// [`BackupError::File`].
    pub fn table(&mut self, table: &Table) -> Result<(), BackupError> {
        self.copied.tables += 1;
        self.json(table)
    }

    /// Writes a row of the table: a JSON array in one line.
    ///
    /// # Errors
    /// [`BackupError::File`].
    pub fn row(&mut self, row: &str) -> Result<(), BackupError> {
        self.copied.rows += 1;
        if self.copied.rows.is_multiple_of(TOLD_EVERY) {
            (self.progress)(self.copied.rows);
        }
        self.line(row)
    }

    /// Ends it, durably.
    pub(super) fn finish(mut self) -> Result<Copied, BackupError> {
        let sha256 = HEXLOWER.encode(self.digest.clone().finish().as_ref());
        self.json(&Trailer { rows: self.copied.rows, sha256 })?;
        let Self { name, out, copied, .. } = self;
        let file =
            out.finish().and_then(|buffer| buffer.into_inner().map_err(io::IntoInnerError::into_error));
        file.and_then(|file| file.sync_all()).map_err(|e| BackupError::File(name, e))?;
        Ok(copied)
    }

    fn json(&mut self, line: &impl Serialize) -> Result<(), BackupError> {
        let line = serde_json::to_string(line).map_err(|e| self.failed(e.into()))?;
        self.line(&line)
    }

    fn line(&mut self, line: &str) -> Result<(), BackupError> {
        for part in [line.as_bytes(), b"\n"] {
            self.digest.update(part);
            self.out.write_all(part).map_err(|e| self.failed(e))?;
        }
        Ok(())
    }

    fn failed(&self, error: io::Error) -> BackupError {
        BackupError::File(self.name.clone(), error)
    }
}
