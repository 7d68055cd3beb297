//! Roles as extractors: a handler says in its signature who may call it and with which scope, and has no other way to
//! learn who calls.
//!
//! A layer in `http/` puts a [`Signed`] beside each request. Where it is missing, nobody is let through.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use boundary::{OrganisationId, Uai};

use super::account::{Caller, Role, RoleName};
use super::denied::Denied;
use super::scope::{AnyScope, ScopeWanted};

/// What a request proved about who asks. It travels beside the request.
#[derive(Debug, Clone)]
pub enum Signed {
    /// Nothing was brought.
    Nobody,
    /// Somebody.
    In(Box<Caller>),
}

fn admitted(parts: &Parts, roles: &[RoleName]) -> Result<Caller, Denied> {
    match parts.extensions.get::<Signed>() {
        Some(Signed::In(caller)) if roles.contains(&caller.role.name()) => Ok((**caller).clone()),
        Some(Signed::In(_)) => Err(Denied::Role),
        Some(Signed::Nobody) | None => Err(Denied::Nobody),
    }
}

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $roles:expr;)+) => {
        $(
            $(#[$doc])*
            ///
            /// `S` is the scope that a token must have, such as `Read<area::Tools>`.
            #[derive(Debug, Clone)]
            pub struct $name<S = AnyScope>(pub Caller, PhantomData<S>);

            impl<S> $name<S> {
                /// The roles that pass.
                pub const ROLES: &'static [RoleName] = &$roles;

                /// Who calls.
                #[must_use]
                pub fn into_caller(self) -> Caller {
                    self.0
                }
            }

            impl<S> Deref for $name<S> {
                type Target = Caller;

                fn deref(&self) -> &Caller {
                    &self.0
                }
            }

            impl<S: ScopeWanted, T: Sync> FromRequestParts<T> for $name<S> {
                type Rejection = Denied;

                async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, Denied> {
                    let caller = admitted(parts, Self::ROLES)?;
                    caller.within(S::SCOPE)?;
                    Ok(Self(caller, PhantomData))
                }
            }
        )+
    };
}

roles! {
    /// Runs the broker.
    Operator = [RoleName::Operator];
    /// The data protection officer.
    Dpo = [RoleName::Dpo];
    /// Looks at everything that holds nobody's name, and changes nothing.
    Auditor = [RoleName::Auditor];
    /// Whoever oversees everything without being part of a school or a publisher: operator, data protection officer,
    /// auditor.
    Oversight = [RoleName::Operator, RoleName::Dpo, RoleName::Auditor];
    /// Manages what schools have: an operator for every school, a manager for their own. Ask [`SchoolStaff::at`].
    SchoolStaff = [RoleName::Operator, RoleName::SchoolManager];
    /// Sees what schools have: those who oversee, and a school's managers. Ask [`SchoolReader::at`].
    SchoolReader = [RoleName::Operator, RoleName::Dpo, RoleName::Auditor, RoleName::SchoolManager];
    /// Manages what a publisher offers: an operator for everybody, a manager for their organisation. Ask
    /// [`Publisher::of`].
    Publisher = [RoleName::Operator, RoleName::PublisherManager];
    /// Sees what a publisher offers and how it is used: those who oversee, and its managers. Ask [`PublisherReader::of`].
    PublisherReader = [RoleName::Operator, RoleName::Dpo, RoleName::Auditor, RoleName::PublisherManager];
    /// Is told who was erased, by a publisher's own values, and acknowledges it: a publisher's managers for their
    /// organisation; an operator and the data protection officer for those that answer by letter.
    Notified = [RoleName::Operator, RoleName::Dpo, RoleName::PublisherManager];
    /// A publisher's managers, and nobody for them.
    PublisherOnly = [RoleName::PublisherManager];
    /// Whoever is signed in.
    Anyone = RoleName::ALL;
}

/// For those that may be about one school.
macro_rules! of_schools {
    ($($name:ident),+) => {
        $(impl<S> $name<S> {
            /// Whether they may work for a school.
            ///
            /// # Errors
            /// [`Denied::NotYours`] otherwise, whether or not there is such a school.
            pub fn at(&self, school: &Uai) -> Result<(), Denied> {
                self.0.at(school)
            }

            /// Their schools; `None` where they work for every school.
            #[must_use]
            pub const fn schools(&self) -> Option<&BTreeSet<Uai>> {
                if let Role::SchoolManager(schools) = &self.0.role { Some(schools) } else { None }
            }
        })+
    };
}
of_schools!(SchoolStaff, SchoolReader);

/// For those that may be about one organisation.
macro_rules! of_organisations {
    ($($name:ident),+) => {
        $(impl<S> $name<S> {
            /// Whether they may work for an organisation.
            ///
            /// # Errors
            /// [`Denied::NotYours`] otherwise, whether or not there is such an organisation.
            pub fn of(&self, organisation: &OrganisationId) -> Result<(), Denied> {
                self.0.of(organisation)
            }

            /// Their organisation; `None` where they work for every one.
            #[must_use]
            pub const fn organisation(&self) -> Option<&OrganisationId> {
                if let Role::PublisherManager(own) = &self.0.role { Some(own) } else { None }
            }
        })+
    };
}
of_organisations!(Publisher, PublisherReader);

#[cfg(test)]
mod tests;
