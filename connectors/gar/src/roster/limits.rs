//! How much an archive may ask of whoever reads it.

/// Bounds of one archive. The defaults fit an ENT of ten million people, and are far below what would hurt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the archive as it came.
    pub archive_bytes: u64,
    /// Bytes of everything in it, inflated.
    pub inflated_bytes: u64,
    /// Inflated bytes for each byte of the archive, once [`Limits::ratio_from`] bytes were inflated.
    pub ratio: u64,
    /// Inflated bytes from which on the ratio counts: a small archive of equal records is no bomb.
    pub ratio_from: u64,
    /// Files in the archive.
    pub files: u64,
    /// Bytes of one file, inflated.
    pub file_bytes: u64,
    /// Bytes of one tag, text, comment or instruction of XML.
    pub markup_bytes: u64,
    /// Bytes of all values of one record, and how many values.
    pub record_bytes: usize,
    /// Attributes of one element.
    pub attributes: usize,
    /// Elements within elements.
    pub depth: usize,
    /// Functional keys that are remembered, at 6 to 8 bytes each.
    pub keys: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            archive_bytes: 4 << 30,
            inflated_bytes: 64 << 30,
            ratio: 200,
            ratio_from: 64 << 20,
            files: 20_000,
            file_bytes: 256 << 20,
            markup_bytes: 64 << 10,
            record_bytes: 256 << 10,
            attributes: 64,
            depth: 16,
            keys: 200_000_000,
        }
    }
}
