//! Archives: files side by side in a tar, compressed by gzip.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

/// A tar that is compressed while it is written.
pub(super) struct Packer<W: Write> {
    tar: Builder<GzEncoder<W>>,
}

impl<W: Write> Packer<W> {
    pub(super) fn new(out: W) -> Self {
        Self { tar: Builder::new(GzEncoder::new(out, Compression::default())) }
    }

    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o640);
        self.tar.append_data(&mut header, name, bytes)
    }

    pub(super) fn end(self) -> io::Result<W> {
        self.tar.into_inner()?.finish()
    }
}

/// Packs files that are there already, whatever is in them.
///
/// # Errors
/// Where a name is none that a tar can have.
pub fn pack(files: &[(&str, &[u8])]) -> io::Result<Vec<u8>> {
    let mut packer = Packer::new(Vec::new());
    for (name, bytes) in files {
        packer.add(name, bytes)?;
    }
    packer.end()
}
