//! Accounts: who somebody is here, and in which role they work.

use std::collections::BTreeSet;
use std::fmt;

use boundary::{OrganisationId, Uai};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::denied::Denied;
use super::scope::{Scope, Scopes};
use crate::journal::Actor;

/// The text is not an account.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "\"{0}\" is not an account: op-, dpo-, auditor-, school-, publisher- or client-, then 1 to 40 characters out of \
     a-z 0-9 . - (name an office, not a person)"
)]
pub struct NotAnAccount(pub String);

/// What accounts begin with.
const PREFIXES: [&str; 6] = ["op-", "dpo-", "auditor-", "school-", "publisher-", "client-"];

/// Who works here, by a name of ours: `op-…`, `dpo-…`, `school-…`, `client-…`. The journal names it as the actor of a
/// change, so it is never a person's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct AccountId(String);

impl AccountId {
    /// Reads an account.
    ///
    /// # Errors
    /// [`NotAnAccount`] when the text has another form.
    pub fn parse(text: &str) -> Result<Self, NotAnAccount> {
        let rest = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix));
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        let named = rest.is_some_and(|rest| (1..=40).contains(&rest.len()) && rest.chars().all(allowed));
        if named { Ok(Self(text.to_owned())) } else { Err(NotAnAccount(text.chars().take(60).collect())) }
    }

    /// The account as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a program's.
    #[must_use]
    pub fn is_client(&self) -> bool {
        self.0.starts_with("client-")
    }

    /// Who it is in the journal.
    #[must_use]
    pub fn actor(&self) -> Actor {
        if self.is_client() { Actor::client(&self.0) } else { Actor::account(&self.0) }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The kind of a role, without what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleName {
    /// Runs the broker.
    Operator,
    /// The data protection officer.
    Dpo,
    /// Manages what schools have.
    SchoolManager,
    /// Manages what a publisher offers.
    PublisherManager,
    /// Looks, and changes nothing.
    Auditor,
}

impl RoleName {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Operator, Self::Dpo, Self::SchoolManager, Self::PublisherManager, Self::Auditor];

    /// The name in tables, commands and lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Dpo => "dpo",
            Self::SchoolManager => "school-manager",
            Self::PublisherManager => "publisher-manager",
            Self::Auditor => "auditor",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// In which role somebody works, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Runs the broker.
    Operator,
    /// The data protection officer: the processing register, exports and erasures.
    Dpo,
    /// Manages what these schools have.
    SchoolManager(BTreeSet<Uai>),
    /// Manages what this publisher offers.
    PublisherManager(OrganisationId),
    /// Looks, and changes nothing.
    Auditor,
}

/// How far somebody's work reaches: the filter of every list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach<'a> {
    /// Everything.
    Everywhere,
    /// What belongs to these schools.
    Schools(&'a BTreeSet<Uai>),
    /// What belongs to this organisation.
    Organisation(&'a OrganisationId),
}

impl Role {
    /// Its kind.
    #[must_use]
    pub const fn name(&self) -> RoleName {
        match self {
            Self::Operator => RoleName::Operator,
            Self::Dpo => RoleName::Dpo,
            Self::SchoolManager(_) => RoleName::SchoolManager,
            Self::PublisherManager(_) => RoleName::PublisherManager,
            Self::Auditor => RoleName::Auditor,
        }
    }

    /// How far it reaches.
    #[must_use]
    pub const fn reach(&self) -> Reach<'_> {
        match self {
            Self::Operator | Self::Dpo | Self::Auditor => Reach::Everywhere,
            Self::SchoolManager(schools) => Reach::Schools(schools),
            Self::PublisherManager(organisation) => Reach::Organisation(organisation),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().as_str())?;
        match self.reach() {
            Reach::Everywhere => Ok(()),
            Reach::Schools(schools) => schools.iter().try_for_each(|uai| write!(f, " {uai}")),
            Reach::Organisation(organisation) => write!(f, " {organisation}"),
        }
    }
}

/// Whom a request was authenticated as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub account: AccountId,
    /// In which role, and for whom.
    pub role: Role,
    /// What the token was given for; a session at the console has every scope.
    pub scopes: Scopes,
}

impl Caller {
    /// Who they are in the journal.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.account.actor()
    }

    /// How far their work reaches.
    #[must_use]
    pub const fn reach(&self) -> Reach<'_> {
        self.role.reach()
    }

    /// Whether they may work for a school.
    ///
    /// # Errors
    /// [`Denied::NotYours`] otherwise, whether or not there is such a school.
    pub fn at(&self, school: &Uai) -> Result<(), Denied> {
        match self.reach() {
            Reach::Everywhere => Ok(()),
            Reach::Schools(schools) if schools.contains(school) => Ok(()),
            Reach::Schools(_) | Reach::Organisation(_) => Err(Denied::NotYours),
        }
    }

    /// Whether they may work for an organisation.
    ///
    /// # Errors
    /// [`Denied::NotYours`] otherwise, whether or not there is such an organisation.
    pub fn of(&self, organisation: &OrganisationId) -> Result<(), Denied> {
        match self.reach() {
            Reach::Everywhere => Ok(()),
            Reach::Organisation(own) if own == organisation => Ok(()),
            Reach::Schools(_) | Reach::Organisation(_) => Err(Denied::NotYours),
        }
    }

    /// Whether their token was given for this.
    ///
    /// # Errors
    /// [`Denied::Scope`] otherwise.
    pub fn within(&self, wanted: Option<Scope>) -> Result<(), Denied> {
        match wanted {
            Some(scope) if !self.scopes.cover(scope) => Err(Denied::Scope(scope)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_say_which_kind_they_are() {
        for good in ["op-nuit", "dpo-1", "client-abc.d", "school-0750001u-abcdefgh"] {
            assert_eq!(AccountId::parse(good).unwrap().as_str(), good);
        }
        let long = format!("op-{}", "x".repeat(41));
        for bad in ["", "op-", "op", "root", "op-Ä", "op-A", "op-a b", "dpo_1", "op-a\0", &long] {
            assert!(AccountId::parse(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_tenant_reaches_its_own_and_nothing_else() {
        let uai = |text: &str| Uai::parse_any_letter(text).unwrap();
        let organisation = |text: &str| OrganisationId::parse(text).unwrap();
        let caller =
            |role| Caller { account: AccountId::parse("client-x").unwrap(), role, scopes: Scopes::all() };
        let school = caller(Role::SchoolManager(BTreeSet::from([uai("0750001U")])));
        assert!(school.at(&uai("0750001U")).is_ok());
        assert_eq!(school.at(&uai("0440001M")), Err(Denied::NotYours));
        assert_eq!(school.of(&organisation("editeur")), Err(Denied::NotYours));
        let publisher = caller(Role::PublisherManager(organisation("editeur")));
        assert!(publisher.of(&organisation("editeur")).is_ok());
        assert_eq!(publisher.of(&organisation("autre")), Err(Denied::NotYours));
        assert_eq!(publisher.at(&uai("0750001U")), Err(Denied::NotYours));
        assert!(caller(Role::Operator).at(&uai("0440001M")).is_ok());
    }

    #[test]
    fn a_role_is_stored_and_read_again() {
        let role = Role::SchoolManager(BTreeSet::from([Uai::parse_any_letter("0750001U").unwrap()]));
        let text = serde_json::to_string(&role).unwrap();
        assert_eq!(text, r#"{"school-manager":["0750001U"]}"#);
        assert_eq!(serde_json::from_str::<Role>(&text).unwrap(), role);
        assert_eq!(serde_json::to_string(&Role::Operator).unwrap(), r#""operator""#);
        assert_eq!(role.to_string(), "school-manager 0750001U");
    }
}
