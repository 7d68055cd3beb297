//! The archive around the files: gzip, and a tar whose entries are plain files at its root and nothing else.

use std::io::{self, BufReader, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use super::companion::Md5;
use super::counted::{Counts, Incoming, Inflated, carried};
use super::fault::{Fault, FaultReason};
use super::limits::Limits;
use super::names::FileName;

/// How long the notes before an entry (pax headers) may be: they carry times and owners, which nobody needs here.
const NOTES: u64 = 8 << 10;

type Stream<R> = Inflated<MultiGzDecoder<BufReader<Incoming<R>>>>;

/// An archive that is read once, from its beginning to its end.
pub(super) struct Packed<R: Read> {
    tar: Archive<Stream<R>>,
    limits: Limits,
}

impl<R: Read> Packed<R> {
    pub(super) fn open(archive: R, limits: &Limits, counts: Rc<Counts>) -> Self {
        let incoming = Incoming::new(archive, limits, Rc::clone(&counts));
        let gzip = MultiGzDecoder::new(BufReader::with_capacity(64 << 10, incoming));
        Self { tar: Archive::new(Inflated::new(gzip, limits, counts)), limits: limits.clone() }
    }

    /// Hands each file to `take`.
    pub(super) fn each(
        &mut self,
        mut take: impl FnMut(&FileName, &str, &mut dyn Read) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let limits = &self.limits;
        let mut files = 0;
        let mut entries = 0;
        for entry in self.tar.entries().map_err(tarring)?.raw(true) {
            let mut entry = entry.map_err(tarring)?;
            entries += 1;
            if entries > limits.files.saturating_mul(3) {
                return Err(FaultReason::TooManyFiles(limits.files).into());
            }
            let Some(name) = plain(&mut entry)? else { continue };
            files += 1;
            if files > limits.files {
                return Err(FaultReason::TooManyFiles(limits.files).into());
            }
            let parsed = FileName::parse(&name);
            let parsed = parsed.map_err(|why| Fault::of(FaultReason::FileName(why)).in_file(&name))?;
            if entry.size() > limits.file_bytes {
                return Err(Fault::of(FaultReason::FileTooBig(limits.file_bytes)).in_file(&name));
            }
            let size = entry.size();
            let mut whole = Whole { entry, left: size };
            take(&parsed, &name, &mut whole).map_err(|fault| fault.in_file(&name))?;
        }
        Ok(())
    }

    /// Reads to the end, so that what was compressed is proven whole, and sums the archive.
    pub(super) fn end(self) -> Result<Md5, Fault> {
        let mut rest = self.tar.into_inner();
        let mut buffer = vec![0; 32 << 10];
        loop {
            match rest.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) if buffer.iter().take(count).all(|byte| *byte == 0) => {}
                Ok(_) => return Err(FaultReason::Trailing.into()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(tarring(error)),
            }
        }
        let incoming = rest.into_inner().into_inner().into_inner();
        Ok(incoming.sum())
    }
}

/// An entry that complains where its bytes end before its size says so.
struct Whole<'a, R: Read> {
    entry: Entry<'a, R>,
    left: u64,
}

impl<R: Read> Read for Whole<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.entry.read(buffer)?;
        if count == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(super::counted::carry(FaultReason::Truncated));
        }
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}

/// The name of a plain file; nothing for an entry that may be passed over.
fn plain<R: Read>(entry: &mut Entry<'_, R>) -> Result<Option<String>, Fault> {
    let raw = entry.path_bytes().into_owned();
    let name = String::from_utf8_lossy(&raw).into_owned();
    let refuse = |what| Err(Fault::of(FaultReason::NotAFile(what)).in_file(&name));
    match entry.header().entry_type() {
        EntryType::Regular | EntryType::Continuous => {}
        EntryType::XHeader | EntryType::XGlobalHeader => return notes(entry).map(|()| None),
        EntryType::Directory if matches!(name.as_str(), "." | "./") => return Ok(None),
        EntryType::Directory => return Err(Fault::of(FaultReason::NotFlat).in_file(&name)),
        EntryType::Link | EntryType::Symlink => return refuse("a link"),
        EntryType::Char | EntryType::Block | EntryType::Fifo => return refuse("a device or a pipe"),
        EntryType::GNUSparse => return refuse("a sparse file"),
        EntryType::GNULongName | EntryType::GNULongLink => return refuse("a long name"),
        _ => return refuse("of an unknown kind"),
    }
    let base = name.strip_prefix("./").unwrap_or(&name);
    if base.contains(['/', '\\']) || base == ".." {
        return Err(Fault::of(FaultReason::NotFlat).in_file(&name));
    }
    Ok(Some(base.to_owned()))
}

/// Passes over a pax header, unless it changes what the next entry is.
fn notes<R: Read>(entry: &mut Entry<'_, R>) -> Result<(), Fault> {
    let size = entry.size();
    let mut text = Vec::new();
    let read = if size > NOTES { Ok(0) } else { entry.read_to_end(&mut text) };
    let read = read.map_err(tarring)?;
    if size > NOTES || read as u64 != size {
        return Err(FaultReason::NotAFile("described by a long or broken pax header").into());
    }
    let changes = ["path", "linkpath", "size", "hdrcharset", "GNU.sparse"];
    for extension in tar::PaxExtensions::new(&text) {
        let key = extension.ok().and_then(|extension| extension.key().ok().map(str::to_owned));
        if key.is_none_or(|key| changes.iter().any(|change| key.starts_with(change))) {
            return Err(
                FaultReason::NotAFile("described by a pax header that changes its name or size").into()
            );
        }
    }
    Ok(())
}

/// What the reader of tar complains about, in our words.
pub(super) fn tarring(error: io::Error) -> Fault {
    carried(&error).unwrap_or_else(|| FaultReason::NotTar.into())
}
