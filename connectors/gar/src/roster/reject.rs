//! Rejects and warnings: what is wrong with one record, in words for the ENT's team. No value of a person is in them.

use std::fmt;

use boundary::Uai;
use thiserror::Error;

use super::element::Element;
use super::record::RecordKind;

/// A place in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The element: the record's own, or the one within it that something is said about.
    pub element: &'static str,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.element)
    }
}

/// A record that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Where.
    pub place: Place,
    /// What kind of record it was; nothing where it is of no kind that belongs into the file.
    pub record: Option<RecordKind>,
    /// The schools that it speaks of, as far as they could be read, each once.
    pub schools: Vec<Uai>,
    /// Why.
    pub reason: RejectReason,
}

/// Something that should be mended in a record that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub place: Place,
    /// The schools that the record speaks of.
    pub schools: Vec<Uai>,
    /// What.
    pub reason: WarningReason,
}

macro_rules! reasons {
    ($(#[$outer:meta])+ $name:ident { $( $(#[$doc:meta])+ $variant:ident $( ( $field:ty ) )? = $code:literal ),+ $(,)? }) => {
        $(#[$outer])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$doc])+ $variant $( ( $field ) )?, )+
        }

        impl $name {
            /// The code of every reason.
            pub const CODES: &[&str] = &[$($code),+];

            /// The stable code of this reason, for reports and statistics.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $( Self::$variant { .. } => $code, )+
                }
            }
        }
    };
}

reasons! {
    /// Why a record is left out. The element that it speaks of stands in the place.
    RejectReason {
        /// The element does not belong among the records of this file.
        #[error("this record does not belong into a file of this kind and degree")]
        Misplaced = "misplaced_record",
        /// An element that GAR does not have. It is not named: the sender chose its name.
        #[error("an element that GAR's schema does not have, or of another namespace")]
        UnknownElement = "unknown_element",
        /// An element that GAR has elsewhere.
        #[error("{0} does not belong here")]
        OutOfPlace(Element) = "element_out_of_place",
        /// A mandatory element is missing.
        #[error("this element is mandatory and missing")]
        Missing = "missing",
        /// A mandatory element is empty.
        #[error("this element is mandatory and empty")]
        Empty = "empty",
        /// A single element stands several times.
        #[error("this element stands more than once")]
        Repeated = "repeated",
        /// A value is too long.
        #[error("the value has more than {0} characters")]
        TooLong(usize) = "too_long",
        /// The record as a whole is too big.
        #[error("the record is too big")]
        TooBig = "record_too_big",
        /// Text where elements are expected.
        #[error("text stands where only elements may")]
        StrayText = "text_between_elements",
        /// An attribute where there is none.
        #[error("GAR's elements have no attributes but the root's")]
        Attribute = "attribute",
        /// A control character within a value.
        #[error("the value has a control character in it")]
        ControlCharacter = "control_character_in_value",
        /// Not the number of a school.
        #[error("the value is not a UAI: seven digits and a letter, such as 0750001U")]
        NotAUai = "not_a_uai",
        /// Not a profile.
        #[error("the value is not a profile: National_elv, _ens, _doc, _dir, _evs, _eta or _col")]
        NotAProfile = "not_a_profile",
        /// A pupil's profile among staff, or the other way round.
        #[error("pupils have the profile National_elv, and nobody else has it")]
        WrongProfile = "wrong_profile",
        /// Not a date.
        #[error("the value is not a date, such as 2011-09-30")]
        NotADate = "not_a_date",
        /// Neither class nor group.
        #[error("the value is neither DIVISION nor GROUPE")]
        NotAStatus = "not_a_status",
        /// An earlier record has the same functional key.
        #[error("an earlier record of this archive has the same key ({0})")]
        Duplicate(&'static str) = "duplicate",
    }
}

reasons! {
    /// What should be mended in a record that was taken.
    WarningReason {
        /// The letter of a UAI does not fit its digits.
        #[error("the letter of this UAI does not fit its digits")]
        UaiLetter = "uai_letter",
        /// An optional value that we cannot use.
        #[error("the value is not a UAI; it is optional and was left out")]
        LeftOut = "left_out",
        /// The root element has no attribute `Version`.
        #[error("the root element has no attribute Version")]
        NoVersion = "no_version",
    }
}
