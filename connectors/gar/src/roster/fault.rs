//! Faults: what refuses a whole archive.

use std::fmt;

use thiserror::Error;

use super::names::{FileKind, NotAName};

/// How much of a stranger's file name is shown.
const SHOWN: usize = 120;

/// Why an archive is refused as a whole. Nothing of it may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub reason: FaultReason,
    /// In which file of the archive, if in one. Control characters were taken out, and its length is bounded.
    pub file: Option<String>,
    /// In which line of that file.
    pub line: Option<u64>,
}

impl Fault {
    pub(super) const fn of(reason: FaultReason) -> Self {
        Self { reason, file: None, line: None }
    }

    pub(super) fn in_file(mut self, name: &str) -> Self {
        self.file.get_or_insert_with(|| shown(name));
        self
    }

    pub(super) fn at_line(mut self, line: u64) -> Self {
        self.line.get_or_insert(line);
        self
    }
}

impl From<FaultReason> for Fault {
    fn from(reason: FaultReason) -> Self {
        Self::of(reason)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}: {}", self.reason),
            (Some(file), None) => write!(f, "{file}: {}", self.reason),
            _ => self.reason.fmt(f),
        }
    }
}

impl std::error::Error for Fault {}

/// A stranger's name, fit for a terminal and a report.
fn shown(name: &str) -> String {
    name.chars().take(SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

macro_rules! reasons {
    ($( $(#[$doc:meta])+ $variant:ident $( ( $($field:ty),+ ) )? = $code:literal ),+ $(,)?) => {
        /// What is wrong with an archive.
        #[derive(Debug, Clone, PartialEq, Eq, Error)]
        #[non_exhaustive]
        pub enum FaultReason {
            $( $(#[$doc])+ $variant $( ( $($field),+ ) )?, )+
        }

        impl FaultReason {
            /// The code of every reason.
            pub const CODES: &[&str] = &[$($code),+];

            /// The stable code of this reason, for reports and statistics.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self {
                    $( Self::$variant { .. } => $code, )+
                }
            }
        }
    };
}

reasons! {
    /// The companion names another MD5.
    #[error("the archive is not the one that its .md5 names: its MD5 differs; send both again")]
    Md5Differs = "md5_differs",
    /// The companion holds no MD5.
    #[error("the .md5 file does not hold an MD5: 32 hexadecimal digits, such as `md5sum` prints")]
    Md5Unreadable = "md5_unreadable",
    /// The archive could not be read from where it lies: no fault of whoever sent it.
    #[error("the archive could not be read: {0}")]
    Unreadable(String) = "unreadable",
    /// The archive is too big.
    #[error("the archive has more than {0} bytes")]
    ArchiveTooBig(u64) = "archive_too_big",
    /// Its contents are too big.
    #[error("the archive holds more than {0} bytes")]
    ContentsTooBig(u64) = "contents_too_big",
    /// It grows too much when inflated.
    #[error("the archive grows to more than {0} times its size when it is inflated")]
    Bomb(u64) = "bomb",
    /// It is not compressed by gzip.
    #[error("the archive is not a gzip file")]
    NotGzip = "not_gzip",
    /// Its compressed bytes are damaged.
    #[error("the gzip stream of the archive is damaged")]
    Damaged = "damaged",
    /// It ends too early.
    #[error("the archive ends too early")]
    Truncated = "truncated",
    /// Something follows its end.
    #[error("something follows the end of the archive")]
    Trailing = "trailing_bytes",
    /// What was compressed is not a tar archive.
    #[error("the gzip file does not hold a tar archive, or a header of it is wrong")]
    NotTar = "not_tar",
    /// An entry is something else than a plain file.
    #[error("an entry of the archive is {0}; only plain files are read")]
    NotAFile(&'static str) = "not_a_file",
    /// An entry lies in a folder or points outside.
    #[error("the files must lie at the root of the archive, without folders")]
    NotFlat = "not_flat",
    /// An entry has a name that is not GAR's.
    #[error("a file that does not belong here: {0}")]
    FileName(NotAName) = "file_name",
    /// There are too many files.
    #[error("the archive has more than {0} files")]
    TooManyFiles(u64) = "too_many_files",
    /// A file is too big.
    #[error("the file has more than {0} bytes")]
    FileTooBig(u64) = "file_too_big",
    /// A file stands twice.
    #[error("the archive has this file twice")]
    FileTwice = "file_twice",
    /// A kind of file is missing.
    #[error("the archive has no file of the kind {0}; a kind without records is a file without records")]
    MissingKind(FileKind) = "missing_kind",
    /// A number is missing among the files of a kind.
    #[error("the archive has no file {0}_{1:04}: the files of a kind are numbered from 0000 without a gap")]
    Gap(FileKind, u16) = "gap",
    /// Files of several ENTs.
    #[error("the files do not all name the same idENT")]
    MixedEnts = "mixed_ents",
    /// Files of several sets.
    #[error("the files do not all name the same date and time")]
    MixedDates = "mixed_dates",
    /// Files of both degrees.
    #[error("the files are not all of the same degree")]
    MixedDegrees = "mixed_degrees",
    /// A file is not UTF-8.
    #[error("the file is not UTF-8, or says that it is not")]
    NotUtf8 = "not_utf8",
    /// A byte that XML does not allow.
    #[error("a control character, which XML does not allow")]
    ControlCharacter = "control_character",
    /// A file is not well-formed XML.
    #[error("the file is not well-formed XML: {0}")]
    IllFormed(&'static str) = "ill_formed",
    /// A document type.
    #[error("the file has a DOCTYPE; GAR's files have none, and none is read")]
    Doctype = "doctype",
    /// An entity that XML itself does not define.
    #[error("an entity other than the five of XML itself")]
    Entity = "entity",
    /// One tag, text or comment is too long.
    #[error("a tag, text or comment has more than {0} bytes")]
    MarkupTooBig(u64) = "markup_too_big",
    /// An element has too many attributes.
    #[error("an element has more than {0} attributes")]
    TooManyAttributes(usize) = "too_many_attributes",
    /// Elements are nested too deeply.
    #[error("elements are nested more than {0} deep")]
    TooDeep(usize) = "too_deep",
    /// The root element is not the one of the file's kind.
    #[error("the root element is not {0}, as the file's name asks for")]
    WrongRoot(&'static str) = "wrong_root",
    /// The namespace is not GAR's, or of the other degree.
    #[error("the namespace of the root element is not {0}")]
    WrongNamespace(&'static str) = "wrong_namespace",
    /// Text stands between records.
    #[error("text between the records")]
    StrayText = "stray_text",
    /// There are more records than can be compared.
    #[error("the archive has more than {0} records")]
    TooManyKeys(usize) = "too_many_records",
    /// The sink wants no more.
    #[error("the reading was stopped")]
    Stopped = "stopped",
}
