//! Access: who may work here beside launches: people at the console, programs at the API, and what each may do.
//!
//! A right stands in a handler's signature: [`Operator`], [`SchoolStaff`] and their like are extractors, each with the
//! scope that a token must have. What a request proved is its [`Caller`]; a layer in `http/` puts it beside the request.
//! Which schools or which organisation a caller works for is the caller's own: [`SchoolStaff::at`], [`Caller::reach`].

mod account;
mod bearer;
mod denied;
mod extract;
mod hashed;
mod scope;
mod secret;
mod store;

pub use account::{AccountId, Caller, NotAnAccount, Reach, Role, RoleName};
pub use bearer::{Access, Issued, NewToken, NotIssued};
pub use denied::Denied;
pub use extract::{
    Anyone, Auditor, Dpo, Operator, Oversight, Publisher, PublisherReader, SchoolReader, SchoolStaff, Signed,
};
pub use hashed::Hashed;
pub use scope::{AnyScope, Area, NotAScope, Read, Scope, ScopeWanted, Scopes, Write, area};
pub use secret::{Secret, SecretKind};
pub use store::{TokenKind, TokenRow, TokenStore};
