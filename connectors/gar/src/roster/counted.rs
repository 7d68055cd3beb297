//! Readers that count: what an archive may ask for is a number of bytes, and whoever asks for more is stopped there.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use super::companion::{Md5, Sum};
use super::fault::{Fault, FaultReason};
use super::limits::Limits;

/// A fault on its way through readers that know only errors of reading.
#[derive(Debug)]
struct Carried(Fault);

impl std::fmt::Display for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Carried {}

/// A fault as an error of reading. Its kind is one that no reader retries.
pub(super) fn carry(fault: impl Into<Fault>) -> io::Error {
    io::Error::other(Carried(fault.into()))
}

/// The fault that an error of reading carries, if one does.
pub(super) fn carried(error: &io::Error) -> Option<Fault> {
    error.get_ref()?.downcast_ref::<Carried>().map(|carried| carried.0.clone())
}

/// How many bytes came, and how many they became.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) archive: Cell<u64>,
    pub(super) inflated: Cell<u64>,
}

/// The archive as it comes: counted, and summed for its companion.
pub(super) struct Incoming<R> {
    reader: R,
    counts: Rc<Counts>,
    most: u64,
    sum: Sum,
}

impl<R: Read> Incoming<R> {
    pub(super) fn new(reader: R, limits: &Limits, counts: Rc<Counts>) -> Self {
        Self { reader, counts, most: limits.archive_bytes, sum: Sum::default() }
    }

    pub(super) fn sum(self) -> Md5 {
        self.sum.end()
    }
}

impl<R: Read> Read for Incoming<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer);
        let count = match read {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => return Err(carry(FaultReason::Unreadable(error.kind().to_string()))),
        };
        let total = self.counts.archive.get() + count as u64;
        self.counts.archive.set(total);
        if total > self.most {
            return Err(carry(FaultReason::ArchiveTooBig(self.most)));
        }
        self.sum.add(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// What comes out of the compression: counted against its own limit, and against what came in.
pub(super) struct Inflated<R> {
    reader: R,
    counts: Rc<Counts>,
    most: u64,
    ratio: u64,
    ratio_from: u64,
}

impl<R: Read> Inflated<R> {
    pub(super) fn new(reader: R, limits: &Limits, counts: Rc<Counts>) -> Self {
        let Limits { inflated_bytes: most, ratio, ratio_from, .. } = *limits;
        Self { reader, counts, most, ratio, ratio_from }
    }

    pub(super) fn into_inner(self) -> R {
        self.reader
    }
}

impl<R: Read> Read for Inflated<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let begun = self.counts.inflated.get() > 0;
        let count = self.reader.read(buffer).map_err(|error| inflating(error, begun))?;
        let total = self.counts.inflated.get() + count as u64;
        self.counts.inflated.set(total);
        if total > self.most {
            return Err(carry(FaultReason::ContentsTooBig(self.most)));
        }
        let came = self.counts.archive.get();
        if total > self.ratio_from && total > came.saturating_mul(self.ratio) {
            return Err(carry(FaultReason::Bomb(self.ratio)));
        }
        Ok(count)
    }
}

/// What the decompressor complains about, in our words. It tells a wrong header only by its words; behind the first member
/// of a gzip file, a wrong header is something that does not belong there.
fn inflating(error: io::Error, begun: bool) -> io::Error {
    if carried(&error).is_some() || error.kind() == io::ErrorKind::Interrupted {
        return error;
    }
    let header = error.to_string().contains("gzip header");
    carry(match error.kind() {
        io::ErrorKind::UnexpectedEof => FaultReason::Truncated,
        _ if header && begun => FaultReason::Trailing,
        _ if header => FaultReason::NotGzip,
        _ => FaultReason::Damaged,
    })
}

const BUFFER: usize = 32 << 10;

/// One file: it knows the line that it is in, and gives no more than is allowed until the next [`Watched::allow`].
pub(super) struct Watched<R> {
    reader: R,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    line: u64,
    left: u64,
    markup: u64,
    forbidden: bool,
}

impl<R: Read> Watched<R> {
    pub(super) fn new(reader: R, limits: &Limits) -> Self {
        Self {
            reader,
            buffer: vec![0; BUFFER],
            from: 0,
            to: 0,
            line: 1,
            left: limits.markup_bytes,
            markup: limits.markup_bytes,
            forbidden: false,
        }
    }

    /// The line of what comes next.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Allows as many bytes as one tag or text may have.
    pub(super) fn allow(&mut self) {
        self.left = self.markup;
    }

    /// Whether a byte went by that XML does not allow.
    pub(super) fn saw_forbidden(&self) -> bool {
        self.forbidden
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Watched<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(carry(FaultReason::MarkupTooBig(self.markup)));
        }
        while self.from == self.to {
            match self.reader.read(&mut self.buffer) {
                Ok(count) => (self.from, self.to) = (0, count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            break;
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let to = self.to.min(self.from.saturating_add(most));
        Ok(self.buffer.get(self.from..to).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        let to = self.to.min(self.from.saturating_add(amount));
        let bytes = self.buffer.get(self.from..to).unwrap_or_default();
        let mut lines = 0;
        for byte in bytes {
            lines += u64::from(*byte == b'\n');
            self.forbidden |= *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
        }
        self.line += lines;
        self.left -= (to - self.from) as u64;
        self.from = to;
    }
}
