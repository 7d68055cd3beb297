//! A spool: what was read of an archive, on disk and sorted into parts, until it is known that the archive is whole.
//!
//! It is a file without a name, so that nothing of it is left when the process ends, however it ends; and each block of it
//! is sealed under a key that nobody but this process ever has.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use boundary::Chance;
use zeroize::Zeroizing;

/// How many bytes are gathered of a part before they are written.
const BLOCK: usize = 8 * 1024;

/// A block on disk.
#[derive(Debug, Clone, Copy)]
struct Block {
    offset: u64,
    length: usize,
    number: u64,
}

#[derive(Default)]
struct Part {
    buffer: Vec<u8>,
    blocks: Vec<Block>,
    bytes: u64,
}

/// What was read of an archive, in parts.
pub(super) struct Spool {
    file: File,
    key: LessSafeKey,
    parts: Vec<Part>,
    end: u64,
    blocks: u64,
}

impl Spool {
    /// An empty spool of so many parts, in the folder for temporary files.
    pub fn new(parts: usize, chance: &dyn Chance) -> io::Result<Self> {
        let mut bits = Zeroizing::new([0; 32]);
        chance.fill(&mut *bits);
        let key = UnboundKey::new(&AES_256_GCM, &*bits).map_err(|_| failed())?;
        let parts = (0..parts).map(|_| Part::default()).collect();
        Ok(Self { file: tempfile::tempfile()?, key: LessSafeKey::new(key), parts, end: 0, blocks: 0 })
    }

    /// Adds bytes to a part.
    pub fn push(&mut self, part: usize, bytes: &[u8]) -> io::Result<()> {
        let Some(into) = self.parts.get_mut(part) else { return Err(failed()) };
        into.buffer.extend_from_slice(bytes);
        into.bytes += bytes.len() as u64;
        if into.buffer.len() >= BLOCK { self.flush(part) } else { Ok(()) }
    }

    fn flush(&mut self, part: usize) -> io::Result<()> {
        let Some(part) = self.parts.get_mut(part) else { return Err(failed()) };
        if part.buffer.is_empty() {
            return Ok(());
        }
        let mut block = std::mem::replace(&mut part.buffer, Vec::with_capacity(BLOCK + BLOCK / 4));
        let number = self.blocks;
        self.key.seal_in_place_append_tag(nonce(number), Aad::empty(), &mut block).map_err(|_| failed())?;
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&block)?;
        part.blocks.push(Block { offset: self.end, length: block.len(), number });
        self.end += block.len() as u64;
        self.blocks += 1;
        Ok(())
    }

    /// Writes what is left. Nothing more is added.
    pub fn finish(&mut self) -> io::Result<()> {
        for part in 0..self.parts.len() {
            self.flush(part)?;
            if let Some(part) = self.parts.get_mut(part) {
                part.buffer = Vec::new();
            }
        }
        Ok(())
    }

    /// How many parts there are.
    pub const fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Reads a part.
    pub fn read(&self, part: usize) -> io::Result<Vec<u8>> {
        let Some(part) = self.parts.get(part) else { return Err(failed()) };
        let mut all = Vec::with_capacity(usize::try_from(part.bytes).unwrap_or_default());
        for block in &part.blocks {
            let mut bytes = vec![0; block.length];
            self.file.read_exact_at(&mut bytes, block.offset)?;
            let plain = self.key.open_in_place(nonce(block.number), Aad::empty(), &mut bytes);
            all.extend_from_slice(plain.map_err(|_| failed())?);
        }
        Ok(all)
    }
}

/// The key seals one spool, and each block of it has a number of its own.
fn nonce(number: u64) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    let (low, _) = nonce.split_at_mut(size_of::<u64>());
    low.copy_from_slice(&number.to_le_bytes());
    Nonce::assume_unique_for_key(nonce)
}

fn failed() -> io::Error {
    io::Error::other("the spool of an archive cannot be sealed or opened")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One spool needs one key.
    struct Counting;

    impl Chance for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            (0..).zip(bytes).for_each(|(n, byte)| *byte = n);
        }
    }

    #[test]
    fn what_was_pushed_comes_back_part_by_part_and_is_not_readable_on_disk() {
        let mut spool = Spool::new(3, &Counting).unwrap();
        let mut wanted = vec![Vec::new(); 3];
        for n in 0..20_000_usize {
            let bytes = format!("Quenneville {n}; ");
            spool.push(n % 2, bytes.as_bytes()).unwrap();
            wanted[n % 2].extend_from_slice(bytes.as_bytes());
        }
        spool.finish().unwrap();
        for (part, wanted) in wanted.iter().enumerate() {
            assert!(spool.read(part).unwrap() == *wanted, "part {part}");
        }
        assert!(spool.push(3, b"x").is_err());
        let mut disk = vec![0; usize::try_from(spool.end).unwrap()];
        spool.file.read_exact_at(&mut disk, 0).unwrap();
        assert!(disk.len() > 300_000 && !disk.windows(11).any(|window| window == b"Quenneville"));
    }
}
