//! Act: how identity care is asked to run, and why it did nothing.

use thiserror::Error;
use time::OffsetDateTime;

use crate::journal::Actor;

/// Who does something, when, and whether they only want to know what would happen.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// When.
    pub at: OffsetDateTime,
    /// Whether everything is undone again.
    pub dry_run: bool,
}

/// What does not fit, in words for whoever asked. No identity stands in them: whoever asked named it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// Nobody has this identity.
    #[error("nobody is known under the {0} identity: check ENT, namespace and subject")]
    Unknown(&'static str),
    /// They are one person already.
    #[error("both identities are one person already")]
    One,
    /// The identities to take out are not of one person.
    #[error("the identities are not of one person")]
    NotOne,
    /// Every identity would leave.
    #[error("these are all identities of the person: name those that leave, and at least one stays")]
    NobodyStays,
    /// They were never joined to anybody.
    #[error("the identity was this person's from the start, and so were the others: nothing was linked")]
    NeverLinked,
    /// Some of those who came together would leave.
    #[error("the identity was linked to this person together with others: name all of them")]
    CameTogether,
    /// A federation file lists both at one ENT.
    #[error(
        "a federation file lists both identities at ENT {0}, and could not tell whose school is whose: leave one out of the \
         file, apply it with --prune, and try again"
    )]
    BothOfFile(String),
    /// Somebody assigns seats to many people at this moment.
    #[error("seats are being given to the person at this moment: try again in a minute")]
    Seating,
    /// A roster is being imported, whose lines name people as they were.
    #[error(
        "a roster of ENT {0} is being imported, or its import was broken off: let it end, or import it again"
    )]
    Importing(String),
    /// Others are known where somebody would move.
    #[error("{0} people are known under the new namespace already, as others: link them first")]
    Others(i64),
    /// The new key is somebody else's.
    #[error("somebody else is known under the new key: link them first")]
    Other,
    /// The publisher calls them otherwise.
    #[error("the publisher has been given another value for this person already")]
    Named,
    /// The value is or was somebody else's.
    #[error("the value is, or was, somebody else's at this publisher: none is ever given twice")]
    Taken,
    /// The person is being erased.
    #[error("the person is being erased")]
    BeingErased,
}
