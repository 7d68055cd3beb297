//! Right: who may call an operation, read from its handler's signature, so that the document cannot say otherwise.

use axum::extract::FromRequestParts;

use crate::access::{
    Anyone, Auditor, Caller, Denied, Dpo, Notified, Operator, Oversight, Publisher, PublisherOnly,
    PublisherReader, Reach, RoleName, SchoolReader, SchoolStaff, Scope, ScopeWanted,
};
use crate::operate::records::{Actor, Sight};

/// What an extractor of a role says of itself.
pub trait Right: Send + Sync + 'static {
    /// The roles that pass; none where nobody need be signed in.
    const ROLES: &'static [RoleName];
    /// The scope that a token must have.
    const SCOPE: Option<Scope>;
}

/// A right that names its caller.
pub trait Named: Right + FromRequestParts<super::Shared, Rejection = Denied> {
    /// Who calls.
    fn caller(&self) -> &Caller;
}

macro_rules! rights {
    ($($name:ident),+) => {
        $(
            impl<S: ScopeWanted> Right for $name<S> {
                const ROLES: &'static [RoleName] = Self::ROLES;
                const SCOPE: Option<Scope> = S::SCOPE;
            }

            impl<S: ScopeWanted> Named for $name<S> {
                fn caller(&self) -> &Caller {
                    self
                }
            }
        )+
    };
}
rights!(
    Anyone,
    Auditor,
    Dpo,
    Notified,
    Operator,
    Oversight,
    Publisher,
    PublisherOnly,
    PublisherReader,
    SchoolReader,
    SchoolStaff
);

/// Whoever asks, signed in or not.
#[derive(Debug, Clone, Copy)]
pub struct Everybody;

impl Right for Everybody {
    const ROLES: &'static [RoleName] = &[];
    const SCOPE: Option<Scope> = None;
}

impl<S: Sync> FromRequestParts<S> for Everybody {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut axum::http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self)
    }
}

/// The arguments of a handler, the first of which is a right. `M` is axum's mark of how the last one is read.
pub trait ByRight {
    /// The right.
    type First: Right;
}

macro_rules! by_right {
    ($($rest:ident),*) => {
        impl<M, R: Right, $($rest),*> ByRight for (M, R, $($rest,)*) {
            type First = R;
        }
    };
}
by_right!();
by_right!(A);
by_right!(A, B);
by_right!(A, B, C);
by_right!(A, B, C, D);
by_right!(A, B, C, D, E);

/// How far a caller sees.
pub fn sight(caller: &Caller) -> Sight {
    match caller.reach() {
        Reach::Everywhere => Sight::Everything,
        Reach::Schools(schools) => Sight::Schools(schools.iter().cloned().collect()),
        Reach::Organisation(own) => Sight::Organisations(vec![own.clone()]),
    }
}

/// The caller as the journal names them.
pub fn actor(caller: &Caller) -> Actor {
    let account = caller.account.as_str();
    if account.starts_with("client-") { Actor::client(account) } else { Actor::account(account) }
}
