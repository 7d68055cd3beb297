//! A ledger in a file: one line an erasure, added under a lock and synchronised to the disk.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;

use super::{Ledger, LedgerError};

/// How long a disk may take. A database transaction waits meanwhile.
const PATIENCE: Duration = Duration::from_secs(4);

/// A ledger in a file.
#[derive(Debug, Clone)]
pub struct FileLedger(PathBuf);

impl FileLedger {
    /// The ledger in this file, which need not be there yet.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let path = self.0.clone();
        let done = tokio::task::spawn_blocking(move || work(&path));
        let late = || io::Error::new(io::ErrorKind::TimedOut, "the disk does not answer");
        let done = match tokio::time::timeout(PATIENCE, done).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(io::Error::other("the task broke off")),
            Err(_) => Err(late()),
        };
        done.map_err(|e| LedgerError::File(self.place(), e))
    }
}

#[async_trait]
impl Ledger for FileLedger {
    async fn lines(&self) -> Result<Vec<String>, LedgerError> {
        self.run(|path| match File::open(path) {
            Ok(mut file) => {
                file.lock_shared()?;
                read(&mut file).map(|(lines, _)| lines)
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(e) => Err(e),
        })
        .await
    }

    async fn append(&self, after: usize, line: &str) -> Result<bool, LedgerError> {
        let line = format!("{line}\n");
        self.run(move |path| append(path, after, &line)).await
    }

    fn place(&self) -> String {
        self.0.display().to_string()
    }
}

/// The whole lines, and how many bytes they are.
fn read(file: &mut File) -> io::Result<(Vec<String>, u64)> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_string(&mut text)?;
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    let lines = text.get(..whole).unwrap_or_default().lines().map(str::to_owned).collect();
    Ok((lines, whole as u64))
}

fn append(path: &Path, after: usize, line: &str) -> io::Result<bool> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.lock()?;
    let (lines, whole) = read(&mut file)?;
    if lines.len() != after {
        return Ok(false);
    }
    // What was written of a line before its writer ended is not the beginning of this one.
    file.set_len(whole)?;
    file.seek(SeekFrom::Start(whole))?;
    let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all());
    if let Err(e) = written {
        // Whoever reads it next passes over what is left of the line.
        file.set_len(whole).and_then(|()| file.sync_all()).ok();
        return Err(e);
    }
    if after == 0 {
        File::open(folder)?.sync_all()?;
    }
    Ok(true)
}
