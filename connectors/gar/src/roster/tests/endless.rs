//! Archives that are made while they are read, and that never end.

use std::io;
use std::io::Read;

/// A reader that counts what was asked of it.
pub(super) struct Metered<R> {
    reader: R,
    pub(super) read: u64,
}

impl<R> Metered<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, read: 0 }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.read += count as u64;
        Ok(count)
    }
}

/// A gzip stream whose blocks are stored as they are (RFC 1951, section 3.2.4). It has no end.
pub(super) struct Stored<R> {
    reader: R,
    ready: Vec<u8>,
    from: usize,
}

const BLOCK: usize = 4096;

impl<R: Read> Stored<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, ready: vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff], from: 0 }
    }
}

impl<R: Read> Read for Stored<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.from == self.ready.len() {
            let mut block = vec![0; BLOCK];
            let count = self.reader.read(&mut block)?;
            let length = u16::try_from(count).unwrap();
            self.ready =
                [&[0][..], &length.to_le_bytes(), &(!length).to_le_bytes(), &block[..count]].concat();
            self.from = 0;
        }
        let count = (&self.ready[self.from..]).read(buffer)?;
        self.from += count;
        Ok(count)
    }
}

/// A gzip stream of some bytes, stored as they are, without the end of the stream.
pub(super) fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut stored = Vec::new();
    let most = bytes.len() as u64 + 10 + 5 * bytes.len().div_ceil(BLOCK) as u64;
    Stored::new(bytes).take(most).read_to_end(&mut stored).unwrap();
    stored
}
