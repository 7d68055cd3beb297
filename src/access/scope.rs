//! Scopes: what a token was given for. Writing includes reading; a session at the console has every scope.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use thiserror::Error;

/// A text is not a scope.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{0}\" is not a scope: an area and what is done there, such as subscriptions:read or subscriptions:write; the areas are {areas}", areas = areas())]
pub struct NotAScope(pub String);

macro_rules! areas {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// What the API is divided into.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Area {
            $($(#[$doc])* $name,)+
        }

        impl Area {
            /// Every area.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The area as scopes name it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }

        /// The areas as types, for signatures: `Operator<Write<area::Tools>>`.
        pub mod area {
            /// An area as a type.
            pub trait IsArea: Send + Sync + 'static {
                /// Which.
                const AREA: super::Area;
            }
            $(
                $(#[$doc])*
                #[derive(Debug, Clone, Copy)]
                pub enum $name {}

                impl IsArea for $name {
                    const AREA: super::Area = super::Area::$name;
                }
            )+
        }
    };
}

areas! {
    /// ENTs and their connections.
    Ents = "ents",
    /// Schools.
    Schools = "schools",
    /// People, identities, groups.
    People = "people",
    /// Roster archives.
    Rosters = "rosters",
    /// Publishers and distributors.
    Organisations = "organisations",
    /// Sectors.
    Sectors = "sectors",
    /// Publishers' tools.
    Tools = "tools",
    /// Resources.
    Resources = "resources",
    /// Which attributes a resource may see.
    Agreements = "agreements",
    /// Subscriptions.
    Subscriptions = "subscriptions",
    /// Assignments and seats.
    Assignments = "assignments",
    /// Counts of launches.
    Statistics = "statistics",
    /// The journal.
    Journal = "journal",
    /// The processing register, subject access and erasure.
    Privacy = "privacy",
    /// Accounts and tokens.
    Accounts = "accounts",
}

/// An area, and whether it is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// Where.
    pub area: Area,
    /// Whether for changes too.
    pub writes: bool,
}

impl Scope {
    /// Reads a scope.
    ///
    /// # Errors
    /// [`NotAScope`] where there is none of this name.
    pub fn parse(text: &str) -> Result<Self, NotAScope> {
        Self::of(text).ok_or_else(|| NotAScope(text.chars().take(60).collect()))
    }

    fn of(text: &str) -> Option<Self> {
        let (name, what) = text.split_once(':')?;
        let area = Area::ALL.iter().copied().find(|area| area.as_str() == name)?;
        let writes = match what {
            "read" => false,
            "write" => true,
            _ => return None,
        };
        Some(Self { area, writes })
    }

    /// Every scope.
    pub fn all() -> impl Iterator<Item = Self> {
        Area::ALL.iter().flat_map(|area| [false, true].map(|writes| Self { area: *area, writes }))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.area.as_str(), if self.writes { "write" } else { "read" })
    }
}

fn areas() -> String {
    Area::ALL.iter().map(|area| area.as_str()).collect::<Vec<_>>().join(", ")
}

/// The scopes of a token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Every scope.
    #[must_use]
    pub fn all() -> Self {
        Self(Scope::all().collect())
    }

    /// Reads scopes as OAuth writes them, with spaces between (RFC 6749 section 3.3).
    ///
    /// # Errors
    /// [`NotAScope`] names the first that is none.
    pub fn parse(text: &str) -> Result<Self, NotAScope> {
        text.split(' ').filter(|one| !one.is_empty()).map(Scope::parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether one of them allows this.
    #[must_use]
    pub fn cover(&self, wanted: Scope) -> bool {
        self.0.contains(&wanted) || self.0.contains(&Scope { writes: true, ..wanted })
    }

    /// Whether these allow everything that others do.
    #[must_use]
    pub fn include(&self, others: &Self) -> bool {
        others.0.iter().all(|scope| self.cover(*scope))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{scope}")?;
        }
        Ok(())
    }
}

/// The scope that a handler asks for, as a type in its signature.
pub trait ScopeWanted: Send + Sync + 'static {
    /// Which; `None` where any token will do.
    const SCOPE: Option<Scope>;
}

/// Asks for reading in an area.
#[derive(Debug, Clone, Copy)]
pub struct Read<A>(PhantomData<A>);

/// Asks for writing in an area.
#[derive(Debug, Clone, Copy)]
pub struct Write<A>(PhantomData<A>);

/// Asks for no scope: what a caller may see with whichever token, such as who they are.
#[derive(Debug, Clone, Copy)]
pub struct AnyScope;

impl<A: area::IsArea> ScopeWanted for Read<A> {
    const SCOPE: Option<Scope> = Some(Scope { area: A::AREA, writes: false });
}

impl<A: area::IsArea> ScopeWanted for Write<A> {
    const SCOPE: Option<Scope> = Some(Scope { area: A::AREA, writes: true });
}

impl ScopeWanted for AnyScope {
    const SCOPE: Option<Scope> = None;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_includes_reading_and_nothing_of_another_area() {
        let scopes = Scopes::parse("tools:write  journal:read").unwrap();
        let covers = |text: &str| scopes.cover(Scope::parse(text).unwrap());
        assert!(covers("tools:read") && covers("tools:write") && covers("journal:read"));
        assert!(!covers("journal:write") && !covers("ents:read"));
        assert_eq!(scopes.to_string(), "tools:write journal:read");
        assert!(Scopes::all().include(&scopes) && !scopes.include(&Scopes::all()));
    }

    #[test]
    fn every_scope_is_read_as_it_is_written() {
        for scope in Scope::all() {
            assert_eq!(Scope::parse(&scope.to_string()), Ok(scope));
        }
        for bad in ["", "tools", "tools:", "tools:admin", "all:read", "tools:read:write", "Tools:read"] {
            assert!(Scope::parse(bad).is_err(), "{bad:?} was taken");
        }
    }
}
