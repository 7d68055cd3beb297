//! What crosses the broker, and the rules that let it cross.
//!
//! This is the ground crate that every connector and every room of the broker stands on. It holds values, pure
//! functions and traits; it opens no socket, reads no clock and knows no database.
//!
//! The way of a launch through it:
//!
//! 1. an [`Inbound`] connector ends the ENT's sign-on and returns an [`Arrival`];
//! 2. the directory turns it into a [`Subject`]: a person at a school, with a profile;
//! 3. [`decide`] alone answers with an [`Entitled`] (or a [`SeatOffer`], or a [`Refusal`]);
//! 4. [`release`] alone turns an [`Entitled`] into a [`Released`]: pseudonyms, profile and agreed attributes;
//! 5. only from a [`Released`] comes a [`Departure`], which an [`Outbound`] connector delivers.
//!
//! `Entitled`, `Released` and `Departure` have private fields and no deserialisation, so no other code can make one:
//! an unlicensed launch or an unlisted attribute has no road out.
//!
//! To add a protocol: declare its registration under [`registration`], write a crate beside `lti` that implements
//! [`Inbound`], [`Outbound`] or both, make it in the broker's `boot/rooms.rs`, and give its paths a door in `http/doors.rs`.
//! What decides, names, releases and journals does not change.
#![deny(missing_docs)]

mod agreement;
mod ark;
mod arrival;
mod attribute;
mod clock;
mod connector;
mod decide;
mod departure;
mod ids;
mod licence;
mod profile;
mod pseudonym;
mod refusal;
pub mod registration;
mod release;
mod reply;
mod request;
mod school_year;
mod seal;
mod sign_on;
mod subject;
mod uai;
mod world;

pub use agreement::{Agreement, AgreementLine};
pub use ark::{Ark, NotAnArk};
pub use arrival::{
    Arrival, ContextClaim, DocumentTarget, FirstUse, LinkClaim, RoleClaims, SchoolClaim, Via, Wanted,
};
pub use attribute::{Attribute, Attributes, UnknownAttribute};
pub use clock::{Chance, Clock};
pub use connector::{AnswerTo, Destination, Door, Fault, In, Inbound, Method, Out, Outbound, Stop};
pub use decide::{Decision, Entitled, Question, SeatOffer, decide};
pub use departure::{Delivery, Departure};
pub use ids::{
    ConnectionId, EntId, Handle, LaunchId, NotAHandle, NotALaunchId, NotASlug, OrganisationId, PersonId,
    ResourceKey, SectorId, SubscriptionId, ToolId,
};
pub use licence::{Kind, Offer, Pool, SeatState, Seats};
pub use profile::{Profile, UnknownProfile};
pub use pseudonym::{
    Commitment, NotAPseudonym, NotImportable, Pseudonym, Root, Scope, SectorKey, Thing, commitment,
    console_name, derive_for_person, derive_for_thing,
};
pub use refusal::{Back, Refusal, RefusalCode};
pub use release::{Identifiers, Released, Withheld, release};
pub use reply::{BindingCookie, Body, PageName, Reply};
pub use request::{Ambiguous, Fields, Request};
pub use school_year::{NotASchoolYear, SchoolYear, paris_clock, paris_date, paris_midnight};
pub use seal::SealPurpose;
pub use sign_on::{SignOn, Trail};
pub use subject::{Group, GroupStatus, Subject};
pub use uai::{NotAUai, Uai};
pub use world::{
    KEY_SET_LIFE, PeerKeys, PublishedKeys, Registrations, Signatures, TOKEN_LIFE, Tickets, World,
};
