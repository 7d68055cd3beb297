//! Access: who may work here beside launches: people at the console, programs at the API, and what each may do.
//!
//! A right stands in a handler's signature: [`Operator`], [`SchoolStaff`] and their like are extractors, each with the
//! scope that a token must have. What a request proved is its [`Caller`]; a layer in `http/` puts it beside the request.
//! Which schools or which organisation a caller works for is the caller's own: [`SchoolStaff::at`], [`Caller::reach`].

mod account;
mod bearer;
mod client;
mod console;
mod denied;
mod enrol;
mod extract;
mod hashed;
mod password;
mod records;
mod scope;
mod secret;
mod session;
mod store;
mod totp;

pub use account::{AccountId, Caller, NotAnAccount, Reach, Role, RoleName};
pub use bearer::{Access, Issued, NewToken, NotIssued};
pub use client::{Clients, Granted, NotGranted, TOKEN_LIFE};
pub use console::{Console, NotIn};
pub use denied::Denied;
pub use enrol::{ENROLMENT, Enrolling, NewAccount, NotMade, Ready};
pub use extract::{
    Anyone, Auditor, Dpo, Notified, Operator, Oversight, Publisher, PublisherOnly, PublisherReader,
    SchoolReader, SchoolStaff, Signed,
};
pub use hashed::Hashed;
pub use password::{Passwords, Weak};
pub use records::{
    AccountRow, AccountStore, Attempt, ClientStore, ConsoleStore, Counted, Enrolled, Sealing, SessionRow,
    SessionStore, Stage,
};
pub use scope::{AnyScope, Area, NotAScope, Read, Scope, ScopeWanted, Scopes, Write, area};
pub use secret::{Secret, SecretKind};
pub use session::Session;
pub use store::{TokenKind, TokenRow, TokenStore};
