//! The drop folder: ENTs put their archives there, and find a report beside them.
//!
//! An archive counts as sent once its `.md5` is there. Nothing but plain files at the folder's root is read. What was imported
//! is moved to `done`, what was refused to `refused`, each with its report; the `.md5` goes last, so that whatever stops
//! this, the next look finds the archive again, and importing it twice changes nothing.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use gar::roster::ArchiveName;

use super::import::{ImportError, Means, Options, Source, import};
use super::report::Report;
use super::tables::files;
use crate::journal::Actor;

/// The longest companion that is read, in bytes.
const COMPANION: u64 = 4096;

/// A watched folder.
pub struct RosterFolder {
    /// What imports work with.
    pub means: Means,
    /// Where archives are dropped.
    pub folder: PathBuf,
}

/// What became of an archive in the folder.
#[derive(Debug)]
pub enum Dropped {
    /// It was imported, or refused: the report says which.
    Imported(Box<Report>),
    /// Nobody knows whose it is: it was refused with these words.
    Refused(String, String),
    /// It stays where it is, for this reason, and is looked at again.
    Waits(String, String),
}

/// An archive whose companion is there.
struct Sent {
    base: String,
    archive: PathBuf,
    companion: PathBuf,
}

impl RosterFolder {
    /// Imports what was dropped, in the order of its names.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub async fn look(&self) -> io::Result<Vec<Dropped>> {
        let mut dropped = Vec::new();
        for sent in self.sent()? {
            dropped.push(self.take(&sent).await);
        }
        Ok(dropped)
    }

    /// Archives that were sent whole, oldest first.
    fn sent(&self) -> io::Result<Vec<Sent>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let Some(base) = name.strip_suffix(".md5").map(str::to_owned) else { continue };
            let Ok(parsed) = ArchiveName::parse(&name) else { continue };
            let (companion, archive) = (entry.path(), self.folder.join(format!("{base}.tar.gz")));
            if is_plain(&companion) && is_plain(&archive) {
                found.push((parsed.date_time, Sent { base, archive, companion }));
            } else if is_plain(&companion) && self.is_finished(&base) {
                self.finish(&base, &companion)?;
            }
        }
        found.sort_by(|a, b| (a.0, &a.1.base).cmp(&(b.0, &b.1.base)));
        Ok(found.into_iter().map(|(_, sent)| sent).collect())
    }

    async fn take(&self, sent: &Sent) -> Dropped {
        let waits = |words: String| Dropped::Waits(sent.base.clone(), words);
        let source = match source(sent) {
            Ok(source) => source,
            Err(e) => return waits(e.to_string()),
        };
        let options = Options {
            ent: None,
            confirm: Default::default(),
            actor: Actor::roster(),
            patience: Duration::ZERO,
        };
        match import(&self.means, source, &options).await {
            Ok(report) => {
                let place = if report.is_refused() { "refused" } else { "done" };
                match self.put_away(sent, place, Some(&report), "") {
                    Ok(()) => Dropped::Imported(Box::new(report)),
                    Err(e) => waits(format!("it was imported and cannot be moved: {e}")),
                }
            }
            Err(ImportError::Wrong(words)) => match self.put_away(sent, "refused", None, &words) {
                Ok(()) => Dropped::Refused(sent.base.clone(), words),
                Err(e) => waits(format!("it is refused and cannot be moved: {e}")),
            },
            Err(error) => waits(error.to_string()),
        }
    }

    /// The report first, then the archive, then what says that it is there.
    fn put_away(&self, sent: &Sent, place: &str, report: Option<&Report>, words: &str) -> io::Result<()> {
        let folder = self.place(place)?;
        let base = &sent.base;
        match report {
            Some(report) => {
                for (name, text) in files(report).map_err(io::Error::other)? {
                    put(&folder.join(format!("{base}.{name}")), &text)?;
                }
            }
            None => put(&folder.join(format!("{base}.refused.txt")), &format!("{words}\n"))?,
        }
        fs::rename(&sent.archive, folder.join(format!("{base}.tar.gz")))?;
        fs::rename(&sent.companion, folder.join(format!("{base}.md5")))
    }

    fn place(&self, place: &str) -> io::Result<PathBuf> {
        let folder = self.folder.join(place);
        match fs::DirBuilder::new().mode(0o750).create(&folder) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
            // Whoever may drop archives may put links here too: nothing is written where one leads.
            _ if fs::symlink_metadata(&folder)?.is_dir() => Ok(folder),
            _ => Err(io::Error::other(format!("{} is not a folder", folder.display()))),
        }
    }

    /// Whether an archive was moved and its companion was not.
    fn is_finished(&self, base: &str) -> bool {
        ["done", "refused"]
            .iter()
            .any(|place| self.folder.join(place).join(format!("{base}.tar.gz")).exists())
    }

    fn finish(&self, base: &str, companion: &Path) -> io::Result<()> {
        let moved = |place: &str| self.folder.join(place).join(format!("{base}.tar.gz")).exists();
        match ["done", "refused"].into_iter().find(|place| moved(place)) {
            Some(place) => fs::rename(companion, self.folder.join(place).join(format!("{base}.md5"))),
            None => Ok(()),
        }
    }
}

/// Writes a file anew, and never through a link that somebody put there.
fn put(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = File::options().write(true).create_new(true).open(path)?;
    io::Write::write_all(&mut file, text.as_bytes())
}

/// Whether a path is a file, and not a link to one.
fn is_plain(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|about| about.is_file())
}

fn source(sent: &Sent) -> io::Result<Source> {
    let archive = plain(&sent.archive)?;
    let companion = plain(&sent.companion)?;
    let mut text = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(companion, COMPANION), &mut text)?;
    let name = format!("{}.tar.gz", sent.base);
    Ok(Source { name, archive: Box::new(archive), companion: Some(text) })
}

/// Opens a file that is one. What was looked at and what is open must be the same, or somebody put a link there in between.
fn plain(path: &Path) -> io::Result<File> {
    let looked_at = fs::symlink_metadata(path)?;
    let file = File::open(path)?;
    let opened = file.metadata()?;
    let same = (looked_at.dev(), looked_at.ino()) == (opened.dev(), opened.ino());
    if looked_at.is_file() && same { Ok(file) } else { Err(io::Error::other("it is not a plain file")) }
}
