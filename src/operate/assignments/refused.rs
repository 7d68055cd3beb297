//! Why nothing was assigned, or taken back.

use boundary::{Fault, Pool, Profile, SubscriptionId, Uai};
use serde::Serialize;
use thiserror::Error;

use super::request::{MOST, Target};

/// Why a target is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Error)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Nobody has this identity; to a school, also whoever is not its own.
    #[error("nobody is known here under this ent, namespace and subject")]
    UnknownPerson,
    /// They are at no school that counts now.
    #[error("they are not at a school of this subscription now")]
    NotAtSchool,
    /// The subscription is not for people like them.
    #[error("the subscription is not for the profile {0}")]
    WrongAudience(Profile),
    /// The subscription has no seats for their profile.
    #[error("the subscription has no seats for the profile {0}")]
    NoPool(Profile),
    /// The set is another school's.
    #[error("{0} is not the school that is acted for")]
    OtherSchool(Uai),
    /// The subscription does not cover the school.
    #[error("the subscription does not cover school {0}")]
    NotCovered(Uai),
    /// It names nothing.
    #[error("it names nothing: write the code of a group or level, 1 to 255 characters")]
    Form,
    /// A federation file assigned it.
    #[error("a federation file assigned it: take it out there")]
    OfFile,
    /// They hold no seat.
    #[error("they hold no seat")]
    NoSeat,
    /// They hold a seat already.
    #[error("they hold a seat already")]
    HasSeat,
}

/// One target that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// Its place in the request, counted from 0.
    pub index: usize,
    /// The target.
    pub target: Target,
    /// What is wrong with it.
    pub why: Why,
}

/// A pool that has too few seats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shortage {
    /// The pool.
    pub pool: Pool,
    /// How many seats were asked of it.
    pub needed: u64,
    /// How many it had.
    pub free: u64,
}

/// Why nothing was done.
#[derive(Debug, Clone, Error)]
pub enum AssignError {
    /// No such subscription; to a school, also one that does not cover it.
    #[error("no subscription {0} is registered here")]
    UnknownSubscription(SubscriptionId),
    /// A whole school's subscription.
    #[error("subscription {0} is ETABL, for the whole audience of the school: it needs no assignment")]
    Etabl(SubscriptionId),
    /// It is over.
    #[error("subscription {0} has ended")]
    Ended(SubscriptionId),
    /// The request names nobody.
    #[error("nobody is named")]
    Nobody,
    /// The request names too many.
    #[error("one request names at most {MOST}: make several")]
    TooMany,
    /// Targets that are wrong, every one of them.
    #[error("{} of those named cannot be taken; nothing was changed", .0.len())]
    Wrong(Vec<Wrong>),
    /// Too few seats.
    #[error("too few seats are left; nothing was changed")]
    NoSeats(Vec<Shortage>),
    /// Its seats stay with those who got them.
    #[error("the seats of subscription {0} are not transferable: they come back only from those who left")]
    NotTransferable(SubscriptionId),
    /// Somebody else is assigning many people at this moment.
    #[error("many people are being assigned to subscription {0} at this moment: try again in a minute")]
    Busy(SubscriptionId),
    /// The place in a list is no longer there.
    #[error("the list has changed: begin it again")]
    NoSuchPage,
    /// The store did not answer.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl AssignError {
    /// A name that stays, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownSubscription(_) => "unknown_subscription",
            Self::Etabl(_) => "needs_no_assignment",
            Self::Ended(_) => "subscription_ended",
            Self::Nobody => "nobody_named",
            Self::TooMany => "too_many",
            Self::Wrong(_) => "wrong_targets",
            Self::NoSeats(_) => "no_seats",
            Self::NotTransferable(_) => "not_transferable",
            Self::Busy(_) => "busy",
            Self::NoSuchPage => "no_such_page",
            Self::Fault(_) => "fault",
        }
    }
}
